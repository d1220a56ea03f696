package orq

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// createBody is the body that makes an agent. The last members are newer than
// the others and are taken without being asked for.
var createBody = schema.Shape{
	schema.Required("key", schema.Advised(schema.String(1, 255), keyRule)),
	schema.Optional("display_name", schema.String(0, 255)),
	schema.Required("role", schema.String(1, 0)),
	schema.Required("description", schema.String(1, 0)),
	schema.Required("instructions", schema.Text),
	schema.Optional("system_prompt", schema.Nullable(schema.String(1, 0))),
	schema.Required("path", schema.Text),
	schema.Required("model", modelRule),
	schema.Optional("fallback_models", listOf(modelRule)),
	schema.Required("settings", schema.Object(settingsShape)),
	schema.Optional("memory_stores", listOf(schema.Text)),
	schema.Optional("knowledge_bases", listOf(schema.Object(schema.Shape{schema.Required("knowledge_id", schema.Text)}))),
	schema.Optional("team_of_agents", listOf(schema.Object(schema.Shape{
		schema.Required("key", schema.Text),
		schema.Optional("role", schema.Text),
	}))),
	schema.Optional("variables", schema.AnyObject),
	schema.Optional("skills", schema.Nullable(listOf(schema.Text))),
	schema.Optional("source", schema.Enum("internal", "external", "experiment")),
	schema.Optional("engine", schema.Enum("text", "jinja", "mustache")),
}

// updateBody is the body that changes an agent: what making one takes, all of
// it optional, and a little more. source is given once and for all.
var updateBody = createBody.Partial().Without("source").With(
	schema.Optional("project_id", schema.Text),
	schema.Optional("versionIncrement", schema.Enum("major", "minor", "patch")),
	schema.Optional("versionDescription", schema.String(0, 300)),
)

// listOf is a list of any length.
func listOf(item schema.Rule) schema.Rule { return schema.List(item, 0, 0) }

var settingsShape = schema.Shape{
	schema.Optional("max_iterations", schema.Integer(1, schema.Unlimited)),
	schema.Optional("max_execution_time", schema.Integer(2, schema.Unlimited)),
	schema.Optional("tool_approval_required", schema.Enum("all", "respect_tool", "none")),
	schema.Optional("tools", listOf(schema.Object(toolShape))),
	schema.Optional("evaluators", listOf(schema.Object(evaluatorShape))),
	schema.Optional("guardrails", listOf(schema.Object(evaluatorShape))),
	schema.Optional("max_cost", schema.Number(0, schema.Unlimited)),
	schema.Optional("chat_exposed", schema.Boolean),
}

// evaluatorShape is that of evaluators and guardrails alike.
var evaluatorShape = schema.Shape{
	schema.Required("id", schema.Text),
	schema.Optional("sample_rate", schema.Number(1, 100)),
	schema.Required("execute_on", inputOrOutput),
	schema.Optional("options", schema.AnyObject),
}

var inputOrOutput = schema.Enum("input", "output")

var toolShape = schema.Shape{
	schema.Required("type", toolTypeRule),
	schema.Optional("key", schema.Text),
	schema.Optional("id", schema.Text),
	schema.Optional("requires_approval", schema.Boolean),
	schema.Optional("timeout", schema.Number(1, 600)),
	schema.Optional("configuration", schema.AnyObject),
	schema.Optional("tool_id", schema.Text),
}

var toolTypes = []string{
	"google_search", "web_scraper", "call_sub_agent", "retrieve_agents", "query_memory_store",
	"write_memory_store", "retrieve_memory_stores", "delete_memory_document", "retrieve_knowledge_bases",
	"query_knowledge_base", "current_date", "advisor", "sidekick", "code_interpreter", "file_system",
	"http", "code", "function", "json_schema", "mcp",
}

// providerTool is a tool of a model's provider: "openai:web_search".
var providerTool = regexp.MustCompile(`^[a-z][a-z0-9_-]*:.+$`)

func toolTypeRule(v *schema.Verdict, raw json.RawMessage) {
	if name, ok := jsontext.String(raw); !ok {
		schema.Text(v, raw)
	} else if !slices.Contains(toolTypes, name) && !providerTool.MatchString(name) {
		v.Refusef(`must be a known type of tool or "<provider>:<tool>", not %s`, jsontext.Excerpt(name))
	}
}

// readBody reads and checks a request body.
func readBody(r *emulate.Request) (jsontext.Object, error) {
	if !r.DeclaresJSON() {
		r.Guess("415")
		return nil, refuseByStatus(r, http.StatusUnsupportedMediaType, "").Because(
			"header Content-Type: expected application/json, got another type or none").Refuse()
	}
	body, err := r.Object()
	if err != nil {
		r.Guess("400-body")
		return nil, refuse(r, http.StatusBadRequest, "invalid_request_body", "Invalid request body: "+err.Error(), "body: "+err.Error())
	}
	violations := append(r.Operation.Body.Check(body), variantShape(r).Check(body)...)
	if len(violations) > 0 {
		return nil, refuseInput(r, "invalid_request_body", "Invalid request body", violations)
	}
	return body, nil
}

// variantShape is what the variants that are on want besides. What breaks the
// shape of the body anyway is not looked at again.
func variantShape(r *emulate.Request) schema.Shape {
	var shape schema.Shape
	if r.Variant(keyPattern) {
		shape = append(shape, schema.Optional("key", unlessEmpty(keyRule)))
	}
	if r.Variant(knownProjects) {
		shape = append(shape, schema.Optional("path", func(v *schema.Verdict, raw json.RawMessage) {
			path, ok := jsontext.String(raw)
			if name := projectName(path); ok && name != defaultProject {
				r.Guess("unknown-project")
				v.Refusef("must begin with the project %q, not %s", defaultProject, jsontext.Excerpt(name))
			}
		}))
	}
	return shape
}

// keyRule is the pattern that the newer documents give for a key. The one
// before it had no hyphen, which orq's own examples use.
var keyRule = schema.Pattern(regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$`))

// unlessEmpty applies a rule to strings that are not empty, and to nothing
// else.
func unlessEmpty(rule schema.Rule) schema.Rule {
	return func(v *schema.Verdict, raw json.RawMessage) {
		if text, _ := jsontext.String(raw); text != "" {
			rule(v, raw)
		}
	}
}

// model is the model of an agent.
type model struct {
	ID             string            `json:"id"`
	IntegrationID  *string           `json:"integration_id"`
	Parameters     json.RawMessage   `json:"parameters,omitempty"`
	Retry          *retry            `json:"retry,omitempty"`
	FallbackModels []json.RawMessage `json:"fallback_models,omitzero"`
}

type retry struct {
	Count   float64   `json:"count"`
	OnCodes []float64 `json:"on_codes"`
}

// readModel reads a model, which is an id or an object.
func readModel(raw json.RawMessage) (m model, ok bool) {
	if id, ok := jsontext.String(raw); ok {
		return model{ID: id}, true
	}
	members, ok := jsontext.Members(raw)
	jsontext.Assign(members, "id", &m.ID, jsontext.String)
	jsontext.Assign(members, "parameters", &m.Parameters, jsontext.Raw)
	jsontext.Assign(members, "retry", &m.Retry, readRetry)
	return m, ok
}

func readRetry(raw json.RawMessage) (*retry, bool) {
	members, ok := jsontext.Members(raw)
	r := retry{Count: 3, OnCodes: []float64{http.StatusTooManyRequests}}
	jsontext.Assign(members, "count", &r.Count, jsontext.Number)
	jsontext.Assign(members, "on_codes", &r.OnCodes, jsontext.ListOf(jsontext.Number))
	return &r, ok
}

// modelRule is for the model and its fallbacks alike.
var modelRule = schema.StringOr(schema.Text, '{', schema.Object(schema.Shape{
	schema.Required("id", schema.Text),
	schema.Optional("parameters", schema.Object(parametersShape)),
	schema.Optional("retry", schema.Object(schema.Shape{
		schema.Optional("count", schema.Number(1, 5)),
		schema.Optional("on_codes", listOf(schema.AnyNumber)),
	})),
}))

var parametersShape = schema.Shape{
	schema.Optional("audio", schema.Nullable(schema.Object(schema.Shape{
		schema.Required("voice", schema.Enum("alloy", "echo", "fable", "onyx", "nova", "shimmer")),
		schema.Required("format", schema.Enum("wav", "mp3", "flac", "opus", "pcm16")),
	}))),
	schema.Optional("frequency_penalty", schema.Nullable(schema.AnyNumber)),
	schema.Deprecated("max_tokens", "max_completion_tokens", schema.Nullable(schema.AnyInteger)),
	schema.Optional("max_completion_tokens", schema.Nullable(schema.AnyInteger)),
	schema.Optional("logprobs", schema.Nullable(schema.Boolean)),
	schema.Optional("top_logprobs", schema.Nullable(schema.Integer(0, 20))),
	schema.Optional("n", schema.Nullable(schema.Integer(1, schema.Unlimited))),
	schema.Optional("presence_penalty", schema.Nullable(schema.AnyNumber)),
	schema.Optional("response_format", schema.Tagged("type",
		schema.Branch{Name: "text"},
		schema.Branch{Name: "json_object"},
		schema.Branch{Name: "json_schema", Shape: schema.Shape{schema.Required("json_schema", schema.Object(schema.Shape{
			schema.Required("name", schema.Pattern(regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`))),
			schema.Optional("description", schema.Text),
			schema.Optional("strict", schema.Nullable(schema.Boolean)),
			schema.Optional("schema", schema.Any),
		}))}},
	)),
	schema.Optional("reasoning_effort", schema.Text),
	schema.Optional("verbosity", schema.Text),
	schema.Optional("seed", schema.Nullable(schema.AnyNumber)),
	schema.Optional("stop", schema.Nullable(schema.StringOr(schema.Text, '[', schema.List(schema.Text, 0, 4)))),
	schema.Optional("stream_options", schema.Nullable(schema.Object(schema.Shape{schema.Optional("include_usage", schema.Boolean)}))),
	schema.Optional("thinking", schema.Tagged("type",
		schema.Branch{Name: "enabled", Shape: schema.Shape{
			schema.Required("budget_tokens", schema.AnyNumber),
			schema.Optional("thinking_level", schema.Enum("minimal", "low", "medium", "high")),
		}},
		schema.Branch{Name: "disabled", Shape: schema.Shape{
			schema.Optional("budget_tokens", schema.AnyNumber),
			schema.Optional("thinking_level", schema.Any),
		}},
		schema.Branch{Name: "adaptive"},
	)),
	schema.Optional("temperature", schema.Nullable(schema.Number(0, 2))),
	schema.Optional("top_p", schema.Nullable(schema.AnyNumber)),
	schema.Optional("top_k", schema.Nullable(schema.AnyNumber)),
	schema.Optional("tool_choice", schema.StringOr(schema.Enum("none", "auto", "required"), '{', schema.Object(schema.Shape{
		schema.Optional("type", schema.Enum("function")),
		schema.Required("function", schema.Object(schema.Shape{schema.Optional("name", schema.Text)})),
	}))),
	schema.Optional("parallel_tool_calls", schema.Boolean),
	schema.Optional("modalities", schema.Nullable(listOf(schema.Enum("text", "audio")))),
	schema.Optional("web_search_options", schema.AnyObject),

	// Newer than the others.
	schema.Optional("name", schema.Text),
	schema.Optional("guardrails", listOf(schema.Object(schema.Shape{
		schema.Required("id", schema.Text),
		schema.Required("execute_on", inputOrOutput),
	}))),
	schema.Optional("plugins", listOf(schema.Object(
		schema.Names("on_failure", "threshold", "language", "entities", "mask").With(schema.Required("id", schema.Text)),
	))),
	schema.Optional("fallbacks", listOf(schema.Object(schema.Shape{schema.Required("model", schema.Text)}))),
	schema.Optional("cache", schema.Tagged("type",
		schema.Branch{Name: "exact_match", Shape: schema.Shape{schema.Optional("ttl", schema.Number(1, 259200))}},
	)),
	schema.Optional("load_balancer", schema.Tagged("type",
		schema.Branch{Name: "weight_based", Shape: schema.Shape{schema.Optional("models", listOf(schema.Object(schema.Shape{
			schema.Required("model", schema.Text),
			schema.Optional("weight", schema.Number(0.001, 1)),
		})))}},
	)),
	schema.Optional("timeout", schema.Object(schema.Shape{schema.Required("call_timeout", schema.Number(1, schema.Unlimited))})),
	schema.Optional("cache_control", schema.Tagged("type",
		schema.Branch{Name: "ephemeral", Shape: schema.Shape{schema.Optional("ttl", schema.Enum("5m", "1h"))}},
	)),
	schema.Optional("prompt_cache_key", schema.Text),
}
