package browsertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/omniflow"
)

// cards are the sequences of the page: what each is, its title and its verdict,
// and its operations.
func cards(p *page) []string {
	p.t.Helper()
	return get[[]string](p, `[...document.querySelectorAll(".sequence")].map(s => [".kind", ".name", ".verdict"].map(part => s.querySelector(part).textContent).join(" | ") + ": " + [...s.querySelectorAll(".op")].map(e => e.textContent).join(" "))`)
}

// rows are the rows of a table.
func rows(p *page, table string) []string {
	p.t.Helper()
	return get[[]string](p, fmt.Sprintf(`[...document.querySelectorAll("#%s tr")].map(r => [...r.cells].filter(c => c.dataset.label !== "ID").map(c => c.textContent).join(" | "))`, table))
}

func wantLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// shows opens the page when all requests have been made, and waits until it
// knows the records, too.
func shows(t *testing.T, mock *mockserver.Server, calls, runs int) *page {
	t.Helper()
	p := open(t, mock, view{})
	p.live()
	p.row(calls)
	p.wait(fmt.Sprintf(`document.querySelector("#tab-runs .count").textContent === "%d"`, runs))
	return p
}

// A conversation with a contact is one sequence from its first message to the
// last decision, and its message flow is another.
func TestFlowsAndConversationsAreSequences(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	omniflowActivity(t, mock)
	p := shows(t, mock, 14, 2)
	wantLines(t, "sequences", cards(p), []string{
		"agent | Baker | made: CreateAgent",
		"message flow | Bakery | made: CreateMessageFlow GetMessageFlow ToggleAutopilot GetMessageFlow",
		"list | ListConversations | : ListConversations ListConversations",
		"conversation | Ida +12025550123 | approved: GenerateMessage MessageAction MessageAction",
		"conversation | +12025550177 | rejected: GenerateMessage MessageAction GetConversation",
		"list | ListPhoneNumbers | : ListPhoneNumbers",
	})
	for call, want := range map[int]string{
		5: "POST MessageAction → Approve → committed → 200 OK → approved",
		7: "POST MessageAction → Edit → committed → 200 OK → approved",
		9: "POST MessageAction → Reject → committed → 200 OK → rejected",
	} {
		if got := p.flow(call); got != want {
			t.Errorf("request %d: %s, want %s", call, got, want)
		}
	}
	p.click("#tab-runs")
	wantLines(t, "runs", rows(p, "runs"), []string{
		"omniflow | Baker | approved | Ida +12025550123 | 3 requests",
		"omniflow | Baker | rejected | +12025550177 | 3 requests",
	})
	wantLines(t, "other records", rows(p, "records"), []string{"omniflow | message flows | Bakery | active"})
}

// Each visitor of a web chat has a sequence, with the streams, the history and
// what is read of the conversation.
func TestVisitorsAreSequences(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	phoneagentsActivity(t, mock)
	p := shows(t, mock, 19, 2)
	var got []string
	for _, line := range cards(p) {
		title, operations, _ := strings.Cut(line, ": ")
		kinds := strings.Fields(operations)
		slices.Sort(kinds) // how often the history is read is a matter of time
		got = append(got, title+": "+strings.Join(slices.Compact(kinds), " "))
	}
	wantLines(t, "sequences", got, []string{
		"phone number | webchat webchat_widget_001 | made: AddPhoneNumber",
		"agent | Shop | made: CreateAgent",
		"conversation | “When do you open?” | active: ListWebchatMessages SendWebchatMessage StreamWebchat",
		"conversation | “What do you sell?” | active: GetConversation GetMessageStatus ListConversationMessages ListWebchatMessages SendWebchatMessage StreamWebchat",
		"list | ListConversations | : ListConversations",
		"list | GetMessageStats | : GetMessageStats",
	})
	p.click("#tab-runs")
	for i, row := range rows(p, "runs") {
		contains(t, row, []string{"phoneagents | Shop | active | When do you open? | ", "phoneagents | Shop | active | What do you sell? | "}[i])
	}
}

// A task of orq is one sequence, whatever surface it is on and however often it
// goes on; it says in what state it is, and each response how it ended.
func TestTasksAndResponsesSayTheirState(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	orqActivity(t, mock)
	p := shows(t, mock, 13, 5)
	wantLines(t, "sequences", cards(p), []string{
		"agent | calc | made: CreateAgent",
		"run | “Two plus two?” | completed: CreateResponse CreateResponse GetResponse",
		"run | “What does the page say?” | completed: InvokeAgent GetTask ListActions ReviewAction GetTask",
		"run | “Three plus three?” | failed: CreateResponse",
		"run | “Three plus four?” | held: InvokeAgent",
		"run | “Four plus five?” | held: CreateResponse",
		"list | ListTasks | : ListTasks",
	})
	if said := get[[]string](p, `[...document.querySelectorAll('[data-call="2"] .events li')].filter(e => e.querySelector(".type").textContent === "response.output_text.delta").map(e => e.querySelector(".data").textContent)`); !slices.Equal(said, []string{"Four."}) {
		t.Errorf("the events say %q", said)
	}
	for call, want := range map[int]string{
		2:  "POST CreateResponse → committed → 200 OK → 10 events → completed",
		6:  "GET GetTask → 200 OK → input-required",
		8:  "POST ReviewAction → approved → committed → 200 OK",
		10: "POST CreateResponse → committed → 200 OK → 4 events → failed",
		12: "POST CreateResponse → committed → 200 OK → queued",
	} {
		if got := p.flow(call); got != want {
			t.Errorf("request %d: %s, want %s", call, got, want)
		}
	}
	p.click("#tab-runs")
	wantLines(t, "runs", rows(p, "runs"), []string{
		"orq | calc | completed | Two plus two? | 3 requests",
		"orq | calc | completed | What does the page say? | 5 requests",
		"orq | calc | failed | Three plus three? | 1 request",
		"orq | calc | asks: May I say it? Release | Three plus four? | 1 request",
		"orq | calc | held Release | Four plus five? | 1 request",
	})
	if get[bool](p, `document.getElementById("others").checkVisibility()`) {
		t.Errorf("other records: %q", rows(p, "records"))
	}
}

// A person who writes on the page reaches the agent, in a new conversation and
// in one that there is.
func TestMessageForm(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	client := must(omniflow.NewClient(omniflow.Config{APIKey: "tk_secret", WorkspaceID: "ws1", Options: options(mock, mockserver.Omniflow)}))(t)
	agent := must(client.CreateAgent(t.Context(), omniflow.CreateAgentRequest{Name: "Baker", LLMModel: "gpt-4o-mini"}))(t)
	flow := must(client.CreateMessageFlow(t.Context(), bakery(agent.ID)))(t)
	p := open(t, mock, view{expected: expectedRefusals})
	p.live()
	if apis := get[[]string](p, `[...document.querySelector("#message-form [name=api]").options].map(o => o.value)`); !slices.Equal(apis, []string{mockserver.Omniflow, mockserver.Phoneagents}) {
		t.Errorf("it offers %q", apis)
	}
	p.wait(`document.querySelector("#message-form [name=to]").selectedOptions[0]?.textContent === "Bakery"`)
	p.click("#message-form button")
	p.wait(`document.querySelector("#message-form .note.bad")?.textContent.includes("from is missing")`)

	mock.Script(mockserver.Omniflow, script.Reply{Text: "At six."}, script.Reply{Text: "No.", Hold: true})
	p.choose("#message-form [name=from]", "+12025550123")
	p.choose("#message-form [name=text]", "When do you open?")
	p.click("#message-form button")
	p.wait(`document.querySelector("#message-form .note:not(.bad)")?.textContent.startsWith("it is in the conversation ")`)
	conversation := must(client.FindConversation(t.Context(), flow.ID, "+12025550123"))(t)
	contains(t, get[string](p, `document.querySelector("#message-form .note").textContent`), conversation.ID)
	texts := func() (texts []string) {
		for _, message := range must(client.GetConversation(t.Context(), conversation.ID))(t).Messages {
			texts = append(texts, message.Text)
		}
		return texts
	}
	wantLines(t, "the conversation", texts(), []string{"When do you open?", "At six."})

	p.wait(`document.querySelectorAll("#message-form [name=conversation] option").length === 2`)
	p.choose("#message-form [name=conversation]", conversation.ID)
	p.wait(`!document.querySelector("#message-form [name=from]").checkVisibility() && !document.querySelector("#message-form [name=to]").checkVisibility()`)
	p.choose("#message-form [name=text]", "On Sundays, too?")
	p.click("#message-form button")
	p.wait(`document.getElementById("held").textContent.includes("“On Sundays, too?”")`)
	if chosen := get[string](p, `document.querySelector("#message-form [name=conversation]").value`); chosen != conversation.ID {
		t.Errorf("it then has %q", chosen)
	}
	p.click("#held button")
	p.wait(`document.getElementById("held-box").hidden`)
	wantLines(t, "the conversation", texts(), []string{"When do you open?", "At six.", "On Sundays, too?", "No."})
}

// A message that was generated, but whose response was lost, stays in doubt:
// no list proves that it was this request.
func TestLostMessageStaysInDoubt(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	client := must(omniflow.NewClient(omniflow.Config{APIKey: "tk_secret", WorkspaceID: "ws1", Options: options(mock, mockserver.Omniflow)}))(t)
	agent := must(client.CreateAgent(t.Context(), omniflow.CreateAgentRequest{Name: "Baker", LLMModel: "gpt-4o-mini"}))(t)
	flow := must(client.CreateMessageFlow(t.Context(), bakery(agent.ID)))(t)
	mock.Fail(mockserver.OmniflowGenerateMessage, fault.Drop(fault.AfterCommit))
	if _, err := client.GenerateMessage(t.Context(), omniflow.GenerateMessageRequest{FlowID: flow.ID, To: "+12025550123"}); err == nil {
		t.Fatal("a lost response has no error")
	}
	must(client.ListConversations(t.Context()))(t)
	p := shows(t, mock, 4, 1)
	wantLines(t, "sequences", cards(p), []string{
		"agent | Baker | made: CreateAgent",
		"message flow | Bakery | made: CreateMessageFlow",
		"conversation | +12025550123 | in doubt: the response was lost: GenerateMessage",
		"list | ListConversations | : ListConversations",
	})
}
