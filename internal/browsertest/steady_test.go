package browsertest

import (
	"fmt"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/chromedp/chromedp"
)

// Whatever comes, what somebody has opened stays open, where it is; what is
// typed stays typed, and the focus stays where it is.
func TestNothingClosesOrJumps(t *testing.T) {
	for _, tab := range []string{"sequences", "requests"} {
		t.Run(tab, func(t *testing.T) {
			mock := mockserver.Start(t, mockserver.Config{})
			client := orqClient(t, mock)
			for i := range 12 {
				createOrq(t, mock, fmt.Sprintf("agent-%d", i))
			}
			p := open(t, mock, view{})
			p.live()
			p.click("#tab-" + tab)
			opened := p.row(8)
			p.do(chromedp.SetValue(chromedp.CSS(`#rule-form [name=skip]`), "7"), chromedp.SetValue(chromedp.CSS(`#reply-form [name=text]`), "half a sent"))
			p.click(opened)
			p.do(chromedp.Evaluate[chromedp.Void](`scrollTo({ top: 300, behavior: "instant" })`))
			place := fmt.Sprintf(`Math.round(document.querySelector(%q).getBoundingClientRect().top)`, opened)
			before, focused := get[int](p, place), get[bool](p, fmt.Sprintf(`document.activeElement === document.querySelector(%q)`, opened))
			if !focused {
				t.Error("a row that was clicked has not the focus")
			}
			details := get[string](p, fmt.Sprintf(`document.querySelector(%q).nextElementSibling.nextElementSibling.textContent`, opened))
			contains(t, details, "agent-7")
			for i := range 5 { // above what is open, in its own sequence, and below
				must(client.GetAgent(t.Context(), "agent-0"))(t)
				must(client.GetAgent(t.Context(), "agent-7"))(t)
				createOrq(t, mock, fmt.Sprintf("later-%d", i))
			}
			p.row(27)
			if after := get[int](p, place); after != before {
				t.Errorf("the open row was at %d and is at %d", before, after)
			}
			if !get[bool](p, fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-expanded") === "true" && document.activeElement === document.querySelector(%q)`, opened, opened)) {
				t.Error("the row was closed, or lost the focus")
			}
			if now := get[string](p, fmt.Sprintf(`document.querySelector(%q).nextElementSibling.nextElementSibling.textContent`, opened)); now != details {
				t.Errorf("the details changed from %q to %q", details, now)
			}
			if skip, text := get[string](p, `document.querySelector("#rule-form [name=skip]").value`), get[string](p, `document.querySelector("#reply-form [name=text]").value`); skip != "7" || text != "half a sent" {
				t.Errorf("the forms have %q and %q", skip, text)
			}
			p.wait(`/^↓ \d+ new requests?$/.test(document.getElementById("more").textContent)`)
			p.click("#more")
			p.wait(`document.getElementById("more").hidden`)
		})
	}
}

// Who looks at the end of the list sees what comes.
func TestTheEndIsFollowed(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	p := open(t, mock, view{})
	p.live()
	for i := range 20 {
		createOrq(t, mock, fmt.Sprintf("agent-%d", i))
	}
	last := p.row(20)
	p.wait(fmt.Sprintf(`document.querySelector(%q).getBoundingClientRect().bottom <= innerHeight`, last))
	p.wait(`document.getElementById("more").hidden`)
}

// A namespace that a client makes appears without a reload, and its requests
// when it is chosen.
func TestNewNamespaceAppears(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	createOrq(t, mock, "desk")
	p := open(t, mock, view{expected: []string{"status of 410"}})
	p.live()
	worker := mock.Namespace("worker-7")
	createOrq(t, worker, "of-the-worker")
	p.wait(`[...document.getElementById("namespace").options].some(o => o.value === "worker-7")`)
	if got := get[string](p, `document.getElementById("namespace").value`); got != "default" {
		t.Errorf("the page shows %s", got)
	}
	p.choose("#namespace", "worker-7")
	p.wait(`document.querySelector(".sequence h3")?.textContent.includes("of-the-worker")`)
	p.live()
	createOrq(t, worker, "another")
	p.row(2)
	p.click("#tab-connect")
	contains(t, get[string](p, `document.getElementById("apis").textContent`), worker.URL(mockserver.Orq))
	contains(t, get[string](p, `document.getElementById("credential").textContent`), "mock_ns_worker-7_key")
	mock.DropNamespace("worker-7")
	p.wait(`document.getElementById("status").textContent === "namespace worker-7 is gone"`)
	p.click("#tab-sequences")
	p.row(2) // what there was to see can still be seen
}

// When a request shows that two sequences are one, what is open in the later
// one stays open and keeps the focus.
func TestOpenRowStaysOpenWhenSequencesJoin(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	client := webchatClient(t, mock)
	must(client.ListWebchatMessages(t.Context(), "webchat_widget_001", phoneagents.ListWebchatMessagesRequest{VisitorID: "v-81"}))(t)
	received := mock.Receive(mockserver.Phoneagents, script.Inbound{From: "v-81", Text: "When do you open?"})
	must(client.GetConversation(t.Context(), "usr_abc123", received.Conversation))(t)
	p := open(t, mock, view{})
	p.live()
	opened := p.row(4)
	p.click(opened)
	if n := sequences(p); n != 4 {
		t.Fatalf("%d sequences", n)
	}
	must(client.SendWebchatMessage(t.Context(), "webchat_widget_001", phoneagents.SendWebchatMessageRequest{Text: "And on Sundays?", VisitorID: "v-81"}))(t)
	p.ended(5)
	if n := sequences(p); n != 3 {
		t.Errorf("%d sequences", n)
	}
	if state := get[string](p, fmt.Sprintf(`(row => row.getAttribute("aria-expanded") + " " + !!row.parentNode.querySelector(".details") + " " + (document.activeElement === row))(document.querySelector(%q))`, opened)); state != "true true true" {
		t.Errorf("open, with details, focused: %s", state)
	}
}
