package xpander

import (
	"encoding/json"
	"slices"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// createBody and updateBody are what the members of the two bodies must be.
var (
	createBody = schema.Shape{schema.Present("name", agentName)}.With(commonBody...).With(
		optional("created_by", schema.Text),
		optional("model_provider", word(
			defaultProvider, "nim", "amazon_bedrock", "huggingFace", "friendlyAI", "anthropic", "gemini", "fireworks",
			"google_ai_studio", "helicone", "open_router", "nebius",
			"azure_ai_foundary", "cloudflare_ai_gw", "bytedance", "tzafon_lightcone", // came later than the rest
		)),
	)
	updateBody = schema.Shape{optional("name", agentName)}.With(commonBody...).With(
		optional("status", word("DRAFT", "ACTIVE", "INACTIVE")),
		optional("should_reset_graph", schema.Boolean),
		optional("agent_id", schema.Text),
		optional("model_provider", schema.Text), // the list of words is that of a create
	)
)

var agentName = schema.String(1, 0)

// commonBody is what both bodies have, besides the name. The words that
// are allowed are those of the API, letter by letter.
var commonBody = schema.Shape{
	optional("description", schema.Text),
	optional("icon", schema.Text),
	optional("model_name", schema.Text),
	optional("framework", schema.Text),
	optional("llm_api_base", schema.Text),
	optional("expected_output", schema.Text),
	optional("environment_id", schema.Text),
	optional("deployment_type", word(serverless, "container")),
	optional("type", word("manager", "regular", "a2a", "curl", "orchestration")),
	optional("output_format", word("text", "markdown", "json", "voice")),
	optional("instructions", schema.Object(schema.Shape{
		optional("role", schema.List(schema.Text, 0, 0)),
		optional("goal", schema.List(schema.Text, 0, 0)),
		optional("general", schema.Text),
	})),
	optional("graph", listOf(schema.Names("id", "item_id", "name", "type", "sub_type", "targets", "settings", "is_first").With(
		optional("llm_settings", listOf(llmSettingsShape)),
	))),
	optional("knowledge_bases", listOf(schema.Names("id", "name", "description", "strategy", "rw", "documents"))),
	optional("output_schema", dictionary(schema.AnyObject)),
	optional("llm_extra_headers", dictionary(schema.Map(schema.Text))),
	optional("llm_settings", listOf(llmSettingsShape)),
	optional("agno_settings", schema.Object(agnoSettingsShape)),
	optional("attached_tools", listOf(schema.Shape{
		schema.Required("id", schema.Text),
		schema.Required("operation_ids", schema.List(schema.Text, 0, 0)),
	})),
	optional("using_nemo", schema.Boolean),
	optional("deletable", schema.Boolean),

	// What follows is documented, but no response shows what became of it.
	optional("organization_id", schema.Text),
	optional("llm_credentials", schema.Object(schema.Names("name", "value", "description"))),
	optional("source_nodes", listOf(schema.Names("id", "type", "targets", "metadata"))),
}.With(schema.Names(
	"avatar", "llm_reasoning_effort", "llm_credentials_key", "llm_credentials_key_type", "delegation_type",
	"delegation_memory_strategy", "delegation_end_strategy", "sub_agents_continuous_thread",
	"deep_planning", "enforce_deep_planning", "access_scope", "connectivity_details",
)...)

// When the settings of a model come into play.
const before, after = "before", "after"

var llmSettingsShape = schema.Shape{
	optional("type", word(before, after)),
	optional("provider", schema.Text),
	optional("model", schema.Text),
	optional("temperature", schema.AnyNumber),
}

var agnoSettingsShape = schema.Shape{
	optional("session_storage", schema.Boolean),
	optional("agent_memories", schema.Boolean),
	optional("agentic_culture", schema.Boolean),
	optional("user_memories", schema.Boolean),
	optional("agentic_memory", schema.Boolean),
	optional("session_summaries", schema.Boolean),
	optional("num_history_runs", schema.AnyInteger),
	optional("max_tool_calls_from_history", schema.AnyInteger),
	optional("tool_call_limit", schema.AnyInteger),
	optional("coordinate_mode", schema.Boolean),
	optional("pii_detection_enabled", schema.Boolean),
	optional("pii_detection_mask", schema.Boolean),
	optional("prompt_injection_detection_enabled", schema.Boolean),
	optional("openai_moderation_enabled", schema.Boolean),
	optional("openai_moderation_categories", schema.List(schema.Text, 0, 0)),
	optional("reasoning_tools_enabled", schema.Boolean),
	optional("learning", schema.Any), // no response shows it
	optional("tool_calls_compression", dictionary(schema.Object(schema.Shape{
		optional("enabled", schema.Boolean),
		optional("threshold", schema.AnyInteger),
		optional("instructions", schema.Text),
	}))),
}

// optional is a member that may be left out or null.
func optional(name string, r schema.Rule) schema.Member {
	return schema.Optional(name, schema.Nullable(r))
}

func listOf(item schema.Shape) schema.Rule { return schema.List(schema.Object(item), 0, 0) }

// word wants one of some strings. To the API a value that is no string is just
// none of them.
func word(allowed ...string) schema.Rule {
	return func(v *schema.Verdict, raw json.RawMessage) {
		if text, ok := jsontext.String(raw); !ok || !slices.Contains(allowed, text) {
			v.Refuse(schema.Violation{Problem: schema.NotAllowed, Allowed: allowed, Got: raw})
		}
	}
}

// dictionaryType is an object that the API has no model of.
const dictionaryType schema.Type = "a dictionary"

// dictionary wants such an object, and that it keeps a rule.
func dictionary(r schema.Rule) schema.Rule {
	return func(v *schema.Verdict, raw json.RawMessage) {
		if len(raw) == 0 || raw[0] != '{' {
			v.Refuse(schema.Violation{Problem: schema.WrongType, Want: dictionaryType, Got: raw})
			return
		}
		r(v, raw)
	}
}
