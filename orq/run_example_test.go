package orq_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/orq"
)

// openAgent returns a mock with the agent "calc", which says these things one
// after the other, and a client of it. Calc has a function of the caller's own,
// add, and a tool whose calls need an approval.
func openAgent(replies ...script.Reply) (*mockserver.Server, *orq.Client) {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	mock.Script(mockserver.Orq, replies...)
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.CreateAgent(context.Background(), orq.CreateAgentRequest{
		Key: "calc", Role: "Calculator", Description: "Adds numbers", Instructions: "Answer briefly.", Path: "Default",
		Model: orq.Model{ID: "openai/gpt-4o"},
		Settings: orq.Settings{Tools: []orq.Tool{
			{Type: orq.ToolFunction, Key: "add"},
			{Type: orq.ToolWebScraper, RequiresApproval: new(true)},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return mock, client
}

// twoPlusTwo is what calc says.
var twoPlusTwo = script.Reply{Text: "Two plus two is four."}

// callsAdd is what calc says if it lets the caller add.
var callsAdd = script.Reply{Text: "It is four.", Tools: []script.ToolCall{{ID: "call_1", Name: "add", Arguments: map[string]int{"a": 2, "b": 2}}}}

// asksFirst is what calc says if somebody must allow it to look at a page.
var asksFirst = script.Reply{Text: "The page says four.", Tools: []script.ToolCall{{Name: "web_scraper", Result: "2 + 2 = 4"}}}

func ExampleClient_RunAgent() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()

	run, err := client.RunAgent(context.Background(), "calc", orq.RunRequest{Text: "Two plus two?"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Text)
	// Output:
	// Two plus two is four.
}

// A function that the program itself carries out: the run waits for its
// result, and another one goes on from it.
func ExampleClient_RunAgent_function() {
	mock, client := openAgent(callsAdd)
	defer mock.Close()
	ctx := context.Background()

	run, err := client.RunAgent(ctx, "calc", orq.RunRequest{Text: "Two plus two?"})
	for errors.Is(err, agentclients.ErrInputRequired) {
		var results []orq.InputItem
		for _, call := range run.Response.Pending() {
			fmt.Println(call.Name, call.Arguments)
			results = append(results, orq.FunctionCallOutput(call.CallID, "4"))
		}
		run, err = client.RunAgent(ctx, "calc", orq.RunRequest{Items: results, PreviousResponseID: run.ID})
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Text)
	// Output:
	// add {"a":2,"b":2}
	// It is four.
}

// Whatever breaks on the way, the loop ends with the answer, or with the reason
// why there is none.
func ExampleClient_StreamRun() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()

	for event, err := range client.StreamRun(context.Background(), "calc", orq.RunRequest{Text: "Two plus two?"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(event.Text)
		if event.Run != nil {
			fmt.Println()
			fmt.Println(event.Run.Response.Status)
		}
	}
	// Output:
	// Two plus two is four.
	// completed
}

func ExampleClient_CreateResponse() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()

	response, err := client.CreateResponse(context.Background(), orq.CreateResponseRequest{
		Model: orq.AgentModelPrefix + "calc",
		Input: orq.ResponseInput{Text: "Two plus two?"},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := response.Err(); err != nil { // how it ended
		log.Fatal(err)
	}
	fmt.Println(response.Text())
	// Output:
	// Two plus two is four.
}

func ExampleClient_StreamResponse() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()

	request := orq.CreateResponseRequest{Model: "agent/calc", Input: orq.ResponseInput{Text: "Two plus two?"}}
	for event, err := range client.StreamResponse(context.Background(), request) {
		if err != nil {
			log.Fatal(err) // the ResourceID of the error is the response, for WaitResponse
		}
		switch event.Type {
		case orq.ResponseEventTextDelta:
			fmt.Printf("%q ", event.Delta)
		case orq.ResponseEventCompleted:
			fmt.Println(event.Response.Text())
		}
	}
	// Output:
	// "Two " "plus " "two " "is " "four." Two plus two is four.
}

// A response in the background is there at once, and is waited for by its id.
func ExampleClient_WaitResponse() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()
	ctx := context.Background()

	response, err := client.CreateResponse(ctx, orq.CreateResponseRequest{
		Model: "agent/calc", Input: orq.ResponseInput{Text: "Two plus two?"}, Background: new(true),
	})
	if err != nil {
		log.Fatal(err)
	}
	response, err = client.WaitResponse(ctx, response.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Status, response.Text())
	// Output:
	// completed Two plus two is four.
}

func ExampleClient_GetResponse() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()
	ctx := context.Background()
	run, err := client.RunAgent(ctx, "calc", orq.RunRequest{Text: "Two plus two?"})
	if err != nil {
		log.Fatal(err)
	}

	response, err := client.GetResponse(ctx, run.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Model, response.Status)
	// Output:
	// agent/calc completed
}

// A task goes on with the results that it waits for.
func ExampleClient_CreateAgentResponse() {
	mock, client := openAgent(callsAdd)
	defer mock.Close()
	ctx := context.Background()

	response, err := client.CreateAgentResponse(ctx, "calc", orq.AgentResponseRequest{Message: orq.UserMessage("Two plus two?")})
	if err != nil {
		log.Fatal(err)
	}
	if errors.Is(response.Err(), agentclients.ErrInputRequired) {
		call := response.PendingToolCalls[0]
		fmt.Println(call.Function.Name, call.Function.Arguments)
		response, err = client.CreateAgentResponse(ctx, "calc", orq.AgentResponseRequest{
			TaskID:  response.TaskID,
			Message: orq.ToolMessage(orq.ToolResult(call.ID, 4)),
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(response.Text())
	// Output:
	// add {"a":2,"b":2}
	// It is four.
}

func ExampleClient_StreamAgentResponse() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()

	request := orq.AgentResponseRequest{Message: orq.UserMessage("Two plus two?")}
	for event, err := range client.StreamAgentResponse(context.Background(), "calc", request) {
		if err != nil {
			log.Fatal(err) // the ResourceID of the error is the task, for GetAgentResponse
		}
		fmt.Print(event.Text)
		if event.Type == orq.AgentResponseEventDone {
			fmt.Printf(" (%s)\n", event.FinishReason)
		}
	}
	// Output:
	// Two plus two is four. (stop)
}

func ExampleClient_GetAgentResponse() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()
	ctx := context.Background()
	begun, err := client.CreateAgentResponse(ctx, "calc", orq.AgentResponseRequest{
		Message: orq.UserMessage("Two plus two?"), Background: new(true),
	})
	if err != nil {
		log.Fatal(err)
	}

	response, err := client.GetAgentResponse(ctx, "calc", begun.TaskID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Status, response.Text())
	// Output:
	// completed Two plus two is four.
}

func ExampleClient_InvokeAgent() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()

	task, err := client.InvokeAgent(context.Background(), "calc", orq.InvokeRequest{
		Message:       orq.UserMessage("Two plus two?"),
		Configuration: &orq.InvokeConfiguration{Blocking: new(true)},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := task.Err(); err != nil { // how it ended
		log.Fatal(err)
	}
	fmt.Println(task.Text())
	// Output:
	// Two plus two is four.
}

func ExampleClient_StreamTask() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()

	for event, err := range client.StreamTask(context.Background(), "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")}) {
		if err != nil {
			log.Fatal(err) // the ResourceID of the error is the task, for WaitTask
		}
		if event.Type == orq.TaskEventInactive {
			fmt.Println(event.FinishReason, event.Text)
		}
	}
	// Output:
	// stop Two plus two is four.
}

func ExampleClient_WaitTask() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()
	ctx := context.Background()

	task, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")})
	if err != nil {
		log.Fatal(err)
	}
	task, err = client.WaitTask(ctx, "calc", task.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Status.State, task.Text())
	// Output:
	// completed Two plus two is four.
}

func ExampleClient_GetTask() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()
	ctx := context.Background()
	begun, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")})
	if err != nil {
		log.Fatal(err)
	}

	task, err := client.GetTask(ctx, "calc", begun.ID)
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range task.History {
		fmt.Println(message)
	}
	// Output:
	// user: "Two plus two?"
	// agent: "Two plus two is four."
}

func ExampleClient_ListTasks() {
	mock, client := openAgent(twoPlusTwo)
	defer mock.Close()
	ctx := context.Background()
	if _, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")}); err != nil {
		log.Fatal(err)
	}

	list, err := client.ListTasks(ctx, "calc", orq.ListTasksRequest{States: []orq.TaskState{orq.TaskCompleted}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list)
	// Output:
	// 1 of 1 tasks
}

func ExampleClient_AllTasks() {
	mock, client := openAgent(twoPlusTwo, script.Reply{Error: "the model is busy"})
	defer mock.Close()
	ctx := context.Background()
	for range 2 {
		if _, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")}); err != nil {
			log.Fatal(err)
		}
	}

	for task, err := range client.AllTasks(ctx, "calc", orq.ListTasksRequest{}) { // the newest first
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Status.State)
	}
	// Output:
	// failed
	// completed
}

// A call of a tool that needs an approval waits for a person.
func ExampleClient_ReviewAction() {
	mock, client := openAgent(asksFirst)
	defer mock.Close()
	ctx := context.Background()

	task, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.WaitTask(ctx, "calc", task.ID, nil)
	for errors.Is(err, agentclients.ErrInputRequired) {
		actions, failure := client.ListActions(ctx, "calc", task.ID)
		if failure != nil {
			log.Fatal(failure)
		}
		for _, action := range actions.Actions {
			if action.Tool.RequiresApproval && action.State.Review == "" {
				fmt.Println("approved:", action.ActionType)
				if err := client.ReviewAction(ctx, "calc", task.ID, action.ID, orq.ReviewActionRequest{Review: orq.ReviewApproved}); err != nil {
					log.Fatal(err)
				}
			}
		}
		task, err = client.WaitTask(ctx, "calc", task.ID, nil)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Text())
	// Output:
	// approved: web_scraper
	// The page says four.
}

func ExampleClient_ListActions() {
	mock, client := openAgent(asksFirst)
	defer mock.Close()
	ctx := context.Background()
	task, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")})
	if err != nil {
		log.Fatal(err)
	}

	actions, err := client.ListActions(ctx, "calc", task.ID)
	if err != nil {
		log.Fatal(err)
	}
	for _, action := range actions.Actions {
		fmt.Println(action.ActionType, action.Tool.RequiresApproval)
	}
	// Output:
	// web_scraper true
}

func ExampleClient_GetAction() {
	mock, client := openAgent(callsAdd)
	defer mock.Close()
	ctx := context.Background()
	task, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")})
	if err != nil {
		log.Fatal(err)
	}
	actions, err := client.ListActions(ctx, "calc", task.ID)
	if err != nil {
		log.Fatal(err)
	}

	action, err := client.GetAction(ctx, "calc", task.ID, actions.Actions[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(action.ActionType, string(action.State.Input))
	// Output:
	// function {"a":2,"b":2}
}
