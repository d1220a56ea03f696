package main

import (
	"context"
	"encoding/json"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/omniflow"
)

// agentloopCreate is a create with an id that the API does not take twice.
func agentloopCreate() subject {
	return subject{
		name: "ours, agentloop", answer: agentAnswer(),
		key: func(_ http.Header, body []byte) string {
			var sent handRequest
			if json.Unmarshal(body, &sent) != nil {
				return ""
			}
			return sent.ID
		},
		connect: func(baseURL string, httpClient *http.Client) create {
			client := must(agentloop.NewClient(agentloop.Config{
				APIKey: secret, Options: agentclients.Options{BaseURL: baseURL, HTTPClient: httpClient},
			}))
			return func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{
					ID: agentID, Name: agentName, Description: new(description), SystemPrompt: prompt, Tags: []string{"support", "customer-facing"},
				})
				return err
			}
		},
	}
}

// omniflowCreate is a create that the API would do twice.
func omniflowCreate() subject {
	return subject{
		name: "ours, omniflow",
		answer: answerOf(map[string]any{
			"_id": "65f0c0ffee65f0c0ffee0001", "workspaceId": "ws_1", "userId": "user_1", "name": agentName, "llmModel": model, "status": "ready",
			"phoneNumberId": nil, "createdAt": "2026-02-07T10:00:00.123Z", "updatedAt": "2026-02-07T10:00:00.123Z", "settings": map[string]any{"language": "en"},
		}, "messageChannel"),
		connect: func(baseURL string, httpClient *http.Client) create {
			client := must(omniflow.NewClient(omniflow.Config{
				APIKey: secret, WorkspaceID: "ws_1", Options: agentclients.Options{BaseURL: baseURL, HTTPClient: httpClient},
			}))
			return func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{
					Name: agentName + ": " + description + ". " + prompt, LLMModel: model,
				})
				return err
			}
		},
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
