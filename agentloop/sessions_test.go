package agentloop

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	testSession = "session_019c4b1d00007000800000000000b001"
	testMessage = "message_019c4b1e00007000800000000000c001"
	testTurn    = "turn_019c4b1e00007000800000000000d001"

	sessionJSON = `{"id":"` + testSession + `","organization_id":"org_00000000000000000000000000000001","agent_id":"` + testID + `",
		"status":"idle","title":"The gates","model_id":"model_01933b5a000070008000000000000001","preview":"Is the","output_preview":"Yes,",
		"started_at":"2026-02-08T09:00:00.1Z","finished_at":null,"tags":["night"],"capabilities":[{"ref":"web_fetch"}],
		"usage":{"input_tokens":12,"output_tokens":5},"created_at":"2026-02-08T09:00:00Z","updated_at":"2026-02-08T09:00:01Z"}`
)

func sampleSession() *Session {
	return &Session{
		AgentID: testID, Capabilities: []Capability{{Ref: "web_fetch"}}, CreatedAt: "2026-02-08T09:00:00Z", ID: testSession,
		ModelID: "model_01933b5a000070008000000000000001", OrganizationID: "org_00000000000000000000000000000001", OutputPreview: "Yes,",
		Preview: "Is the", StartedAt: "2026-02-08T09:00:00.1Z", Status: SessionIdle, Tags: []string{"night"}, Title: "The gates",
		UpdatedAt: "2026-02-08T09:00:01Z", Usage: &TokenUsage{InputTokens: 12, OutputTokens: 5},
	}
}

// calls are the calls of the operations on sessions, messages and events that
// have one response, with one that serves.
var calls = map[string]struct {
	response string
	call     func(context.Context, *Client) error
	request  string
	repeats  int  // after failures that leave open what became of it
	reads    int  // that settle
	unknown  bool // whether that leaves a doubt
}{
	"create session": {sessionJSON, func(ctx context.Context, c *Client) error {
		_, err := c.CreateSession(ctx, CreateSessionRequest{
			AgentID: testID, Capabilities: []Capability{{Ref: "web_fetch", Config: json.RawMessage(`{"a":"<&>"}`)}}, ModelID: new("model_1"),
			Tags: []string{"debugging", "urgent"}, Title: new("The gates"), ExtraFields: map[string]any{"harness_id": nil},
		})
		return err
	}, `POST /v1/sessions {"agent_id":"` + testID + `","capabilities":[{"config":{"a":"<&>"},"ref":"web_fetch"}],"model_id":"model_1","tags":["debugging","urgent"],"title":"The gates","harness_id":null}`, 1, 0, true},
	"create a plain session": {sessionJSON, func(ctx context.Context, c *Client) error {
		_, err := c.CreateSession(ctx, CreateSessionRequest{AgentID: testID})
		return err
	}, `POST /v1/sessions {"agent_id":"` + testID + `"}`, 1, 0, true},
	"get session": {sessionJSON, func(ctx context.Context, c *Client) error {
		_, err := c.GetSession(ctx, testSession)
		return err
	}, "GET /v1/sessions/" + testSession + " ", 3, 0, false},
	"list sessions": {`{"data":[]}`, func(ctx context.Context, c *Client) error {
		_, err := c.ListSessions(ctx, ListSessionsRequest{AgentID: testID, Limit: 100, Offset: 20})
		return err
	}, "GET /v1/sessions?agent_id=" + testID + "&limit=100&offset=20 ", 3, 0, false},
	"list all sessions": {`{"data":[]}`, func(ctx context.Context, c *Client) error {
		_, err := c.ListSessions(ctx, ListSessionsRequest{})
		return err
	}, "GET /v1/sessions ", 3, 0, false},
	"update session": {sessionJSON, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateSession(ctx, testSession, UpdateSessionRequest{Title: new(""), Tags: []string{}, ExtraFields: map[string]any{"x": 1}})
		return err
	}, "PATCH /v1/sessions/" + testSession + ` {"tags":[],"title":"","x":1}`, 3, 0, false},
	"delete session": {"", func(ctx context.Context, c *Client) error {
		return c.DeleteSession(ctx, testSession)
	}, "DELETE /v1/sessions/" + testSession + " ", 3, 0, false},
	"cancel turn": {`{"status":"cancelled","message":"Turn cancelled successfully"}`, func(ctx context.Context, c *Client) error {
		_, err := c.CancelTurn(ctx, testSession)
		return err
	}, "POST /v1/sessions/" + testSession + "/cancel ", 3, 0, false},
	"send message": {messageJSON, func(ctx context.Context, c *Client) error {
		_, err := c.SendMessage(ctx, testSession, SendMessageRequest{Text: "Is the <north> gate open?", ClientMessageID: testUUID})
		return err
	}, "POST /v1/sessions/" + testSession + `/messages {"client_message_id":"` + testUUID + `","message":{"content":[{"type":"text","text":"Is the <north> gate open?"}]},"metadata":{"` + ClientMessageKey + `":"` + testUUID + `"}}`, 1, 9, true},
	"send a whole message": {messageJSON, func(ctx context.Context, c *Client) error {
		_, err := c.SendMessage(ctx, testSession, SendMessageRequest{
			Content: []ContentPart{TextPart(""), {Type: PartImage, URL: "https://example.com/a.png"}, {Type: PartImage, Base64: "AAAA", MediaType: "image/png"},
				{Type: PartImageFile, ImageID: "img_1", Filename: "a.png"}, {Type: "audio", Raw: json.RawMessage(`{"type":"audio","seconds":3}`)}},
			ClientMessageID: testUUID, Controls: &Controls{ModelID: new("model_1"), Reasoning: &Reasoning{Effort: EffortLow}},
			Metadata: map[string]any{"run": "r-17"}, Tags: []string{"a"}, ExtraFields: map[string]any{"x": nil},
		})
		return err
	}, "POST /v1/sessions/" + testSession + `/messages {"client_message_id":"` + testUUID + `","controls":{"model_id":"model_1","reasoning":{"effort":"low"}},` +
		`"message":{"content":[{"type":"text","text":""},{"type":"image","url":"https://example.com/a.png"},{"type":"image","base64":"AAAA","media_type":"image/png"},` +
		`{"type":"image_file","image_id":"img_1","filename":"a.png"},{"type":"audio","seconds":3}]},"metadata":{"` + ClientMessageKey + `":"` + testUUID + `","run":"r-17"},"tags":["a"],"x":null}`, 1, 9, true},
	"list messages": {`{"data":[]}`, func(ctx context.Context, c *Client) error {
		_, err := c.ListMessages(ctx, testSession)
		return err
	}, "GET /v1/sessions/" + testSession + "/messages ", 3, 0, false},
	"list events": {`{"data":[]}`, func(ctx context.Context, c *Client) error {
		_, err := c.ListEvents(ctx, testSession, ListEventsRequest{
			SinceID: "event_1", Exclude: []EventType{EventOutputMessageDelta, EventThinkingDelta}, Types: []EventType{EventInputMessage},
		})
		return err
	}, "GET /v1/sessions/" + testSession + "/events?exclude=output.message.delta&exclude=reason.thinking.delta&since_id=event_1&types=input.message ", 3, 0, false},
	"list all events": {`{"data":[]}`, func(ctx context.Context, c *Client) error {
		_, err := c.ListEvents(ctx, testSession, ListEventsRequest{})
		return err
	}, "GET /v1/sessions/" + testSession + "/events ", 3, 0, false},
}

func TestRequestsOfRuns(t *testing.T) {
	for name, test := range calls {
		t.Run(name, func(t *testing.T) { suite.Sends(t, test.response, test.call, test.request) })
	}
}

// What may be repeated is, and nothing else; only a doubt is called one.
func TestRepeatsOfRuns(t *testing.T) {
	for name, test := range calls {
		t.Run(name, func(t *testing.T) { suite.Repeats(t, test.call, test.repeats+test.reads, test.unknown) })
	}
}

func TestSessionIsRead(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(http.StatusOK, sessionJSON)
	session, err := client.GetSession(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleSession(), session); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	testkit.EncodesBack(t, []byte(sessionJSON), session)
	if got := session.String(); got != testSession+` "The gates" idle` {
		t.Error(got)
	}
}

func TestCancellationIsRead(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(http.StatusOK, `{"status":"no_op","message":"No turn currently running"}`)
	cancellation, err := client.CancelTurn(t.Context(), testSession)
	if diff := cmp.Diff(&Cancellation{Message: "No turn currently running", Status: CancelNoOp}, cancellation); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestUnreadableSessions(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{}", "<html>", `{"id":""}`, `{"id":`} {
		testkit.Unreadable(t, suite, body, true, func(ctx context.Context, c *Client) (*Session, error) {
			return c.CreateSession(ctx, CreateSessionRequest{AgentID: testID})
		})
	}
	for _, body := range []string{"null", "{}", `{"items":[]}`} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*SessionList, error) {
			return c.ListSessions(ctx, ListSessionsRequest{})
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*MessageList, error) {
			return c.ListMessages(ctx, testSession)
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*EventList, error) {
			return c.ListEvents(ctx, testSession, ListEventsRequest{})
		})
	}
}

func allSessions(ctx context.Context, c *Client) iter.Seq2[Session, error] {
	return c.AllSessions(ctx, ListSessionsRequest{AgentID: testID, Limit: 2})
}

func TestAllSessions(t *testing.T) {
	testkit.Walks(t, suite, allSessions, func(s Session) string { return s.ID }, testkit.Walk{
		Answers: []string{
			`{"data":[{"id":"a"},{"id":"b"}],"total":3,"offset":0,"limit":2}`,
			`{"data":[{"id":"c"}],"total":3,"offset":2,"limit":2}`,
		},
		IDs:     []string{"a", "b", "c"},
		Queries: []string{"agent_id=" + testID + "&limit=2", "agent_id=" + testID + "&limit=2&offset=2"},
	})
	testkit.Stops(t, suite, `{"data":[{"id":"a"},{"id":"b"}],"total":1000,"offset":0,"limit":2}`, allSessions)
}

// 404 to a repeated delete means that it is done.
func TestDeleteSessionTwice(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(502, "").Answer(404, `{"error":"Session not found"}`)
	if err := client.DeleteSession(t.Context(), testSession, agentclients.WithRetry(agentclients.RetryPolicy{MinWait: 1, MaxWait: 1})); err != nil {
		t.Error(err)
	}
}

func TestRefusalsOfSessions(t *testing.T) {
	for name, test := range map[string]struct {
		call func(context.Context, *Client) error
		want []string
	}{
		"create": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateSession(ctx, CreateSessionRequest{AgentID: testID[:37], Capabilities: []Capability{{}}})
			return err
		}, []string{"agent_id", "capabilities[0].ref"}},
		"update": {func(ctx context.Context, c *Client) error {
			_, err := c.UpdateSession(ctx, testSession, UpdateSessionRequest{})
			return err
		}, []string{""}},
		"list": {func(ctx context.Context, c *Client) error {
			_, err := c.ListSessions(ctx, ListSessionsRequest{AgentID: "x", Limit: -1, Offset: -1})
			return err
		}, []string{"agent_id", "limit", "offset"}},
		"events": {func(ctx context.Context, c *Client) error {
			_, err := c.ListEvents(ctx, testSession, ListEventsRequest{Exclude: []EventType{""}, Types: []EventType{"x", ""}})
			return err
		}, []string{"exclude[0]", "types[1]"}},
		"stream": {func(ctx context.Context, c *Client) error {
			var last error
			for _, err := range c.StreamEvents(ctx, testSession, ListEventsRequest{Exclude: []EventType{""}}) {
				last = err
			}
			return last
		}, []string{"exclude[0]"}},
		"message": {func(ctx context.Context, c *Client) error {
			_, err := c.SendMessage(ctx, testSession, SendMessageRequest{ClientMessageID: "{" + testUUID + "}"})
			return err
		}, []string{"message.content", "client_message_id"}},
	} {
		t.Run(name, func(t *testing.T) { suite.Refuses(t, test.call, test.want) })
	}
	for _, id := range []string{"", "sess_1", "session_1", "session_019C4B1D00007000800000000000B001", "../agents", testID} {
		for name, call := range map[string]func(context.Context, *Client) error{
			"get":    func(ctx context.Context, c *Client) error { _, err := c.GetSession(ctx, id); return err },
			"delete": func(ctx context.Context, c *Client) error { return c.DeleteSession(ctx, id) },
			"cancel": func(ctx context.Context, c *Client) error { _, err := c.CancelTurn(ctx, id); return err },
			"update": func(ctx context.Context, c *Client) error {
				_, err := c.UpdateSession(ctx, id, UpdateSessionRequest{Title: new("x")})
				return err
			},
			"send": func(ctx context.Context, c *Client) error {
				_, err := c.SendMessage(ctx, id, SendMessageRequest{Text: "x"})
				return err
			},
			"messages": func(ctx context.Context, c *Client) error { _, err := c.ListMessages(ctx, id); return err },
			"events": func(ctx context.Context, c *Client) error {
				_, err := c.ListEvents(ctx, id, ListEventsRequest{})
				return err
			},
			"stream": func(ctx context.Context, c *Client) error {
				for _, err := range c.StreamEvents(ctx, id, ListEventsRequest{}) {
					return err
				}
				return nil
			},
		} {
			t.Run(name+" "+id, func(t *testing.T) { suite.Refuses(t, call, []string{"session_id"}) })
		}
	}
}

// A request encodes to what is sent.
func TestRequestsEncodeAsSent(t *testing.T) {
	for want, request := range map[string]any{
		`{"agent_id":"a","x":1}`: CreateSessionRequest{AgentID: "a", ExtraFields: map[string]any{"x": 1}},
		`{"title":"t","x":1}`:    UpdateSessionRequest{Title: new("t"), ExtraFields: map[string]any{"x": 1}},
		`{"message":{"content":[{"type":"text","text":"t"}]},"x":1}`: SendMessageRequest{Text: "t", ExtraFields: map[string]any{"x": 1}},
	} {
		if got, err := json.Marshal(request); err != nil || string(got) != want {
			t.Errorf("%s, %v", got, err)
		}
	}
}
