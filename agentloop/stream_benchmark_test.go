package agentloop

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/benchmark"
)

func streamEventsComparison(tb testing.TB) benchmark.Stream {
	const session = "session_019c4b1d00007000800000000000b001"
	return benchmark.Stream{
		Event: func(into []byte, number int) []byte {
			return fmt.Appendf(into, "event: output.message.delta\nid: event_%032x\ndata: "+
				`{"id":"event_%032x","type":"output.message.delta","ts":"2026-02-08T09:00:00.000000Z","session_id":"`+session+`",`+
				`"context":{"turn_id":"turn_1"},"data":{"turn_id":"turn_1","delta":" word","accumulated":"%s"}}`+"\n\n", number, number, benchmark.Words)
		},
		Client: func(httpClient *http.Client, each func() bool) error {
			client := newTestClient(tb, agentclients.Options{HTTPClient: httpClient})
			for event, err := range client.StreamEvents(tb.Context(), session, ListEventsRequest{}) {
				switch {
				case err != nil:
					return err
				case event.ID == "":
					return errors.New("an event has no id")
				case !each():
					return nil
				}
			}
			return nil
		},
		Data: func(data []byte) error { return json.Unmarshal(data, new(Event)) },
	}
}

func BenchmarkStreamEvents(b *testing.B) { streamEventsComparison(b).Run(b) }

func TestStreamEventsAllocations(t *testing.T) { streamEventsComparison(t).CheckAllocations(t) }

func TestStreamEventsMemory(t *testing.T) { streamEventsComparison(t).CheckMemory(t) }
