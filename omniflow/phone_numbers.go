package omniflow

import (
	"context"
	"encoding/json"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// PhoneNumber is a phone number of a workspace. The API has no way to say which
// agent answers on it: it only shows it.
type PhoneNumber struct {
	// ID identifies the phone number.
	ID string `json:"_id"`
	// WorkspaceID is the workspace that has it.
	WorkspaceID string `json:"workspaceId,omitempty"`
	// UserID is the user that has it.
	UserID string `json:"userId,omitempty"`
	// PhoneNumber is the number in E.164 form, such as "+12025550123".
	PhoneNumber string `json:"phoneNumber"`
	// SID is what the telephone company calls it.
	SID string `json:"sid,omitempty"`
	// Country is the country that it is from, such as "US".
	Country string `json:"country,omitempty"`
	// Type is what kind of number it is.
	Type PhoneNumberType `json:"type,omitempty"`
	// Status says whether it is in use.
	Status PhoneNumberStatus `json:"status,omitempty"`
	// TrunkTerminationURL is where calls go out, for numbers of one's own.
	TrunkTerminationURL string `json:"trunkTerminationUrl,omitempty"`
	// RecordingEnabled says whether calls are recorded.
	RecordingEnabled bool `json:"recordingEnabled,omitempty"`
	// CallFlowID is the call flow that it has, "" if none.
	CallFlowID string `json:"pathwayId,omitempty"`
	// MonthlyPrice is what it costs, as it came: the API documents neither the
	// type nor the currency. Nil if the response does not say.
	MonthlyPrice json.RawMessage `json:"monthlyPrice,omitempty"`
	// ExpiresAt is when it is given up, "" if never.
	ExpiresAt agentclients.Timestamp `json:"expiresAt,omitempty"`
	// IsExternal says that it was brought along, not bought here.
	IsExternal bool `json:"isExternal,omitempty"`
	// Provider is the telephone company.
	Provider string `json:"provider,omitempty"`
	// TransferEnabled says whether calls can be transferred.
	TransferEnabled bool `json:"transferEnabled,omitempty"`
	// CreatedAt is when it was added.
	CreatedAt agentclients.Timestamp `json:"createdAt,omitempty"`
	// UpdatedAt is when it was last changed.
	UpdatedAt agentclients.Timestamp `json:"updatedAt,omitempty"`
	// Version counts the changes of the record. The API shows it and does not
	// document it.
	Version int `json:"__v,omitempty"`
	// CallAgentID is the call agent that answers calls.
	CallAgentID Reference `json:"agentId"`
	// FlowType is the kind of flow that it has, "" if none.
	FlowType string `json:"flowType,omitempty"`
	// MessageFlowID is the message flow that it has, "" if none.
	MessageFlowID string `json:"messagePathwayId,omitempty"`
	// AgentID is the Omni Flow agent that answers messages.
	AgentID Reference `json:"omniFlowAgentId"`
}

// PhoneNumberType is what kind of number a phone number is. The API may add
// kinds.
type PhoneNumberType string

// The documented kinds.
const (
	PhoneNumberLocal    PhoneNumberType = "local"
	PhoneNumberTollFree PhoneNumberType = "tollFree"
	PhoneNumberMobile   PhoneNumberType = "mobile"
)

// PhoneNumberStatus says whether a phone number is in use. The API may add
// words.
type PhoneNumberStatus string

// The documented words.
const (
	PhoneNumberActive   PhoneNumberStatus = "active"
	PhoneNumberReleased PhoneNumberStatus = "released"
)

// PhoneNumberList is the list of the phone numbers of a workspace.
type PhoneNumberList struct {
	// PhoneNumbers are all phone numbers: the API has no pages.
	PhoneNumbers []PhoneNumber `json:"phoneNumbers"`
}

// ListPhoneNumbers reads all phone numbers of the workspace: the API has no
// pages. It is repeated after every transient failure.
//
// API reference: Get Phone Numbers, GET /v1/api/twilio/user-phone-numbers,
// https://docs.trillet.ai/v1/api-reference/endpoints/calls/call-history/get-phoneNumber.
func (c *Client) ListPhoneNumbers(ctx context.Context, options ...agentclients.CallOption) (*PhoneNumberList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list phone numbers",
		Method: http.MethodGet,
		Path:   "/v1/api/twilio/user-phone-numbers",
		Replay: transport.ReplaySafe,
	}, options, decodePhoneNumberList)
}

// decodePhoneNumberList reads a list, or the one phone number that the
// documents show.
func decodePhoneNumberList(body []byte) (*PhoneNumberList, error) {
	numbers, err := wire.DecodeArray[PhoneNumber](body)
	if err == nil {
		return &PhoneNumberList{PhoneNumbers: numbers}, nil
	}
	one, failed := wire.DecodeWith(body, "_id", func(n *PhoneNumber) bool { return n.ID != "" })
	if failed != nil {
		return nil, err
	}
	return &PhoneNumberList{PhoneNumbers: []PhoneNumber{*one}}, nil
}
