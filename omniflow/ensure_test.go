package omniflow

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestEnsureAgent(t *testing.T) {
	const (
		same  = `{"_id":"a","name":"n","llmModel":"gpt-4o","settings":{"x":1}}`
		other = `{"_id":"a","name":"n","llmModel":"gpt-4o-mini","settings":{"x":1}}`
		blind = `{"_id":"a","name":"n","llmModel":"gpt-4o"}`
	)
	found := "200 [" + `{"name":"m"},` + blind + "]"
	request := CreateAgentRequest{Name: "n", LLMModel: "gpt-4o", Settings: map[string]any{"x": 1}}
	testkit.Ensures(t, suite, func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return c.EnsureAgent(ctx, request, options...)
	}, []testkit.Ensured{
		testkit.Ends("there is none", []string{"200 []", "200 " + same}, agentclients.Created, nil, []string{"GET", "POST"}, `{"name":"n","llmModel":"gpt-4o","settings":{"x":1}}`),
		testkit.Ends("it is what was asked for", []string{found, "200 " + same}, agentclients.Unchanged, nil, []string{"GET", "GET"}, ""),
		testkit.Ends("it has another model", []string{found, "200 " + other, "200 " + same}, agentclients.Updated, nil, []string{"GET", "GET", "PUT"}, `{"name":"n","llmModel":"gpt-4o","settings":{"x":1}}`),
		testkit.Ends("only an update tells, and it was the same", []string{found, "200 " + blind, "200 " + blind}, agentclients.Unchanged, nil, []string{"GET", "GET", "PUT"}, ""),
		testkit.Ends("several have the name", []string{`200 [{"name":"n"},{"name":"n"}]`}, "", agentclients.ErrConflict, []string{"GET"}, ""),
		testkit.Ends("its id is not told", []string{`200 [{"name":"n"}]`}, "", agentclients.ErrDecode, []string{"GET"}, ""),
		testkit.Ends("the create is lost", []string{"200 []", "502 "}, "", agentclients.ErrOutcomeUnknown, []string{"GET", "POST"}, ""),
		testkit.Ends("it must not be listed", []string{"403 "}, "", agentclients.ErrForbidden, []string{"GET"}, ""),
		testkit.Ends("it must not be changed", []string{found, "200 " + other, "400 "}, "", agentclients.ErrBadRequest, []string{"GET", "GET", "PUT"}, ""),
	})
}

// The response to an update spells members that it does not change in another
// way than a read, or leaves them out. That is no change.
func TestEnsureAgentKnowsTheSpellingsOfResponses(t *testing.T) {
	const (
		found   = `200 [{"_id":"a","name":"n"}]`
		before  = `200 {"_id":"a","userId":"u","name":"n","llmModel":"gpt-4o","phoneNumberId":{"_id":"p"},"status":"ready","messageChannel":"SMS","createdAt":"2025-01-19T03:18:22.604Z","updatedAt":"2025-01-19T03:18:22.604Z"}`
		same    = `200 {"_id":"a","name":"n","llmModel":"gpt-4o","phoneNumberId":"p","status":"pending","createdAt":"2025-01-19T03:18:22Z","updatedAt":"2025-01-20T03:18:22Z"}`
		changed = `200 {"_id":"a","name":"n","llmModel":"gpt-4o-mini","phoneNumberId":"p"}`
		told    = `200 {"_id":"a","name":"n","llmModel":"gpt-4o","phoneNumberId":"p","settings":{"x":1}}`
		sms     = `200 {"_id":"a","name":"n","llmModel":"gpt-4o","phoneNumberId":"p","messageChannel":"Email"}`
	)
	ensure := func(extra map[string]any) func(context.Context, *Client, ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
			return c.EnsureAgent(ctx, CreateAgentRequest{Name: "n", Settings: map[string]any{"x": 1}, ExtraFields: extra}, options...)
		}
	}
	methods := []string{"GET", "GET", "PUT"}
	testkit.Ensures(t, suite, ensure(nil), []testkit.Ensured{
		testkit.Ends("nothing changed", []string{found, before, same}, agentclients.Unchanged, nil, methods, ""),
		testkit.Ends("the model changed", []string{found, before, changed}, agentclients.Updated, nil, methods, ""),
		testkit.Ends("the settings are told", []string{found, before, told}, agentclients.Updated, nil, methods, ""),
	})
	testkit.Ensures(t, suite, ensure(map[string]any{"messageChannel": "Email"}), []testkit.Ensured{
		testkit.Ends("an extra field changed", []string{found, before, sms}, agentclients.Updated, nil, methods, ""),
	})
}

// An agent that is deleted or renamed while EnsureAgent works is none of its
// name any more, and one that is listed twice is one.
func TestEnsureAgentOfAListThatChanges(t *testing.T) {
	const (
		agent   = `{"_id":"a","name":"n","llmModel":"gpt-4o"}`
		renamed = `200 {"_id":"a","name":"m","llmModel":"gpt-4o"}`
		made    = `200 {"_id":"b","name":"n","llmModel":"gpt-4o"}`
		found   = "200 [" + agent + "]"
		other   = `200 {"_id":"a","name":"n","llmModel":"gpt-4o-mini"}`
	)
	testkit.Ensures(t, suite, func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return c.EnsureAgent(ctx, CreateAgentRequest{Name: "n", LLMModel: "gpt-4o"}, options...)
	}, []testkit.Ensured{
		testkit.Ends("it is deleted", []string{found, "404 ", "200 []", made}, agentclients.Created, nil, []string{"GET", "GET", "GET", "POST"}, ""),
		testkit.Ends("it is deleted before the update", []string{found, other, "404 ", "200 []", made}, agentclients.Created, nil, []string{"GET", "GET", "PUT", "GET", "POST"}, ""),
		testkit.Ends("it is renamed", []string{found, renamed, "200 []", made}, agentclients.Created, nil, []string{"GET", "GET", "GET", "POST"}, ""),
		testkit.Ends("it is listed twice", []string{"200 [" + agent + "," + agent + "]", "200 " + agent}, agentclients.Unchanged, nil, []string{"GET", "GET"}, ""),
	})
}

// EnsureAgent refuses a name that it would not find again.
func TestEnsureAgentGoesByTheName(t *testing.T) {
	for _, request := range []CreateAgentRequest{{Name: "n "}, {Name: "n", ExtraFields: map[string]any{"name": "m"}}} {
		suite.Refuses(t, func(ctx context.Context, c *Client) error {
			_, _, err := c.EnsureAgent(ctx, request)
			return err
		}, []string{"name"})
	}
}

func TestDiff(t *testing.T) {
	for name, test := range map[string]struct {
		request CreateAgentRequest
		agent   Agent
		want    []string
	}{
		"the same":       {CreateAgentRequest{Name: "n", LLMModel: "m", Settings: map[string]any{"a": 1.0}}, Agent{Name: "n", LLMModel: "m", Settings: []byte(`{"a":1}`)}, nil},
		"unset":          {CreateAgentRequest{Name: "n"}, Agent{Name: "n", LLMModel: "m", Settings: []byte(`{"a":1}`)}, nil},
		"another":        {CreateAgentRequest{Name: "n", LLMModel: "m", Settings: map[string]any{}}, Agent{Name: "x", LLMModel: "y", Settings: []byte(`{"a":1}`)}, []string{"llmModel", "name", "settings"}},
		"not told":       {CreateAgentRequest{Name: "n", Settings: map[string]any{"a": 1}}, Agent{Name: "n"}, []string{"settings"}},
		"an extra field": {CreateAgentRequest{Name: "n", ExtraFields: map[string]any{"messageChannel": "SMS", "new": 1}}, Agent{Name: "n", MessageChannel: "Email"}, []string{"messageChannel"}},
	} {
		var got []string
		for _, d := range test.request.Diff(&test.agent) {
			got = append(got, d.Path)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
