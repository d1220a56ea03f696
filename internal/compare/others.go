package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go/v2"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/v2/option"
	"github.com/go-resty/resty/v2"
	"github.com/google/go-github/v84/github"
	"github.com/hetznercloud/hcloud-go/v2/hcloud"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stripe/stripe-go/v84"
)

func openAI() subject {
	return subject{
		name: "openai-go, agent", module: "github.com/openai/openai-go/v3",
		answer: answerOf(map[string]any{
			"id": "agent_1", "object": "agent", "created_at": 1770458400, "updated_at": 1770458400, "name": agentName, "model": model,
			"metadata": map[string]string{"description": description}, "service_tier": "auto", "tools": []any{},
		}, "instructions"),
		connect: func(baseURL string, httpClient *http.Client) create {
			client := openai.NewClient(option.WithAPIKey(secret), option.WithBaseURL(baseURL+"/v1/"), option.WithHTTPClient(httpClient))
			return func(ctx context.Context) error {
				_, err := client.Beta.Agents.New(ctx, openai.BetaAgentNewParams{
					Model: model, Name: openai.String(agentName), Instructions: openai.String(prompt),
					Metadata: map[string]string{"description": description},
				})
				return err
			}
		},
	}
}

func anthropicAgent() subject {
	return subject{
		name: "anthropic-sdk-go, agent", module: "github.com/anthropics/anthropic-sdk-go/v2",
		answer: answerOf(map[string]any{
			"id": "agent_1", "type": "agent", "created_at": "2026-02-07T10:00:00.123456Z", "updated_at": "2026-02-07T10:00:00.123456Z",
			"name": agentName, "description": description, "model": map[string]any{"id": model}, "metadata": map[string]string{}, "version": 1,
			"mcp_servers": []any{}, "skills": []any{}, "tools": []any{},
		}, "system"),
		connect: func(baseURL string, httpClient *http.Client) create {
			client := anthropic.NewClient(anthropicoption.WithAPIKey(secret), anthropicoption.WithBaseURL(baseURL), anthropicoption.WithHTTPClient(httpClient))
			return func(ctx context.Context) error {
				_, err := client.Beta.Agents.New(ctx, anthropic.BetaAgentNewParams{
					Model: anthropic.BetaManagedAgentsModelConfigParams{ID: model}, Name: agentName,
					Description: anthropic.String(description), System: anthropic.String(prompt),
				})
				return err
			}
		},
	}
}

func gitHub() subject {
	return subject{
		name: "go-github, repository", module: "github.com/google/go-github/v84",
		answer: answerOf(map[string]any{
			"id": 1, "node_id": "R_1", "name": agentName, "full_name": "acme/agent", "private": true, "default_branch": "main",
			"topics": []string{"support", "customer-facing"}, "created_at": "2026-02-07T10:00:00Z", "updated_at": "2026-02-07T10:00:00Z",
		}, "description"),
		connect: func(baseURL string, httpClient *http.Client) create {
			client := must(github.NewClient(httpClient).WithAuthToken(secret).WithEnterpriseURLs(baseURL, baseURL))
			return func(ctx context.Context) error {
				_, _, err := client.Repositories.Create(ctx, "acme", &github.Repository{
					Name: new(agentName), Description: new(prompt), Homepage: new(description), Private: new(true),
				})
				return err
			}
		},
	}
}

func hetzner() subject {
	key := map[string]any{
		"id": 1, "name": agentName, "fingerprint": "b7:2f:30:a0:2f:6c:58:6c:21:04:58:61:ba:06:3b:2f", "created": "2026-02-07T10:00:00Z",
		"labels": map[string]string{"description": description},
	}
	return subject{
		name: "hcloud-go, SSH key", module: "github.com/hetznercloud/hcloud-go/v2",
		answer: answerWith(map[string]any{"ssh_key": key}, key, "public_key"),
		connect: func(baseURL string, httpClient *http.Client) create {
			client := hcloud.NewClient(hcloud.WithToken(secret), hcloud.WithEndpoint(baseURL), hcloud.WithHTTPClient(httpClient))
			return func(ctx context.Context) error {
				_, _, err := client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{
					Name: agentName, PublicKey: prompt, Labels: map[string]string{"description": description},
				})
				return err
			}
		},
	}
}

func stripeCustomer() subject {
	return subject{
		name: "stripe-go, customer", module: "github.com/stripe/stripe-go/v84",
		answer: answerOf(map[string]any{
			"id": "cus_1", "object": "customer", "created": 1770458400, "name": agentName, "livemode": false, "currency": "eur",
			"metadata": map[string]string{"note": description}, "invoice_prefix": "0759376C", "next_invoice_sequence": 1,
		}, "description"),
		key: func(header http.Header, _ []byte) string { return header.Get("Idempotency-Key") },
		connect: func(baseURL string, httpClient *http.Client) create {
			client := stripe.NewClient(secret, stripe.WithBackends(stripe.NewBackendsWithConfig(&stripe.BackendConfig{
				URL: &baseURL, HTTPClient: httpClient, LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
			})))
			return func(ctx context.Context) error {
				_, err := client.V1Customers.Create(ctx, &stripe.CustomerCreateParams{
					Name: new(agentName), Description: new(prompt), Metadata: map[string]string{"note": description},
				})
				return err
			}
		},
	}
}

// restyPost is the create by hand, with resty in the place of net/http.
func restyPost(name string, retries int) subject {
	return subject{
		name: name, module: "github.com/go-resty/resty/v2", answer: agentAnswer(),
		connect: func(baseURL string, httpClient *http.Client) create {
			client := resty.NewWithClient(httpClient).SetRetryCount(retries).SetLogger(silent{})
			return func(ctx context.Context) error {
				response, err := client.R().SetContext(ctx).SetHeader("Authorization", secret).
					SetBody(newHandRequest()).SetResult(&handAgent{}).Post(baseURL + "/v1/agents")
				if err == nil && response.IsError() {
					err = fmt.Errorf("status %d", response.StatusCode())
				}
				return err
			}
		},
	}
}

// silent is a logger for resty, which else writes to standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
