package orq

import (
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

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
