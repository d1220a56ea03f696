package agentloop

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// capabilityInfo is one entry of the catalogue of capabilities.
type capabilityInfo struct {
	Category        string            `json:"category,omitempty"`
	Dependencies    []string          `json:"dependencies"`
	Description     string            `json:"description"`
	ID              string            `json:"id"`
	IsMCP           bool              `json:"is_mcp"`
	Name            string            `json:"name"`
	Status          string            `json:"status"`
	ToolDefinitions []json.RawMessage `json:"tool_definitions"`
}

// allCapabilities is the whole catalogue. The ids are the API's; the
// words are ours.
var allCapabilities = func() []capabilityInfo {
	var all []capabilityInfo
	for _, c := range []struct{ id, name, category, description string }{
		{"noop", "No-op", "testing", "Adds nothing."},
		{"current_time", "Current time", "core", "Tells the agent the present date and time."},
		{"research", "Research", "core", "Keeps notes during longer research."},
		{"sandbox", "Sandbox", "execution", "Runs code apart from everything else."},
		{"session_file_system", "Session file system", "files", "Files that live as long as the session."},
		{"test_math", "Test math", "testing", "Arithmetic, for trying out tool calls."},
		{"test_weather", "Test weather", "testing", "Invented weather, for trying out tool calls."},
		{"stateless_todo_list", "To-do list", "core", "A to-do list that the agent rewrites as it works."},
		{"web_fetch", "Web fetch", "network", "Reads a page by its address."},
		{"fake_warehouse", "Fake warehouse", "demo", "A warehouse with invented stock."},
		{"fake_aws", "Fake AWS", "demo", "An invented cloud account."},
		{"fake_crm", "Fake CRM", "demo", "A CRM with invented customers."},
		{"fake_financial", "Fake financial", "demo", "Invented accounts and budgets."},
		{"sample_data", "Sample data", "demo", "Files with sample data."},
	} {
		info := capabilityInfo{
			Category:        c.category,
			Dependencies:    []string{},
			Description:     c.description,
			ID:              c.id,
			Name:            c.name,
			Status:          "available",
			ToolDefinitions: []json.RawMessage{},
		}
		if c.id == "research" || c.id == "sandbox" {
			info.Status = "comingsoon"
		}
		if c.id == "sample_data" {
			info.Dependencies = []string{"session_file_system"}
		}
		all = append(all, info)
	}
	return all
}()

func listCapabilities(r *emulate.Request) (emulate.Response, error) {
	r.Guess("capability-catalogue")
	return emulate.JSON(http.StatusOK, list{Data: allCapabilities}), nil
}

func getCapability(r *emulate.Request) (emulate.Response, error) {
	r.Guess("capability-catalogue")
	for _, info := range allCapabilities {
		if info.ID == r.Params["capability_id"] {
			return emulate.JSON(http.StatusOK, info), nil
		}
	}
	return emulate.Response{}, emulate.Response{Status: http.StatusNotFound}.
		Because("capability_id: expected the id of a listed capability, got another one").Refuse()
}

// model is one entry of the catalogue of models.
type model struct {
	Capabilities []string `json:"capabilities"`
	CreatedAt    string   `json:"created_at"`
	DisplayName  string   `json:"display_name"`
	ID           string   `json:"id"`
	IsDefault    bool     `json:"is_default"`
	IsFavorite   bool     `json:"is_favorite"`
	ModelID      string   `json:"model_id"`
	ProviderID   string   `json:"provider_id"`
	ProviderName string   `json:"provider_name"`
	ProviderType string   `json:"provider_type"`
	Source       string   `json:"source"`
	Status       string   `json:"status"`
	UpdatedAt    string   `json:"updated_at"`
}

// allModels is the whole catalogue. The ids are the documented example
// with all of its 32 digits, counted up.
var allModels = func() []model {
	const since = "2026-01-15T09:00:00Z"
	var all []model
	for i, m := range []struct {
		model, name, provider, providerType, source string
		favorite                                    bool
	}{
		{"llmsim-model", "LLM simulator", "Simulator", "llmsim", "predefined", false},
		{"gpt-4o", "GPT-4o", "OpenAI", "openai", "predefined", true},
		{"claude-sonnet-4", "Claude Sonnet 4", "Anthropic", "anthropic", "discovered", false},
	} {
		digits := "01933b5a00007000800000000000000" + strconv.Itoa(i+1)
		all = append(all, model{
			Capabilities: []string{"chat", "tools"},
			CreatedAt:    since,
			DisplayName:  m.name,
			ID:           "model_" + digits,
			IsDefault:    i == 0,
			IsFavorite:   m.favorite,
			ModelID:      m.model,
			ProviderID:   "provider_" + digits,
			ProviderName: m.provider,
			ProviderType: m.providerType,
			Source:       m.source,
			Status:       "active",
			UpdatedAt:    since,
		})
	}
	return all
}()

func hasModel(id string) bool {
	return slices.ContainsFunc(allModels, func(m model) bool { return m.ID == id })
}

// listModels knows the filters source and favorites_only. No model here is
// ever stale, so that include_stale makes no difference.
func listModels(r *emulate.Request) (emulate.Response, error) {
	r.Guess("model-catalogue")
	source := r.Query.Get("source")
	if r.Query.Has("source") && !slices.Contains([]string{"manual", "discovered", "predefined"}, source) {
		return emulate.Response{}, refuseQuery(r, "source")
	}
	favorites := false
	for _, name := range []string{"favorites_only", "include_stale"} {
		if !r.Query.Has(name) {
			continue
		}
		value, err := strconv.ParseBool(r.Query.Get(name))
		if err != nil {
			return emulate.Response{}, refuseQuery(r, name)
		}
		favorites = favorites || value && name == "favorites_only"
	}
	models := []model{}
	for _, m := range allModels {
		if (source == "" || m.Source == source) && (!favorites || m.IsFavorite) {
			models = append(models, m)
		}
	}
	return emulate.JSON(http.StatusOK, list{Data: models}), nil
}
