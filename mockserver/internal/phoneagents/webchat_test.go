package phoneagents_test

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

const usualReply = "Hello! I'm a simulated reply."

var (
	msgID  = regexp.MustCompile(`^msg_1770541200000_[0-9a-z]{9}$`)
	convID = regexp.MustCompile(`^conv_1770541200000_[0-9a-z]{9}$`)
	outID  = regexp.MustCompile(`"message_id":"(out-1770541201000-[0-9a-z]{9})"`)
)

// One question, frame by frame and byte by byte.
func TestWebchatOfOneQuestion(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		s := l.stream("v-81")
		if h := s.response.Header; h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-cache" || h.Get("Content-Length") != "" {
			t.Errorf("headers are %v", h)
		}
		s.greeted()
		l.script(script.Reply{Text: "We open at nine.", Delay: time.Second})
		text := l.do("POST", chat+"/messages", visitorBody("v-81", "When do you open?"), 200)
		sent := l.say("v-other", "x") // somebody else, who changes nothing
		if !msgID.MatchString(sent.MessageID) || !convID.MatchString(sent.ConversationID) || sent.Status != "queued" {
			t.Errorf("sent %+v", sent)
		}
		if got := s.next(); got != "event: typing\ndata: {\"isTyping\":true}" {
			t.Errorf("%q", got)
		}
		got := s.next()
		out := outID.FindStringSubmatch(got)
		h := read[data[history]](l, "GET", chat+"/messages?visitor_phone=v-81", "", 200).Data
		if len(out) != 2 || len(h.Messages) != 2 || h.Messages[1].MessageID == out[1] || h.ConversationID == nil {
			t.Fatalf("%s, and the history %+v", got, h)
		}
		if diff := cmp.Diff(`data: {"message_id":"`+out[1]+`","message_text":"We open at nine.","sender":"agent","timestamp":"2026-02-08T09:00:01.000Z","conversation_id":"`+*h.ConversationID+`"}`, got); diff != "" {
			t.Error(diff)
		}
		if want := fmt.Sprintf(`{"success":true,"data":{"message_id":%q,"conversation_id":%q,"status":"queued"},"timestamp":"2026-02-08T09:00:00.000Z","correlationId":"c-1"}`,
			h.Messages[0].MessageID, *h.ConversationID); text != want {
			t.Errorf("%s, want %s", text, want)
		}
		if got := l.history("v-81"); got != "1 user When do you open?\n2 agent We open at nine." {
			t.Error(got)
		}
		if h.Messages[0].Timestamp != "2026-02-08T09:00:00.000Z" || h.Messages[1].Timestamp != "2026-02-08T09:00:01.000Z" {
			t.Errorf("%+v", h)
		}
		since := read[data[history]](l, "GET", chat+"/messages?visitor_phone=v-81&since=2026-02-08T09:00:00.000Z", "", 200).Data
		if len(since.Messages) != 1 || since.Messages[0].Sender != "agent" {
			t.Errorf("since the question: %+v", since)
		}
		if got := l.do("GET", "/v1"+chat+"/messages?visitor_phone=nobody", "", 200); got != `{"success":true,"data":{"messages":[],"conversation_id":null},"timestamp":"2026-02-08T09:00:01.000Z","correlationId":"c-1"}` {
			t.Error(got)
		}
	})
}

// A message is there before its response, and read by the agent after it.
func TestWebchatMessageIsReadAfterItsResponse(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		l.Fail(mockserver.PhoneagentsSendWebchatMessage, fault.Drop(fault.AfterCommit))
		if _, err := l.open(t.Context(), "POST", chat+"/messages", visitorBody("v", "x")); err == nil {
			t.Error("the response was not dropped")
		}
		h := read[data[history]](l, "GET", chat+"/messages?visitor_phone=v", "", 200).Data
		if h.ConversationID == nil || len(h.Messages) != 2 {
			t.Errorf("%+v", h)
		}
		l.Fail(mockserver.PhoneagentsSendWebchatMessage, fault.Drop(fault.BeforeCommit))
		l.open(t.Context(), "POST", chat+"/messages", visitorBody("w", "x")) //nolint:errcheck // it is dropped
		if got := l.history("w"); got != "" {
			t.Error(got)
		}
	})
}

func TestWebchatRefusals(t *testing.T) {
	inBubble(t, mockserver.Config{APIKeys: []string{"sk_live_0123456789"}}, func(t *testing.T, l live) {
		l.do("POST", user1+"/phone_numbers", `{"platform":"webchat","meta_phone_number_id":"empty","access_token":"not_needed"}`, 201)
		l.do("POST", user1+"/phone_numbers", `{"platform":"whatsapp","meta_phone_number_id":"phone","access_token":"not_needed","id":"pn_phone"}`, 201)
		l.newAgent("pn_phone")
		const all = "webchat_id, message, session_id, and visitor_phone are required"
		for _, test := range []struct {
			method, path, body string
			status             int
			class, message     string
		}{
			{"POST", "/api/webchat/none/messages", `{`, 400, "Validation error", "request body is not valid JSON"},
			{"POST", "/api/webchat/none/messages", `{}`, 400, "Missing required fields", all},
			{"POST", "/api/webchat/none/messages", `{"message":"","session_id":"v","visitor_phone":"v"}`, 400, "Missing required fields", all},
			{"POST", "/api/webchat/none/messages", `{"message":"x","session_id":null,"visitor_phone":"v"}`, 400, "Missing required fields", all},
			{"POST", "/api/webchat/none/messages", `{"message":1,"session_id":"v","visitor_phone":"v"}`, 400, "Validation error", "message must be a string"},
			{"POST", "/api/webchat/none/messages", visitorBody("v", "x"), 404, "Webchat channel not found", "Webchat channel none not found or no agent configured"},
			{"POST", "/api/webchat/empty/messages", visitorBody("v", "x"), 404, "Webchat channel not found", "Webchat channel empty not found or no agent configured"},
			{"POST", "/api/webchat/phone/messages", visitorBody("v", "x"), 404, "Webchat channel not found", "Webchat channel phone not found or no agent configured"},
			{"GET", "/api/webchat/none/messages", "", 400, "Missing required parameter", "visitor_phone is required"},
			{"GET", chat + "/messages?visitor_phone=v&since=soon", "", 400, "Validation error", "since must be a time such as 2026-02-08T09:00:00Z"},
			{"GET", "/api/webchat/none/messages?visitor_phone=v", "", 404, "Webchat channel not found", "Webchat channel none not found or no agent configured"},
			{"GET", "/api/webchat/none/stream", "", 400, "Missing required parameters", "webchat_id and session_id are required"},
			{"GET", "/api/webchat/none/stream?session_id=v", "", 404, "Webchat channel not found", "Webchat channel none not found or no agent configured"},
			{"POST", chat + "/init", `{"session_id":"v"}`, 400, "Missing required fields", "visitor_phone and session_id are required"},
			{"POST", "/api/webchat/none/init", `{"session_id":"v","visitor_phone":"v"}`, 404, "Webchat channel not found", "Webchat channel none not found"},
			{"POST", chat + "/verify-phone", `{}`, 400, "Missing phone number", "phone is required"},
			{"POST", chat + "/verify-phone", `{"phone":"+1 234"}`, 400, "Invalid phone format", "Phone should be 10-15 digits"},
			{"POST", "/api/users/usr_1/webchat/channels", `{"name":"x"}`, 400, "Missing required fields", "prompt_id and name are required"},
		} {
			for _, version := range []string{"", "/v1"} {
				got := read[apiError](l, test.method, version+test.path, test.body, test.status)
				if got.Error != test.class || got.Message != test.message {
					t.Errorf("%s %s %s: %+v", test.method, test.path, test.body, got)
				}
			}
		}
		if n := l.Count(journal.Match{Committed: new(true)}); n != 5 {
			t.Errorf("%d requests changed something", n)
		}
		l.key = "another"
		l.do("POST", "/api/users/usr_1/webchat/channels", `{"name":"x","prompt_id":"p"}`, 401)
	})
}

func TestWebchatChannel(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		type channel struct {
			WebchatID     string `json:"webchat_id"`
			PhoneNumberID string `json:"phone_number_id"`
			AgentID       string `json:"agent_id"`
			PromptID      string `json:"prompt_id"`
			Name          string
			EmbedCode     string `json:"embed_code"`
			ConfigURL     string `json:"config_url"`
			CreatedAt     string `json:"created_at"`
		}
		got := read[data[channel]](l, "POST", "/v1/api/users/usr_2/webchat/channels", `{"prompt_id":"p_9","name":"Desk"}`, 201).Data
		if got.PhoneNumberID != "pn_"+got.WebchatID || got.AgentID != "agent_"+got.WebchatID || got.PromptID != "p_9" || got.Name != "Desk" ||
			!strings.Contains(got.EmbedCode, got.WebchatID) || !strings.HasSuffix(got.ConfigURL, got.WebchatID) || got.CreatedAt != "2026-02-08T09:00:00.000Z" {
			t.Errorf("%+v", got)
		}
		made := read[agent](l, "GET", "/users/usr_2/agents/"+got.AgentID, "", 200)
		if made.PhoneNumberID != got.PhoneNumberID || made.PromptID != "p_9" {
			t.Errorf("%+v", made)
		}
		l.do("POST", "/api/webchat/"+got.WebchatID+"/messages", visitorBody("v", "x"), 200)

		l.say("+1 234-567 8901", "x")
		type session struct {
			SessionID          string  `json:"session_id"`
			IsReturningVisitor bool    `json:"is_returning_visitor"`
			ConversationID     *string `json:"conversation_id"`
			PreviousMessages   int     `json:"previous_messages"`
			PreviousPlatform   *string `json:"previous_platform"`
		}
		back := read[data[session]](l, "POST", chat+"/init", `{"session_id":"s","visitor_phone":"+1 234-567 8901"}`, 200).Data
		if !back.IsReturningVisitor || back.ConversationID == nil || back.PreviousMessages != 2 || back.PreviousPlatform == nil || *back.PreviousPlatform != "webchat" {
			t.Errorf("%+v", back)
		}
		if got := l.do("POST", chat+"/init", `{"session_id":"s","visitor_phone":"new"}`, 200); !strings.Contains(got, `"data":{"session_id":"s","is_returning_visitor":false,"conversation_id":null,"previous_messages":0,"previous_platform":null}`) {
			t.Error(got)
		}
		if got := l.do("POST", chat+"/verify-phone", `{"phone":"+1 234-567 8901"}`, 200); !strings.Contains(got, `"data":{"phone":"12345678901","has_name":false,"name":null,"email":null,"company":null}`) {
			t.Error(got)
		}
	})
}

// Messages are answered one after the other; question and answer have a pair of
// numbers.
func TestWebchatMessagesInARow(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		s := l.stream("v").greeted()
		l.script(script.Reply{Text: "A", Delay: 3 * time.Second}, script.Reply{Text: "B", Delay: time.Second}, script.Reply{Text: "C"})
		for _, text := range []string{"a", "b", "c"} {
			l.say("v", text)
		}
		if got := l.history("v"); got != "1 user a" {
			t.Error(got)
		}
		start := time.Now()
		for i, want := range []string{"A", "B", "C"} {
			if got := s.said(); got != want || time.Since(start) != []time.Duration{3, 4, 4}[i]*time.Second {
				t.Errorf("%q after %v", got, time.Since(start))
			}
		}
		if got := l.history("v"); got != "1 user a\n2 agent A\n3 user b\n4 agent B\n5 user c\n6 agent C" {
			t.Error(got)
		}
		if n := l.Count(journal.Match{Op: mockserver.PhoneagentsSendWebchatMessage}); n != 3 {
			t.Error(n)
		}
	})
}

// What a script can make of an answer: what the visitor is told, and what is
// stored.
func TestWebchatScripts(t *testing.T) {
	for name, test := range map[string]struct {
		reply   script.Reply
		said    []string
		history string
	}{
		"text":      {script.Reply{Text: "Yes"}, []string{"Yes"}, "1 user x\n2 agent Yes"},
		"pieces":    {script.Reply{Chunks: []string{"Y", "es"}, Pace: time.Second}, []string{"Yes"}, "1 user x\n2 agent Yes"},
		"tools":     {script.Reply{Text: "Yes", Tools: []script.ToolCall{{Name: "t"}}}, []string{"Yes"}, "1 user x\n2 agent Yes"},
		"line ends": {script.Reply{Text: "a\r\nevent: x\r\ndata: {}\r\n\r\n"}, []string{"a\r\nevent: x\r\ndata: {}\r\n\r\n"}, "1 user x\n2 agent a\r\nevent: x\r\ndata: {}\r\n\r\n"},
		"no reply":  {script.Reply{Text: "Yes", Error: "no credits"}, nil, "1 user x"},
		"nothing":   {script.Reply{}, nil, "1 user x"},
		"busy":      {script.Reply{Text: "One moment.", Error: "Try later.", Code: "busy"}, []string{"One moment.", "Try later."}, "1 user x"},
		"failed":    {script.Reply{Text: "Yes", Error: "gone", Code: "failed"}, nil, "1 user x\n2 agent Yes"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
				s := l.stream("v").greeted()
				l.script(test.reply)
				l.say("v", "x")
				<-time.After(10 * time.Second) // virtual
				for _, want := range test.said {
					if got := s.said(); got != want {
						t.Errorf("said %q, want %q", got, want)
					}
				}
				if got := l.history("v"); got != test.history {
					t.Errorf("the history is %q", got)
				}
				// There is nothing else, and the next one is answered.
				l.say("v", "y")
				if got := s.said(); got != usualReply {
					t.Errorf("%q", got)
				}
				if got := l.history("v"); got != test.history+"\n3 user y\n4 agent "+usualReply {
					t.Errorf("%q", got)
				}
			})
		})
	}
}

func TestWebchatHoldAndFunctions(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		s := l.stream("v").greeted()
		l.script(script.Reply{Text: "held", Hold: true})
		c := l.say("v", "x").ConversationID
		<-time.After(20 * time.Second) // virtual
		if got := l.history("v"); got != "1 user x" {
			t.Error(got)
		}
		if n := l.Release(mockserver.Phoneagents, "other"); n != 0 {
			t.Error(n)
		}
		if n := l.Release(mockserver.Phoneagents, c); n != 1 {
			t.Error(n)
		}
		if got := s.said(); got != "held" {
			t.Error(got)
		}
		var turns []script.Turn
		l.ScriptFunc(mockserver.Phoneagents, func(turn script.Turn) script.Reply {
			turns = append(turns, turn)
			return script.Echo(turn)
		})
		l.say("v", "y")
		if got := s.said(); got != "Echo: y" {
			t.Error(got)
		}
		want := []script.Turn{{API: "phoneagents", Agent: l.agent, Thread: c, Input: "y", History: []script.Message{{Role: "user", Text: "x"}, {Role: "agent", Text: "held"}}}}
		if diff := cmp.Diff(want, turns); diff != "" {
			t.Error(diff)
		}
	})
}

// Streams say that they live, are told nothing of what was before, and a second
// one ends the first.
func TestWebchatStreams(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		l.say("v", "before")
		first := l.stream("v").greeted()
		start := time.Now()
		for i := range 3 {
			if got := first.next(); got != ": heartbeat" || time.Since(start) != time.Duration(i+1)*30*time.Second {
				t.Errorf("%q after %v", got, time.Since(start))
			}
		}
		other := l.stream("w").greeted()
		second := l.stream("v").greeted()
		if got := first.next(); got != io.EOF.Error() {
			t.Errorf("the first one goes on with %q", got)
		}
		l.script(script.Reply{Text: "now"})
		l.say("v", "x")
		if got := second.said(); got != "now" {
			t.Error(got)
		}
		if got := other.next(); got != ": heartbeat" {
			t.Errorf("somebody else is told %q", got)
		}
		// Without a conversation at first, and when the old one is over.
		nobody := l.stream("n").greeted()
		l.say("n", "x")
		if got := nobody.said(); got != usualReply {
			t.Error(got)
		}
		l.do("DELETE", user1+"/agents/"+l.agent, "", 200)
		l.newAgent("pn_web")
		l.say("n", "y")
		if got := nobody.said(); got != usualReply {
			t.Error(got)
		}
		if got := l.history("n"); got != "1 user y\n2 agent "+usualReply {
			t.Error(got)
		}
	})
}

// A clock that stands, and is moved by hand.
func TestWebchatFollowsTheClock(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		l.SetTime(time.Date(2026, 2, 8, 10, 0, 0, 0, time.UTC))
		s := l.stream("v").greeted()
		l.script(script.Reply{Text: "later", Delay: time.Minute})
		l.say("v", "x")
		<-time.After(20 * time.Second) // virtual
		if got := l.history("v"); got != "1 user x" {
			t.Error(got)
		}
		l.Advance(time.Minute)
		s.next() // typing
		for _, want := range []string{"data: ", ": heartbeat"} {
			if got := s.next(); !strings.HasPrefix(got, want) {
				t.Errorf("%q", got)
			}
		}
		if got := l.history("v"); got != "1 user x\n2 agent later" {
			t.Error(got)
		}
	})
}

func TestLateHeader(t *testing.T) {
	inBubble(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsLateHeader}}, func(t *testing.T, l live) {
		var opened time.Duration
		var s *stream
		start := time.Now()
		var group sync.WaitGroup
		group.Go(func() { s = l.stream("v"); opened = time.Since(start) })
		<-time.After(time.Minute) // virtual
		synctest.Wait()
		l.say("v", "x")
		group.Wait()
		if got := s.greeted().said(); got != usualReply || opened != time.Minute {
			t.Errorf("%q, opened after %v", got, opened)
		}
	})
}

func TestLateHistory(t *testing.T) {
	inBubble(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsLateHistory}}, func(t *testing.T, l live) {
		s := l.stream("v").greeted()
		l.say("v", "x")
		l.say("v", "y")
		if got := s.said(); got != usualReply {
			t.Error(got)
		}
		if got := l.history("v"); got != "1 user x" {
			t.Error(got)
		}
		restored := mockserver.StartInMemory(t, mockserver.Config{Seed: l.Snapshot(), Variants: []string{mockserver.PhoneagentsLateHistory}, Now: l.Now})
		<-time.After(time.Second) // virtual
		if got := l.history("v"); got != "1 user x\n2 agent "+usualReply+"\n3 user y" {
			t.Error(got)
		}
		l.Server = restored
		if got := l.history("v"); !strings.HasPrefix(got, "1 user x\n2 agent "+usualReply) {
			t.Errorf("restored: %s", got)
		}
	})
}

func TestWebchatStreamFaults(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		l.Fail(mockserver.PhoneagentsStreamWebchat, fault.CutStream(0), fault.RepeatEvent(2), fault.NoLastEvent())
		s := l.stream("cut")
		if s.greeted(); s.next() == "" {
			t.Error("not cut")
		}
		s = l.stream("twice").greeted()
		l.say("twice", "x")
		if a, b := s.said(), s.said(); a != usualReply || b != usualReply {
			t.Errorf("%q %q", a, b)
		}
		s = l.stream("none").greeted()
		l.say("none", "x")
		if typing, then := s.next(), s.next(); !strings.HasPrefix(typing, "event: typing") || then != ": heartbeat" {
			t.Errorf("%q %q", typing, then)
		}
	})
}

// A snapshot has what was said, and what agents are about to say.
func TestWebchatSnapshots(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		l.script(script.Reply{Text: "A", Delay: time.Minute}, script.Reply{Text: "B"})
		c := l.say("v", "a").ConversationID
		l.say("v", "b")
		l.say("w", "c")
		l.history("v")
		seed := l.Snapshot()
		l.Server = mockserver.StartInMemory(t, mockserver.Config{Seed: seed, Now: l.Now})
		if diff := cmp.Diff(string(seed), string(l.Snapshot())); diff != "" {
			t.Error(diff)
		}
		s := l.stream("v").greeted()
		if a, b := s.said(), s.said(); a != "A" || b != "B" {
			t.Errorf("%q %q", a, b)
		}
		if got := l.say("v", "d").ConversationID; got != c {
			t.Errorf("goes on in %s and not in %s", got, c)
		}
		if got := l.history("v"); got != "1 user a\n2 agent A\n3 user b\n4 agent B\n5 user d\n6 agent "+usualReply {
			t.Error(got)
		}
	})
	// One that is written by hand, and one from before there were conversations.
	for name, seed := range map[string]string{
		"old": `{"agents":[{"id":"a","record":{"name":"A","phone_number_id":"n"}}],"phone_numbers":[{"id":"n","record":{"platform":"webchat","meta_phone_number_id":"webchat_1"}}]}`,
		"hand": `{"agents":[{"id":"a","record":{"name":"A","phone_number_id":"n"}}],"phone_numbers":[{"id":"n","record":{"platform":"webchat","meta_phone_number_id":"webchat_1"}}],
			"conversations":[{"id":"c","record":{"agent_id":"a","phone_number_id":"n","platform":"webchat","customer_phone":"v","last_message_at":"2026-02-08T08:00:00Z","messages":[{"text":"Hi"},{"text":"Hello","sender":"agent"}]}}]}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			l := live{t: t, key: "k", Server: mockserver.StartInMemory(t, mockserver.Config{
				Seed: []byte(`{"version":1,"apis":{"phoneagents":` + seed + `}}`), Now: func() time.Time { return time.Date(2026, 2, 8, 9, 0, 0, 0, time.UTC) },
			})}
			l.say("v", "x")
			want := "1 user x\n2 agent " + usualReply
			if name == "hand" {
				want = "1 user Hi\n2 agent Hello\n3 user x\n4 agent " + usualReply
			}
			if got := l.history("v"); got != want {
				t.Errorf("%s: %s", name, got)
			}
		})
	}
}

// Visitors have no key: the channel says in which organization they are.
func TestWebchatOfTenants(t *testing.T) {
	inBubble(t, mockserver.Config{Tenants: map[string]string{"sk_live_0123456789": "one", "k2": "two"}}, func(t *testing.T, l live) {
		l.say("v", "x")
		if got := read[data[[]any]](l, "GET", user1+"/messages", "", 200).Data; len(got) != 2 {
			t.Errorf("%v", got)
		}
		l.key = "k2"
		if got := read[data[[]any]](l, "GET", user1+"/messages", "", 200).Data; len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

// A hundred visitors at once get their own answers, and leave nothing behind.
func TestManyVisitorsAtOnce(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		l.ScriptFunc(mockserver.Phoneagents, script.Echo)
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				visitor := fmt.Sprint("v-", i)
				s := l.stream(visitor).greeted()
				defer s.end()
				for _, text := range []string{"a", "b"} {
					if l.say(visitor, text+visitor); s.said() != "Echo: "+text+visitor {
						t.Error(visitor)
					}
				}
			})
		}
		group.Wait()
		if got := read[data[struct {
			TotalMessages       int `json:"total_messages"`
			ActiveConversations int `json:"active_conversations"`
		}]](l, "GET", user1+"/messages/stats", "", 200).Data; got.TotalMessages != 400 || got.ActiveConversations != 100 {
			t.Errorf("%+v", got)
		}
	})
}
