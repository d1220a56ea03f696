package testkit

import (
	"log"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// MockOptions lead a client to one of the APIs of a mock.
func MockOptions(mock *mockserver.Server, api string) agentclients.Options {
	return agentclients.Options{BaseURL: mock.URL(api), HTTPClient: mock.Client()}
}

// OpenMock returns a mock in memory for examples, which must print the same
// every time: its clock stands still. The options lead a client to one of its
// APIs.
func OpenMock(api string, now time.Time) (*mockserver.Server, agentclients.Options) {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true, Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	options := MockOptions(mock, api)
	options.Retry.MinWait = time.Millisecond
	return mock, options
}

// CheckAgents fails the test unless the server has so many agents.
func CheckAgents(t *testing.T, mock *mockserver.Server, api string, want int) {
	t.Helper()
	if got := len(mock.Agents(api)); got != want {
		t.Errorf("%d agents on the server, want %d", got, want)
	}
}

// CheckRepeated loses the answer to an operation once, and checks that the call
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
