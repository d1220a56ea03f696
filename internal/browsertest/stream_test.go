package browsertest

import (
	"testing"

	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// A stream that goes on shows the events that it has sent so far, each with its
// time, and the run can be released from the page.
func TestStreamShowsItsEventsAsTheyCome(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	agent := agentloopAgent(t, mock)
	p := open(t, mock, view{})
	p.live()
	mock.Script(mockserver.Agentloop, script.Reply{Text: "The north gate is open until ten.", Hold: true})
	client := agentloopClient(t, mock)
	ended := make(chan error, 1)
	go func() {
		_, err := client.RunAgent(t.Context(), agent, agentloop.RunRequest{Text: "Is the north gate open?"})
		ended <- err
	}()
	const events = `[role=tabpanel]:not([hidden]) [data-call="4"] .events li`
	p.row(4)
	p.wait(`document.querySelectorAll('` + events + `').length >= 3`)
	before := get[[]string](p, `[...document.querySelectorAll('`+events+`')].map(e => e.querySelector(".type").textContent)`)
	if got := p.flow(4); got[:len("GET StreamEvents → streaming: ")] != "GET StreamEvents → streaming: " {
		t.Errorf("while it goes on: %s", got)
	}
	if first := before[0]; first != "connected" {
		t.Errorf("the first event is %q", first)
	}
	p.wait(`[...document.querySelectorAll(".sequence .verdict")].some(e => e.textContent === "held")`)
	p.click(p.row(4)) // what it shows goes on, and it stays open
	p.wait(`document.querySelector('[data-call="4"] .details').textContent.includes("turn.started")`)
	p.click("#held button")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	p.wait(`document.querySelector('[data-call="4"] .flow').textContent.includes("closed by the client after ")`)
	after := get[[]string](p, `[...document.querySelectorAll('`+events+`')].map(e => e.textContent)`)
	if len(after) <= len(before) {
		t.Errorf("%d events before the release, %d after it", len(before), len(after))
	}
	said := get[string](p, `[...document.querySelectorAll('`+events+`')].filter(e => e.querySelector(".type").textContent === "output.message.delta").map(e => e.querySelector(".data").textContent).join("")`)
	if said != "The north gate is open until ten." {
		t.Errorf("the events say %q", said)
	}
	if times := get[bool](p, `[...document.querySelectorAll('`+events+` .at')].every(e => /^\+\d/.test(e.textContent))`); !times {
		t.Error("an event has no time")
	}
	p.wait(`document.querySelector('[data-call="4"] .details').textContent.includes("turn.completed")`)
	p.wait(`document.getElementById("held-box").hidden`)
	header := get[string](p, `document.querySelector('[data-call="4"]').closest(".sequence").querySelector("h3").textContent`)
	for _, want := range []string{"run", "“Is the north gate open?”", "Gatekeeper", "idle"} {
		contains(t, header, want)
	}
}

// A request is on the page while it is being served.
func TestOpenRequestIsShown(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	p := open(t, mock, view{})
	p.live()
	mock.Fail(mockserver.OrqCreateAgent, fault.Stall())
	client := orqClient(t, mock)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		client.Do(t.Context(), "POST", "/v2/agents", orqAgent("desk"), nil) //nolint:errcheck // the reset ends it
	}()
	p.row(1)
	if got, want := p.flow(1), "POST CreateAgent → rule r1: stall, before-commit → open"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := mock.Reset(mockserver.PartStalls); err != nil {
		t.Fatal(err)
	}
	p.wait(`document.querySelector('[data-call="1"] .flow').textContent.includes("cancelled")`)
	<-ended
}

// The stream of a web chat shows what the agent says to the visitor, as text.
func TestWebchatStreamShowsWhatIsSaid(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	client := webchatClient(t, mock)
	mock.Script(mockserver.Phoneagents, script.Reply{Text: "We open at nine."})
	for event, err := range client.StreamWebchat(t.Context(), "webchat_widget_001", phoneagents.StreamWebchatRequest{VisitorID: "v-81"}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Type == phoneagents.WebchatEventConnected {
			mock.Receive(mockserver.Phoneagents, script.Inbound{From: "v-81", Text: "When do you open?"})
		}
		if event.Message != nil {
			break
		}
	}
	p := open(t, mock, view{})
	p.row(3)
	p.wait(`[...document.querySelectorAll('[data-call="3"] .events .data')].some(e => e.textContent === "We open at nine.")`)
}
