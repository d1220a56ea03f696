package transport

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// A call's own policy is laid over the client's.
func TestPolicyOfACall(t *testing.T) {
	base := agentclients.RetryPolicy{MaxAttempts: 5, MinWait: time.Second, MaxWait: 4 * time.Second, MaxRetryAfter: time.Minute, AttemptTimeout: time.Minute, RunTimeout: time.Hour}
	for _, test := range []struct {
		own    agentclients.RetryPolicy
		change func(*agentclients.RetryPolicy)
	}{
		{agentclients.RetryPolicy{}, func(*agentclients.RetryPolicy) {}},
		{agentclients.RetryPolicy{MaxAttempts: 1}, func(p *agentclients.RetryPolicy) { p.MaxAttempts = 1 }},
		{agentclients.RetryPolicy{MinWait: 9 * time.Second}, func(p *agentclients.RetryPolicy) { p.MinWait, p.MaxWait = 9*time.Second, 9*time.Second }},
		{agentclients.RetryPolicy{MaxWait: time.Millisecond}, func(p *agentclients.RetryPolicy) { p.MinWait, p.MaxWait = time.Millisecond, time.Millisecond }},
		{agentclients.RetryPolicy{AllowDuplicates: true, RunTimeout: 1}, func(p *agentclients.RetryPolicy) { p.AllowDuplicates, p.RunTimeout = true, 1 }},
	} {
		want := base
		test.change(&want)
		var problems validate.Problems
		if diff := cmp.Diff(want, overlay(base, test.own, &problems)); diff != "" || problems.Err("", "") != nil {
			t.Errorf("%+v (-want +got):\n%s%v", test.own, diff, problems.Err("", ""))
		}
	}
}

func TestWithRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(502, ""), answer(502, ""), answer(502, ""), answer(502, ""), stall)
		client := n.client(func(o *agentclients.Options) { o.HTTPClient.Timeout = 5 * time.Second })
		for attempts := range 3 {
			policy := agentclients.RetryPolicy{MaxAttempts: attempts + 1}
			if attempts == 2 { // and for the one before: the client's own stays
				policy = agentclients.RetryPolicy{MaxAttempts: 1}
			}
			_, err := create(t.Context(), client, ReplayKeyed, agentclients.WithRetry(policy))
			if e := asError(t, err, agentclients.ErrServer); e.Attempts != policy.MaxAttempts {
				t.Errorf("%d attempts, not %d", e.Attempts, policy.MaxAttempts)
			}
		}
		start := time.Now()
		_, err := create(t.Context(), client, ReplayNever, agentclients.WithRetry(agentclients.RetryPolicy{AttemptTimeout: time.Hour}))
		asError(t, err, agentclients.ErrOutcomeUnknown)
		if elapsed := time.Since(start); elapsed != 5*time.Second {
			t.Errorf("the timeout of the http.Client did not hold: %v", elapsed)
		}
	})
	n := newNetwork(t)
	_, err := create(t.Context(), n.client(), ReplayNever, agentclients.WithRetry(agentclients.RetryPolicy{MaxAttempts: -1, RunTimeout: -1, MinWait: 2, MaxWait: 1}), agentclients.WithHeader("Host", "x"))
	e := asError(t, err, agentclients.ErrInvalidRequest)
	var got []string
	for _, field := range e.Fields {
		got = append(got, field.Path)
	}
	if diff := cmp.Diff([]string{"header Host", "Retry.MaxAttempts", "Retry.RunTimeout", "Retry.MinWait"}, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// A bad value that came from a variable is called by the variable's name, and
// a missing one names each that would do.
func TestProblemsNameTheirVariable(t *testing.T) {
	t.Setenv("TRANSPORT_TEST_BASE_URL", "ftp://bad.example.com")
	t.Setenv("TRANSPORT_TEST_KEY_2", "a bad\nkey")
	config := testConfig(agentclients.Options{})
	config.Credentials = []Credential{
		{Field: "APIKey", Env: []string{"TRANSPORT_TEST_KEY_1", "TRANSPORT_TEST_KEY_2"}, Header: "x-api-key"},
		{Field: "WorkspaceID", Env: []string{"TRANSPORT_TEST_WORKSPACE_1", "TRANSPORT_TEST_WORKSPACE_2"}, Header: "x-workspace-id", Public: true},
	}
	_, err := New(config)
	e := asError(t, err, agentclients.ErrInvalidRequest)
	want := []string{
		"BaseURL must be an absolute URL that begins with https:// or http:// (it comes from the environment variable TRANSPORT_TEST_BASE_URL)",
		"APIKey must not hold line breaks, other control characters, or spaces at its ends (it comes from the environment variable TRANSPORT_TEST_KEY_2)",
		"WorkspaceID is required: set it in Config or in the environment variable TRANSPORT_TEST_WORKSPACE_1 or TRANSPORT_TEST_WORKSPACE_2",
	}
	var got []string
	for _, field := range e.Fields {
		got = append(got, field.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}

	// What the program itself gave is not blamed on a variable.
	config.Options.BaseURL, config.Credentials[0].Value = "ftp://mine.example.com", "mine\n"
	_, err = New(config)
	if e := asError(t, err); strings.Contains(e.Fields[0].Message+e.Fields[1].Message, "environment") {
		t.Errorf("error %v", err)
	}
}

// The first variable that is set wins.
func TestFallbackVariables(t *testing.T) {
	config := testConfig(agentclients.Options{BaseURL: testBaseURL})
	config.Credentials = []Credential{{Field: "APIKey", Env: []string{"TRANSPORT_TEST_KEY_1", "TRANSPORT_TEST_KEY_2"}, Header: "x-api-key"}}
	sent := func() http.Header {
		client, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		header := make(http.Header)
		client.setHeader(header)
		return header
	}
	t.Setenv("TRANSPORT_TEST_KEY_2", "second")
	if got := sent().Get("x-api-key"); got != "second" {
		t.Errorf("sent %q", got)
	}
	t.Setenv("TRANSPORT_TEST_KEY_1", "first")
	if got := sent().Get("x-api-key"); got != "first" {
		t.Errorf("sent %q", got)
	}
	config.Credentials[0].Value = "given"
	if got := sent().Get("x-api-key"); got != "given" {
		t.Errorf("sent %q", got)
	}
}
