package agentclients_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// openMock returns a mock of the five APIs and a client of one of them.
func openMock() (*mockserver.Server, *phoneagents.Client) {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true})
	if err != nil {
		log.Fatal(err)
	}
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey: "sk_live_example",
		Options: agentclients.Options{
			BaseURL:    mock.URL(mockserver.Phoneagents),
			HTTPClient: mock.Client(),
			Retry:      agentclients.RetryPolicy{MinWait: time.Millisecond},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	return mock, client
}

var support = phoneagents.CreateAgentRequest{PhoneNumberID: "pn_abc123", PromptID: "prompt_xyz789", Name: "Support"}

// The kind of an error is matched with errors.Is.
func Example_errors() {
	mock, client := openMock()
	defer mock.Close()
	ctx := context.Background()
	if _, err := client.CreateAgent(ctx, "usr_abc123", support); err != nil {
		log.Fatal(err)
	}

	_, err := client.CreateAgent(ctx, "usr_abc123", support)
	switch {
	case errors.Is(err, agentclients.ErrInvalidRequest):
		fmt.Println("nothing was sent:", err)
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		fmt.Println("look before you try again:", err)
	case errors.Is(err, agentclients.ErrConflict):
		fmt.Println("it exists already:", err)
	}
	// Output:
	// it exists already: phoneagents: create agent: 409 Conflict: Phone number already has an active agent (POST http://mock.localhost/phoneagents/users/usr_abc123/agents, id pn_abc123, request id req_000000000002)
}

// The details of an error are found with errors.As.
func ExampleError() {
	mock, client := openMock()
	defer mock.Close()
	mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Status(429, fault.RetryAfter(5*time.Minute)))

	_, err := client.CreateAgent(context.Background(), "usr_abc123", support)
	var e *agentclients.Error
	if errors.As(err, &e) {
		fmt.Println(e.Provider, e.Op, e.StatusCode, e.RetryAfter, e.Attempts)
		fmt.Println(errors.Is(err, agentclients.ErrRateLimited))
	}
	// Output:
	// phoneagents create agent 429 5m0s 1
	// true
}

// Everything that is wrong with a request is reported at once, before
// anything is sent.
func ExampleFieldError() {
	mock, client := openMock()
	defer mock.Close()

	_, err := client.CreateAgent(context.Background(), "usr_abc123", phoneagents.CreateAgentRequest{Name: "Support"})
	var e *agentclients.Error
	if errors.As(err, &e) {
		for _, field := range e.Fields {
			fmt.Println(field.Path, "-", field.Message)
		}
	}
	// Output:
	// phone_number_id - is required
	// prompt_id - is required
}

func ExampleWithHeader() {
	mock, client := openMock()
	defer mock.Close()
	ctx := context.Background()

	_, err := client.CreateAgent(ctx, "usr_abc123", support, agentclients.WithHeader("X-Correlation-Id", "order-7"))
	fmt.Println(err)
	_, err = client.CreateAgent(ctx, "usr_abc123", support, agentclients.WithHeader("Idempotency-Key", "7"))
	fmt.Println(err)
	// Output:
	// <nil>
	// phoneagents: create agent: invalid request: header Idempotency-Key would make net/http repeat the request, and no API here honours it
}

// CaptureResponse shows what came back, also what the result has no field
// for.
func ExampleCaptureResponse() {
	mock, client := openMock()
	defer mock.Close()
	mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Drop(fault.AfterCommit))

	var response agentclients.Response
	agent, err := client.CreateAgent(context.Background(), "usr_abc123", support, agentclients.CaptureResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name)
	fmt.Println(response.StatusCode, response.Header.Get("Content-Type"), len(response.Body) > 0)
	fmt.Println("requests:", response.Attempts, "settled:", response.Settled)
	// Output:
	// Support
	// 200 application/json true
	// requests: 3 settled: true
}

func ExampleTimestamp() {
	moment, err := agentclients.Timestamp("2025-02-10T10:00:00.250Z").Time()
	fmt.Println(moment, err)
	_, err = agentclients.Timestamp("").Time()
	fmt.Println(err)
	// Output:
	// 2025-02-10 10:00:00.25 +0000 UTC <nil>
	// agentclients: "" is not a time
}

// Any type with this method is a Limiter, such as *rate.Limiter of
// golang.org/x/time/rate. This one lets one request through each second.
type perSecond struct{ tick <-chan time.Time }

func (l perSecond) Wait(ctx context.Context) error {
	select {
	case <-l.tick:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func ExampleOptions() {
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey: "sk_live_example",
		Options: agentclients.Options{
			BaseURL:    "https://api.example.com/v1",
			HTTPClient: &http.Client{Transport: http.DefaultTransport},
			Retry:      agentclients.RetryPolicy{MaxAttempts: 5, MaxWait: 2 * time.Second},
			Limiter:    perSecond{time.Tick(time.Second)},
			UserAgent:  "billing/1.4",
		},
	})
	fmt.Println(client != nil, err)
	// Output:
	// true <nil>
}
