package transport

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// An operation for everybody is sent without the credentials and beside the
// version of the base URL; any other one with them and below it.
func TestPublicOperation(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.example.com/v1":   "https://api.example.com/api/chat/c%2F1",
		"https://api.example.com/v1/":  "https://api.example.com/api/chat/c%2F1",
		"https://api.example.com/x/v1": "https://api.example.com/x/api/chat/c%2F1",
		"https://api.example.com":      "https://api.example.com/api/chat/c%2F1",
		"https://api.example.com/rev1": "https://api.example.com/rev1/api/chat/c%2F1",
	} {
		var sent *http.Request
		client, err := New(Config{
			Provider: "test",
			Options: agentclients.Options{BaseURL: base, HTTPClient: &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				sent = r
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, nil
			})}},
			Credentials: []Credential{{Field: "APIKey", Value: "s3cret", Header: "x-api-key"}, {Field: "Organization", Value: "o1", Header: "X-ORGANIZATION", Public: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		op := Op{Name: "chat", Method: http.MethodGet, Path: "/api/chat/{id}", Params: []string{"c/1"}, Replay: ReplaySafe, Public: true}
		if err := Do(t.Context(), client, op, nil); err != nil {
			t.Fatal(err)
		}
		if got := sent.URL.String(); got != want {
			t.Errorf("%s: sent to %s, want %s", base, got, want)
		}
		if sent.Header.Get("X-Api-Key") != "" || sent.Header.Get("X-Organization") != "" || sent.Header.Get("User-Agent") == "" {
			t.Errorf("%s: sent with %v", base, sent.Header)
		}
		op.Public = false
		if err := Do(t.Context(), client, op, nil); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(sent.URL.String(), strings.TrimSuffix(base, "/")) || sent.Header.Get("X-Api-Key") != "s3cret" || sent.Header.Get("X-Organization") != "o1" {
			t.Errorf("%s: sent to %s with %v", base, sent.URL, sent.Header)
		}
	}
}

// One attempt is one request, and shortens the wait of the options only.
func TestOptionsOfOneAttempt(t *testing.T) {
	client, err := New(Config{Provider: "test", Options: agentclients.Options{BaseURL: "https://api.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	own := []agentclients.CallOption{agentclients.WithRetry(agentclients.RetryPolicy{MaxAttempts: 7, AttemptTimeout: 3 * time.Second, MinWait: time.Millisecond})}
	for _, test := range []struct {
		options []agentclients.CallOption
		within  time.Duration
		want    time.Duration
	}{
		{nil, 0, defaultAttemptTimeout}, {nil, 5 * time.Second, 5 * time.Second}, {own, 5 * time.Second, 3 * time.Second}, {own, time.Second, time.Second},
	} {
		settings := apply(OneAttempt(client, test.options, test.within))
		policy, err := client.check(t.Context(), &Op{}, settings)
		if err != nil || policy.MaxAttempts != 1 || policy.AttemptTimeout != test.want || test.options != nil && policy.MinWait != time.Millisecond {
			t.Errorf("%+v: %+v, %v", test, policy, err)
		}
	}
}
