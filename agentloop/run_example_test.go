package agentloop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
)

// responses are the responses of a server to the requests of an example, in
// their order. "lost" is one that does not arrive.
type responses []string

func (r *responses) RoundTrip(request *http.Request) (*http.Response, error) {
	body := (*r)[0]
	*r = (*r)[1:]
	if body == "lost" {
		return nil, io.ErrUnexpectedEOF
	}
	kind := "application/json"
	if strings.HasPrefix(body, "event:") {
		kind = "text/event-stream"
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// newRunClient returns a client of a server with these responses.
func newRunClient(all ...string) *agentloop.Client {
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey: "evr_example",
		Options: agentclients.Options{
			BaseURL:    "https://app.everruns.com/api",
			HTTPClient: &http.Client{Transport: (*responses)(&all)},
			Retry:      agentclients.RetryPolicy{MinWait: time.Millisecond},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

const (
	agentID   = "agent_019c4b1c00007000800000000000a001"
	sessionID = "session_019c4b1d00007000800000000000b001"
	messageID = "message_019c4b1e00007000800000000000c001"
	turnID    = "turn_019c4b1e00007000800000000000d001"

	session  = `{"id":"` + sessionID + `","organization_id":"org_00000000000000000000000000000001","agent_id":"` + agentID + `","status":"idle","title":"The gates","created_at":"2026-02-08T09:00:00Z","updated_at":"2026-02-08T09:00:00Z"}`
	question = `{"id":"` + messageID + `","session_id":"` + sessionID + `","sequence":1,"role":"user","content":[{"type":"text","text":"Is the north gate open?"}],"created_at":"2026-02-08T09:00:00.1Z"}`
	answer   = `{"id":"message_019c4b1e00007000800000000000c002","session_id":"` + sessionID + `","sequence":8,"role":"agent","content":[{"type":"text","text":"Yes, until ten."}],"created_at":"2026-02-08T09:00:00.9Z"}`
)

// event returns an event of the turn.
func event(number int, kind, data string) string {
	belongs := `{"turn_id":"` + turnID + `","input_message_id":"` + messageID + `"}`
	if kind == "input.message" {
		belongs = "{}"
	}
	return fmt.Sprintf(`{"id":"event_019c4b1e00007000800000000000a%03x","type":%q,"ts":"2026-02-08T09:00:00.100Z","session_id":%q,"context":%s,"data":%s,"sequence":%d}`,
		number, kind, sessionID, belongs, data, number)
}

// frame returns an event as a stream has it.
func frame(number int, kind, data string) string {
	return fmt.Sprintf("event: %s\nid: event_019c4b1e00007000800000000000a%03x\ndata: %s\n\n", kind, number, event(number, kind, data))
}

// theTurn is a stream of one turn.
var theTurn = "event: connected\ndata: {\"status\":\"connected\"}\n\n" +
	frame(1, "input.message", `{"message":`+question+`}`) +
	frame(2, "turn.started", `{"turn_id":"`+turnID+`","input_message_id":"`+messageID+`"}`) +
	frame(3, "output.message.delta", `{"turn_id":"`+turnID+`","delta":"Yes, ","accumulated":"Yes, "}`) +
	frame(4, "output.message.delta", `{"turn_id":"`+turnID+`","delta":"until ten.","accumulated":"Yes, until ten."}`) +
	frame(5, "output.message.completed", `{"message":`+answer+`}`) +
	frame(6, "turn.completed", `{"turn_id":"`+turnID+`","iterations":1,"usage":{"input_tokens":12,"output_tokens":5}}`)

func ExampleClient_RunAgent() {
	client := newRunClient(session, question, theTurn)
	run, err := client.RunAgent(context.Background(), agentID, agentloop.RunRequest{Text: "Is the north gate open?"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Text)
	fmt.Println(run.ID, run.End, run.Usage.OutputTokens)
	// Output:
	// Yes, until ten.
	// session_019c4b1d00007000800000000000b001 turn.completed 5
}

// A run that did not end well is there beside its error.
func ExampleClient_RunAgent_failed() {
	failed := frame(1, "input.message", `{"message":`+question+`}`) +
		frame(2, "turn.failed", `{"turn_id":"`+turnID+`","error":"the model is overloaded","error_code":"llm_error"}`)
	client := newRunClient(session, question, failed)
	run, err := client.RunAgent(context.Background(), agentID, agentloop.RunRequest{Text: "Is the north gate open?"})
	fmt.Println(run.End, errors.Is(err, agentclients.ErrRunFailed))
	fmt.Println(err)
	// Output:
	// turn.failed true
	// agentloop: run agent: run failed: the model is overloaded (id session_019c4b1d00007000800000000000b001)
}

func ExampleClient_StreamRun() {
	client := newRunClient(session, question, theTurn)
	for event, err := range client.StreamRun(context.Background(), agentID, agentloop.RunRequest{Text: "Is the north gate open?"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(event.Text)
		if event.Run != nil {
			fmt.Printf("\n%s\n", event.Run.End)
		}
	}
	// Output:
	// Yes, until ten.
	// turn.completed
}

func ExampleClient_SendMessage() {
	client := newRunClient(question)
	message, err := client.SendMessage(context.Background(), sessionID, agentloop.SendMessageRequest{Text: "Is the north gate open?"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(message)
	// Output:
	// message_019c4b1e00007000800000000000c001 user "Is the north gate open?"
}

// A response that was lost is no reason to send the message again: it is looked
// for.
func ExampleClient_SendMessage_lostResponse() {
	const id = "123e4567-e89b-42d3-a456-426614174000"
	stored := strings.Replace(question, `"role"`, `"metadata":{"`+agentloop.ClientMessageKey+`":"`+id+`"},"role"`, 1)
	client := newRunClient("lost", `{"data":[`+stored+`]}`)

	var response agentclients.Response
	message, err := client.SendMessage(context.Background(), sessionID,
		agentloop.SendMessageRequest{Text: "Is the north gate open?", ClientMessageID: id}, agentclients.CaptureResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(message.ID, response.Settled, response.Attempts)
	// Output:
	// message_019c4b1e00007000800000000000c001 true 2
}

func ExampleClient_ListMessages() {
	client := newRunClient(`{"data":[` + question + "," + answer + `]}`)
	list, err := client.ListMessages(context.Background(), sessionID)
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range list.Messages {
		fmt.Println(message.Role, message.Text())
	}
	// Output:
	// user Is the north gate open?
	// agent Yes, until ten.
}

func ExampleClient_StreamEvents() {
	client := newRunClient(theTurn)
	for event, err := range client.StreamEvents(context.Background(), sessionID, agentloop.ListEventsRequest{}) {
		if err != nil {
			log.Fatal(err)
		}
		switch detail := event.Detail().(type) {
		case *agentloop.OutputDelta:
			fmt.Printf("%q\n", detail.Delta)
		case *agentloop.OutputMessage:
			fmt.Println(detail.Message.Text())
		}
		switch event.Type {
		case agentloop.EventTurnCompleted, agentloop.EventTurnFailed, agentloop.EventTurnCancelled, agentloop.EventTurnSealed:
			return // nothing more happens before the next message
		}
	}
	// Output:
	// "Yes, "
	// "until ten."
	// Yes, until ten.
}

func ExampleClient_ListEvents() {
	client := newRunClient(`{"data":[` + event(6, "turn.completed", `{"turn_id":"`+turnID+`","iterations":1}`) + `]}`)
	list, err := client.ListEvents(context.Background(), sessionID, agentloop.ListEventsRequest{
		SinceID: "event_019c4b1e00007000800000000000a005",
		Exclude: []agentloop.EventType{agentloop.EventOutputMessageDelta},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, event := range list.Events {
		fmt.Println(event)
	}
	// Output:
	// event_019c4b1e00007000800000000000a006 turn.completed turn_019c4b1e00007000800000000000d001
}

func ExampleClient_CreateSession() {
	client := newRunClient(strings.Replace(session, "idle", "started", 1))
	created, err := client.CreateSession(context.Background(), agentloop.CreateSessionRequest{AgentID: agentID, Title: new("The gates")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created)
	// Output:
	// session_019c4b1d00007000800000000000b001 "The gates" started
}

func ExampleClient_GetSession() {
	client := newRunClient(session)
	found, err := client.GetSession(context.Background(), sessionID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Status == agentloop.SessionIdle)
	// Output:
	// true
}

func ExampleClient_ListSessions() {
	client := newRunClient(`{"data":[` + session + `],"total":1,"offset":0,"limit":20}`)
	list, err := client.ListSessions(context.Background(), agentloop.ListSessionsRequest{AgentID: agentID})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(list.Sessions), *list.Total)
	// Output:
	// 1 1
}

func ExampleClient_AllSessions() {
	client := newRunClient(`{"data":[` + session + `],"total":1,"offset":0,"limit":20}`)
	for session, err := range client.AllSessions(context.Background(), agentloop.ListSessionsRequest{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(session.Title)
	}
	// Output:
	// The gates
}

func ExampleClient_UpdateSession() {
	client := newRunClient(strings.Replace(session, "The gates", "All gates", 1))
	changed, err := client.UpdateSession(context.Background(), sessionID, agentloop.UpdateSessionRequest{Title: new("All gates")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed.Title)
	// Output:
	// All gates
}

func ExampleClient_DeleteSession() {
	client := newRunClient("")
	fmt.Println(client.DeleteSession(context.Background(), sessionID))
	// Output:
	// <nil>
}

func ExampleClient_CancelTurn() {
	client := newRunClient(`{"status":"no_op","message":"No turn currently running"}`)
	cancellation, err := client.CancelTurn(context.Background(), sessionID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cancellation.Status == agentloop.CancelNoOp)
	// Output:
	// true
}
