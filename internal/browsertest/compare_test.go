package browsertest

import (
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
)

// A mock that is compared with a real API shows in what it differs.
func TestDifferencesAreListed(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{Variants: []string{"orq@workspace-id"}})
	mock := mockserver.Start(t, mockserver.Config{Compare: map[string]string{mockserver.Orq: real.URL(mockserver.Orq)}})
	p := open(t, mock, view{})
	p.live()
	p.click("#tab-connect")
	p.wait(`document.getElementById("compared").hidden`)
	createOrq(t, mock, "desk")
	p.wait(`document.getElementById("how-compared").textContent === "1 request compared."`)
	const want = "orq.CreateAgent 201|missing|/workspace_id|string||1: 1"
	if got := get[string](p, `[...document.querySelectorAll("#differences td")].map(cell => cell.textContent).join("|")`); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
