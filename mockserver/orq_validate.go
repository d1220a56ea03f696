package mockserver

import (
	"encoding/json"
	"regexp"
	"slices"
)

// orqKeyRule is the pattern that the newer documents give for a key. The one
// before it knew no hyphen, which orq's own examples use.
var orqKeyRule = patternRule(regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$`))

// anyText is a string without a limit.
var anyText = stringRule(0, 0)

// anyObject is an object of which nothing is known.
var anyObject = objectRule(nil)

// orqCreateShape is the body that makes an agent. The last members are newer
// than the others and are taken without being asked for.
var orqCreateShape = shape{
	mustHave("key", stringRule(1, 255)),
	mayHave("display_name", stringRule(0, 255)),
	mustHave("role", stringRule(1, 0)),
	mustHave("description", stringRule(1, 0)),
	mustHave("instructions", anyText),
	mayHave("system_prompt", nullableRule(stringRule(1, 0))),
	mustHave("path", anyText),
	mustHave("model", orqModelRule),
	mayHave("fallback_models", listRule(orqModelRule, 0, 0)),
	mustHave("settings", orqSettingsRule),
	mayHave("memory_stores", listRule(anyText, 0, 0)),
	mayHave("knowledge_bases", listRule(objectRule(shape{mustHave("knowledge_id", anyText)}), 0, 0)),
	mayHave("team_of_agents", listRule(objectRule(shape{mustHave("key", anyText), mayHave("role", anyText)}), 0, 0)),
	mayHave("variables", anyObject),
	mayHave("skills", nullableRule(listRule(anyText, 0, 0))),
	mayHave("source", enumRule("internal", "external", "experiment")),
	mayHave("engine", enumRule("text", "jinja", "mustache")),
}

// orqUpdateShape is the body that changes an agent: what making one takes, all
// of it optional, and a little more. source is given once and for all.
var orqUpdateShape = append(
	slices.DeleteFunc(orqCreateShape.optional(), func(m memberRule) bool { return m.name == "source" }),
	mayHave("project_id", anyText),
	mayHave("versionIncrement", enumRule("major", "minor", "patch")),
	mayHave("versionDescription", stringRule(0, 300)),
)

var orqSettingsRule = objectRule(shape{
	mayHave("max_iterations", integerRule(1, unlimited)),
	mayHave("max_execution_time", integerRule(2, unlimited)),
	mayHave("tool_approval_required", enumRule("all", "respect_tool", "none")),
	mayHave("tools", listRule(orqToolRule, 0, 0)),
	mayHave("evaluators", listRule(orqEvaluatorRule, 0, 0)),
	mayHave("guardrails", listRule(orqEvaluatorRule, 0, 0)),
	mayHave("max_cost", numberRule(0, unlimited)),
	mayHave("chat_exposed", booleanRule),
})

// orqEvaluatorRule is for evaluators and guardrails alike.
var orqEvaluatorRule = objectRule(shape{
	mustHave("id", anyText),
	mayHave("sample_rate", numberRule(1, 100)),
	mustHave("execute_on", enumRule("input", "output")),
	mayHave("options", anyObject),
})

var orqToolRule = objectRule(shape{
	mustHave("type", orqToolTypeRule),
	mayHave("key", anyText),
	mayHave("id", anyText),
	mayHave("requires_approval", booleanRule),
	mayHave("timeout", numberRule(1, 600)),
	mayHave("configuration", anyObject),
	mayHave("tool_id", anyText),
})

var orqToolTypes = []string{
	"google_search", "web_scraper", "call_sub_agent", "retrieve_agents", "query_memory_store",
	"write_memory_store", "retrieve_memory_stores", "delete_memory_document", "retrieve_knowledge_bases",
	"query_knowledge_base", "current_date", "advisor", "sidekick", "code_interpreter", "file_system",
	"http", "code", "function", "json_schema", "mcp",
}

// orqProviderTool is a tool of a model's provider: "openai:web_search".
var orqProviderTool = regexp.MustCompile(`^[a-z][a-z0-9_-]*:.+$`)

func orqToolTypeRule(v *verdict, raw json.RawMessage) {
	if name, ok := asString(raw); !ok {
		v.refuse("must be a string, not %s", kindOf(raw))
	} else if !slices.Contains(orqToolTypes, name) && !orqProviderTool.MatchString(name) {
		v.refuse(`must be a known type of tool or "<provider>:<tool>", not %s`, excerpt(name))
	}
}

// orqModelRule is for the model and its fallbacks alike.
var orqModelRule = stringOrRule(anyText, '{', objectRule(shape{
	mustHave("id", anyText),
	mayHave("parameters", orqParametersRule),
	mayHave("retry", objectRule(shape{
		mayHave("count", numberRule(1, 5)),
		mayHave("on_codes", listRule(numberRule(-unlimited, unlimited), 0, 0)),
	})),
}))

var anyNumber = numberRule(-unlimited, unlimited)

var anyInteger = integerRule(-unlimited, unlimited)

var orqParametersRule = objectRule(shape{
	mayHave("audio", nullableRule(objectRule(shape{
		mustHave("voice", enumRule("alloy", "echo", "fable", "onyx", "nova", "shimmer")),
		mustHave("format", enumRule("wav", "mp3", "flac", "opus", "pcm16")),
	}))),
	mayHave("frequency_penalty", nullableRule(anyNumber)),
	deprecated("max_tokens", "max_completion_tokens", nullableRule(anyInteger)),
	mayHave("max_completion_tokens", nullableRule(anyInteger)),
	mayHave("logprobs", nullableRule(booleanRule)),
	mayHave("top_logprobs", nullableRule(integerRule(0, 20))),
	mayHave("n", nullableRule(integerRule(1, unlimited))),
	mayHave("presence_penalty", nullableRule(anyNumber)),
	mayHave("response_format", taggedRule("type",
		branch{"text", nil},
		branch{"json_object", nil},
		branch{"json_schema", shape{mustHave("json_schema", objectRule(shape{
			mustHave("name", patternRule(regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`))),
			mayHave("description", anyText),
			mayHave("strict", nullableRule(booleanRule)),
			mayHave("schema", anyValue),
		}))}},
	)),
	mayHave("reasoning_effort", anyText),
	mayHave("verbosity", anyText),
	mayHave("seed", nullableRule(anyNumber)),
	mayHave("stop", nullableRule(stringOrRule(anyText, '[', listRule(anyText, 0, 4)))),
	mayHave("stream_options", nullableRule(objectRule(shape{mayHave("include_usage", booleanRule)}))),
	mayHave("thinking", taggedRule("type",
		branch{"enabled", shape{
			mustHave("budget_tokens", anyNumber),
			mayHave("thinking_level", enumRule("minimal", "low", "medium", "high")),
		}},
		branch{"disabled", shape{mayHave("budget_tokens", anyNumber), mayHave("thinking_level", anyValue)}},
		branch{"adaptive", nil},
	)),
	mayHave("temperature", nullableRule(numberRule(0, 2))),
	mayHave("top_p", nullableRule(anyNumber)),
	mayHave("top_k", nullableRule(anyNumber)),
	mayHave("tool_choice", stringOrRule(enumRule("none", "auto", "required"), '{', objectRule(shape{
		mayHave("type", enumRule("function")),
		mustHave("function", objectRule(shape{mayHave("name", anyText)})),
	}))),
	mayHave("parallel_tool_calls", booleanRule),
	mayHave("modalities", nullableRule(listRule(enumRule("text", "audio"), 0, 0))),
	mayHave("web_search_options", anyObject),

	// Newer than the others.
	mayHave("name", anyText),
	mayHave("guardrails", listRule(objectRule(shape{
		mustHave("id", anyText),
		mustHave("execute_on", enumRule("input", "output")),
	}), 0, 0)),
	mayHave("plugins", listRule(objectRule(append(
		membersOf("on_failure", "threshold", "language", "entities", "mask"),
		mustHave("id", anyText),
	)), 0, 0)),
	mayHave("fallbacks", listRule(objectRule(shape{mustHave("model", anyText)}), 0, 0)),
	mayHave("cache", taggedRule("type", branch{"exact_match", shape{mayHave("ttl", numberRule(1, 259200))}})),
	mayHave("load_balancer", taggedRule("type", branch{"weight_based", shape{
		mayHave("models", listRule(objectRule(shape{
			mustHave("model", anyText),
			mayHave("weight", numberRule(0.001, 1)),
		}), 0, 0)),
	}})),
	mayHave("timeout", objectRule(shape{mustHave("call_timeout", numberRule(1, unlimited))})),
	mayHave("cache_control", taggedRule("type", branch{"ephemeral", shape{mayHave("ttl", enumRule("5m", "1h"))}})),
	mayHave("prompt_cache_key", anyText),
})
