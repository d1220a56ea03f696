package agentloop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	testUUID    = "123e4567-e89b-42d3-a456-426614174000"
	messageJSON = `{"id":"` + testMessage + `","session_id":"` + testSession + `","sequence":1,"role":"user",
		"content":[{"type":"text","text":"Is the north gate open?"}],"metadata":{"run":"r-17"},"created_at":"2026-02-08T09:00:00.100Z"}`
)

func TestMessageIsRead(t *testing.T) {
	const whole = `{"id":"` + testMessage + `","session_id":"` + testSession + `","sequence":7,"role":"agent","delivery":"started","content":[
		{"type":"text","text":"Yes, "},
		{"type":"image","url":"https://example.com/a.png"},
		{"type":"tool_call","id":"call_1","name":"search","arguments":{"q":"gate"}},
		{"type":"tool_result","tool_call_id":"call_1","result":[1,2]},
		{"type":"tool_result","tool_call_id":"call_2","error":"timeout"},
		{"type":"audio","seconds":3},
		{"type":"text","text":"until ten."}],
		"controls":{"model_id":"model_1","reasoning":{"effort":"high"}},"metadata":{"run":"r-17"},"tags":["a"],
		"thinking":"hm","thinking_signature":"s","created_at":"2026-02-08T09:00:00.100Z"}`
	want := &Message{
		ID: testMessage, SessionID: testSession, Sequence: 7, Role: RoleAgent, Delivery: DeliveryStarted,
		Content: []ContentPart{
			TextPart("Yes, "), {Type: PartImage, URL: "https://example.com/a.png"},
			{Type: PartToolCall, ID: "call_1", Name: "search", Arguments: json.RawMessage(`{"q":"gate"}`)},
			{Type: PartToolResult, ToolCallID: "call_1", Result: json.RawMessage(`[1,2]`)},
			{Type: PartToolResult, ToolCallID: "call_2", Error: "timeout"},
			{Type: "audio", Raw: json.RawMessage(`{"type":"audio","seconds":3}`)}, TextPart("until ten."),
		},
		Controls: &Controls{ModelID: new("model_1"), Reasoning: &Reasoning{Effort: EffortHigh}}, Metadata: map[string]any{"run": "r-17"}, Tags: []string{"a"},
		Thinking: "hm", ThinkingSignature: "s", CreatedAt: "2026-02-08T09:00:00.100Z",
	}
	client, recorder := suite.Record(t)
	recorder.Answer(http.StatusOK, `{"data":[`+whole+`]}`)
	list, err := client.ListMessages(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &list.Messages[0]); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	testkit.EncodesBack(t, []byte(whole), list.Messages[0])
	if got := want.Text(); got != "Yes, until ten." {
		t.Errorf("text %q", got)
	}
	if got := want.String(); got != testMessage+` agent "Yes, until ten."` {
		t.Error(got)
	}
	if long := (Message{ID: "m", Content: []ContentPart{TextPart(string(make([]rune, 200)))}}).String(); len(long) > 400 {
		t.Errorf("%d bytes in a line", len(long))
	}
}

// A message of a newer server has members and parts of other types. What can
// be read is.
func TestOddMessages(t *testing.T) {
	for _, body := range []string{
		`{"id":"m","content":null,"metadata":null}`, `{"id":"m","content":["x",null,{"type":5,"text":{}}],"metadata":[],"sequence":"x","controls":1,"tags":"a"}`,
		`{"id":"m","content":[{"type":"text","text":7}]}`,
	} {
		if message, err := decodeMessage([]byte(body)); err != nil || message.ID != "m" {
			t.Errorf("%s: %v, %v", body, message, err)
		} else if _, err := json.Marshal(message); err != nil {
			t.Error(err)
		}
	}
}

// The id of a message is made before it is sent, and each call has its own.
func TestSendMessageMakesAnID(t *testing.T) {
	client, recorder := suite.Record(t)
	seen := map[string]bool{}
	for range 2 {
		recorder.Answer(http.StatusCreated, messageJSON)
		metadata := map[string]any{"run": 1}
		if _, err := client.SendMessage(t.Context(), testSession, SendMessageRequest{Text: "x", Metadata: metadata}); err != nil {
			t.Fatal(err)
		}
		var sent struct {
			ID       string `json:"client_message_id"`
			Metadata map[string]any
		}
		if err := json.Unmarshal([]byte(recorder.Last(t).Body), &sent); err != nil {
			t.Fatal(err)
		}
		if sent.ID == "" || seen[sent.ID] || sent.Metadata[ClientMessageKey] != sent.ID || len(metadata) != 1 {
			t.Errorf("sent %+v", sent)
		}
		seen[sent.ID] = true
	}
}

// A message whose response was lost is looked for, and never sent again.
func TestSendMessageIsSettled(t *testing.T) {
	const (
		ours   = `{"id":"message_ours","role":"user","content":[],"metadata":{"` + ClientMessageKey + `":"` + testUUID + `"}}`
		newest = `{"id":"message_ours","role":"user","content":[],"metadata":{"everruns_client_message_id":"` + testUUID + `"}}`
		theirs = `{"id":"message_theirs","role":"user","content":[],"metadata":{"` + ClientMessageKey + `":"another"}}`
	)
	list := func(messages string) string { return `{"data":[` + messages + `]}` }
	type response struct {
		status int
		body   string
	}
	for name, test := range map[string]struct {
		sent    response
		reads   []response
		found   bool
		unknown bool
	}{
		"found at once":              {response{502, ""}, []response{{200, list(theirs + "," + ours)}}, true, false},
		"found by the server's name": {response{500, ""}, []response{{200, list(newest)}}, true, false},
		"found late":                 {response{503, ""}, []response{{200, list("")}, {200, list(theirs)}, {200, list(ours)}}, true, false},
		"found after a failed look":  {response{504, ""}, []response{{403, ""}, {200, list(ours)}}, true, false},
		"an unreadable response":     {response{201, "{}"}, []response{{200, list(ours)}}, true, false},
		"another message's response": {response{201, theirs}, []response{{200, list(ours)}}, true, false},
		"not found":                  {response{500, ""}, []response{{200, list("")}, {200, list("")}, {200, list(theirs)}}, false, true},
		"never read":                 {response{201, "<html>"}, []response{{403, ""}, {404, ""}, {401, ""}}, false, true},
		"refused":                    {response{400, `{"error":"Too many active turns"}`}, nil, false, false},
		"a conflict":                 {response{409, ""}, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, recorder := suite.Record(t)
				recorder.Answer(test.sent.status, test.sent.body)
				for _, read := range test.reads {
					recorder.Answer(read.status, read.body)
				}
				start := time.Now()
				var captured agentclients.Response
				message, err := client.SendMessage(t.Context(), testSession, SendMessageRequest{Text: "x", ClientMessageID: testUUID}, agentclients.CaptureResponse(&captured))
				if (err == nil) != test.found || errors.Is(err, agentclients.ErrOutcomeUnknown) != test.unknown || (message == nil) != (err != nil) {
					t.Fatalf("%v, %v", message, err)
				}
				if test.found && (message.ID != "message_ours" || !captured.Settled || captured.Attempts != 1+len(test.reads) || captured.StatusCode != 200) {
					t.Errorf("%v, captured %+v", message, captured)
				}
				var e *agentclients.Error
				if errors.As(err, &e) && (e.ResourceID == testUUID) != test.unknown {
					t.Errorf("%v names %q", err, e.ResourceID)
				}
				if captured.Settled != test.found {
					t.Errorf("captured %+v", captured)
				}
				if !test.found && (captured.StatusCode != test.sent.status || captured.Attempts != len(recorder.Requests)) {
					t.Errorf("captured %+v", captured)
				}
				if len(recorder.Requests) != 1+len(test.reads) || time.Since(start) > 3*time.Second {
					t.Errorf("%d requests in %v", len(recorder.Requests), time.Since(start))
				}
				for _, request := range recorder.Requests[1:] {
					if request.Method != http.MethodGet {
						t.Errorf("%s %s", request.Method, request.URL)
					}
				}
			})
		})
	}
}

// A message that surely was not taken is sent again: the same one.
func TestSendMessageAfterARateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, recorder := suite.Record(t)
		recorder.Answer(429, "").Answer(201, messageJSON)
		if _, err := client.SendMessage(t.Context(), testSession, SendMessageRequest{Text: "x"}); err != nil {
			t.Fatal(err)
		}
		if len(recorder.Requests) != 2 || recorder.Requests[0].Body != recorder.Requests[1].Body {
			t.Errorf("%q", recorder.Requests)
		}
	})
}

// Two calls at once make two messages, and find each its own.
func TestMessagesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		client, r := s.client(), s.open()
		s.faults["send message"] = []string{"late drop", "late 500", "late stall", "late drop"}
		done := make(chan string, 4)
		for range 4 {
			go func() {
				message, err := client.SendMessage(context.Background(), r.id, SendMessageRequest{Text: "x"})
				if err != nil {
					t.Error(err)
					message = new(Message)
				}
				done <- message.ID
			}()
		}
		ids := map[string]bool{}
		for range 4 {
			ids[<-done] = true
		}
		if len(ids) != 4 || s.stored() != 4 {
			t.Errorf("%d messages, found %v", s.stored(), ids)
		}
	})
}
