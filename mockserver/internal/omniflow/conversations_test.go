package omniflow_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

const (
	conversations = "/v1/api/conversations"
	generate      = conversations + "/message/generate"
	contact       = "+12025550123"
	usualReply    = "Hello! I'm a simulated reply."
)

type generated struct {
	Status         string `json:"status"`
	ConversationID string `json:"conversation_id"`
	MessageID      string `json:"message_id"`
	Message        string `json:"message"`
}

// conversation is a conversation as responses have it.
type conversation struct {
	ID        string            `json:"_id"`
	UserID    string            `json:"userId"`
	PathwayID string            `json:"pathwayId"`
	AgentID   string            `json:"agentId"`
	Customer  map[string]string `json:"customer"`
	Messages  []said            `json:"messages"`
	CreatedAt string            `json:"createdAt"`
	UpdatedAt string            `json:"updatedAt"`
}

// said is a message of a conversation.
type said struct {
	ID        string `json:"_id"`
	Direction string `json:"direction"`
	Sent      bool   `json:"sent"`
	Message   string `json:"message"`
	Status    string `json:"status"`
	CreatedAt string `json:"createdAt"`
	UpdatedAt string `json:"updatedAt"`
}

// mock is a mock with an agent and an active flow, at a standing clock.
type mock struct {
	roomtest.Caller
	flow flow
}

func newMock(t *testing.T, flowMembers string, variants ...string) mock {
	t.Helper()
	c := newCaller(t, mockserver.Config{Variants: variants})
	c.Server.SetTime(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	return mock{c, makeFlow(c, makeAgent(c), flowMembers)}
}

// generate generates a message to the contact.
func (m mock) generate(autopilot bool) (made generated) {
	m.T.Helper()
	m.Read("POST", generate, fmt.Sprintf(`{"flowId":%q,"to":%q,"autopilot":%t}`, m.flow.ID, contact, autopilot), 200, &made)
	return made
}

func (m mock) conversation(id string) (got conversation) {
	m.T.Helper()
	m.Read("GET", conversations+"/"+id, "", 200, &got)
	return got
}

// lines are the messages of a conversation, one line each.
func (m mock) lines(id string) (lines []string) {
	m.T.Helper()
	for _, s := range m.conversation(id).Messages {
		line := s.Direction + " " + s.Status
		if s.Sent {
			line += " sent"
		}
		lines = append(lines, line+": "+s.Message)
	}
	return lines
}

// wantLines checks the messages of a conversation.
func (m mock) wantLines(id string, want ...string) {
	m.T.Helper()
	if diff := cmp.Diff(want, m.lines(id)); diff != "" {
		m.T.Errorf("messages (-want +got):\n%s", diff)
	}
}

// decide sends a decision about a message.
func (m mock) decide(made generated, metadata string, status int) *httptest.ResponseRecorder {
	m.T.Helper()
	return m.Do("POST", conversations+"/"+made.ConversationID+"/message/"+made.MessageID+"/action", `{"metadata":`+metadata+`}`, status)
}

// The example of the documentation, from the flow to the edited message.
func TestGenerateAndEdit(t *testing.T) {
	m := newMock(t, "")
	recorder := m.Do("POST", generate, fmt.Sprintf(
		`{"flowId":%q,"to":%q,"autopilot":false,"metadata":{"customerDetails":{"name":"Ida"}},"dynamic":{"city":"Graz"}}`, m.flow.ID, contact), 200)
	var made generated
	if err := json.Unmarshal(recorder.Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"status":"success","conversation_id":%q,"message_id":%q,"message":"Good day from the bakery"}`, made.ConversationID, made.MessageID)
	if got := recorder.Body.String(); got != want || len(made.ConversationID) != 24 || len(made.MessageID) != 24 {
		t.Errorf("%s, want %s", got, want)
	}
	const begun, decided = "2030-01-01T00:00:00.000Z", "2030-01-01T00:00:01.000Z"
	got := m.conversation(made.ConversationID)
	wanted := conversation{ID: made.ConversationID, UserID: got.UserID, PathwayID: m.flow.ID, AgentID: m.flow.Agent,
		Customer:  map[string]string{"name": "Ida", "phone": contact},
		Messages:  []said{{ID: made.MessageID, Direction: "outbound", Message: "Good day from the bakery", Status: "pending", CreatedAt: begun, UpdatedAt: begun}},
		CreatedAt: begun, UpdatedAt: begun}
	if diff := cmp.Diff(wanted, got); diff != "" || got.UserID == "" {
		t.Errorf("conversation (-want +got):\n%s", diff)
	}

	m.Server.Advance(time.Second)
	want = fmt.Sprintf(`{"status":"success","message":{"_id":%q,"message":"Good day, Ida","to":%q,"sent":true,"status":"approved","timestamp":%q}}`, made.MessageID, contact, decided)
	if got := m.decide(made, `{"action":"Edit","editedMessage":"Good day, Ida"}`, 200).Body.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	wanted.Messages[0] = said{ID: made.MessageID, Direction: "outbound", Sent: true, Message: "Good day, Ida", Status: "approved", CreatedAt: begun, UpdatedAt: decided}
	wanted.UpdatedAt = decided
	if diff := cmp.Diff(wanted, m.conversation(made.ConversationID)); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
}

// There is one conversation of a flow and a contact, and every generate adds
// a message to it.
func TestOneConversationPerFlowAndContact(t *testing.T) {
	m := newMock(t, "")
	first, second := m.generate(false), m.generate(false)
	if first.ConversationID != second.ConversationID || first.MessageID == second.MessageID {
		t.Errorf("%+v, %+v", first, second)
	}
	other := makeFlow(m.Caller, m.flow.Agent, "")
	var third generated
	m.Read("POST", generate, fmt.Sprintf(`{"flowId":%q,"to":%q,"autopilot":false}`, other.ID, contact), 200, &third)
	if third.ConversationID == first.ConversationID {
		t.Error("two flows have one conversation")
	}
	var list []conversation
	m.Read("GET", conversations, "", 200, &list)
	if len(list) != 2 || list[0].ID != third.ConversationID || len(list[1].Messages) != 2 {
		t.Errorf("the newest first: %+v", list)
	}
	m.With("x-workspace-id", "other").Read("GET", conversations, "", 200, &list)
	if len(list) != 0 {
		t.Errorf("another workspace sees %+v", list)
	}
}

// A message is decided about once: every further decision is refused, and
// changes nothing.
func TestDecisionsOnce(t *testing.T) {
	for first, want := range map[string]string{
		`{"action":"Approve"}`:                      "outbound approved sent: Good day from the bakery",
		`{"action":"Edit","editedMessage":"Hello"}`: "outbound approved sent: Hello",
		`{"action":"Reject"}`:                       "outbound rejected: Good day from the bakery",
	} {
		m := newMock(t, "")
		made := m.generate(false)
		m.decide(made, first, 200)
		for _, again := range []string{`{"action":"Approve"}`, `{"action":"Edit","editedMessage":"Again"}`, `{"action":"Reject"}`} {
			if got := message(t, m.decide(made, again, 409).Body.Bytes()); got != "conflict: Message is not pending" {
				t.Errorf("%s after %s: %s", again, first, got)
			}
		}
		m.wantLines(made.ConversationID, want)
	}
}

func TestOrderOfChecksOfConversations(t *testing.T) {
	m := newMock(t, "")
	made := m.generate(false)
	idle := makeFlow(m.Caller, m.flow.Agent, `,"isActive":false`)
	mailing := makeFlow(m.Caller, m.flow.Agent, `,"messageChannel":"Email"`)
	action := conversations + "/" + made.ConversationID + "/message/" + made.MessageID + "/action"
	body := func(flowID, to string) string {
		return fmt.Sprintf(`{"flowId":%q,"to":%q,"autopilot":false}`, flowID, to)
	}
	const approve = `{"metadata":{"action":"Approve"}}`
	for _, step := range []struct {
		workspace, method, path, body string
		status                        int
		says                          string
	}{
		{"", "POST", generate, `{`, 400, "validation_error: x-workspace-id header is required"},
		{"another", "POST", generate, `{`, 400, "validation_error: request body is not valid JSON"},
		{"another", "POST", generate, `{"to":7}`, 400, "validation_error: flowId is required"},
		{"another", "POST", generate, `{"flowId":"x"}`, 400, "validation_error: to is required"},
		{"another", "POST", generate, `{"flowId":"x","to":"y","autopilot":"no"}`, 400, "validation_error: autopilot must be a boolean"},
		{"another", "POST", generate, `{"flowId":"x","to":"y","metadata":{"customerDetails":{"name":1}}}`, 400, "validation_error: metadata.customerDetails.name must be a string"},
		{"another", "POST", generate, body(m.flow.ID, "x"), 404, "not_found: Message flow not found"},
		{"", "GET", conversations + "/x", "", 400, "validation_error: x-workspace-id header is required"},
		{"another", "GET", conversations + "/" + made.ConversationID, "", 404, "not_found: Conversation not found"},
		{"another", "POST", action, `{}`, 400, "validation_error: metadata is required"},
		{"another", "POST", action, `{"metadata":7}`, 400, "validation_error: metadata must be an object"},
		{"another", "POST", action, `{"metadata":{}}`, 400, "validation_error: metadata.action is required"},
		{"another", "POST", action, `{"metadata":{"action":"Send"}}`, 400, "validation_error: metadata.action must be one of Approve, Edit, Reject"},
		{"another", "POST", action, `{"metadata":{"action":"Edit"}}`, 400, "validation_error: metadata.editedMessage is required"},
		{"another", "POST", action, approve, 404, "not_found: Conversation not found"},
		{"01a0sda156scx5f8", "POST", conversations + "/" + made.ConversationID + "/message/x/action", approve, 404, "not_found: Message not found"},
		{"01a0sda156scx5f8", "POST", generate, body(idle.ID, "x"), 400, "validation_error: Message flow is not active"},
		{"01a0sda156scx5f8", "POST", generate, body(m.flow.ID, "ida@example.com"), 400, "invalid_number: The provided phone number is invalid"},
		{"01a0sda156scx5f8", "POST", generate, body(m.flow.ID, "12025550123"), 400, "invalid_number: The provided phone number is invalid"},
		{"01a0sda156scx5f8", "POST", generate, body(mailing.ID, contact), 400, "validation_error: to must be an email address"},
	} {
		recorder := m.With("x-workspace-id", step.workspace).Do(step.method, step.path, step.body, step.status)
		if got := message(t, recorder.Body.Bytes()); got != step.says {
			t.Errorf("%s %s %s: %s, want %s", step.method, step.path, step.body, got, step.says)
		}
	}
	m.wantLines(made.ConversationID, "outbound pending: Good day from the bakery")
	m.Do("POST", generate, body(mailing.ID, "ida@example.com"), 200)

	m.Do("DELETE", flows+"/"+m.flow.ID, "", 204)
	m.wantLines(made.ConversationID, "outbound pending: Good day from the bakery")
	if got := message(t, m.Do("POST", generate, body(m.flow.ID, contact), 404).Body.Bytes()); got != "not_found: Message flow not found" {
		t.Errorf("generate after the flow was deleted: %s", got)
	}

	gone := newMock(t, "", mockserver.OmniflowDelete)
	gone.Do("DELETE", path+"/"+gone.flow.Agent, "", 204)
	if got := message(t, gone.Do("POST", generate, body(gone.flow.ID, contact), 404).Body.Bytes()); got != "not_found: Agent not found" {
		t.Errorf("generate after the agent was deleted: %s", got)
	}
}

// Without autopilot a message waits for a decision, which is not required
// unless the documents are taken at their word.
func TestAutopilotOfGenerate(t *testing.T) {
	m := newMock(t, "")
	body := fmt.Sprintf(`{"flowId":%q,"to":%q}`, m.flow.ID, contact)
	var made generated
	m.Read("POST", generate, body, 200, &made)
	m.generate(true)
	m.wantLines(made.ConversationID, "outbound pending: Good day from the bakery", "outbound approved sent: Good day from the bakery")

	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowStrict}})
	if got := message(t, c.Do("POST", generate, body, 400).Body.Bytes()); got != "validation_error: autopilot is required" {
		t.Errorf("strict: %s", got)
	}
}

// A message on autopilot is sent when the delay of its flow is over, by the
// clock of the mock.
func TestDelay(t *testing.T) {
	m := newMock(t, `,"autopilot":true,"settings":{"responseSettings":{"delay":1.5}}`)
	made := m.generate(true)
	m.Server.Advance(1499 * time.Millisecond)
	m.wantLines(made.ConversationID, "outbound approved: Good day from the bakery")
	m.Caller = m.Restored(mockserver.Config{})
	m.Server.SetTime(time.Date(2030, 1, 1, 0, 0, 2, 0, time.UTC))
	m.wantLines(made.ConversationID, "outbound approved sent: Good day from the bakery")
	if got := m.conversation(made.ConversationID); got.UpdatedAt != "2030-01-01T00:00:01.500Z" || got.Messages[0].UpdatedAt != got.UpdatedAt {
		t.Errorf("sent at %+v", got)
	}

	m.Server.Receive(mockserver.Omniflow, script.Inbound{Conversation: made.ConversationID, Text: "Hi"})
	m.wantLines(made.ConversationID, "outbound approved sent: Good day from the bakery", "inbound received: Hi", "outbound approved: "+usualReply)
	m.Server.Advance(1500 * time.Millisecond)
	m.wantLines(made.ConversationID, "outbound approved sent: Good day from the bakery", "inbound received: Hi", "outbound approved sent: "+usualReply)
}

// A contact writes, and the agent replies as scripts say: to be decided about,
// or sent by itself when the flow is on autopilot.
func TestContactAndReplies(t *testing.T) {
	m := newMock(t, "")
	made := m.generate(true)
	id := made.ConversationID
	m.Server.Script(mockserver.Omniflow, script.Reply{Text: "At nine.", Delay: time.Minute}, script.Reply{Error: "the model is busy"},
		script.Reply{Input: "rolls", Text: "Nine."})

	received := m.Server.Receive(mockserver.Omniflow, script.Inbound{From: contact, Text: "When do you open?"})
	if got := m.conversation(id).Messages; received.Conversation != id || received.Message != got[len(got)-1].ID {
		t.Errorf("%+v is not in %+v", received, got)
	}
	m.wantLines(id, "outbound approved sent: Good day from the bakery", "inbound received: When do you open?")
	m.Server.Advance(time.Minute)
	m.Server.Receive(mockserver.Omniflow, script.Inbound{Conversation: id, Text: "And today?"}) // the agent fails
	m.Do("PUT", flows+"/"+m.flow.ID+"/toggle-autopilot", "", 200)
	m.Server.Receive(mockserver.Omniflow, script.Inbound{From: contact, To: m.flow.ID, Text: "How many rolls?"})
	m.Server.Receive(mockserver.Omniflow, script.Inbound{From: contact, Text: "Thanks"})
	m.wantLines(id, "outbound approved sent: Good day from the bakery", "inbound received: When do you open?", "outbound pending: At nine.",
		"inbound received: And today?", "inbound received: How many rolls?", "outbound approved sent: Nine.", "inbound received: Thanks", "outbound approved sent: "+usualReply)

	var turns []script.Turn
	m.Server.ScriptFunc(mockserver.Omniflow, func(turn script.Turn) script.Reply {
		turns = append(turns, turn)
		return script.Echo(turn)
	})
	m.Server.Receive(mockserver.Omniflow, script.Inbound{From: contact, Text: "Bye"})
	if got := m.lines(id); got[len(got)-1] != "outbound approved sent: Echo: Bye" {
		t.Errorf("%q", got)
	}
	if len(turns) != 1 {
		t.Fatalf("%d turns", len(turns))
	}
	want := script.Turn{API: "omniflow", Agent: m.flow.Agent, Thread: id, Input: "Bye", History: []script.Message{
		{Role: "agent", Text: "Good day from the bakery"}, {Role: "user", Text: "When do you open?"}, {Role: "user", Text: "And today?"},
		{Role: "user", Text: "How many rolls?"}, {Role: "agent", Text: "Nine."}, {Role: "user", Text: "Thanks"}, {Role: "agent", Text: usualReply},
	}}
	if diff := cmp.Diff(want, turns[0]); diff != "" {
		t.Errorf("turn (-want +got):\n%s", diff)
	}
}

// A contact may begin a conversation with a flow that takes messages; nobody
// replies where the flow or the agent is gone or rests.
func TestContactBegins(t *testing.T) {
	m := newMock(t, "", mockserver.OmniflowDelete)
	received := m.Server.Receive(mockserver.Omniflow, script.Inbound{From: contact, To: m.flow.ID, Text: "Hi"})
	m.wantLines(received.Conversation, "inbound received: Hi", "outbound pending: "+usualReply)
	if made := m.generate(false); made.ConversationID != received.Conversation {
		t.Error("a message is generated into another conversation")
	}
	m.Do("PUT", flows+"/"+m.flow.ID, `{"isActive":false}`, 200)
	m.Server.Receive(mockserver.Omniflow, script.Inbound{Conversation: received.Conversation, Text: "resting"})
	m.Do("PUT", flows+"/"+m.flow.ID, `{"isActive":true}`, 200)
	m.Server.Script(mockserver.Omniflow, script.Reply{Text: "never", Delay: time.Hour})
	m.Server.Receive(mockserver.Omniflow, script.Inbound{Conversation: received.Conversation, Text: "soon gone"})
	m.Do("DELETE", flows+"/"+m.flow.ID, "", 204)
	m.Server.Advance(time.Hour)
	m.Server.Receive(mockserver.Omniflow, script.Inbound{Conversation: received.Conversation, Text: "gone"})
	m.wantLines(received.Conversation, "inbound received: Hi", "outbound pending: "+usualReply, "outbound pending: Good day from the bakery",
		"inbound received: resting", "inbound received: soon gone", "inbound received: gone")

	orphan := newMock(t, "", mockserver.OmniflowDelete)
	begun := orphan.generate(true)
	orphan.Do("DELETE", path+"/"+orphan.flow.Agent, "", 204)
	orphan.Server.Receive(mockserver.Omniflow, script.Inbound{From: contact, Text: "Hi"})
	orphan.wantLines(begun.ConversationID, "outbound approved sent: Good day from the bakery", "inbound received: Hi")
}

// Replies stand in the order in which they came, however far the clock moves at
// once, and an agent that is gone by then replies no more.
func TestRepliesComeInTheOrderOfTime(t *testing.T) {
	m := newMock(t, "", mockserver.OmniflowDelete)
	id := m.generate(true).ConversationID
	replies := []script.Reply{{Text: "slow", Delay: time.Minute}, {Text: "fast", Delay: time.Second}, {Text: "never", Delay: time.Hour}}
	m.Server.Script(mockserver.Omniflow, replies...)
	for range replies {
		m.Server.Receive(mockserver.Omniflow, script.Inbound{Conversation: id, Text: "?"})
	}
	m.Server.Advance(2 * time.Minute)
	lines := m.lines(id)
	if diff := cmp.Diff([]string{"outbound pending: fast", "outbound pending: slow"}, lines[len(lines)-2:]); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
	got := m.conversation(id)
	if last := got.Messages[len(got.Messages)-1]; got.UpdatedAt != last.UpdatedAt {
		t.Errorf("the conversation is of %s, its last message of %s", got.UpdatedAt, last.UpdatedAt)
	}
	m.Do("DELETE", path+"/"+m.flow.Agent, "", 204)
	m.Server.Advance(2 * time.Hour)
	m.wantLines(id, lines...)
}

// A delay that would end behind the last moment of the clock ends with it: a
// snapshot holds no later time.
func TestDelaysAtTheEndOfTime(t *testing.T) {
	m := newMock(t, `,"isActive":true,"settings":{"responseSettings":{"delay":86400}}`)
	m.Server.SetTime(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
	m.Server.Script(mockserver.Omniflow, script.Reply{Text: "late", Delay: 24 * time.Hour})
	id := m.generate(true).ConversationID
	m.Server.Receive(mockserver.Omniflow, script.Inbound{Conversation: id, Text: "Hi"})
	if err := m.Server.Restore(m.Server.Snapshot()); err != nil {
		t.Error(err)
	}
	m.Server.Advance(time.Second - time.Nanosecond)
	lines := m.lines(id)
	if diff := cmp.Diff([]string{"outbound approved sent: Good day from the bakery", "inbound received: Hi", "outbound pending: late"}, lines); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// Over HTTP a contact writes, too; what cannot be is refused in one line.
func TestContactOverHTTP(t *testing.T) {
	m := newMock(t, "")
	outgoing := makeFlow(m.Caller, m.flow.Agent, `,"direction":"outbound"`)
	made := m.generate(true)
	for body, says := range map[string]string{
		fmt.Sprintf(`{"api":"omniflow","conversation":%q}`, made.ConversationID):                            "text is missing",
		`{"api":"omniflow","text":"Hi"}`:                                                                    "conversation or from is missing",
		`{"api":"omniflow","conversation":"nowhere","text":"Hi"}`:                                           "there is no conversation \\\"nowhere\\\"",
		fmt.Sprintf(`{"api":"omniflow","conversation":%q,"from":"+1202","text":"Hi"}`, made.ConversationID): "there is no conversation",
		`{"api":"omniflow","from":"+1202","text":"Hi"}`:                                                     "to begin one, say with which message flow: to",
		`{"api":"omniflow","from":"+1202","to":"nowhere","text":"Hi"}`:                                      "there is no message flow \\\"nowhere\\\"",
		fmt.Sprintf(`{"api":"omniflow","from":"+1202","to":%q,"text":"Hi"}`, outgoing.ID):                   "takes no new conversations",
		fmt.Sprintf(`{"api":"omniflow","from":"ida@example.com","to":%q,"text":"Hi"}`, m.flow.ID):           "is reached over SMS",
		fmt.Sprintf(`{"api":"omniflow","conversation":%q,"text":"Hi","sender":"x"}`, made.ConversationID):   "sender",
		fmt.Sprintf(`{"api":"phoneagent","conversation":%q,"text":"Hi"}`, made.ConversationID):              "phoneagent",
	} {
		if got := roomtest.Admin(t, m.Server, 400, "POST", "/messages", body); !strings.Contains(got, says) {
			t.Errorf("%s: %s does not say %q", body, got, says)
		}
	}
	m.wantLines(made.ConversationID, "outbound approved sent: Good day from the bakery")

	roomtest.Admin(t, m.Server, 201, "POST", "/replies", `{"api":"omniflow","replies":[{"text":"Held","hold":true}]}`)
	got := roomtest.Admin(t, m.Server, 201, "POST", "/messages", fmt.Sprintf(`{"api":"omniflow","from":%q,"text":"Hi"}`, contact))
	lines := m.conversation(made.ConversationID).Messages
	if want := fmt.Sprintf("{\"conversation\":%q,\"message\":%q}\n", made.ConversationID, lines[1].ID); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	m.wantLines(made.ConversationID, "outbound approved sent: Good day from the bakery", "inbound received: Hi")
	m.Caller = m.Restored(mockserver.Config{})
	m.Server.SetTime(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	if got := roomtest.Admin(t, m.Server, 200, "POST", "/release", `{"api":"omniflow","thread":"`+made.ConversationID+`"}`); got != "{\"released\":1}\n" {
		t.Error(got)
	}
	m.wantLines(made.ConversationID, "outbound approved sent: Good day from the bakery", "inbound received: Hi", "outbound pending: Held")

	var second generated
	m.Read("POST", generate, fmt.Sprintf(`{"flowId":%q,"to":%q,"autopilot":true}`, outgoing.ID, contact), 200, &second)
	if got := roomtest.Admin(t, m.Server, 400, "POST", "/messages", fmt.Sprintf(`{"api":"omniflow","from":%q,"text":"Hi"}`, contact)); !strings.Contains(got, "several conversations") {
		t.Error(got)
	}
}

// A request that only seems to take effect changes nothing; one whose response
// is lost does.
func TestFaultsOfConversations(t *testing.T) {
	m := newMock(t, "")
	made := m.generate(false)
	m.Server.Fail(mockserver.OmniflowMessageAction, fault.Status(500), fault.Truncate(5, fault.BeforeCommit), fault.Status(500, fault.AfterCommit))
	send := func() int {
		return m.Send("POST", conversations+"/"+made.ConversationID+"/message/"+made.MessageID+"/action", `{"metadata":{"action":"Approve"}}`).Code
	}
	for range 2 {
		func() {
			defer func() { recover() }() //nolint:errcheck // a cut response ends the handler
			send()
		}()
		m.wantLines(made.ConversationID, "outbound pending: Good day from the bakery")
	}
	if status := send(); status != 500 {
		t.Errorf("status %d", status)
	}
	m.wantLines(made.ConversationID, "outbound approved sent: Good day from the bakery")
	if status := send(); status != 409 {
		t.Errorf("the second decision: status %d", status)
	}
	m.Server.Fail(mockserver.OmniflowGenerateMessage, fault.Status(500, fault.AfterCommit))
	m.Do("POST", generate, fmt.Sprintf(`{"flowId":%q,"to":%q,"autopilot":false}`, m.flow.ID, contact), 500)
	if got := m.lines(made.ConversationID); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// Seeds are written by hand: what they leave out is filled in.
func TestSeedOfConversations(t *testing.T) {
	c := newCaller(t, mockserver.Config{Seed: json.RawMessage(`{"version":1,"apis":{"omniflow":{
		"agents":[{"id":"a1"}],
		"message_flows":[{"id":"f1","record":{"agent":"a1","initiationMessage":"Hello","autopilot":true}}],
		"conversations":[{"id":"c1","record":{"pathwayId":"f1","agentId":"a1","customer":{"phone":"+12025550123"},
			"messages":[{"message":"Hello","sent":true},{"direction":"inbound","message":"Hi"}]}},{"id":"c2"}]}}}`)})
	m := mock{c, flow{}}
	m.wantLines("c1", "outbound approved sent: Hello", "inbound received: Hi")
	m.Server.Receive(mockserver.Omniflow, script.Inbound{From: contact, Text: "Anybody?"})
	m.wantLines("c1", "outbound approved sent: Hello", "inbound received: Hi", "inbound received: Anybody?", "outbound approved sent: "+usualReply)
	var made generated
	m.Read("POST", generate, `{"flowId":"f1","to":"+12025550123","autopilot":false}`, 200, &made)
	if made.ConversationID != "c1" {
		t.Errorf("%+v", made)
	}
	if got := m.conversation("c2"); got.Messages == nil {
		t.Error("no messages are null")
	}
	c.Restored(mockserver.Config{})
}

// Many decide at once about one message, and one of them does. Many contacts
// write at once, and each gets one reply.
func TestManyAtOnce(t *testing.T) {
	m := newMock(t, `,"autopilot":true`)
	made := m.generate(false)
	const many = 50
	var group sync.WaitGroup
	statuses := make([]int, many)
	for i := range many {
		group.Go(func() {
			statuses[i] = m.Send("POST", conversations+"/"+made.ConversationID+"/message/"+made.MessageID+"/action", `{"metadata":{"action":"Approve"}}`).Code
			m.Server.Receive(mockserver.Omniflow, script.Inbound{From: fmt.Sprintf("+1202555%04d", 1000+i), To: m.flow.ID, Text: "Hi"})
		})
	}
	group.Wait()
	decided := 0
	for _, status := range statuses {
		if status == 200 {
			decided++
		}
	}
	if decided != 1 {
		t.Errorf("%d decisions were taken", decided)
	}
	var list []conversation
	m.Read("GET", conversations, "", 200, &list)
	if len(list) != many+1 {
		t.Errorf("%d conversations", len(list))
	}
	for _, c := range list[:many] {
		if got := m.lines(c.ID); len(got) != 2 || got[1] != "outbound approved sent: "+usualReply {
			t.Errorf("%q", got)
		}
	}
}
