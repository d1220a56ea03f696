package orq

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Model is the model of an agent, or a fallback for it. In JSON it is a bare
// string if only its ID is set, else an object.
type Model struct {
	// ID is the provider and the model, such as "openai/gpt-4o" or
	// "anthropic/claude-haiku-4-5-20251001". Required.
	ID string `json:"id"`
	// Parameters change how the model answers. Nil leaves them out.
	Parameters *ModelParameters `json:"parameters,omitempty"`
	// Retry says when the server calls the model again. Only newer servers
	// take it for a fallback. Nil leaves it out.
	Retry *ModelRetry `json:"retry,omitempty"`

	// Raw is a value of another form, as it came. If it is set, it is sent
	// in the place of everything else.
	Raw json.RawMessage `json:"-"`
}

// MarshalJSON returns the model as a string or an object.
func (m Model) MarshalJSON() ([]byte, error) {
	if m.Raw != nil {
		return m.Raw, nil
	}
	if m.Parameters == nil && m.Retry == nil {
		return wire.Encode(m.ID, nil)
	}
	type plain Model
	return wire.Encode(plain(m), nil)
}

// UnmarshalJSON reads a string or an object, and keeps anything else in Raw.
func (m *Model) UnmarshalJSON(data []byte) error {
	*m = Model{}
	type plain Model
	if isNull(data) {
		return nil
	} else if id := wire.String(data); id != "" {
		m.ID = id
	} else if members, err := wire.Members(data); err == nil && wire.String(members["id"]) != "" {
		if model, err := wire.Decode[plain](data); err == nil {
			*m = Model(*model)
		}
	} else {
		m.Raw = bytes.Clone(data)
	}
	return nil
}

func (m Model) isZero() bool {
	return m.ID == "" && m.Parameters == nil && m.Retry == nil && m.Raw == nil
}

// notAnItem is the index of a model that is in no list.
const notAnItem = -1

func (m Model) validate(problems *validate.Problems, path string, i int) {
	if m.Raw != nil || m.ID != "" && m.Parameters == nil {
		return
	}
	if i != notAnItem {
		path = fmt.Sprintf("%s[%d]", path, i)
	}
	problems.Required(path+".id", m.ID)
	if m.Parameters != nil {
		m.Parameters.validate(problems, path+".parameters")
	}
}

// AgentModel is the model of an agent, as the server describes it.
type AgentModel struct {
	// ID is the server's id of the model. It need not be what was sent.
	ID string `json:"id"`
	// IntegrationID is the integration that provides the model, "" if there
	// is none.
	IntegrationID string `json:"integration_id,omitempty"`
	// Parameters change how the model answers. Nil: there are none.
	Parameters *ModelParameters `json:"parameters,omitempty"`
	// Retry says when the server calls the model again. Nil: not stated.
	Retry *ModelRetry `json:"retry,omitempty"`
	// FallbackModels are tried in their order if the model fails. A request
	// has them beside the model.
	FallbackModels []Model `json:"fallback_models,omitzero"`
}

// ModelRetry says when the server calls a model again.
type ModelRetry struct {
	// Count is how often it is called again, 1 to 5. Default 3.
	Count *int `json:"count,omitempty"`
	// OnCodes are the HTTP statuses after which it is called again, such as
	// 429 and 503. Default 429 alone.
	OnCodes []int `json:"on_codes,omitzero"`
}

// ModelParameters change how a model answers. Which of them a model knows
// depends on the model. Nil and zero fields are left out.
type ModelParameters struct {
	// Audio says how to speak, for models that do.
	Audio *Audio `json:"audio,omitempty"`
	// FrequencyPenalty makes words less likely the more often they were used:
	// -2 to 2.
	FrequencyPenalty *float64 `json:"frequency_penalty,omitempty"`
	// MaxTokens is the most tokens to write. Deprecated by the API: use
	// MaxCompletionTokens.
	MaxTokens *int `json:"max_tokens,omitempty"`
	// MaxCompletionTokens is the most tokens to write, those of reasoning
	// included.
	MaxCompletionTokens *int `json:"max_completion_tokens,omitempty"`
	// Logprobs asks for the probabilities of the tokens.
	Logprobs *bool `json:"logprobs,omitempty"`
	// TopLogprobs is for how many tokens to return probabilities at each
	// place, 0 to 20. It needs Logprobs.
	TopLogprobs *int `json:"top_logprobs,omitempty"`
	// N is how many answers to write, at least 1.
	N *int `json:"n,omitempty"`
	// PresencePenalty makes words that were used less likely: -2 to 2.
	PresencePenalty *float64 `json:"presence_penalty,omitempty"`
	// ResponseFormat is the form of the answer. Default: text.
	ResponseFormat ResponseFormat `json:"response_format,omitzero"`
	// ReasoningEffort is how much to reason: "none", "minimal", "low",
	// "medium", "high" or "xhigh", as far as the model knows them.
	ReasoningEffort *string `json:"reasoning_effort,omitempty"`
	// Verbosity is how much to write, such as "low" or "high".
	Verbosity *string `json:"verbosity,omitempty"`
	// Seed makes answers repeatable, as far as the model can.
	Seed *int `json:"seed,omitempty"`
	// Stop are texts at which to stop writing.
	Stop Stop `json:"stop,omitzero"`
	// StreamOptions are options for answers that are streamed.
	StreamOptions *StreamOptions `json:"stream_options,omitempty"`
	// Thinking says whether and how much to think before the answer.
	Thinking *Thinking `json:"thinking,omitempty"`
	// Temperature is how freely to choose words: 0 to 2.
	Temperature *float64 `json:"temperature,omitempty"`
	// TopP chooses among the likeliest tokens that have this probability
	// together: 0 to 1.
	TopP *float64 `json:"top_p,omitempty"`
	// TopK chooses among this many of the likeliest tokens.
	TopK *int `json:"top_k,omitempty"`
	// ToolChoice says whether to call a tool, and which.
	ToolChoice ToolChoice `json:"tool_choice,omitzero"`
	// ParallelToolCalls allows to call several tools at the same time.
	ParallelToolCalls *bool `json:"parallel_tool_calls,omitempty"`
	// Modalities are the kinds of answers to give.
	Modalities []Modality `json:"modalities,omitzero"`

	// ExtraFields are put into the parameters last: for fields that this
	// package does not know. A nil value sends null. Responses do not fill it.
	ExtraFields map[string]any `json:"-"`
}

// MarshalJSON returns the parameters as JSON, with the extra fields.
func (p ModelParameters) MarshalJSON() ([]byte, error) {
	type plain ModelParameters
	return wire.Encode(plain(p), p.ExtraFields)
}

func (p ModelParameters) validate(problems *validate.Problems, path string) {
	if p.Audio != nil {
		problems.Required(path+".audio.voice", string(p.Audio.Voice))
		problems.Required(path+".audio.format", string(p.Audio.Format))
	}
	if schema := p.ResponseFormat.JSONSchema; schema != nil {
		problems.Required(path+".response_format.json_schema.name", schema.Name)
	}
	if p.Thinking != nil {
		problems.Required(path+".thinking.type", string(p.Thinking.Type))
	}
}

// Voice is the voice of a model that speaks. The API may add voices.
type Voice string

// The documented voices.
const (
	VoiceAlloy   Voice = "alloy"
	VoiceEcho    Voice = "echo"
	VoiceFable   Voice = "fable"
	VoiceOnyx    Voice = "onyx"
	VoiceNova    Voice = "nova"
	VoiceShimmer Voice = "shimmer"
)

// AudioFormat is a format of sound. The API may add formats.
type AudioFormat string

// The documented formats.
const (
	AudioWAV   AudioFormat = "wav"
	AudioMP3   AudioFormat = "mp3"
	AudioFLAC  AudioFormat = "flac"
	AudioOpus  AudioFormat = "opus"
	AudioPCM16 AudioFormat = "pcm16"
)

// Audio says how a model speaks.
type Audio struct {
	// Voice is the voice. Required.
	Voice Voice `json:"voice"`
	// Format is the format of the sound. Required.
	Format AudioFormat `json:"format"`
}

// StreamOptions are options for answers that are streamed.
type StreamOptions struct {
	// IncludeUsage asks for the number of tokens at the end. Nil leaves it out.
	IncludeUsage *bool `json:"include_usage,omitempty"`
}

// ThinkingType says whether a model thinks before it answers. The API may
// add types.
type ThinkingType string

// The documented types.
const (
	ThinkingEnabled  ThinkingType = "enabled"
	ThinkingDisabled ThinkingType = "disabled"
)

// ThinkingLevel says how much a model thinks. The API may add levels.
type ThinkingLevel string

// The documented levels.
const (
	ThinkingLevelLow  ThinkingLevel = "low"
	ThinkingLevelHigh ThinkingLevel = "high"
)

// Thinking says whether and how much a model thinks before it answers.
type Thinking struct {
	// Type says whether to think. Required.
	Type ThinkingType `json:"type"`
	// BudgetTokens is the most tokens to think with: at least 1024, and less
	// than the most tokens to write. Older servers want it even if thinking
	// is disabled. Nil leaves it out.
	BudgetTokens *int `json:"budget_tokens,omitempty"`
	// ThinkingLevel is how much to think, for models that know levels. Nil
	// leaves it out.
	ThinkingLevel *ThinkingLevel `json:"thinking_level,omitempty"`
}

// Modality is a kind of answer. The API may add kinds.
type Modality string

// The documented kinds.
const (
	ModalityText  Modality = "text"
	ModalityAudio Modality = "audio"
)

// isNull reports whether data is the JSON null, which custom decoders leave
// alone by convention.
func isNull(data []byte) bool { return string(data) == "null" }
