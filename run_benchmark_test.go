package agentclients_test

import (
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
)

// BenchmarkRunInMemory runs an agent of the mock without a network, as a test
// under virtual time does. No time has to pass for it.
func BenchmarkRunInMemory(b *testing.B) {
	for _, c := range runCalls() {
		b.Run(c.name, func(b *testing.B) {
			mock, err := mockserver.InMemory(mockserver.Config{})
			if err != nil {
				b.Fatal(err)
			}
			defer mock.Close()
			run, err := c.connect(b.Context(), agentclients.Options{BaseURL: mock.URL(c.api), HTTPClient: mock.Client()})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, _, err := run(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
