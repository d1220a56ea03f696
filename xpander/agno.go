package xpander

// AgnoSettings configure the agno framework. Responses carry some of them
// only; nil is one that the response leaves out or has null.
type AgnoSettings struct {
	// SessionStorage keeps sessions. Default true.
	SessionStorage *bool `json:"session_storage,omitempty"`
	// AgentMemories lets the agent remember across users. Default false.
	AgentMemories *bool `json:"agent_memories,omitempty"`
	// AgenticCulture lets agents share what they learn. Default false.
	AgenticCulture *bool `json:"agentic_culture,omitempty"`
	// UserMemories lets the agent remember each user. Default false.
	UserMemories *bool `json:"user_memories,omitempty"`
	// AgenticMemory lets the agent manage its memories itself. Default false.
	AgenticMemory *bool `json:"agentic_memory,omitempty"`
	// SessionSummaries summarizes sessions. Default false.
	SessionSummaries *bool `json:"session_summaries,omitempty"`
	// NumHistoryRuns is how many earlier runs the agent sees. The documents
	// name 3, 10 and 20 as defaults.
	NumHistoryRuns *int `json:"num_history_runs,omitempty"`
	// MaxToolCallsFromHistory is how many tool calls of earlier runs the
	// agent sees. Default 0.
	MaxToolCallsFromHistory *int `json:"max_tool_calls_from_history,omitempty"`
	// ToolCallLimit is how many tool calls a run may make. Default 0, which
	// is no limit.
	ToolCallLimit *int `json:"tool_call_limit,omitempty"`
	// CoordinateMode lets the agent coordinate its sub-agents. Default true.
	CoordinateMode *bool `json:"coordinate_mode,omitempty"`
	// PIIDetectionEnabled looks for personal data. Default false.
	PIIDetectionEnabled *bool `json:"pii_detection_enabled,omitempty"`
	// PIIDetectionMask masks the personal data that was found. Default true.
	PIIDetectionMask *bool `json:"pii_detection_mask,omitempty"`
	// PromptInjectionDetectionEnabled looks for injected prompts. Default
	// false.
	PromptInjectionDetectionEnabled *bool `json:"prompt_injection_detection_enabled,omitempty"`
	// OpenAIModerationEnabled asks OpenAI's moderation. Default false.
	OpenAIModerationEnabled *bool `json:"openai_moderation_enabled,omitempty"`
	// OpenAIModerationCategories are the categories to ask for. Default null.
	OpenAIModerationCategories []string `json:"openai_moderation_categories,omitzero"`
	// ReasoningToolsEnabled gives the agent tools to reason with. Default
	// true.
	ReasoningToolsEnabled *bool `json:"reasoning_tools_enabled,omitempty"`
	// ToolCallsCompression shortens the results of tool calls.
	ToolCallsCompression *ToolCallsCompression `json:"tool_calls_compression,omitempty"`
}

// ToolCallsCompression says when and how the results of tool calls are
// shortened.
type ToolCallsCompression struct {
	// Enabled turns it on. Default false.
	Enabled bool `json:"enabled"`
	// Threshold is the number of tool calls from which on it is done.
	// Default 3.
	Threshold int `json:"threshold"`
	// Instructions say how to shorten. Default "".
	Instructions string `json:"instructions"`
}
