package xpander

import (
	"fmt"
	"log/slog"

	"github.com/agentclients/agentclients-go/internal/redact"
)

// ModelProvider is who runs a model. The API may add providers. The words are
// case-sensitive.
type ModelProvider string

// The documented providers of models.
const (
	ModelProviderOpenAI         ModelProvider = "openai"
	ModelProviderNIM            ModelProvider = "nim" // Nvidia
	ModelProviderAmazonBedrock  ModelProvider = "amazon_bedrock"
	ModelProviderHuggingFace    ModelProvider = "huggingFace"
	ModelProviderFriendlyAI     ModelProvider = "friendlyAI"
	ModelProviderAnthropic      ModelProvider = "anthropic"
	ModelProviderGemini         ModelProvider = "gemini"
	ModelProviderFireworks      ModelProvider = "fireworks"
	ModelProviderGoogleAIStudio ModelProvider = "google_ai_studio"
	ModelProviderHelicone       ModelProvider = "helicone"
	ModelProviderOpenRouter     ModelProvider = "open_router"
	ModelProviderNebius         ModelProvider = "nebius"
)

// LLMSettingsType says to which side of a node of the graph model settings
// belong. The API may add types.
type LLMSettingsType string

// The documented sides.
const (
	LLMSettingsBefore LLMSettingsType = "before"
	LLMSettingsAfter  LLMSettingsType = "after"
)

// LLMSettings choose the model of a node of the graph.
type LLMSettings struct {
	// Type is the side of the node, "" if the response does not say.
	Type LLMSettingsType `json:"type,omitempty"`
	// Provider runs the model. Default openai.
	Provider ModelProvider `json:"provider,omitempty"`
	// Model is the name of the model, such as "claude-sonnet-4-5-20250929".
	// Default "gpt-4.1".
	Model string `json:"model,omitempty"`
	// Temperature says how freely the model chooses its words. Default 0; nil
	// if the response does not say.
	Temperature *float64 `json:"temperature,omitempty"`
}

// LLMCredentialsKeyType says whose credentials a model is called with. The
// API may add types.
type LLMCredentialsKeyType string

// The documented kinds of model credentials.
const (
	LLMCredentialsKeyXpander LLMCredentialsKeyType = "xpander"
	LLMCredentialsKeyCustom  LLMCredentialsKeyType = "custom"
)

// LLMCredentials are the credentials that a model is called with.
type LLMCredentials struct {
	// Name is the name of the credentials.
	Name string `json:"name"`
	// Description is for people, "" if there is none.
	Description string `json:"description,omitempty"`
	// Value is the secret.
	Value Secret `json:"value"`
}

// Format prints the credentials without the secret.
func (c LLMCredentials) Format(state fmt.State, verb rune) {
	type plain LLMCredentials
	redact.Format(state, verb, plain(c))
}

// LogValue describes the credentials to log/slog without the secret.
func (c LLMCredentials) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%+v", c))
}
