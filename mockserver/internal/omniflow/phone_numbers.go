package omniflow

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// phoneNumber is a phone number of a workspace. None can be made but by a
// seed: buying one is not emulated.
type phoneNumber struct {
	ID                  string          `json:"_id"`
	WorkspaceID         string          `json:"workspaceId"`
	UserID              string          `json:"userId"`
	PhoneNumber         string          `json:"phoneNumber"`
	SID                 string          `json:"sid"`
	Country             string          `json:"country"`
	Type                string          `json:"type"`
	Status              string          `json:"status"`
	TrunkTerminationURL string          `json:"trunkTerminationUrl,omitempty"`
	RecordingEnabled    bool            `json:"recordingEnabled"`
	PathwayID           *string         `json:"pathwayId"`
	MonthlyPrice        json.RawMessage `json:"monthlyPrice,omitempty"`
	ExpiresAt           *string         `json:"expiresAt"`
	IsExternal          bool            `json:"isExternal"`
	Provider            string          `json:"provider"`
	TransferEnabled     bool            `json:"transferEnabled"`
	CreatedAt           string          `json:"createdAt"`
	UpdatedAt           string          `json:"updatedAt"`
	Version             int             `json:"__v"`
	AgentID             json.RawMessage `json:"agentId"` // an id, or the agent
	FlowType            *string         `json:"flowType"`
	MessagePathwayID    *string         `json:"messagePathwayId"`
	OmniFlowAgentID     *string         `json:"omniFlowAgentId"`
}

// Summary tells the number.
func (n *phoneNumber) Summary() emulate.Summary { return emulate.Summary{Name: n.PhoneNumber} }

// ReadRecord reads a phone number from a document. One without a workspace is
// in all of them.
func (p *phoneNumber) ReadRecord(tenant, id string, document json.RawMessage) error {
	*p = phoneNumber{ID: id, UserID: userOf(tenant), PhoneNumber: id, Country: "US", Type: "local", Status: "active",
		Provider: "twilio", CreatedAt: time.Unix(0, 0).UTC().Format(timeLayout)}
	if err := json.Unmarshal(document, p); err != nil {
		return err
	}
	p.UpdatedAt = cmp.Or(p.UpdatedAt, p.CreatedAt)
	return nil
}

func listPhoneNumbers(r *emulate.Request, s *state) (emulate.Response, error) {
	numbers := []phoneNumber{}
	for p := range s.PhoneNumbers.OldestFirst(r.Tenant) {
		if p.WorkspaceID != "" && p.WorkspaceID != workspace(r) {
			continue
		}
		shown := *p
		shown.WorkspaceID = workspace(r)
		numbers = append(numbers, shown)
	}
	r.Guess("list-order")
	return emulate.JSON(http.StatusOK, numbers), nil
}
