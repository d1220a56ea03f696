package orq

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fullRequest sets all that can be compared.
func fullRequest() CreateAgentRequest {
	r := smallRequest()
	r.DisplayName, r.SystemPrompt, r.Instructions = new("Desk"), new("s"), "i"
	r.Model = Model{ID: "openai/gpt-4o", Parameters: &ModelParameters{Temperature: new(0.5), Stop: Stop{Sequences: []string{"x"}}}}
	r.FallbackModels = []Model{{ID: "openai/gpt-4o-mini"}, {ID: "a/b", Parameters: &ModelParameters{TopK: new(3)}}}
	r.Settings = Settings{
		MaxIterations: new(3), Tools: []Tool{{Type: ToolHTTP, ID: "t1", RequiresApproval: new(true)}, {Type: ToolCurrentDate}},
		Evaluators: []Evaluator{{ID: "e1", ExecuteOn: ExecuteOnInput}}, ExtraFields: map[string]any{"unknown": 1},
	}
	r.MemoryStores, r.KnowledgeBases = []string{"m1", "m2"}, []KnowledgeBase{{KnowledgeID: "k1"}}
	r.TeamOfAgents, r.Variables = []TeamMember{{Key: "a"}, {Key: "b", Role: "r"}}, map[string]any{"v": 1}
	return r
}

func fullAgent() *Agent {
	return &Agent{
		ID: "1", Key: "support.agent", Role: "Assistant", Description: "Answers", Path: "Default", DisplayName: "Desk", SystemPrompt: "s", Instructions: "i",
		Model: AgentModel{
			ID: "openai/gpt-4o", Parameters: &ModelParameters{Temperature: new(0.5), Stop: Stop{Sequences: []string{"x"}}, TopP: new(1.0)},
			FallbackModels: []Model{{ID: "openai/gpt-4o-mini"}, {ID: "a/b", Parameters: &ModelParameters{TopK: new(3)}}},
		},
		Settings: AgentSettings{
			MaxIterations: 3, MaxExecutionTime: 300,
			Tools:      []AgentTool{{ID: "o2", ActionType: ToolCurrentDate, Timeout: 120}, {ID: "o1", ActionType: ToolHTTP, RequiresApproval: true}},
			Evaluators: []Evaluator{{ID: "e1", ExecuteOn: ExecuteOnInput, SampleRate: new(50.0)}},
		},
		MemoryStores: []string{"m2", "m1"}, KnowledgeBases: []KnowledgeBase{{KnowledgeID: "k1"}},
		TeamOfAgents: []TeamMember{{Key: "b", Role: "r"}, {Key: "a"}}, Variables: map[string]any{"found": ""},
	}
}

func TestDiff(t *testing.T) {
	const ulid, uuid, hex = "01JRQ5Z8Y9S6M3C5Q4V2X7W1T0", "0190c5b2-7f4e-7a31-9c55-0123456789ab", "674b9687d56a35c024db9cce"
	for _, test := range []struct {
		name   string
		change func(*Agent)
		want   []string
	}{
		{"the same", func(*Agent) {}, nil},
		{"role", func(a *Agent) { a.Role = "Other" }, []string{"role"}},
		{"texts", func(a *Agent) { a.Description, a.Instructions, a.SystemPrompt, a.DisplayName = "x", "x", "x", "x" },
			[]string{"description", "display_name", "instructions", "system_prompt"}},
		{"what is not told", func(a *Agent) { *a = Agent{ID: "1"} }, []string{
			"description", "display_name", "fallback_models", "instructions", "knowledge_bases", "memory_stores", "model.id", "model.parameters.stop",
			"model.parameters.temperature", "path", "role", "settings.evaluators", "settings.max_iterations", "settings.tools", "system_prompt", "team_of_agents",
		}},
		{"model", func(a *Agent) { a.Model.ID = "openai/gpt-4.1" }, []string{"model.id"}},
		{"the model without its provider", func(a *Agent) { a.Model.ID = "gpt-4o" }, nil},
		{"another model without its provider", func(a *Agent) { a.Model.ID = "gpt-4.1" }, []string{"model.id"}},
		{"the model by an id of the server's own", func(a *Agent) {
			a.Model.ID, a.Model.FallbackModels[0].ID, a.Model.FallbackModels[1].ID = ulid, uuid, hex
		}, nil},
		{"parameters", func(a *Agent) { a.Model.Parameters.Temperature = new(0.7) }, []string{"model.parameters.temperature"}},
		{"no parameters", func(a *Agent) { a.Model.Parameters = nil }, []string{"model.parameters.stop", "model.parameters.temperature"}},
		{"fallback models", func(a *Agent) { a.Model.FallbackModels = a.Model.FallbackModels[:1] }, []string{"fallback_models"}},
		{"the order of fallback models", func(a *Agent) {
			f := a.Model.FallbackModels
			f[0], f[1] = f[1], f[0]
		}, []string{"fallback_models"}},
		{"settings", func(a *Agent) { a.Settings.MaxIterations = 15 }, []string{"settings.max_iterations"}},
		{"tools", func(a *Agent) { a.Settings.Tools[0].ActionType = ToolGoogleSearch }, []string{"settings.tools"}},
		{"approval", func(a *Agent) { a.Settings.Tools[1].RequiresApproval = false }, []string{"settings.tools"}},
		{"evaluators", func(a *Agent) { a.Settings.Evaluators[0].ExecuteOn = ExecuteOnOutput }, []string{"settings.evaluators"}},
		{"an evaluator by an id of the server's own", func(a *Agent) { a.Settings.Evaluators[0].ID = ulid }, nil},
		{"memory stores", func(a *Agent) { a.MemoryStores = []string{"m1"} }, []string{"memory_stores"}},
		{"knowledge bases", func(a *Agent) { a.KnowledgeBases = []KnowledgeBase{} }, []string{"knowledge_bases"}},
		{"a knowledge base by an id of the server's own", func(a *Agent) { a.KnowledgeBases[0].KnowledgeID = ulid }, nil},
		{"team", func(a *Agent) { a.TeamOfAgents[0].Role = "x" }, []string{"team_of_agents"}},
		{"path", func(a *Agent) { a.Path = "Other" }, []string{"path"}},
		{"the path without the project", func(a *Agent) { a.Path = "/Project/Default/" }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			agent := fullAgent()
			test.change(agent)
			var got []string
			for _, d := range fullRequest().Diff(agent) {
				got = append(got, d.Path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A server that names some by ids of its own may also have another order.
func TestDiffOfIDsInAnotherOrder(t *testing.T) {
	const generated = "01HZXA4F3M6Q8RJ2K5N7P9TBVC"
	for name, test := range map[string]struct {
		want, have []string
		same       bool
	}{
		"one is generated, and comes last":  {[]string{"a", "b"}, []string{"b", generated}, true},
		"one is generated, and comes first": {[]string{"a", "b"}, []string{generated, "a"}, true},
		"all in another order":              {[]string{"a", "b"}, []string{"b", "a"}, true},
		"another one":                       {[]string{"a", "b"}, []string{"c", "b"}, false},
		"another one and a generated one":   {[]string{"a", "b"}, []string{"c", generated}, false},
		"one more":                          {[]string{"a"}, []string{"a", generated}, false},
		"one less":                          {[]string{"a", "b"}, []string{generated}, false},
		"the same twice":                    {[]string{"a", "a"}, []string{"a", "b"}, false},
	} {
		request := CreateAgentRequest{Key: "k", MemoryStores: test.want, Model: Model{ID: "openai/gpt-4o"}}
		agent := &Agent{Key: "k", MemoryStores: test.have, Model: AgentModel{ID: "openai/gpt-4o"}}
		if d := request.Diff(agent); (len(d) == 0) != test.same {
			t.Errorf("%s: %v", name, d)
		}
	}
}
