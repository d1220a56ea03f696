package orq

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/benchmark"
)

// eventByHand has the members that ResponseEvent has of such an event.
type eventByHand struct {
	Type           string `json:"type"`
	SequenceNumber int64  `json:"sequence_number"`
	ItemID         string `json:"item_id"`
	OutputIndex    int    `json:"output_index"`
	ContentIndex   int    `json:"content_index"`
	Delta          string `json:"delta"`
	Data           []byte `json:"-"`
}

func streamResponseComparison(tb testing.TB) benchmark.Stream {
	return benchmark.Stream{
		Event: func(into []byte, number int) []byte {
			return fmt.Appendf(into, `data: {"type":"response.output_text.delta","sequence_number":%d,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"%s"}`+"\n\n",
				number, benchmark.Words)
		},
		Client: func(httpClient *http.Client, each func() bool) error {
			client := newTestClient(tb, agentclients.Options{HTTPClient: httpClient})
			for event, err := range client.StreamResponse(tb.Context(), CreateResponseRequest{Model: "agent/a1", Input: ResponseInput{Text: "How many?"}}) {
				switch {
				case err != nil:
					return err
				case event.Delta == "":
					return errors.New("an event has no text")
				case !each():
					return nil
				}
			}
			return nil
		},
		Data: func(data []byte) error {
			event := &eventByHand{Data: slices.Clone(data)} // what it does not know can be looked up
			return json.Unmarshal(data, event)
		},
	}
}

func BenchmarkStreamResponse(b *testing.B) { streamResponseComparison(b).Run(b) }

func TestStreamResponseAllocations(t *testing.T) { streamResponseComparison(t).CheckAllocations(t) }

func TestStreamResponseMemory(t *testing.T) { streamResponseComparison(t).CheckMemory(t) }
