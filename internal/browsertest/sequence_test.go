package browsertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// A create whose response was lost is one sequence, in which everything that
// happened stands in its order.
func TestSettledCreateIsOneSequence(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	p := open(t, mock, view{})
	p.live()
	mock.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))
	if _, err := orqClient(t, mock).CreateAgent(t.Context(), orqAgent("desk")); err != nil {
		t.Fatal(err)
	}
	p.ended(3)
	for call, want := range map[int]string{
		1: "POST CreateAgent → committed → rule r1: drop, after-commit → response lost",
		2: "POST CreateAgent → attempt 2, retried → 409 Conflict",
		3: "GET GetAgent → 200 OK → settled",
	} {
		if got := p.flow(call); got != want {
			t.Errorf("request %d: %s, want %s", call, got, want)
		}
	}
	if n := sequences(p); n != 1 {
		t.Errorf("%d sequences, want 1", n)
	}
	header := get[string](p, `document.querySelector(".sequence h3").innerText`)
	for _, want := range []string{"AGENT", "desk", "orq", "settled", "3 requests in "} {
		contains(t, header, want)
	}
	for _, part := range []string{".time", ".took"} {
		if text := get[string](p, `document.querySelector('.sequence [data-call="1"] `+part+`').textContent`); text == "" {
			t.Errorf("the request has no %s", part)
		}
	}
}

func sequences(p *page) int {
	p.t.Helper()
	return get[int](p, `document.querySelectorAll(".sequence").length`)
}

// verdict is what the page says of the sequence of a request.
func verdict(p *page, call int) string {
	p.t.Helper()
	return get[string](p, fmt.Sprintf(`document.querySelector('[data-call="%d"]').closest(".sequence").querySelector(".verdict").textContent`, call))
}

// Where only a list tells, the list belongs to the sequence that it settles.
func TestListThatSettlesBelongsToTheCreate(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Drop(fault.AfterCommit))
	client := must(phoneagents.NewClient(phoneagents.Config{APIKey: "sk", Options: options(mock, mockserver.Phoneagents)}))(t)
	must(client.CreateAgent(t.Context(), "usr_abc123", phoneagents.CreateAgentRequest{PhoneNumberID: "pn_abc123", PromptID: "prompt_xyz789", Name: "Front desk"}))(t)
	must(client.ListAgents(t.Context(), "usr_abc123", phoneagents.ListAgentsRequest{}))(t)
	p := open(t, mock, view{})
	p.row(4)
	if got, want := p.flow(3), "GET ListAgents → 200 OK → settled"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if n := sequences(p); n != 2 || verdict(p, 3) != "settled" {
		t.Errorf("%d sequences, %s", n, verdict(p, 3))
	}
}

// What nobody can settle stays in doubt, and what was made twice is called that.
func TestDoubtAndDuplicates(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	create := func() {
		t.Helper()
		request := must(http.NewRequest("POST", mock.URL(mockserver.Xpander)+"/v1/agents", strings.NewReader(`{"name":"Twice"}`)))(t)
		request.Header.Set("X-API-Key", "xp-secret-key")
		request.Header.Set("Content-Type", "application/json")
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	}
	p := open(t, mock, view{})
	p.live()
	mock.Fail(mockserver.XpanderCreateAgent, fault.Drop(fault.AfterCommit))
	create()
	p.ended(1)
	if got := verdict(p, 1); got != "in doubt: the response was lost" {
		t.Errorf("after the lost response: %s", got)
	}
	create() // what a client does that retries on its own
	p.ended(2)
	if n := sequences(p); n != 1 || verdict(p, 2) != "made twice" {
		t.Errorf("%d sequences, %s", n, verdict(p, 2))
	}
	mock.Fail(mockserver.XpanderCreateAgent, fault.Drop())
	request := must(http.NewRequest("POST", mock.URL(mockserver.Xpander)+"/v1/agents", strings.NewReader(`{"name":"Never"}`)))(t)
	request.Header.Set("X-API-Key", "xp-secret-key")
	request.Header.Set("Content-Type", "application/json")
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Error("a dropped request has a response")
	}
	p.ended(3)
	if got, want := p.flow(3), "POST CreateAgent → rule r2: drop, before-commit → connection closed, nothing done"; got != want || verdict(p, 3) != "lost before it took effect" {
		t.Errorf("%s: %s, want %s", verdict(p, 3), got, want)
	}
}

// An agent of a sequence is one click from its JSON, and tables say what there is.
func TestAgentsAndRunsAreTables(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	agent := agentloopAgent(t, mock)
	streamAgentloop(t, mock, agent)
	createOrq(t, mock, "desk")
	p := open(t, mock, view{})
	p.live()
	p.click("#tab-agents")
	p.wait(`document.querySelectorAll("#agents tr").length === 2`)
	rows := get[[]string](p, `[...document.querySelectorAll("#agents tr")].map(r => [...r.cells].map(c => c.textContent).join(" | "))`)
	if want := []string{"agentloop | Gatekeeper | " + agent + " | active | 1 request", "orq | desk | desk | live | 1 request"}; !slices.Equal(rows, want) {
		t.Errorf("%q, want %q", rows, want)
	}
	p.click("#agents [data-label=ID] button")
	p.wait(`document.getElementById("json-dialog").open`)
	record := get[string](p, `document.getElementById("json").textContent`)
	var members map[string]any
	if err := json.Unmarshal([]byte(record), &members); err != nil || members["id"] != agent {
		t.Errorf("%v: %s", err, record)
	}
	p.press(escapeKey)
	p.wait(`!document.getElementById("json-dialog").open`)
	p.click("#tab-runs")
	p.wait(`document.querySelectorAll("#runs tr").length === 1`)
	run := get[string](p, `[...document.querySelector("#runs tr").cells].map(c => c.textContent).join(" | ")`)
	for _, want := range []string{"agentloop | session_", " | Gatekeeper | idle | Is the north gate open? | 3 requests"} {
		contains(t, run, want)
	}
	p.click("#runs [data-label=Requests] button")
	p.wait(`document.activeElement.closest(".sequence")?.querySelector("h3").textContent.includes("north gate")`)
}

// On orq a run has several ids, and begins at several paths: each is a sequence
// that says what was asked of whom.
func TestRunsAreSequencesWhereverTheyBegin(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	createOrq(t, mock, "desk")
	for path, body := range map[string]string{
		"/v3/router/responses":      `{"model":"agent/desk","input":"First"}`,
		"/v2/agents/desk/responses": `{"message":{"role":"user","parts":[{"kind":"text","text":"Second"}]}}`,
		"/v2/agents/desk/task":      `{"message":{"role":"user","parts":[{"kind":"text","text":"Third"}]}}`,
	} {
		if err := orqClient(t, mock).Do(t.Context(), "POST", path, agentclients.Raw{ContentType: "application/json", Body: []byte(body)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, mock, view{})
	p.row(4)
	titles := get[[]string](p, `[...document.querySelectorAll(".sequence h3")].map(e => e.querySelector(".kind").textContent + " " + e.querySelector(".name").textContent)`)
	slices.Sort(titles)
	if want := []string{"agent desk", "run “First”", "run “Second”", "run “Third”"}; !slices.Equal(titles, want) {
		t.Errorf("%q, want %q", titles, want)
	}
	p.click("#tab-runs")
	p.wait(`document.querySelectorAll("#runs tr").length === 3`)
	for _, agent := range get[[]string](p, `[...document.querySelectorAll("#runs [data-label=Agent]")].map(e => e.textContent)`) {
		if agent != "desk" {
			t.Errorf("a run is one of %q", agent)
		}
	}
}
