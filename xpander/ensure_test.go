package xpander

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestEnsureAgent(t *testing.T) {
	const (
		same  = `200 {"id":"a","name":"n","description":"d","model_name":"gpt-5.2","instructions":{"role":["r"],"goal":[],"general":""},"version":2}`
		other = `200 {"id":"a","name":"n","description":"x","model_name":"gpt-4.1","instructions":{"role":[],"goal":[],"general":""},"version":2}`
		none  = `200 {"items":[{"id":"b","name":"m"}],"total":1,"page":1,"per_page":50,"total_pages":1}`
		found = `200 {"items":[{"id":"b","name":"m"},{"id":"a","name":"n"}],"total":2,"page":1,"per_page":50,"total_pages":1}`
		two   = `200 {"items":[{"id":"b","name":"n"},{"id":"a","name":"n"}],"total":2,"page":1,"per_page":50,"total_pages":1}`
	)
	request := CreateAgentRequest{Name: "n", Description: new("d"), ModelName: new("gpt-4.1"), Instructions: Instructions{Role: []string{"r"}}, UsingNemo: new(true)}
	tests := []testkit.Ensured{
		testkit.Ends("there is none", []string{none, same}, agentclients.Created, nil, []string{"GET", "POST"}, ""),
		// The model is newer than what was asked for.
		testkit.Ends("it is what was asked for", []string{found, same}, agentclients.Unchanged, nil, []string{"GET", "GET"}, ""),
		testkit.Ends("it lacks something", []string{found, other, same}, agentclients.Updated, nil, []string{"GET", "GET", "PATCH"},
			`{"instructions":{"role":["r"],"general":""},"description":"d"}`),
		testkit.Ends("the server keeps its own way", []string{found, other, strings.Replace(other, `"version"`, `"has_pending_changes":true,"version"`, 1)}, agentclients.Unchanged, nil, []string{"GET", "GET", "PATCH"}, ""),
		testkit.Ends("several have the name", []string{two}, "", agentclients.ErrConflict, []string{"GET"}, ""),
		testkit.Ends("the create is lost", []string{none, "502 "}, "", agentclients.ErrOutcomeUnknown, []string{"GET", "POST"}, ""),
		testkit.Ends("it must not be listed", []string{"401 "}, "", agentclients.ErrUnauthorized, []string{"GET"}, ""),
	}
	ensure := func(deploy bool) func(context.Context, *Client, ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
			request := request
			request.Deploy = deploy
			return c.EnsureAgent(ctx, request, options...)
		}
	}
	testkit.Ensures(t, suite, ensure(false), tests)
	t.Run("with a deploy", func(t *testing.T) {
		tests[2].Responses = append(tests[2].Responses, same)
		tests[2].Methods = append(tests[2].Methods, "PUT") // after a change only
		testkit.Ensures(t, suite, ensure(true), tests)
	})
}

// What an earlier call staged and could not deploy is deployed by the next one,
// and a deploy whose response is lost is found by the version.
func TestEnsureAgentDeploys(t *testing.T) {
	const (
		found    = `200 {"items":[{"id":"a","name":"n"}],"total":1,"page":1,"per_page":50,"total_pages":1}`
		begin    = `200 {"id":"a","name":"n","instructions":{},`
		other    = begin + `"description":"x","version":2}`
		staged   = begin + `"description":"d","version":2,"has_pending_changes":true}`
		deployed = begin + `"description":"d","version":3}`
		changed  = begin + `"description":"d","version":3,"has_pending_changes":true}`
		untold   = begin + `"description":"d","has_pending_changes":true}`
	)
	ensure := func(deploy bool) func(context.Context, *Client, ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
			return c.EnsureAgent(ctx, CreateAgentRequest{Name: "n", Description: new("d"), Deploy: deploy}, options...)
		}
	}
	testkit.Ensures(t, suite, ensure(true), []testkit.Ensured{
		testkit.Ends("it is deployed", []string{found, deployed}, agentclients.Unchanged, nil, []string{"GET", "GET"}, ""),
		testkit.Ends("it is staged", []string{found, staged, deployed}, agentclients.Updated, nil, []string{"GET", "GET", "PUT"}, ""),
		testkit.Ends("the server keeps it staged", []string{found, staged, staged}, agentclients.Unchanged, nil, []string{"GET", "GET", "PUT"}, ""),
		testkit.Ends("the response is lost, and it is deployed", []string{found, other, staged, "502 ", deployed}, agentclients.Updated, nil, []string{"GET", "GET", "PATCH", "PUT", "GET"}, ""),
		testkit.Ends("the response is lost, and it is not deployed", []string{found, other, staged, "502 ", staged}, "", agentclients.ErrOutcomeUnknown, []string{"GET", "GET", "PATCH", "PUT", "GET"}, ""),
		testkit.Ends("the response is lost, and it is changed by then", []string{found, staged, "502 ", changed}, "", agentclients.ErrOutcomeUnknown, []string{"GET", "GET", "PUT", "GET"}, ""),
		testkit.Ends("the response is lost, and there is no version", []string{found, untold, "502 ", deployed}, "", agentclients.ErrOutcomeUnknown, []string{"GET", "GET", "PUT", "GET"}, ""),
		testkit.Ends("the response is lost, and it must not be read", []string{found, staged, "502 ", "403 "}, "", agentclients.ErrOutcomeUnknown, []string{"GET", "GET", "PUT", "GET"}, ""),
		testkit.Ends("it must not be deployed", []string{found, staged, "403 "}, "", agentclients.ErrForbidden, []string{"GET", "GET", "PUT"}, ""),
	})
	testkit.Ensures(t, suite, ensure(false), []testkit.Ensured{
		testkit.Ends("it is staged, and a deploy is not asked for", []string{found, staged}, agentclients.Unchanged, nil, []string{"GET", "GET"}, ""),
	})
}

// An agent that is deleted or renamed while EnsureAgent works is none of its
// name any more.
func TestEnsureAgentOfAListThatChanges(t *testing.T) {
	const (
		found   = `200 {"items":[{"id":"a","name":"n"}],"total":1,"page":1,"per_page":50,"total_pages":1}`
		none    = `200 {"items":[],"total":0,"page":1,"per_page":50,"total_pages":0}`
		renamed = `200 {"id":"a","name":"m","description":"x","instructions":{}}`
		made    = `200 {"id":"b","name":"n","description":"d","instructions":{}}`
	)
	testkit.Ensures(t, suite, func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return c.EnsureAgent(ctx, CreateAgentRequest{Name: "n", Description: new("d")}, options...)
	}, []testkit.Ensured{
		testkit.Ends("it is deleted", []string{found, "404 ", none, made}, agentclients.Created, nil, []string{"GET", "GET", "GET", "POST"}, ""),
		testkit.Ends("it is renamed", []string{found, renamed, none, made}, agentclients.Created, nil, []string{"GET", "GET", "GET", "POST"}, ""),
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
	request := CreateAgentRequest{
		Name: "n", ModelName: new("gpt-4.1"), EnvironmentID: new("e"), LLMExtraHeaders: Secrets{"h": "secret"}, Type: new(AgentTypeRegular),
		ExtraFields: map[string]any{"access_scope": "personal", "new": 1},
	}
	for name, test := range map[string]struct {
		agent Agent
		want  []string
	}{
		"what is not told": {Agent{Name: "n", ModelName: "gpt-4.1"}, nil},
		"a newer model":    {Agent{Name: "n", ModelName: "gpt-5.2"}, nil},
		"an older model":   {Agent{Name: "n", ModelName: "gpt-4"}, []string{"model_name"}},
		"another model":    {Agent{Name: "n", ModelName: "claude-sonnet-4-5"}, []string{"model_name"}},
		"no model":         {Agent{Name: "n"}, []string{"model_name"}},
		"what is told, and other": {Agent{Name: "n", ModelName: "gpt-4.1", EnvironmentID: "f", LLMExtraHeaders: Secrets{"h": "x"}, Type: AgentTypeManager, AccessScope: AccessScopeOrganizational},
			[]string{"access_scope", "environment_id", "llm_extra_headers", "type"}},
	} {
		var got []string
		for _, d := range request.Diff(&test.agent) {
			got = append(got, d.Path)
			if strings.Contains(fmt.Sprint(d), "secret") || strings.Contains(fmt.Sprintf("%+v", []any{d.Want, d.Have}), "secret") {
				t.Errorf("a secret is in %v", d)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFindAgents(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(200, `{"items":[{"id":"1","name":"n"},{"id":"2","name":"N"}],"total":3,"page":1,"per_page":2,"total_pages":2}`).
		Answer(200, `{"items":[{"id":"3","name":"n"}],"total":3,"page":2,"per_page":2,"total_pages":2}`)
	var response agentclients.Response
	found, err := client.FindAgents(t.Context(), "n", agentclients.CaptureResponse(&response))
	if err != nil || len(found) != 2 || found[0].ID != "1" || found[1].ID != "3" || response.Attempts != 2 {
		t.Errorf("got %v, %v, %d attempts", found, err, response.Attempts)
	}
}
