package omniflow

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// The words of a message flow.
const (
	outbound = "outbound"
	inbound  = "inbound"
	both     = "bidirectional"

	channelSMS   = "SMS"
	channelEmail = "Email"
)

// workingHours are the members that belong together. A create is documented
// with them directly in responseSettings, everything else with them in
// workingHours.
var workingHours = schema.Shape{
	schema.Optional("enabled", schema.Boolean),
	schema.Optional("start", schema.Text),
	schema.Optional("end", schema.Text),
	schema.Optional("timezone", schema.Text),
	schema.Optional("outOfHoursMessage", schema.Text),
}

var (
	flowSettings = schema.Optional("settings", schema.Object(schema.Shape{
		schema.Optional("responseSettings", schema.Object(workingHours.With(
			schema.Optional("delay", schema.Number(0, schema.Unlimited)),
			schema.Optional("workingHours", schema.Object(workingHours)),
		))),
		schema.Optional("security", schema.Object(schema.Shape{schema.Optional("hipaaCompliance", schema.Boolean)})),
		schema.Optional("emailSettings", schema.Object(schema.Shape{
			schema.Optional("subjectLine", schema.Text),
			schema.Optional("signature", schema.Text),
		})),
		schema.Optional("knowledgeBases", schema.List(schema.Any, 0, 0)),
	}))

	createFlowBody = schema.Shape{
		schema.Required("name", needed),
		schema.Required("direction", schema.NotEmpty(schema.Enum(inbound, outbound, both))),
		schema.Required("agent", needed),
		schema.Required("initiationMessage", needed),
		schema.Required("prompt", needed),
		schema.Required("messageChannel", schema.NotEmpty(schema.Enum(channelSMS, channelEmail))),
		schema.Optional("description", schema.Text),
		schema.Optional("isActive", schema.Boolean),
		schema.Optional("autopilot", schema.Boolean),
		flowSettings,
	}
	// updateFlowBody has, besides the three members that are documented, those
	// of a create: an update may be a full one.
	updateFlowBody = schema.Shape{
		schema.Optional("name", notEmpty),
		schema.Optional("direction", schema.Enum(inbound, outbound, both)),
		schema.Optional("agent", notEmpty),
		schema.Optional("initiationMessage", notEmpty),
		schema.Optional("prompt", notEmpty),
		schema.Optional("messageChannel", schema.Enum(channelSMS, channelEmail)),
		schema.Optional("description", schema.Text),
		schema.Optional("isActive", schema.Boolean),
		schema.Optional("autopilot", schema.Boolean),
		schema.Optional("toggleAutopilot", schema.Boolean),
		flowSettings,
	}
)

// flow is a message flow, as it is stored and as responses have it.
type flow struct {
	ID                string          `json:"_id"`
	WorkspaceID       string          `json:"workspaceId"`
	Name              string          `json:"name"`
	Description       string          `json:"description,omitempty"`
	Direction         string          `json:"direction"`
	Agent             string          `json:"agent"`
	InitiationMessage string          `json:"initiationMessage"`
	Prompt            string          `json:"prompt"`
	MessageChannel    string          `json:"messageChannel"`
	IsActive          bool            `json:"isActive"`
	Autopilot         bool            `json:"autopilot"`
	Settings          json.RawMessage `json:"settings,omitempty"`
	CreatedAt         string          `json:"createdAt"`
	UpdatedAt         string          `json:"updatedAt"`
	Version           int             `json:"__v"`
}

// Summary tells whether the flow is active.
func (f *flow) Summary() emulate.Summary {
	if f.IsActive {
		return emulate.Summary{Status: "active"}
	}
	return emulate.Summary{Status: "inactive"}
}

// ReadRecord reads a flow from a document. One without a workspace is in all
// of them.
func (f *flow) ReadRecord(_, id string, document json.RawMessage) error {
	*f = flow{ID: id, Name: id, Direction: both, MessageChannel: channelSMS, IsActive: true,
		CreatedAt: time.Unix(0, 0).UTC().Format(timeLayout)}
	if err := json.Unmarshal(document, f); err != nil {
		return err
	}
	f.UpdatedAt = cmp.Or(f.UpdatedAt, f.CreatedAt)
	return nil
}

// apply takes over the members that a create or an update gave.
func (f *flow) apply(members jsontext.Object) {
	jsontext.Assign(members, "name", &f.Name, jsontext.String)
	jsontext.Assign(members, "description", &f.Description, jsontext.String)
	jsontext.Assign(members, "direction", &f.Direction, jsontext.String)
	jsontext.Assign(members, "agent", &f.Agent, jsontext.String)
	jsontext.Assign(members, "initiationMessage", &f.InitiationMessage, jsontext.String)
	jsontext.Assign(members, "prompt", &f.Prompt, jsontext.String)
	jsontext.Assign(members, "messageChannel", &f.MessageChannel, jsontext.String)
	jsontext.Assign(members, "isActive", &f.IsActive, jsontext.Bool)
	jsontext.Assign(members, "autopilot", &f.Autopilot, jsontext.Bool)
	jsontext.Assign(members, "settings", &f.Settings, nested)
}

// nested reads settings whose working hours may stand directly in
// responseSettings, and writes them in workingHours, as responses have them.
func nested(raw json.RawMessage) (json.RawMessage, bool) {
	settings, _ := jsontext.Members(raw)
	response, _ := jsontext.Members(settings["responseSettings"])
	flat := make(jsontext.Object)
	for _, name := range workingHours.Names() {
		if value, given := response[name]; given {
			flat[name] = value
			delete(response, name)
		}
	}
	if len(flat) == 0 {
		return jsontext.Raw(raw)
	}
	hours, _ := jsontext.Members(response["workingHours"])
	for name, value := range hours { // what stands where it belongs wins
		flat[name] = value
	}
	response["workingHours"] = jsontext.MustMarshal(flat)
	settings["responseSettings"] = jsontext.MustMarshal(response)
	return jsontext.MustMarshal(settings), true
}

// delay is how long a message that is sent by itself waits.
func (f *flow) delay() time.Duration {
	settings, _ := jsontext.Members(f.Settings)
	response, _ := jsontext.Members(settings["responseSettings"])
	seconds, _ := jsontext.Number(response["delay"])
	const longest = 24 * 365 * time.Hour // what is longer would not fit a duration
	if seconds >= longest.Seconds() {
		return longest
	}
	return time.Duration(seconds * float64(time.Second))
}

// flowView is the flow as the response to this request has it.
func flowView(r *emulate.Request, f *flow) flow {
	shown := *f
	shown.WorkspaceID = cmp.Or(shown.WorkspaceID, workspace(r))
	return shown
}

func createFlow(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	now := r.Now().Format(timeLayout)
	made := &flow{
		ID:          s.MessageFlows.FreeID(r.Tenant, func() string { return emulate.HexID(r, "message-flow", 24) }),
		WorkspaceID: workspace(r),
		CreatedAt:   now,
		UpdatedAt:   now,
	}
	made.apply(members)
	if err := findAgentOf(r, s, made); err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() { s.MessageFlows.Add(r.Tenant, made.ID, made) })
	r.Guess("201-message-flow")
	return emulate.JSON(http.StatusCreated, made), nil
}

// findAgentOf refuses a flow whose agent is not in the workspace.
func findAgentOf(r *emulate.Request, s *state, f *flow) error {
	if agent := s.Agents.Get(r.Tenant, f.Agent); agent != nil && agent.isIn(workspace(r)) {
		return nil
	}
	return refuse(r, http.StatusNotFound, "", "/agent: the workspace has no agent with this id")
}

func listFlows(r *emulate.Request, s *state) (emulate.Response, error) {
	flows := []flow{}
	for f := range s.MessageFlows.NewestFirst(r.Tenant) {
		if f.isIn(workspace(r)) {
			flows = append(flows, flowView(r, f))
		}
	}
	r.Guess("list-order")
	return emulate.JSON(http.StatusOK, flows), nil
}

func getFlow(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findFlow(r, s, r.Params["id"])
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, flowView(r, found)), nil
}

// updateFlow merges: members that are not given keep their value.
func updateFlow(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	toggle := false
	jsontext.Assign(members, "toggleAutopilot", &toggle, jsontext.Bool)
	return changeFlow(r, s, func(f *flow) error {
		before := f.Agent
		f.apply(members)
		if toggle {
			f.Autopilot = !f.Autopilot
		}
		if f.Agent == before { // it may have been deleted
			return nil
		}
		return findAgentOf(r, s, f)
	})
}

func toggleAutopilot(r *emulate.Request, s *state) (emulate.Response, error) {
	return changeFlow(r, s, func(f *flow) error {
		f.Autopilot = !f.Autopilot
		return nil
	})
}

// changeFlow changes the flow that the path names, and responds with it.
func changeFlow(r *emulate.Request, s *state, change func(*flow) error) (emulate.Response, error) {
	found, err := findFlow(r, s, r.Params["id"])
	if err != nil {
		return emulate.Response{}, err
	}
	changed := *found
	if err := change(&changed); err != nil {
		return emulate.Response{}, err
	}
	changed.UpdatedAt = r.Now().Format(timeLayout)
	r.Commit(func() { s.MessageFlows.Add(r.Tenant, r.Params["id"], &changed) })
	return emulate.JSON(http.StatusOK, flowView(r, &changed)), nil
}

// deleteFlow keeps the conversations of the flow.
func deleteFlow(r *emulate.Request, s *state) (emulate.Response, error) {
	if _, err := findFlow(r, s, r.Params["id"]); err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() { s.MessageFlows.Remove(r.Tenant, r.Params["id"]) })
	return emulate.Response{Status: http.StatusNoContent}, nil
}

// isIn reports whether the flow is in a workspace.
func (f *flow) isIn(workspace string) bool {
	return f.WorkspaceID == "" || f.WorkspaceID == workspace
}

// findFlow returns a flow of the workspace.
func findFlow(r *emulate.Request, s *state, id string) (*flow, error) {
	found := s.MessageFlows.Get(r.Tenant, id)
	if found == nil || !found.isIn(workspace(r)) {
		return nil, refuse(r, http.StatusNotFound, "Message flow not found", "the workspace has no message flow with this id")
	}
	return found, nil
}

// channels are the channels of the agents of a tenant: those of their latest
// flows in a workspace.
func (s *state) channels(tenant, workspace string) map[string]string {
	channels := make(map[string]string, s.MessageFlows.Len())
	for f := range s.MessageFlows.OldestFirst(tenant) {
		if f.isIn(workspace) {
			channels[f.Agent] = f.MessageChannel
		}
	}
	return channels
}

// opens reports whether a person may begin a conversation with the flow.
func (f *flow) opens() bool { return f.IsActive && f.Direction != outbound }
