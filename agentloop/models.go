package agentloop

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ModelStatus is whether a language model can be used. The API may add states.
type ModelStatus string

// The documented states.
const (
	ModelActive   ModelStatus = "active"
	ModelDisabled ModelStatus = "disabled"
)

// ModelSource is how a language model came to the server. The API may add
// sources.
type ModelSource string

// The documented sources.
const (
	// ModelSourceManual: somebody added the model.
	ModelSourceManual ModelSource = "manual"
	// ModelSourceDiscovered: the server found the model at its provider.
	ModelSourceDiscovered ModelSource = "discovered"
	// ModelSourcePredefined: the server came with the model.
	ModelSourcePredefined ModelSource = "predefined"
)

// ProviderType is the kind of API by which a language model is reached. The
// API may add kinds.
type ProviderType string

// The documented kinds.
const (
	ProviderOpenAI            ProviderType = "openai"
	ProviderOpenAICompletions ProviderType = "openai_completions"
	ProviderAnthropic         ProviderType = "anthropic"
	// ProviderSimulator: a simulated model, for tests.
	ProviderSimulator ProviderType = "llmsim"
)

// Model is a language model that agents can use.
type Model struct {
	// ID identifies the model: what DefaultModelID of an agent names.
	ID string `json:"id"`
	// Capabilities are what the model can do, such as "chat".
	Capabilities []string `json:"capabilities"`
	// CreatedAt is when the model came to the server.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// DisplayName is the model's name for people.
	DisplayName string `json:"display_name"`
	// IsDefault reports that agents without a model use this one.
	IsDefault bool `json:"is_default"`
	// IsFavorite reports that people marked the model.
	IsFavorite bool `json:"is_favorite"`
	// ModelID is what the provider calls the model, such as "gpt-4o".
	ModelID string `json:"model_id"`
	// Profile says more about the model. Nil if the server knows no more.
	Profile *ModelProfile `json:"profile,omitempty"`
	// ProviderID is the provider that the model is reached at.
	ProviderID string `json:"provider_id"`
	// ProviderName is the provider's name for people.
	ProviderName string `json:"provider_name"`
	// ProviderType is the kind of API by which the model is reached.
	ProviderType ProviderType `json:"provider_type"`
	// Source is how the model came to the server.
	Source ModelSource `json:"source"`
	// Status is whether the model can be used.
	Status ModelStatus `json:"status"`
	// UpdatedAt is when the model was last changed.
	UpdatedAt agentclients.Timestamp `json:"updated_at"`
}

// ModelProfile says what a language model can do.
type ModelProfile struct {
	// Attachment reports that the model takes files or pictures.
	Attachment bool `json:"attachment"`
	// Cost is the price of tokens, nil if it is not known.
	Cost *ModelCost `json:"cost,omitempty"`
	// Family is the group of models that the model belongs to.
	Family string `json:"family"`
	// Knowledge is the day up to which the model was trained, "" if it is not
	// known.
	Knowledge agentclients.Timestamp `json:"knowledge,omitempty"`
	// LastUpdated is the day of the model's last change, "" if it is not
	// known.
	LastUpdated agentclients.Timestamp `json:"last_updated,omitempty"`
	// Limits bounds what the model reads and writes, nil if it is not known.
	Limits *ModelLimits `json:"limits,omitempty"`
	// Modalities are the kinds of content, nil if they are not known.
	Modalities *ModelModalities `json:"modalities,omitempty"`
	// Name is the model's name for people.
	Name string `json:"name"`
	// OpenWeights reports that anybody can run the model.
	OpenWeights bool `json:"open_weights"`
	// Reasoning reports that the model can think before it answers.
	Reasoning bool `json:"reasoning"`
	// ReasoningEffort says how much the model can think, nil if that cannot
	// be chosen.
	ReasoningEffort *ReasoningEffort `json:"reasoning_effort,omitempty"`
	// ReleaseDate is the day when the model came out, "" if it is not known.
	ReleaseDate agentclients.Timestamp `json:"release_date,omitempty"`
	// StructuredOutput reports that the model can answer in JSON.
	StructuredOutput bool `json:"structured_output"`
	// Temperature reports that the temperature can be chosen.
	Temperature bool `json:"temperature"`
	// ToolCall reports that the model can call tools.
	ToolCall bool `json:"tool_call"`
}

// ModelCost is the price of a million tokens, in US dollars.
type ModelCost struct {
	// CacheRead is for tokens from a cache, nil if there is no such price.
	CacheRead *float64 `json:"cache_read,omitempty"`
	// Input is for tokens that are read.
	Input float64 `json:"input"`
	// Output is for tokens that are written.
	Output float64 `json:"output"`
}

// ModelLimits bounds what a language model reads and writes, in tokens.
type ModelLimits struct {
	// Context is how many tokens a conversation has at most.
	Context int64 `json:"context"`
	// Output is how many tokens an answer has at most.
	Output int64 `json:"output"`
}

// ModelModalities are kinds of content: "text", "image", "audio" or "video".
type ModelModalities struct {
	// Input is what the model reads.
	Input []string `json:"input"`
	// Output is what the model writes.
	Output []string `json:"output"`
}

// ReasoningEffort says how much a language model can think: "none",
// "minimal", "low", "medium", "high" or "xhigh".
type ReasoningEffort struct {
	// Default is the effort unless another one is chosen.
	Default string `json:"default"`
	// Values are the efforts that can be chosen.
	Values []ReasoningEffortValue `json:"values"`
}

// ReasoningEffortValue is one effort.
type ReasoningEffortValue struct {
	// Name is the effort's name for people.
	Name string `json:"name"`
	// Value is what the API calls the effort.
	Value string `json:"value"`
}

// ListModelsRequest says which language models to list. The zero value is all.
type ListModelsRequest struct {
	// FavoritesOnly lists only models that people marked.
	FavoritesOnly bool
	// IncludeStale lists models that their provider did not mention lately,
	// too. Nil: the server's choice, which is true.
	IncludeStale *bool
	// Source lists only models that came in this way. "": all.
	Source ModelSource
}

func (r ListModelsRequest) query() url.Values {
	query := wire.NewQuery()
	query.Flag("favorites_only", r.FavoritesOnly)
	if r.IncludeStale != nil {
		query.Set("include_stale", strconv.FormatBool(*r.IncludeStale))
	}
	query.Text("source", string(r.Source))
	return query.Values
}

// ModelList is the list of language models.
type ModelList struct {
	// Models are the models that were asked for.
	Models []Model `json:"data"`
}

// ListModels reads the language models of the server. It is repeated after
// every transient failure.
//
// Errors: [agentclients.ErrBadRequest] for an unknown source,
// [agentclients.ErrNotFound] on servers since about June 2026, which have the
// list at another place.
//
// API reference: list_all_models, GET /v1/llm-models,
// https://github.com/everruns/everruns.
func (c *Client) ListModels(ctx context.Context, request ListModelsRequest, options ...agentclients.CallOption) (*ModelList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list models",
		Method: http.MethodGet,
		Path:   "/v1/llm-models",
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeModelList)
}

func decodeModelList(body []byte) (*ModelList, error) {
	return wire.DecodeList(body, "data", func(l *ModelList) *[]Model { return &l.Models })
}
