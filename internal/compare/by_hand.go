package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// handRequest and handAgent are the types that one writes by hand.
type handRequest struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	SystemPrompt string   `json:"system_prompt"`
	Tags         []string `json:"tags"`
}

type handAgent struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Description    string    `json:"description"`
	SystemPrompt   string    `json:"system_prompt"`
	DefaultModelID string    `json:"default_model_id"`
	Status         string    `json:"status"`
	Tags           []string  `json:"tags"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
}

const agentID = "agent_01933b5a000070008000000000000001"

func newHandRequest() handRequest {
	return handRequest{ID: agentID, Name: agentName, Description: description, SystemPrompt: prompt, Tags: []string{"support", "customer-facing"}}
}

// agentAnswer is the response of the API that package agentloop is for.
func agentAnswer() []byte {
	return answerOf(map[string]any{
		"id": agentID, "name": agentName, "description": description, "default_model_id": model, "status": "active",
		"tags": []string{"support", "customer-facing"}, "created_at": "2026-02-07T10:00:00.123456Z", "updated_at": "2026-02-07T10:00:00.123456Z",
	}, "system_prompt")
}

// byHand is net/http and encoding/json, and nothing else. Without a timeout it
// hangs as long as the server does: 0 is none.
func byHand(name string, timeout time.Duration) subject {
	return subject{name: name, answer: agentAnswer(), connect: func(baseURL string, httpClient *http.Client) create {
		return func(ctx context.Context) error {
			if timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			body, err := json.Marshal(newHandRequest())
			if err != nil {
				return err
			}
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/v1/agents", bytes.NewReader(body))
			if err != nil {
				return err
			}
			request.Header.Set("Authorization", secret)
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Accept", "application/json")
			request.Header.Set("User-Agent", "by-hand")
			response, err := httpClient.Do(request)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			body, err = io.ReadAll(response.Body)
			if err != nil {
				return err
			}
			if response.StatusCode != http.StatusCreated {
				return fmt.Errorf("status %d", response.StatusCode)
			}
			return json.Unmarshal(body, new(handAgent))
		}
	}}
}
