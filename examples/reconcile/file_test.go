package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/orq"
)

func TestSampleIsRead(t *testing.T) {
	agents, err := readFile("agents.yaml", sample)
	if err != nil || len(agents) != 6 {
		t.Fatalf("%d agents, %v", len(agents), err)
	}
	want := orq.CreateAgentRequest{
		Key: "night.agent", Role: "Night shift", Description: "Answers when nobody is in", Instructions: "Say when the shop opens.", Path: "Default",
		Model: orq.Model{ID: "openai/gpt-4o-mini", Parameters: &orq.ModelParameters{Temperature: new(0.2)}},
	}
	if got := agents[3].(*orqAgent).CreateAgentRequest; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if x := agents[5].(*xpanderAgent); !x.Deploy || len(x.Instructions.Role) != 1 {
		t.Errorf("got %+v", x)
	}
}

// TestFileIsStrict: each problem is told with its line, all of them at once.
func TestFileIsStrict(t *testing.T) {
	const valid = "  - name: n\n    system_prompt: p\n"
	for file, want := range map[string][]string{
		"agentloop:\n" + valid + "    systemPrompt: x\n":                                      {"agents.yaml:4: agentloop[0].systemPrompt: unknown member, there are capabilities, default_model_id, description, id, name, system_prompt, tags"},
		"agentloop:\n" + valid + "    tags: a\n    description: 1\n":                          {"agents.yaml:4: agentloop[0].tags: must be a list", "agents.yaml:5: agentloop[0].description: must be a string"},
		"agentloop:\n" + valid + "    name: m\n":                                              {"agents.yaml:4: agentloop[0].name: is there twice"},
		"agentloop:\n" + valid + "    tags: [a, {b: c}]\n":                                    {"agents.yaml:4: agentloop[0].tags[1]: must be a string"},
		"agentloop:\n" + valid + "    tags:\n":                                                {"agents.yaml:4: agentloop[0].tags: must be a list"},
		"agentloop:\n" + valid + "    capabilities: [{ref: a, refs: b}]\n":                    {"agents.yaml:4: agentloop[0].capabilities[0].refs: unknown member"},
		"agentloop:\n" + valid + "    extra_fields: {a: b}\n":                                 {"agents.yaml:4: agentloop[0].extra_fields: unknown member"},
		"agentloop:\n" + valid + valid:                                                        {"agents.yaml:4: agentloop n: is there already, in line 2"},
		"agentloop:\n  - name: n\n":                                                           {"agents.yaml:2: agentloop[0]: ", "system_prompt is required"},
		"agentloop: {}\n":                                                                     {"agents.yaml:1: agentloop: must be a list"},
		"agentloop:\n  - n\n":                                                                 {"agents.yaml:2: agentloop[0]: must be a mapping"},
		"agentlop: []\n":                                                                      {"agents.yaml:1: agentlop: unknown API, there are omniflow, agentloop, orq, phoneagents, xpander"},
		"- a\n":                                                                               {"agents.yaml:1: the file: must be a mapping"},
		"agentloop: []\n---\norq: []\n":                                                       {"agents.yaml:2: one document is enough"},
		"agentloop: [\n":                                                                      {"agents.yaml: yaml: line 1"},
		"x: &x []\nagentloop: *x\n":                                                           {"agents.yaml:2: agentloop: aliases are not supported"},
		"xpander:\n  - <<: {a: b}\n":                                                          {"agents.yaml:2: xpander[0]: aliases are not supported"},
		"xpander:\n  - {name: n, deploy: 'yes'}\n":                                            {"agents.yaml:2: xpander[0].deploy: must be true or false"},
		"xpander:\n  - {name: n, instructions: {roles: [a]}}\n":                               {"agents.yaml:2: xpander[0].instructions.roles: unknown member, there are general, goal, role"},
		"xpander:\n  - {name: n, instructions: {role: [1]}}\n":                                {"agents.yaml:2: xpander[0].instructions.role[0]: must be a string"},
		"omniflow:\n  - {name: n, llmModel: m, settings: {a: .nan}}\n":                        {"agents.yaml:2: omniflow[0]: line 2: .nan is no number in JSON"},
		"omniflow:\n  - {name: n, llmModel: m, settings: {1: a}}\n":                           {"agents.yaml:2: omniflow[0].settings: names must be strings"},
		"omniflow:\n  - {name: n, llmModel: m, settings: {a: {b: 1, b: 2}}}\n":                {"agents.yaml:2: omniflow[0].settings.a.b: is there twice"},
		"omniflow:\n  - {name: n, llmModel: m, settings: {a: !!binary aGk=}}\n":               {"agents.yaml:2: omniflow[0]: line 2: !!binary has no meaning here"},
		"phoneagents:\n  - {phone_number_id: pn, prompt_id: p, name: n}\n":                    {"agents.yaml:2: phoneagents[0]: user_id is required"},
		"orq:\n  - {key: k, role: r, description: d, instructions: i, path: p, model: [m]}\n": {"agents.yaml:2: orq[0].model: must be a mapping"},
		"orq:\n  - {key: k, role: r, description: d, instructions: i, path: p, model: {id: m, temperature: 1}}\n":                     {"agents.yaml:2: orq[0].model.temperature: unknown member"},
		"orq:\n  - key: k\n    settings:\n      max_iterations: many\n      tools:\n        - {type: current_date, approval: true}\n": {"agents.yaml:4: orq[0].settings.max_iterations: must be a number", "agents.yaml:6: orq[0].settings.tools[0].approval: unknown member"},
	} {
		agents, err := readFile("agents.yaml", []byte(file))
		if err == nil {
			t.Errorf("%s is read as %v", file, agents)
			continue
		}
		for _, text := range want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v\ndoes not say %q", file, err, text)
			}
		}
	}
}

// TestValuesStayWhatTheyAre: what looks like a time is text, and numbers keep
// their digits.
func TestValuesStayWhatTheyAre(t *testing.T) {
	agents, err := readFile("agents.yaml", []byte("omniflow:\n  - name: 2026-01-01\n    llmModel: m\n    settings: {big: 12345678901234567890, hex: 0x10, none: null, yes: true, f: 1.50, t: 2026-01-01}\n"))
	if err != nil {
		t.Fatal(err)
	}
	a := agents[0].(*omniflowAgent)
	text, err := a.MarshalJSON()
	const want = `{"name":"2026-01-01","llmModel":"m","settings":{"big":12345678901234567890,"f":1.50,"hex":16,"none":null,"t":"2026-01-01","yes":true}}`
	if string(text) != want || err != nil {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestEmptyFile(t *testing.T) {
	for _, file := range []string{"", "# nothing\n", "{}", "orq: []"} {
		if agents, err := readFile("agents.yaml", []byte(file)); len(agents) > 0 || err != nil {
			t.Errorf("%q: %v, %v", file, agents, err)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add(string(sample))
	f.Add("omniflow: [{name: n, llmModel: m, settings: {a: [1, {b: ~}]}}]")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, file string) {
		agents, err := readFile("agents.yaml", []byte(file))
		for _, a := range agents {
			if err == nil && a.Validate() != nil {
				t.Errorf("%v is not valid", a.record())
			}
		}
	})
}
