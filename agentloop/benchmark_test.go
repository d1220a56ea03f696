package agentloop

import (
	"context"
	"net/http"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/benchmark"
)

func createAgentComparison(t testing.TB) benchmark.Comparison {
	request := sampleRequest()
	return benchmark.Comparison{
		Answer: readFile(t, "create_response.json"),
		Client: func(httpClient *http.Client) func(context.Context) error {
			client := newTestClient(t, agentclients.Options{HTTPClient: httpClient})
			return func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, request)
				return err
			}
		},
		ByHand: func(httpClient *http.Client) func(context.Context) error {
			return func(ctx context.Context) error {
				return benchmark.Post[Agent](ctx, httpClient, testBaseURL+"/v1/agents",
					map[string]string{"Authorization": testKey, "User-Agent": "by-hand"}, request)
			}
		},
	}
}

func BenchmarkCreateAgent(b *testing.B) { createAgentComparison(b).Run(b) }

func TestCreateAgentAllocations(t *testing.T) { createAgentComparison(t).CheckAllocations(t) }
