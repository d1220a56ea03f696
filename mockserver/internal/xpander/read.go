package xpander

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

var nullableText = jsontext.PointerTo(jsontext.String)

// apply puts the members of a body that is known to fit into an agent: those
// that a create and an update have in common. A null clears a member that a
// response may have as null, and is as good as nothing elsewhere.
func (r *record) apply(members jsontext.Object) {
	objects := jsontext.ListOf(jsontext.Raw)
	jsontext.Assign(members, "name", &r.Name, jsontext.String)
	set(members, "description", &r.Description, nullableText)
	set(members, "icon", &r.Icon, nullableText)
	set(members, "model_name", &r.ModelName, nullableText)
	set(members, "framework", &r.Framework, nullableText)
	set(members, "llm_api_base", &r.LLMAPIBase, nullableText)
	set(members, "expected_output", &r.ExpectedOutput, nullableText)
	set(members, "deployment_type", &r.DeploymentType, nullableText)
	set(members, "model_provider", &r.ModelProvider, nullableText)
	set(members, "type", &r.Type, nullableText)
	set(members, "output_format", &r.OutputFormat, nullableText)
	set(members, "graph", &r.Graph, objects)
	set(members, "knowledge_bases", &r.KnowledgeBases, objects)
	set(members, "output_schema", &r.OutputSchema, jsontext.Raw)
	set(members, "attached_tools", &r.AttachedTools, jsontext.ListOf(readAttachedTool))
	jsontext.Assign(members, "instructions", &r.Instructions, readInstructions)
	jsontext.Assign(members, "llm_settings", &r.LLMSettings, jsontext.ListOf(readLLMSettings))
	jsontext.Assign(members, "using_nemo", &r.UsingNemo, jsontext.Bool)
	jsontext.Assign(members, "deletable", &r.Deletable, jsontext.PointerTo(jsontext.Bool))
	if settings, ok := jsontext.Members(members["agno_settings"]); ok {
		r.AgnoSettings.apply(settings)
	}
}

// set reads a member of which null is a value, too.
func set[T any](members jsontext.Object, name string, into *T, read func(json.RawMessage) (T, bool)) {
	if jsontext.IsNull(members[name]) {
		*into = *new(T)
		return
	}
	jsontext.Assign(members, name, into, read)
}

// withoutNulls are the members that are not null.
func withoutNulls(members jsontext.Object) jsontext.Object {
	given := maps.Clone(members)
	maps.DeleteFunc(given, func(_ string, raw json.RawMessage) bool { return jsontext.IsNull(raw) })
	return given
}

// readInstructions reads all of them: what is left out is empty afterwards.
func readInstructions(raw json.RawMessage) (instructions, bool) {
	members, ok := jsontext.Members(raw)
	into := instructions{Role: []string{}, Goal: []string{}}
	jsontext.Assign(members, "role", &into.Role, lines)
	jsontext.Assign(members, "goal", &into.Goal, lines)
	jsontext.Assign(members, "general", &into.General, jsontext.String)
	return into, ok
}

// lines reads a list of strings, or one string with a line for each item.
func lines(raw json.RawMessage) ([]string, bool) {
	if text, ok := jsontext.String(raw); ok {
		return strings.Split(text, "\n"), true
	}
	return jsontext.Strings(raw)
}

// readLLMSettings reads one entry. What it leaves out has a default.
func readLLMSettings(raw json.RawMessage) (llmSettings, bool) {
	members, ok := jsontext.Members(raw)
	into := llmSettings{Type: before, Provider: new(defaultProvider), Model: new(defaultModel)}
	jsontext.Assign(members, "type", &into.Type, jsontext.String)
	set(members, "provider", &into.Provider, nullableText)
	set(members, "model", &into.Model, nullableText)
	jsontext.Assign(members, "temperature", &into.Temperature, jsontext.Number)
	return into, ok
}

func readAttachedTool(raw json.RawMessage) (into attachedTool, ok bool) {
	members, ok := jsontext.Members(raw)
	jsontext.Assign(members, "id", &into.ID, jsontext.String)
	jsontext.Assign(members, "operation_ids", &into.OperationIDs, jsontext.Strings)
	return into, ok
}

// apply changes the settings one by one.
func (s *agnoSettings) apply(members jsontext.Object) {
	jsontext.Assign(members, "session_storage", &s.SessionStorage, jsontext.Bool)
	jsontext.Assign(members, "agent_memories", &s.AgentMemories, jsontext.Bool)
	jsontext.Assign(members, "agentic_culture", &s.AgenticCulture, jsontext.Bool)
	jsontext.Assign(members, "user_memories", &s.UserMemories, jsontext.Bool)
	jsontext.Assign(members, "agentic_memory", &s.AgenticMemory, jsontext.Bool)
	jsontext.Assign(members, "session_summaries", &s.SessionSummaries, jsontext.Bool)
	jsontext.Assign(members, "num_history_runs", &s.NumHistoryRuns, jsontext.Integer)
	jsontext.Assign(members, "max_tool_calls_from_history", &s.MaxToolCallsFromHistory, jsontext.Integer)
	jsontext.Assign(members, "tool_call_limit", &s.ToolCallLimit, jsontext.Integer)
	jsontext.Assign(members, "coordinate_mode", &s.CoordinateMode, jsontext.Bool)
	jsontext.Assign(members, "pii_detection_enabled", &s.PIIDetectionEnabled, jsontext.Bool)
	jsontext.Assign(members, "pii_detection_mask", &s.PIIDetectionMask, jsontext.Bool)
	jsontext.Assign(members, "prompt_injection_detection_enabled", &s.PromptInjectionDetectionEnabled, jsontext.Bool)
	jsontext.Assign(members, "openai_moderation_enabled", &s.OpenAIModerationEnabled, jsontext.Bool)
	set(members, "openai_moderation_categories", &s.OpenAIModerationCategories, jsontext.Strings)
	jsontext.Assign(members, "reasoning_tools_enabled", &s.ReasoningToolsEnabled, jsontext.Bool)
	compression, _ := jsontext.Members(members["tool_calls_compression"])
	jsontext.Assign(compression, "enabled", &s.ToolCallsCompression.Enabled, jsontext.Bool)
	jsontext.Assign(compression, "threshold", &s.ToolCallsCompression.Threshold, jsontext.Integer)
	jsontext.Assign(compression, "instructions", &s.ToolCallsCompression.Instructions, jsontext.String)
}
