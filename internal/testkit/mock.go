package testkit

import (
	"log"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
)

// StartMock returns a mock in memory, and options that lead a client to one of
// its APIs. Inside a synctest bubble waits cost no time.
func StartMock(t testing.TB, api mockserver.API, config mockserver.Config) (*mockserver.Server, agentclients.Options) {
	t.Helper()
	mock := mockserver.StartInMemory(t, config)
	return mock, agentclients.Options{BaseURL: mock.URL(api), HTTPClient: mock.Client()}
}

// OpenMock is StartMock for examples, which must print the same every time:
// the clock of the mock stands still.
func OpenMock(api mockserver.API, now time.Time) (*mockserver.Server, agentclients.Options) {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true, Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	return mock, agentclients.Options{
		BaseURL:    mock.URL(api),
		HTTPClient: mock.Client(),
		Retry:      agentclients.RetryPolicy{MinWait: time.Millisecond},
	}
}

// CheckAgents fails the test unless the server has so many agents.
func CheckAgents(t *testing.T, mock *mockserver.Server, api mockserver.API, want int) {
	t.Helper()
	if got := len(mock.Agents(api)); got != want {
		t.Errorf("%d agents on the server, want %d", got, want)
	}
}
