package xpander_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/xpander"
)

const (
	agentID = "c41e1f5e-6a0b-4d3c-9f60-2f0f7c1d8a01"
	taskID  = "7d0c1c0e-5a55-4f0a-9a3e-0b6d2f6f1a01"
)

// openAgent returns a server with one agent, which counts boxes, and a client
// of it.
func openAgent() (*httptest.Server, *xpander.Client) {
	server := httptest.NewServer(boxCounter())
	client, err := xpander.NewClient(xpander.Config{APIKey: "sk_live_example", Options: agentclients.Options{
		BaseURL: server.URL, HTTPClient: server.Client(),
	}})
	if err != nil {
		log.Fatal(err)
	}
	return server, client
}

func boxCounter() http.Handler {
	task := func(id, status, result string) string {
		return fmt.Sprintf(`{"id":%q,"agent_id":%q,"status":%q,"result":%q}`, id, agentID, status, result)
	}
	idOf := func(r *http.Request) string {
		var sent struct{ ID string }
		json.NewDecoder(r.Body).Decode(&sent) //nolint:errcheck // it is the client's
		return sent.ID
	}
	send := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text) //nolint:errcheck // the client tells
	}
	const list = `{"items":[{"id":"` + taskID + `","agent_id":"` + agentID + `","status":"completed","title":"Boxes"}],"total":1,"page":1,"per_page":20,"total_pages":1}`
	const thread = `[{"id":"m1","role":"user","content":"Count the boxes","created_at":1770541200},{"id":"m2","role":"assistant","content":"There are nine.","created_at":1770541201}]`

	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/agents/"+agentID+"/invoke", func(w http.ResponseWriter, r *http.Request) {
		send(w, task(idOf(r), "completed", "There are nine."))
	})
	mux.HandleFunc("POST /v1/agents/"+agentID+"/invoke/async", func(w http.ResponseWriter, r *http.Request) {
		send(w, task(idOf(r), "pending", ""))
	})
	mux.HandleFunc("POST /v1/agents/"+agentID+"/invoke/stream", func(w http.ResponseWriter, r *http.Request) {
		id := idOf(r)
		w.Header().Set("Content-Type", "text/event-stream")
		for _, event := range [][2]string{
			{"task_created", task(id, "pending", "")},
			{"task_updated", task(id, "executing", "")},
			{"chunk", `"There are "`},
			{"chunk", `"nine."`},
			{"task_finished", task(id, "completed", "There are nine.")},
		} {
			fmt.Fprintf(w, "data: {\"type\":%q,\"task_id\":%q,\"data\":%s}\n\n", event[0], id, event[1])
		}
	})
	mux.HandleFunc("GET /v1/tasks/{id}", func(w http.ResponseWriter, r *http.Request) {
		send(w, task(r.PathValue("id"), "completed", "There are nine."))
	})
	mux.HandleFunc("POST /v1/tasks/{id}/stop", func(w http.ResponseWriter, r *http.Request) {
		send(w, task(r.PathValue("id"), "stopped", ""))
	})
	mux.HandleFunc("DELETE /v1/tasks/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /v1/tasks", func(w http.ResponseWriter, _ *http.Request) { send(w, list) })
	mux.HandleFunc("GET /v1/agents/"+agentID+"/tasks", func(w http.ResponseWriter, _ *http.Request) { send(w, list) })
	mux.HandleFunc("GET /v1/tasks/{id}/thread", func(w http.ResponseWriter, _ *http.Request) { send(w, thread) })
	mux.HandleFunc("GET /v1/tasks/{id}/thread/full", func(w http.ResponseWriter, _ *http.Request) {
		send(w, `{"root":`+thread+`,"sub-1":[{"id":"m3","role":"assistant","content":"Shelf A has four."}]}`)
	})
	return mux
}

func ExampleClient_RunAgent() {
	server, client := openAgent()
	defer server.Close()

	run, err := client.RunAgent(context.Background(), agentID, xpander.RunRequest{Text: "Count the boxes"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Text)
	// Output:
	// There are nine.
}

// Whatever breaks on the way, the loop ends with the answer, or with the reason
// why there is none.
func ExampleClient_StreamRun() {
	server, client := openAgent()
	defer server.Close()

	for event, err := range client.StreamRun(context.Background(), agentID, xpander.RunRequest{Text: "Count the boxes"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(event.Text)
		if event.Run != nil {
			fmt.Println()
			fmt.Println(event.Run.Task.Status)
		}
	}
	// Output:
	// There are nine.
	// completed
}

func ExampleClient_InvokeAgent() {
	server, client := openAgent()
	defer server.Close()

	task, err := client.InvokeAgent(context.Background(), agentID, xpander.InvokeRequest{
		Input: xpander.TaskInput{Text: "Count the boxes", User: &xpander.User{Email: "ada@example.com"}},
		Title: new("Boxes"),
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := task.Err(); err != nil { // how it ended
		log.Fatal(err)
	}
	fmt.Println(task.Result)
	// Output:
	// There are nine.
}

// A task that is started with an ID of the caller's own can be found by it, in
// another program and after a crash, too.
func ExampleClient_StartTask() {
	server, client := openAgent()
	defer server.Close()

	task, err := client.StartTask(context.Background(), agentID, xpander.InvokeRequest{
		Input: xpander.TaskInput{Text: "Count the boxes"},
		ID:    taskID,
	})
	if errors.Is(err, agentclients.ErrOutcomeUnknown) {
		log.Fatal("look whether it was started: ", err)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task)
	// Output:
	// task 7d0c1c0e-5a55-4f0a-9a3e-0b6d2f6f1a01 (pending)
}

func ExampleClient_StreamTask() {
	server, client := openAgent()
	defer server.Close()

	for event, err := range client.StreamTask(context.Background(), agentID, xpander.InvokeRequest{
		Input: xpander.TaskInput{Text: "Count the boxes"},
	}) {
		if err != nil {
			log.Fatal(err)
		}
		switch event.Type {
		case xpander.TaskEventChunk:
			fmt.Printf("%s %q\n", event.Type, event.Text)
		case xpander.TaskEventCreated, xpander.TaskEventUpdated, xpander.TaskEventFinished:
			fmt.Println(event.Type, event.Task.Status)
		}
	}
	// Output:
	// task_created pending
	// task_updated executing
	// chunk "There are "
	// chunk "nine."
	// task_finished completed
}

func ExampleClient_GetTask() {
	server, client := openAgent()
	defer server.Close()

	task, err := client.GetTask(context.Background(), taskID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Status, task.Result)
	// Output:
	// completed There are nine.
}

func ExampleClient_WaitTask() {
	server, client := openAgent()
	defer server.Close()

	task, err := client.WaitTask(context.Background(), taskID, func(task *xpander.Task) {
		fmt.Println("it is", task.Status)
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Result)
	// Output:
	// it is completed
	// There are nine.
}

func ExampleClient_ListTasks() {
	server, client := openAgent()
	defer server.Close()

	list, err := client.ListTasks(context.Background(), xpander.ListTasksRequest{Status: xpander.TaskCompleted})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list)
	// Output:
	// page 1 of 1: 1 of 1 tasks
}

func ExampleClient_AllTasks() {
	server, client := openAgent()
	defer server.Close()

	for task, err := range client.AllTasks(context.Background(), xpander.ListTasksRequest{PerPage: 50}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title, task.Status)
	}
	// Output:
	// Boxes completed
}

func ExampleClient_ListAgentTasks() {
	server, client := openAgent()
	defer server.Close()

	list, err := client.ListAgentTasks(context.Background(), agentID, xpander.ListTasksRequest{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Tasks[0])
	// Output:
	// task 7d0c1c0e-5a55-4f0a-9a3e-0b6d2f6f1a01 (completed) "Boxes"
}

func ExampleClient_AllAgentTasks() {
	server, client := openAgent()
	defer server.Close()

	for task, err := range client.AllAgentTasks(context.Background(), agentID, xpander.ListTasksRequest{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Title)
	}
	// Output:
	// Boxes
}

func ExampleClient_StopTask() {
	server, client := openAgent()
	defer server.Close()

	task, err := client.StopTask(context.Background(), taskID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Status)
	// Output:
	// stopped
}

func ExampleClient_DeleteTask() {
	server, client := openAgent()
	defer server.Close()

	fmt.Println(client.DeleteTask(context.Background(), taskID))
	// Output:
	// <nil>
}

func ExampleClient_GetThread() {
	server, client := openAgent()
	defer server.Close()

	messages, err := client.GetThread(context.Background(), taskID)
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range messages {
		fmt.Println(message)
	}
	// Output:
	// user: "Count the boxes"
	// assistant: "There are nine."
}

func ExampleClient_GetFullThread() {
	server, client := openAgent()
	defer server.Close()

	thread, err := client.GetFullThread(context.Background(), taskID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(thread.Root), thread.SubTasks["sub-1"])
	// Output:
	// 2 [assistant: "Shelf A has four."]
}
