package xpander

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/benchmark"
)

// eventByHand has the members that TaskEvent has.
type eventByHand struct {
	Type           string                 `json:"type"`
	TaskID         string                 `json:"task_id"`
	OrganizationID string                 `json:"organization_id"`
	Time           agentclients.Timestamp `json:"time"`
	Data           json.RawMessage        `json:"data"`
	Text           string                 `json:"-"`
}

func streamTaskComparison(tb testing.TB) benchmark.Stream {
	return benchmark.Stream{
		Event: func(into []byte, _ int) []byte {
			return fmt.Appendf(into, `data: {"type":"chunk","task_id":"","organization_id":"o1","time":"2026-02-08T09:00:00.000000Z","data":"%s"}`+"\n\n", benchmark.Words)
		},
		Client: func(httpClient *http.Client, each func() bool) error {
			client := newTestClient(tb, agentclients.Options{HTTPClient: httpClient})
			for event, err := range client.StreamTask(tb.Context(), "a1", InvokeRequest{Input: TaskInput{Text: "How many?"}}) {
				switch {
				case err != nil:
					return err
				case event.Text == "":
					return errors.New("an event has no text")
				case !each():
					return nil
				}
			}
			return nil
		},
		Data: func(data []byte) error {
			event := new(eventByHand)
			if err := json.Unmarshal(data, event); err != nil {
				return err
			}
			return json.Unmarshal(event.Data, &event.Text)
		},
	}
}

func BenchmarkStreamTask(b *testing.B) { streamTaskComparison(b).Run(b) }

func TestStreamTaskAllocations(t *testing.T) { streamTaskComparison(t).CheckAllocations(t) }

func TestStreamTaskMemory(t *testing.T) { streamTaskComparison(t).CheckMemory(t) }
