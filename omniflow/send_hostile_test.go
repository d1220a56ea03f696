package omniflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/omniflow"
)

// hostile is a server with one flow and one conversation that does what the
// mock does not: it commits late, merges, forgets, and serves others meanwhile.
type hostile struct {
	autopilot bool
	greeting  string // of the flow, "": "Good day"
	messages  []omniflow.Message
	short     bool // lists show no messages
	requests  []string
	due       []late

	// On a request, instead of what is usual. Nil: as usual.
	onGenerate, onAction, onToggle, onRead func(h *hostile) (status int, body string, err error)
}

// late is something that the server does when its time has come.
type late struct {
	at time.Time
	do func()
}

func (h *hostile) later(wait time.Duration, do func()) {
	h.due = append(h.due, late{time.Now().Add(wait), do})
}

var errReset = errors.New("connection reset by peer")

// lost is a response that nobody sees.
func lost() (int, string, error) { return 0, "", errReset }

func (h *hostile) add(id, text string) {
	h.messages = append(h.messages, omniflow.Message{ID: id, Direction: omniflow.DirectionOutbound, Text: text, Status: omniflow.MessagePending})
}

// decide is what the action does.
func (h *hostile) decide(id string, status omniflow.MessageStatus) {
	for i := range h.messages {
		if h.messages[i].ID == id {
			h.messages[i].Status, h.messages[i].Sent = status, status == omniflow.MessageApproved
		}
	}
}

// sent counts the messages that were sent.
func (h *hostile) sent() (n int) {
	for _, m := range h.messages {
		if m.Sent {
			n++
		}
	}
	return n
}

func (h *hostile) conversation(short bool) string {
	c := omniflow.Conversation{ID: "c", MessageFlowID: "f", Customer: omniflow.Customer{Phone: ida}, Messages: h.messages}
	if c.Messages == nil {
		c.Messages = []omniflow.Message{}
	}
	text, _ := json.Marshal(c)
	if short {
		return strings.Replace(string(text), `"messages"`, `"messageCount"`, 1)
	}
	return string(text)
}

func (h *hostile) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // it is the client's
		r.Body.Close()
	}
	for _, l := range h.due {
		if !l.at.After(time.Now()) {
			l.do()
		}
	}
	h.due = slices.DeleteFunc(h.due, func(l late) bool { return !l.at.After(time.Now()) })
	path := strings.TrimPrefix(r.URL.Path, "/v1/api")
	h.requests = append(h.requests, r.Method+" "+path)
	greeting := h.greeting
	if greeting == "" {
		greeting = "Good day"
	}
	instead, usual := h.onRead, func() (int, string, error) {
		return 200, fmt.Sprintf(`{"_id":"f","name":"Bakery","initiationMessage":%q,"autopilot":%t}`, greeting, h.autopilot), nil
	}
	switch {
	case path == "/conversations":
		usual = func() (int, string, error) {
			if h.messages == nil {
				return 200, "[]", nil
			}
			return 200, "[" + h.conversation(h.short) + "]", nil
		}
	case r.Method == http.MethodGet && path == "/conversations/c":
		usual = func() (int, string, error) { return 200, h.conversation(false), nil }
	case path == "/conversations/message/generate":
		instead, usual = h.onGenerate, func() (int, string, error) {
			h.add("new", "Good day")
			return 200, `{"status":"success","conversation_id":"c","message_id":"new","message":"Good day"}`, nil
		}
	case strings.HasSuffix(path, "/action"):
		id := strings.Split(path, "/")[4]
		instead, usual = h.onAction, func() (int, string, error) {
			h.decide(id, omniflow.MessageApproved)
			return 200, fmt.Sprintf(`{"status":"success","message":{"_id":%q,"message":"Good day","sent":true,"status":"approved"}}`, id), nil
		}
	case strings.HasSuffix(path, "/toggle-autopilot"):
		read := usual
		instead, usual = h.onToggle, func() (int, string, error) {
			h.autopilot = !h.autopilot
			return read()
		}
	}
	if instead == nil {
		instead = func(*hostile) (int, string, error) { return usual() }
	}
	status, body, err := instead(h)
	if err != nil {
		return nil, err
	}
	if status == 0 {
		status, body, err = usual()
		if err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// count counts the requests that end with a path.
func (h *hostile) count(suffix string) (n int) {
	for _, request := range h.requests {
		if strings.HasSuffix(request, suffix) {
			n++
		}
	}
	return n
}

func (h *hostile) client(t *testing.T) *omniflow.Client {
	t.Helper()
	client, err := omniflow.NewClient(omniflow.Config{APIKey: "tk_example", WorkspaceID: "w", Options: agentclients.Options{
		BaseURL: "https://api.example.com", HTTPClient: &http.Client{Transport: h},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// generateAndLose generates and then loses the response.
func generateAndLose(h *hostile) (int, string, error) {
	h.add("new", "Good day")
	return lost()
}

// TestSendMessageSendsOne: whatever happens to the first step, the message of
// the call is sent, or nothing is and the error says what may be.
func TestSendMessageSendsOne(t *testing.T) {
	for name, test := range map[string]struct {
		server   hostile
		want     string // the id of the message that is sent; "": unknown
		resource string
		says     string
	}{
		"nothing is lost": {server: hostile{}, want: "new"},
		"a 2xx that cannot be read": {server: hostile{onGenerate: func(h *hostile) (int, string, error) {
			h.add("new", "Good day")
			return 200, `{"status":"succ`, nil
		}}, want: "new"},
		"a 2xx without ids": {server: hostile{onGenerate: func(h *hostile) (int, string, error) {
			h.add("new", "Good day")
			return 200, `{"status":"success"}`, nil
		}}, want: "new"},
		"a 2xx of an error, and it was made": {server: hostile{onGenerate: func(h *hostile) (int, string, error) {
			h.add("new", "Good day")
			return 200, `{"status":"error","conversation_id":"c","message_id":"new"}`, nil
		}}, want: "new"},
		"a 2xx of an error, and it was not":         {server: hostile{onGenerate: respond(200, `{"status":"error","conversation_id":"c","message_id":"new"}`)}},
		"lost":                                      {server: hostile{onGenerate: generateAndLose}, want: "new"},
		"lost, and it was stored without blanks":    {server: hostile{greeting: " Good day\n", onGenerate: generateAndLose}, want: "new"},
		"lost, and the list shows no messages":      {server: hostile{short: true, messages: []omniflow.Message{{ID: "old"}}, onGenerate: generateAndLose}, want: "new"},
		"lost, beside an old one that is pending":   {server: hostile{messages: []omniflow.Message{pendingMessage("old", "Good day")}, onGenerate: generateAndLose}, want: "new"},
		"lost, and the agent replied at the moment": {server: hostile{onGenerate: func(h *hostile) (int, string, error) { h.add("reply", "At nine."); return generateAndLose(h) }}, want: "new"},
		"it was never made, but the agent replied":  {server: hostile{onGenerate: func(h *hostile) (int, string, error) { h.add("reply", "At nine."); return lost() }}, resource: "c"},
		"it was never made, beside an old one":      {server: hostile{messages: []omniflow.Message{pendingMessage("old", "Good day")}, onGenerate: func(*hostile) (int, string, error) { return lost() }}, resource: "c"},
		"it was never made, and there is nothing":   {server: hostile{onGenerate: func(*hostile) (int, string, error) { return 503, "", nil }}},
		"somebody else generated one at the moment": {server: hostile{onGenerate: func(h *hostile) (int, string, error) { h.add("theirs", "Good day"); return generateAndLose(h) }}, resource: "c", says: "2 messages may be the one"},
		"it comes late": {server: hostile{onGenerate: func(h *hostile) (int, string, error) {
			h.later(time.Second, func() { h.add("new", "Good day") })
			return lost()
		}}, want: "new"},
		"it comes too late": {server: hostile{onGenerate: func(h *hostile) (int, string, error) {
			h.later(time.Minute, func() { h.add("new", "Good day") })
			return lost()
		}}},
		"the server merges it with one that waits":   {server: hostile{messages: []omniflow.Message{pendingMessage("old", "Good day")}, onGenerate: respond(200, `{"conversation_id":"c","message_id":"old"}`)}, want: "old"},
		"the response is about one that was sent":    {server: hostile{messages: []omniflow.Message{{ID: "old", Status: omniflow.MessageApproved, Sent: true}}, onGenerate: respond(200, `{"conversation_id":"c","message_id":"old"}`)}, resource: "c"},
		"the conversation cannot be read afterwards": {server: hostile{onGenerate: func(h *hostile) (int, string, error) { h.onRead = respond(500, "{}"); return generateAndLose(h) }}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := test.server
				before := h.sent()
				var response agentclients.Response
				sent, err := h.client(t).SendMessage(t.Context(), omniflow.SendMessageRequest{FlowID: "f", To: ida}, agentclients.CaptureResponse(&response))
				synctest.Wait()
				if n := h.count("/generate"); n != 1 {
					t.Errorf("%d messages were asked for: %q", n, h.requests)
				}
				if response.Attempts != len(h.requests) {
					t.Errorf("%d attempts, and %d requests", response.Attempts, len(h.requests))
				}
				if test.want != "" {
					if err != nil || sent.ID != test.want || sent.ConversationID != "c" || !sent.Sent || h.sent() != before+1 {
						t.Errorf("%v, %v, %d were sent", sent, err, h.sent()-before)
					}
					return
				}
				var e *agentclients.Error
				if !errors.Is(err, agentclients.ErrOutcomeUnknown) || !errors.As(err, &e) || e.ResourceID != test.resource || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%v with %+v", err, e)
				}
				if n := h.count("/action"); n != 0 || h.sent() != before {
					t.Errorf("something was approved: %q", h.requests)
				}
			})
		})
	}
}

func pendingMessage(id, text string) omniflow.Message {
	return omniflow.Message{ID: id, Direction: omniflow.DirectionOutbound, Text: text, Status: omniflow.MessagePending}
}

func respond(status int, body string) func(*hostile) (int, string, error) {
	return func(*hostile) (int, string, error) { return status, body, nil }
}

// Nothing is generated if it could not be told from what was there before.
func TestSendMessageReadsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, h := range map[string]*hostile{
			"refused":          {onRead: respond(401, `{"error":"no"}`)},
			"fails":            {onRead: respond(500, `{"error":"no"}`)},
			"a list of no ids": {onRead: respond(200, `[{"pathwayId":"f","customer":{"phone":"`+ida+`"}}]`)},
			"without an id":    {messages: []omniflow.Message{pendingMessage("", "Good day")}},
			"no list at all":   {onRead: respond(200, `{}`)},
		} {
			_, err := h.client(t).SendMessage(t.Context(), omniflow.SendMessageRequest{FlowID: "f", To: ida})
			if err == nil || errors.Is(err, agentclients.ErrOutcomeUnknown) || errors.Is(err, agentclients.ErrInvalidRequest) || h.count("/generate") != 0 {
				t.Errorf("%s: %v after %q", name, err, h.requests)
			}
		}
	})
}

// TestDecisionsAreSettled: the message tells what became of a decision whose
// response was lost.
func TestDecisionsAreSettled(t *testing.T) {
	approve := func(ctx context.Context, c *omniflow.Client) (*omniflow.DecidedMessage, error) {
		return c.ApproveMessage(ctx, "c", "m")
	}
	edit := func(ctx context.Context, c *omniflow.Client) (*omniflow.DecidedMessage, error) {
		return c.EditMessage(ctx, "c", "m", "Good day, Ida")
	}
	reject := func(ctx context.Context, c *omniflow.Client) (*omniflow.DecidedMessage, error) {
		return c.RejectMessage(ctx, "c", "m")
	}
	// become loses the response, and the message becomes something.
	become := func(status omniflow.MessageStatus, sent bool, text string) func(*hostile) (int, string, error) {
		return func(h *hostile) (int, string, error) {
			h.messages[0].Status, h.messages[0].Sent, h.messages[0].Text = status, sent, text
			return lost()
		}
	}
	// says tells what the message becomes.
	says := func(status omniflow.MessageStatus, sent bool, text string) func(*hostile) (int, string, error) {
		return func(h *hostile) (int, string, error) {
			become(status, sent, text)(h) //nolint:errcheck // it is told after all
			return 200, fmt.Sprintf(`{"status":"success","message":{"_id":"m","message":%q,"to":%q,"sent":%t,"status":%q}}`, text, ida, sent, status), nil
		}
	}
	limitedThen := func(then func(*hostile) (int, string, error)) func(*hostile) (int, string, error) {
		return func(h *hostile) (int, string, error) {
			if h.count("/action") == 1 {
				then(h) //nolint:errcheck // it is turned away all the same
				return 429, `{"error":{"code":"rate_limit_exceeded"}}`, nil
			}
			return 409, `{"error":{"code":"conflict","message":"Message is not pending"}}`, nil
		}
	}
	for name, test := range map[string]struct {
		call     func(context.Context, *omniflow.Client) (*omniflow.DecidedMessage, error)
		onAction func(*hostile) (int, string, error)
		want     error // nil: success
		requests int   // of the action; 0: 1
	}{
		"approve, done":                {call: approve, onAction: become("approved", true, "Good day")},
		"approve, done and delayed":    {call: approve, onAction: become("approved", false, "Good day")},
		"approve, sent without a word": {call: approve, onAction: become("", true, "Good day")},
		"reject, sent without a word":  {call: reject, onAction: become("", true, "Good day"), want: agentclients.ErrConflict},
		"approve, nothing is told":     {call: approve, onAction: become("", false, "Good day"), want: agentclients.ErrOutcomeUnknown},
		"approve, sent in other words": {call: approve, onAction: become("delivered", true, "Good day")},
		"approve, but it was rejected": {call: approve, onAction: become("rejected", false, "Good day"), want: agentclients.ErrConflict},
		"approve, a word of tomorrow":  {call: approve, onAction: become("queued", false, "Good day"), want: agentclients.ErrOutcomeUnknown},
		"approve, not done":            {call: approve, onAction: become("pending", false, "Good day"), want: agentclients.ErrOutcomeUnknown},
		"approve, and it comes late": {call: approve, onAction: func(h *hostile) (int, string, error) {
			h.later(time.Second, func() { h.decide("m", "approved") })
			return lost()
		}},
		"approve, about another": {call: approve, onAction: func(h *hostile) (int, string, error) {
			h.decide("m", "approved")
			return 200, `{"message":{"_id":"other"}}`, nil
		}},
		"approve, 2xx that cannot be":       {call: approve, onAction: func(h *hostile) (int, string, error) { h.decide("m", "approved"); return 200, `{"mess`, nil }},
		"approve, 503":                      {call: approve, onAction: func(h *hostile) (int, string, error) { h.decide("m", "approved"); return 503, ``, nil }},
		"approve, and it is gone":           {call: approve, onAction: func(h *hostile) (int, string, error) { h.messages = nil; return lost() }, want: agentclients.ErrOutcomeUnknown},
		"approve, 200 that it was rejected": {call: approve, onAction: says("rejected", false, "Good day"), want: agentclients.ErrConflict},
		"approve, 200 that is not so": {call: approve, onAction: func(h *hostile) (int, string, error) {
			h.decide("m", "approved")
			return 200, `{"message":{"_id":"m","status":"rejected"}}`, nil
		}},
		"edit, 200 with another text":  {call: edit, onAction: says("approved", true, "Good day"), want: agentclients.ErrConflict},
		"edit, 200 without blanks":     {call: edit, onAction: says("approved", true, " Good day, Ida\n")},
		"reject, 200 that it was sent": {call: reject, onAction: says("approved", true, "Good day"), want: agentclients.ErrConflict},
		"approve, 200 that it is pending, and it is not": {call: approve, onAction: func(h *hostile) (int, string, error) {
			h.decide("m", "approved")
			return 200, `{"status":"success","message":{"_id":"m","sent":false,"status":"pending"}}`, nil
		}},
		"approve, 200 that it is pending": {call: approve, onAction: says("pending", false, "Good day"), want: agentclients.ErrOutcomeUnknown},
		"approve, 200 of an error":        {call: approve, onAction: respond(200, `{"status":"error","message":{"_id":"m","sent":false}}`), want: agentclients.ErrOutcomeUnknown},
		"reject, 200 that it is pending":  {call: reject, onAction: says("pending", false, "Good day"), want: agentclients.ErrOutcomeUnknown},
		"approve, 200 of an error after all": {call: approve, onAction: func(h *hostile) (int, string, error) {
			h.decide("m", "approved")
			return 200, `{"status":"Error","message":{"_id":"m","to":"` + ida + `","sent":true,"status":"approved"}}`, nil
		}},
		"approve, refused":              {call: approve, onAction: respond(403, "{}"), want: agentclients.ErrForbidden},
		"approve, decided before":       {call: approve, onAction: respond(409, "{}"), want: agentclients.ErrConflict},
		"approve, done although 429":    {call: approve, onAction: limitedThen(become("approved", true, "Good day")), requests: 2},
		"approve, 429 and rejected":     {call: approve, onAction: limitedThen(become("rejected", false, "Good day")), want: agentclients.ErrConflict, requests: 2},
		"approve, cannot be read":       {call: approve, onAction: func(h *hostile) (int, string, error) { h.onRead = respond(500, "{}"); return lost() }, want: agentclients.ErrOutcomeUnknown},
		"edit, done":                    {call: edit, onAction: become("approved", true, "Good day, Ida")},
		"edit, but another text":        {call: edit, onAction: become("approved", true, "Good day"), want: agentclients.ErrConflict},
		"edit, but it was rejected":     {call: edit, onAction: become("rejected", false, "Good day"), want: agentclients.ErrConflict},
		"reject, done":                  {call: reject, onAction: become("rejected", false, "Good day")},
		"reject, but it was sent":       {call: reject, onAction: become("approved", true, "Good day"), want: agentclients.ErrConflict},
		"reject, but it will be sent":   {call: reject, onAction: become("approved", false, "Good day"), want: agentclients.ErrConflict},
		"reject, a word of tomorrow":    {call: reject, onAction: become("discarded", false, "Good day"), want: agentclients.ErrOutcomeUnknown},
		"reject, although it was done?": {call: reject, onAction: become("pending", false, "Good day"), want: agentclients.ErrOutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hostile{messages: []omniflow.Message{pendingMessage("m", "Good day")}, onAction: test.onAction}
				decided, err := test.call(t.Context(), h.client(t))
				if n := h.count("/action"); n != max(test.requests, 1) {
					t.Errorf("%d requests to decide: %q", n, h.requests)
				}
				if test.want == nil {
					if err != nil || decided.ID != "m" || decided.ConversationID != "c" || decided.To != ida {
						t.Errorf("%+v, %v", decided, err)
					}
					return
				}
				var e *agentclients.Error
				if !errors.Is(err, test.want) || !errors.As(err, &e) || e.OutcomeUnknown != (test.want == agentclients.ErrOutcomeUnknown) {
					t.Errorf("%v is not %v", err, test.want)
				}
				if e != nil && e.OutcomeUnknown && e.ResourceID != "c" {
					t.Errorf("the doubt is about %q", e.ResourceID)
				}
			})
		})
	}
}

// A context that ends while the outcome is looked for is told, with its cause,
// beside what left it open.
func TestContextEndsWhileLooking(t *testing.T) {
	why := errors.New("closing time")
	for name, call := range map[string]func(context.Context, *omniflow.Client) error{
		"SendMessage": func(ctx context.Context, c *omniflow.Client) error {
			_, err := c.SendMessage(ctx, omniflow.SendMessageRequest{FlowID: "f", To: ida})
			return err
		},
		"ApproveMessage": func(ctx context.Context, c *omniflow.Client) error {
			_, err := c.ApproveMessage(ctx, "c", "m")
			return err
		},
		"SetAutopilot": func(ctx context.Context, c *omniflow.Client) error {
			_, err := c.SetAutopilot(ctx, "f", true)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				never := func(*hostile) (int, string, error) { return lost() }
				h := &hostile{messages: []omniflow.Message{pendingMessage("m", "Good day")}, onGenerate: never, onAction: never, onToggle: never}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(why) })
				start := time.Now()
				err := call(ctx, h.client(t))
				for _, want := range []error{agentclients.ErrOutcomeUnknown, context.Canceled, why, errReset} {
					if !errors.Is(err, want) {
						t.Errorf("%v is not %v", err, want)
					}
				}
				if passed := time.Since(start); passed != time.Second {
					t.Errorf("it took %v", passed)
				}
			})
		})
	}
}

// TestSetAutopilotTogglesOnce: the flow is as it should be, or the error says
// what may be; never are there two toggles.
func TestSetAutopilotTogglesOnce(t *testing.T) {
	toggle := func(h *hostile) { h.autopilot = !h.autopilot }
	for name, test := range map[string]struct {
		server  hostile
		on      bool
		toggles int
		want    error
	}{
		"it is as it should be":       {on: false},
		"it is not":                   {on: true, toggles: 1},
		"it is on, and should be off": {server: hostile{autopilot: true}, on: false, toggles: 1},
		"lost":                        {server: hostile{onToggle: func(h *hostile) (int, string, error) { toggle(h); return lost() }}, on: true, toggles: 1},
		"500":                         {server: hostile{onToggle: func(h *hostile) (int, string, error) { toggle(h); return 500, "", nil }}, on: true, toggles: 1},
		"2xx that does not tell":      {server: hostile{onToggle: func(h *hostile) (int, string, error) { toggle(h); return 200, `{"_id":"f"}`, nil }}, on: true, toggles: 1},
		"it comes late": {server: hostile{onToggle: func(h *hostile) (int, string, error) {
			h.later(time.Second, func() { toggle(h) })
			return lost()
		}}, on: true, toggles: 1},
		"it never came":                  {server: hostile{onToggle: func(*hostile) (int, string, error) { return lost() }}, on: true, toggles: 1, want: agentclients.ErrOutcomeUnknown},
		"it cannot be read afterwards":   {server: hostile{onToggle: func(h *hostile) (int, string, error) { h.onRead = respond(500, ""); toggle(h); return lost() }}, on: true, toggles: 1, want: agentclients.ErrOutcomeUnknown},
		"its own word is good enough":    {server: hostile{onToggle: func(h *hostile) (int, string, error) { h.onRead = respond(500, ""); return 0, "", nil }}, on: true, toggles: 1},
		"somebody else toggles it back":  {server: hostile{onToggle: func(h *hostile) (int, string, error) { return 200, `{"_id":"f","autopilot":true}`, nil }}, on: true, toggles: 1, want: agentclients.ErrConflict},
		"refused":                        {server: hostile{onToggle: respond(403, "{}")}, on: true, toggles: 1, want: agentclients.ErrForbidden},
		"what it is cannot be read":      {server: hostile{onRead: respond(404, "{}")}, on: true, want: agentclients.ErrNotFound},
		"what it is is not told":         {server: hostile{autopilot: true, onRead: respond(200, `{"_id":"f"}`)}, on: true, want: agentclients.ErrDecode},
		"what it is is told as a text":   {server: hostile{autopilot: true, onRead: respond(200, `{"_id":"f","autopilot":"true"}`)}, on: true},
		"what it is is told in a string": {server: hostile{autopilot: true, onRead: respond(200, `{"_id":"f","autopilot":"yes"}`)}, on: true, want: agentclients.ErrDecode},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := test.server
				flow, err := h.client(t).SetAutopilot(t.Context(), "f", test.on)
				if n := h.count("/toggle-autopilot"); n != test.toggles {
					t.Errorf("%d toggles: %q", n, h.requests)
				}
				if test.want == nil && (err != nil || flow.Autopilot != test.on || h.autopilot != test.on) {
					t.Errorf("%+v, %v; it is %v", flow, err, h.autopilot)
				}
				if !errors.Is(err, test.want) || errors.Is(err, agentclients.ErrOutcomeUnknown) != (test.want == agentclients.ErrOutcomeUnknown) {
					t.Errorf("%v is not %v", err, test.want)
				}
			})
		})
	}
}

// A context that ends when the flow was toggled, and does not show it yet, says
// nothing of somebody else.
func TestContextEndsAfterTheToggle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("closing time")
		ctx, cancel := context.WithCancelCause(t.Context())
		h := &hostile{onToggle: func(h *hostile) (int, string, error) {
			time.AfterFunc(time.Second, func() { cancel(why) })
			return 200, `{"_id":"f","autopilot":true}`, nil
		}}
		_, err := h.client(t).SetAutopilot(ctx, "f", true)
		if errors.Is(err, agentclients.ErrConflict) || !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Error(err)
		}
	})
}

// The requests of SendMessage, in their order.
func TestOrderOfSendMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			server hostile
			want   []string
		}{
			"all is well": {hostile{}, []string{"GET /conversations", "POST /conversations/message/generate", "POST /conversations/c/message/new/action"}},
			"both responses are lost": {hostile{
				onGenerate: generateAndLose,
				onAction:   func(h *hostile) (int, string, error) { h.decide("new", "approved"); return lost() },
			}, []string{"GET /conversations", "POST /conversations/message/generate", "GET /message-flows/f", "GET /conversations", "POST /conversations/c/message/new/action", "GET /conversations/c"}},
		} {
			h := test.server
			if _, err := h.client(t).SendMessage(t.Context(), omniflow.SendMessageRequest{FlowID: "f", To: ida}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if diff := cmp.Diff(test.want, slices.Clone(h.requests)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}
