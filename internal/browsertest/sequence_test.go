package browsertest

import (
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
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
	p.row(3)
	for call, want := range map[int]string{
		1: "POST CreateAgent → committed → rule r1: drop, after-commit → response lost",
		2: "POST CreateAgent → attempt 2, retried → 409 Conflict",
		3: "GET GetAgent → 200 OK → settled",
	} {
		if got := p.flow(call); got != want {
			t.Errorf("request %d: %s, want %s", call, got, want)
		}
	}
	if n := get[int](p, `document.querySelectorAll(".sequence").length`); n != 1 {
		t.Errorf("%d sequences, want 1", n)
	}
	header := get[string](p, `document.querySelector(".sequence h3").innerText`)
	for _, want := range []string{"AGENT", "desk", "orq", "settled", "3 requests in "} {
		if !strings.Contains(header, want) {
			t.Errorf("the sequence is called %q, without %q", header, want)
		}
	}
	for _, part := range []string{".time", ".took"} {
		if text := get[string](p, `document.querySelector('.sequence [data-call="1"] `+part+`').textContent`); text == "" {
			t.Errorf("the request has no %s", part)
		}
	}
}
