package agentloop

import (
	"context"
	"encoding/json"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// CapabilityStatus is whether a capability can be used. The API may add
// states.
type CapabilityStatus string

// The documented states.
const (
	CapabilityAvailable  CapabilityStatus = "available"
	CapabilityComingSoon CapabilityStatus = "comingsoon"
	CapabilityDeprecated CapabilityStatus = "deprecated"
)

// CapabilityInfo describes a capability that agents can have.
type CapabilityInfo struct {
	// ID identifies the capability: what Capability.Ref names.
	ID string `json:"id"`
	// Category groups capabilities for people, "" if there is none.
	Category string `json:"category,omitempty"`
	// Dependencies are the ids of the capabilities that come with this one.
	Dependencies []string `json:"dependencies,omitzero"`
	// Description says for people what the capability adds.
	Description string `json:"description"`
	// Icon is the name of a picture, "" if there is none.
	Icon string `json:"icon,omitempty"`
	// IsMCP reports that the capability is a server of the Model Context
	// Protocol.
	IsMCP bool `json:"is_mcp"`
	// Name is the capability's name for people.
	Name string `json:"name"`
	// Status is whether the capability can be used.
	Status CapabilityStatus `json:"status"`
	// SystemPrompt is what the capability adds to the prompt of an agent, ""
	// if nothing.
	SystemPrompt string `json:"system_prompt,omitempty"`
	// ToolDefinitions are the tools that the capability adds, each a JSON
	// object as it came.
	ToolDefinitions []json.RawMessage `json:"tool_definitions,omitzero"`
}

// CapabilityList is the list of capabilities.
type CapabilityList struct {
	// Capabilities are all capabilities.
	Capabilities []CapabilityInfo `json:"data"`
}

// ListCapabilities reads the capabilities that agents can have: the whole
// list. It is repeated after every transient failure.
//
// API reference: list_capabilities, GET /v1/capabilities,
// https://github.com/everruns/everruns.
func (c *Client) ListCapabilities(ctx context.Context, options ...agentclients.CallOption) (*CapabilityList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list capabilities",
		Method: http.MethodGet,
		Path:   "/v1/capabilities",
		Replay: transport.ReplaySafe,
	}, options, decodeCapabilityList)
}

// GetCapability reads one capability. It is repeated after every transient
// failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such capability.
//
// API reference: get_capability, GET /v1/capabilities/{capability_id},
// https://github.com/everruns/everruns.
func (c *Client) GetCapability(ctx context.Context, capabilityID string, options ...agentclients.CallOption) (*CapabilityInfo, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get capability",
		Method: http.MethodGet,
		Path:   "/v1/capabilities/{capability_id}",
		Params: []string{capabilityID},
		Replay: transport.ReplaySafe,
	}, options, decodeCapability)
}

func decodeCapability(body []byte) (*CapabilityInfo, error) {
	return wire.DecodeWith(body, "id", func(c *CapabilityInfo) bool { return c.ID != "" })
}

func decodeCapabilityList(body []byte) (*CapabilityList, error) {
	return wire.DecodeList(body, "data", func(l *CapabilityList) *[]CapabilityInfo { return &l.Capabilities })
}
