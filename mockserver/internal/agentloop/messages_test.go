package agentloop_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

const clientID = "0199d0f2-6c1e-7a3b-9f00-1a2b3c4d5e6f"

// withClientID is the body of a message that has an id of the client.
func withClientID(text, id string) string {
	return strings.TrimSuffix(textBody(text), "}") + `,"client_message_id":"` + id + `"}`
}

func TestSendMessage(t *testing.T) {
	now := time.Date(2026, 2, 8, 9, 0, 0, 100e6, time.UTC)
	c := withAgent(t, mockserver.Config{Now: func() time.Time { return now }})
	one := c.newSession()
	got := c.Do("POST", one+"/messages", `{"message":{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image","url":"https://example.com/a.png"},
		{"type":"image_file","image_id":"i","filename":"a.png"}]},"controls":{"reasoning":{"effort":"low"}},"metadata":{"run":"r-17"},"tags":["t"]}`,
		http.StatusCreated).Body.String()
	var sent messageView
	c.Read("POST", one+"/messages", textBody(""), http.StatusCreated, &sent)
	var all listOf[messageView]
	c.Read("GET", one+"/messages", "", http.StatusOK, &all)
	want := roomtest.Squeeze(t, `{"id":"`+all.Data[0].ID+`","role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image","url":"https://example.com/a.png"},
		{"type":"image_file","image_id":"i","filename":"a.png"}],"controls":{"reasoning":{"effort":"low"}},"metadata":{"run":"r-17"},
		"created_at":"2026-02-08T09:00:00.1Z","session_id":"`+strings.TrimPrefix(one, "/v1/sessions/")+`","sequence":1,"delivery":"started"}`)
	if diff := cmp.Diff(want, got); diff != "" || !isID("message", all.Data[0].ID) {
		t.Error(diff)
	}
	if texts := []string{all.Data[1].text(), all.Data[2].text(), all.Data[2].Delivery}; !slices.Equal(texts, []string{"agent: Hello! I'm a simulated LLM response.", "user: ", ""}) {
		t.Errorf("messages are %q", texts)
	}
	var events listOf[eventView]
	c.Read("GET", one+"/events?types=input.message", "", http.StatusOK, &events)
	if !slices.Equal(events.Data[0].Tags, []string{"t"}) || events.Data[1].Sequence != sent.Sequence || strings.Contains(string(events.Data[0].Data), "session_id") {
		t.Errorf("events are %+v", events.Data)
	}
	if empty := c.Do("GET", c.newSession()+"/messages", "", http.StatusOK).Body.String(); empty != `{"data":[]}` {
		t.Errorf("of a new session: %s", empty)
	}
}

func TestMessageRefusals(t *testing.T) {
	const type422 = "Failed to deserialize the JSON body into the target type: "
	for _, early := range []bool{false, true} {
		config := mockserver.Config{}
		if early {
			config.Variants = []string{mockserver.AgentloopStrictFeb}
		}
		c := withAgent(t, config)
		path := c.newSession() + "/messages"
		for body, text := range map[string]string{
			`{}`:                              "missing field `message`",
			`{"message":{}}`:                  "message: missing field `content`",
			`{"message":{"content":"hello"}}`: "message.content: invalid type: expected a sequence",
			`{"message":{"content":[{"type":"text"}]}}`:              "message.content[0]: missing field `text`",
			`{"message":{"content":[{"type":"video"}]}}`:             "message.content[0].type: unknown variant, expected `text` or `image` or `image_file`",
			`{"message":{"content":[],"role":"assistant"}}`:          "message.role: unknown variant, expected `system` or `user` or `agent` or `tool_result`",
			`{"message":{"content":[]},"metadata":[]}`:               "metadata: invalid type: expected a map",
			`{"message":{"content":[]},"controls":{"model_id":"x"}}`: "controls.model_id: invalid prefix",
		} {
			c.wantText("POST", path, body, http.StatusUnprocessableEntity, type422+text)
		}
		as := func(role string) string { return `{"message":{"role":"` + role + `","content":[]}}` }
		for _, role := range []string{"system", "agent", "tool_result"} {
			switch {
			case !early:
				c.wantError("POST", path, as(role), http.StatusBadRequest, "Only user messages can be created through this endpoint")
			case role != "agent":
				c.wantText("POST", path, as(role), http.StatusUnprocessableEntity, type422+"message.role")
			default:
				var sent messageView
				if c.Read("POST", path, as(role), http.StatusCreated, &sent); sent.Role != "user" {
					t.Errorf("it is stored as that of %s", sent.Role)
				}
			}
		}
		// The shape comes before the role.
		c.wantText("POST", path, `{"message":{"role":"agent"}}`, http.StatusUnprocessableEntity, type422)
		bad := withClientID("x", "17")
		if early {
			c.Do("POST", path, bad, http.StatusCreated)
		} else {
			c.wantText("POST", path, bad, http.StatusUnprocessableEntity, type422+"client_message_id: UUID parsing failed")
		}
	}
}

// A message with an id that its session has seen is the one from before.
func TestClientMessageID(t *testing.T) {
	c := withAgent(t, mockserver.Config{})
	one, other := c.newSession(), c.newSession()
	send := func(path, body string) (sent messageView) {
		c.Read("POST", path+"/messages", body, http.StatusCreated, &sent)
		return sent
	}
	first := send(one, withClientID("a", clientID))
	events := c.Do("GET", one+"/events", "", http.StatusOK).Body.String()
	again := send(one, withClientID("another text", strings.ToUpper(clientID)))
	if first.Delivery != "started" || again.Delivery != "duplicate" || again.ID != first.ID || again.text() != "user: a" || again.Metadata["everruns_client_message_id"] != clientID {
		t.Errorf("first %+v, then %+v", first, again)
	}
	if after := c.Do("GET", one+"/events", "", http.StatusOK).Body.String(); after != events {
		t.Errorf("the repeat did something: %s", after)
	}
	if elsewhere := send(other, withClientID("a", clientID)); elsewhere.Delivery != "started" {
		t.Errorf("in another session: %+v", elsewhere)
	}
	reserved := send(one, strings.TrimSuffix(textBody("x"), "}")+`,"metadata":{"everruns_client_message_id":"`+clientID+`","everruns_x":1,"mine":2}}`)
	if len(reserved.Metadata) != 1 || reserved.Metadata["mine"] != 2.0 || reserved.Delivery != "started" {
		t.Errorf("reserved names: %+v", reserved)
	}

	c = withAgent(t, mockserver.Config{Variants: []string{mockserver.AgentloopStrictFeb}})
	one = c.newSession()
	first = send(one, withClientID("a", clientID))
	again = send(one, withClientID("a", clientID))
	if again.ID == first.ID || again.Delivery != "" || first.Metadata != nil {
		t.Errorf("early servers: first %+v, then %+v", first, again)
	}
}

// A message whose response is lost is there, and is found by what it brought.
func TestLostMessages(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.script(script.Reply{Text: "A"}, script.Reply{Text: "B"})
		l.Fail(mockserver.AgentloopSendMessage, fault.Drop(fault.BeforeCommit), fault.Drop(fault.AfterCommit), fault.Status(500, fault.AfterCommit))
		body := strings.TrimSuffix(textBody("x"), "}") + `,"metadata":{"marker":"m"}}`
		for _, want := range []string{"", "user: x agent: A", "user: x agent: A user: x agent: B"} {
			response, err := l.open(t.Context(), "POST", one+"/messages", body)
			if err == nil {
				response.Body.Close()
			}
			if got := strings.Join(l.messages(one), " "); got != want || err == nil && response.StatusCode != 500 {
				t.Errorf("messages are %q, want %q; %v", got, want, err)
			}
		}
		found := read[listOf[messageView]](l, "GET", one+"/messages", "", 200)
		if found.Data[0].Metadata["marker"] != "m" {
			t.Errorf("messages are %+v", found)
		}
	})
}

// A message while a turn runs starts none. The turn reads it before it thinks
// again; if it does not, another turn follows, which reads all that there are.
func TestMessagesWhileATurnRuns(t *testing.T) {
	for name, c := range map[string]struct {
		variants []string
		reply    script.Reply
		after    time.Duration
		turns    int
		inputs   string
	}{
		"in the last step":        {nil, script.Reply{Text: "a", Delay: time.Minute}, time.Second, 2, "x|y\nz"},
		"before the next thought": {nil, script.Reply{Text: "a", Tools: []script.ToolCall{{Name: "t"}}, Pace: time.Minute}, time.Second, 1, "x"},
		"behind the last thought": {nil, script.Reply{Text: "a", Tools: []script.ToolCall{{Name: "t"}}, Pace: time.Minute}, 90 * time.Second, 2, "x|y\nz"},
		"never, by the variant":   {[]string{mockserver.AgentloopNoFollowUp}, script.Reply{Text: "a", Delay: time.Minute}, time.Second, 1, "x"},
		"never, on early servers": {[]string{mockserver.AgentloopStrictFeb}, script.Reply{Text: "a", Delay: time.Minute}, time.Second, 1, "x"},
	} {
		inBubble(t, mockserver.Config{Variants: c.variants}, func(t *testing.T, l live) {
			one := l.session()
			var inputs []string
			l.ScriptFunc(mockserver.Agentloop, func(turn script.Turn) script.Reply {
				inputs = append(inputs, turn.Input)
				if len(inputs) == 1 {
					return c.reply
				}
				return script.Reply{Text: "b"}
			})
			first := l.say(one, "x")
			l.do("GET", one, "", 200)
			<-time.After(c.after) // virtual
			second, third := l.say(one, "y"), l.say(one, "z")
			if c.variants == nil || c.variants[0] != mockserver.AgentloopStrictFeb {
				if first.Delivery != "started" || second.Delivery != "steered" || third.Delivery != "steered" {
					t.Errorf("%s: deliveries are %q %q %q", name, first.Delivery, second.Delivery, third.Delivery)
				}
			}
			if got := l.do("GET", one, "", 200); !strings.Contains(got, `"status":"active"`) {
				t.Errorf("%s: %s", name, got)
			}
			<-time.After(time.Hour)
			l.do("GET", one, "", 200)
			var began []string
			for _, e := range l.events(one, "?types=turn.started") {
				began = append(began, e.Context.InputMessageID)
			}
			if len(began) != c.turns || began[0] != first.ID || c.turns == 2 && began[1] != second.ID {
				t.Errorf("%s: turns of %q", name, began)
			}
			if got := strings.Join(inputs, "|"); got != c.inputs {
				t.Errorf("%s: inputs are %q, want %q", name, got, c.inputs)
			}
			if got := l.do("GET", one, "", 200); !strings.Contains(got, `"status":"idle"`) {
				t.Errorf("%s: %s", name, got)
			}
			if l.say(one, "w"); len(l.events(one, "?types=turn.completed")) != c.turns+1 {
				t.Errorf("%s: the next message starts no turn", name)
			}
		})
	}
}

func TestWaitForAMessage(t *testing.T) {
	type result struct {
		Status, Error string
		Message       messageView
		Messages      []messageView
	}
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.script(script.Reply{Text: "a", Delay: 10 * time.Second, Tools: []script.ToolCall{{Name: "t"}}}, script.Reply{Error: "busy"}, script.Reply{Hold: true})
		s := l.stream(one, "")
		began := time.Now()
		done := read[result](l, "POST", one+"/messages?wait=true", textBody("x"), http.StatusOK)
		if done.Status != "completed" || done.Message.text() != "user: x" || len(done.Messages) != 3 || done.Messages[2].text() != "agent: a" || time.Since(began) != 10*time.Second {
			t.Errorf("%+v after %s", done, time.Since(began))
		}
		if e := s.until("turn.started"); e[1].TS.After(began.Add(time.Second)) {
			t.Errorf("others wait, too: %+v", e)
		}
		failed := read[result](l, "POST", one+"/messages?wait=true&timeout_ms=1000", textBody("y"), http.StatusOK)
		if failed.Status != "failed" || failed.Error != "busy" {
			t.Errorf("%+v", failed)
		}
		began = time.Now()
		late := read[result](l, "POST", one+"/messages?wait=true&timeout_ms=1000", textBody("z"), http.StatusAccepted)
		if late.Status != "timeout" || late.Message.text() != "user: z" || time.Since(began) != time.Second {
			t.Errorf("%+v after %s", late, time.Since(began))
		}
		stored := len(l.messages(one))
		for _, query := range []string{"?wait=maybe", "?wait=1&timeout_ms=soon"} {
			l.do("POST", one+"/messages"+query, textBody("z"), http.StatusBadRequest)
		}
		if len(l.messages(one)) != stored {
			t.Errorf("a refused message is stored: %q", l.messages(one))
		}
	})
	inBubble(t, mockserver.Config{Variants: []string{mockserver.AgentloopStrictFeb}}, func(t *testing.T, l live) {
		l.script(script.Reply{Hold: true})
		l.do("POST", l.session()+"/messages?wait=true", textBody("x"), http.StatusCreated)
	})
}
