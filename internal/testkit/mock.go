package testkit

import (
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// MockOptions lead a client to one of the APIs of a mock.
func MockOptions(mock *mockserver.Server, api string) agentclients.Options {
	return agentclients.Options{BaseURL: mock.URL(api), HTTPClient: mock.Client()}
}

// CheckAgents fails the test unless the server has that many agents.
func CheckAgents(t *testing.T, mock *mockserver.Server, api string, want int) {
	t.Helper()
	if got := len(mock.Agents(api)); got != want {
		t.Errorf("%d agents on the server, want %d", got, want)
	}
}

// CheckRepeated loses the response to an operation once, and checks that the call
// that needs it sends it a second time and succeeds.
func CheckRepeated(t *testing.T, mock *mockserver.Server, op string, call func() error) {
	t.Helper()
	before := mock.Count(journal.Match{Op: op})
	mock.Fail(op, fault.Drop(fault.AfterCommit))
	if err := call(); err != nil {
		t.Errorf("%s: %v", op, err)
	}
	mock.AssertCalls(t, op, before+2)
}
