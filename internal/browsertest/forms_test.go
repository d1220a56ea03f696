package browsertest

import (
	"fmt"
	"testing"

	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/xpander"
)

// The rule of the form hits the next request, and can be removed.
func TestRuleForm(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{AllowUnfired: true})
	p := open(t, mock, view{expected: expectedRefusals})
	p.live()
	p.choose("#rule-form [name=op]", mockserver.OrqCreateAgent)
	p.choose("#rule-form [name=fault]", "status")
	p.choose("#rule-form [name=value]", "429")
	p.choose("#rule-form [name=stage]", "before-commit")
	p.click("#rule-form button")
	p.wait(`document.querySelector("#rule-form .note").textContent === "rule r1 waits for the next request"`)
	p.wait(`document.getElementById("rules").textContent.includes("r1 orq.CreateAgent: status 429, before-commit (fired 0, 1 left)")`)
	createOrq(t, mock, "desk")
	p.row(2)
	if got, want := p.flow(1), "POST CreateAgent → rule r1: status 429, before-commit → 429 Too Many"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	p.wait(`document.getElementById("rules").textContent.includes("(fired 1, spent)")`)
	p.choose("#rule-form [name=fault]", "slow_body")
	p.choose("#rule-form [name=value]", `{"chunk":0,"pause":"1ms"}`)
	p.click("#rule-form button")
	p.wait(`document.querySelector("#rule-form .note.bad")?.textContent.includes("chunk is 0")`)
	p.choose("#rule-form [name=value]", "soon")
	p.click("#rule-form button")
	p.wait(`document.querySelector("#rule-form .note.bad")?.textContent.startsWith("Bytes and pause: it must be like")`)
	p.click("#rules button")
	p.wait(`document.querySelectorAll("#rules li").length === 0`)
	if rules := mock.Rules(); len(rules) != 0 {
		t.Errorf("the mock has %d rules", len(rules))
	}
}

// expectedRefusals is what the browser itself writes to the console about
// responses that say what is wrong with a form.
var expectedRefusals = []string{"Failed to load resource: the server responded with a status of 400"}

// Every fault of the form is one that the mock takes, as it stands.
func TestEveryFaultOfTheFormIsTaken(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{AllowUnfired: true})
	p := open(t, mock, view{})
	p.live()
	p.choose("#rule-form [name=stage]", "")
	for i, name := range fault.Names() {
		p.choose("#rule-form [name=fault]", name)
		p.click("#rule-form button")
		p.wait(fmt.Sprintf(`document.querySelector("#rule-form .note").textContent.startsWith("rule r%d ") || document.querySelector("#rule-form .note.bad")`, i+1))
		if bad := get[string](p, `document.querySelector("#rule-form .note.bad")?.textContent ?? ""`); bad != "" {
			t.Errorf("%s: %s", name, bad)
		}
	}
	if rules := mock.Rules(); len(rules) != len(fault.Names()) {
		t.Errorf("%d rules of %d faults", len(rules), len(fault.Names()))
	}
}

// The reply of the form is what the next run says, and the page releases it.
func TestReplyFormAndRelease(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	client := xpanderClient(t, mock)
	agent := must(client.CreateAgent(t.Context(), xpander.CreateAgentRequest{Name: "Helper"}))(t)
	p := open(t, mock, view{expected: expectedRefusals})
	p.live()
	p.choose("#reply-form [name=api]", mockserver.Xpander)
	p.choose("#reply-form [name=text]", "From the page.")
	p.click("#reply-form [name=hold]")
	p.click("#reply-form button")
	p.wait(`document.getElementById("replies").textContent.includes("From the page.")`)
	task := must(client.StartTask(t.Context(), agent.ID, xpander.InvokeRequest{Input: xpander.TaskInput{Text: "Speak."}}))(t)
	p.wait(`document.querySelectorAll("#replies li").length === 0`)
	p.wait(`document.getElementById("held").textContent.includes("“Speak.”")`)
	p.click("#tab-runs")
	p.wait(`document.querySelector("#runs tr").textContent.includes("held")`)
	p.click("#runs [data-label=Status] button")
	done := must(client.WaitTask(t.Context(), task.ID, nil))(t)
	if done.Result != "From the page." {
		t.Errorf("the task ended with %q", done.Result)
	}
	p.wait(`document.querySelector("#runs tr").textContent.includes("completed")`)
	p.choose("#reply-form [name=delay]", "soon")
	p.click("#reply-form button")
	p.wait(`document.querySelector("#reply-form .note.bad")?.textContent.includes("delay")`)
}

// A reset from the page takes back what was chosen, and nothing else.
func TestReset(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{AllowUnfired: true})
	createOrq(t, mock, "desk")
	mock.Script(mockserver.Agentloop, script.Reply{Text: "kept"})
	p := open(t, mock, view{})
	p.live()
	p.row(1)
	p.click("#reset")
	p.wait(`document.getElementById("reset-dialog").open`)
	p.press(escapeKey)
	p.wait(`!document.getElementById("reset-dialog").open`)
	if n := mock.Count(journal.Match{}); n != 1 {
		t.Errorf("after Escape the journal has %d requests", n)
	}
	p.click("#reset")
	p.click(`#reset-dialog input[value=replies]`)
	p.click("#reset-do")
	p.wait(`document.querySelectorAll(".call").length === 0 && !document.getElementById("nothing").hidden`)
	if agents, n, replies := mock.Agents(mockserver.Orq), mock.Count(journal.Match{}), agentSays(t, mock); len(agents) != 0 || n == 1 || replies != "kept" {
		t.Errorf("%d agents, %d requests, and the agent says %q", len(agents), n, replies)
	}
}

// What another client resets disappears from the page.
func TestResetByOthersIsSeen(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	createOrq(t, mock, "before")
	p := open(t, mock, view{})
	p.live()
	p.row(1)
	if err := mock.Reset(); err != nil {
		t.Fatal(err)
	}
	p.wait(`document.querySelectorAll(".call").length === 0`)
	createOrq(t, mock, "afterwards")
	p.row(1)
	contains(t, get[string](p, `document.querySelector(".sequence h3").textContent`), "afterwards")
}

// agentSays is what an agent replies.
func agentSays(t *testing.T, s space) string {
	t.Helper()
	return must(agentloopClient(t, s).RunAgent(t.Context(), agentloopAgent(t, s), agentloop.RunRequest{Text: "?"}))(t).Text
}
