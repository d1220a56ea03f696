package agentloop

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// The states of a session. One that was never asked anything is started.
const (
	sessionStarted = "started"
	sessionActive  = "active"
	sessionIdle    = "idle"
)

var (
	// newSession is the body of a create.
	newSession = schema.Shape{
		schema.Present("agent_id", idRule("agent")),
		schema.Optional("title", schema.Nullable(schema.Text)),
		schema.Optional("tags", schema.List(schema.Text, 0, 0)),
		schema.Optional("model_id", schema.Nullable(idRule("model"))),
		schema.Optional("capabilities", schema.List(capabilityShape, 0, 0)),
	}

	// sessionChange is the body of a PATCH.
	sessionChange = schema.Shape{
		schema.Optional("title", schema.Nullable(schema.Text)),
		schema.Optional("tags", schema.Nullable(schema.List(schema.Text, 0, 0))),
	}
)

// session is a session as it is stored: what responses tell, and what
// happened in it.
type session struct {
	sessionInfo
	Messages []message `json:"messages,omitempty"`
	Events   []event   `json:"events,omitempty"`
	Turn     *turn     `json:"turn,omitempty"`    // that runs; nil: none
	Waiting  []string  `json:"waiting,omitempty"` // messages that no turn has read yet

	due time.Time // when the turn goes on; zero: when something happens
}

// sessionInfo is a session as it stands in responses.
type sessionInfo struct {
	ID             string       `json:"id"`
	OrganizationID string       `json:"organization_id"`
	AgentID        string       `json:"agent_id"`
	Title          *string      `json:"title,omitempty"`
	Tags           []string     `json:"tags"`
	ModelID        *string      `json:"model_id,omitempty"`
	Capabilities   []capability `json:"capabilities"`
	Status         string       `json:"status"`
	CreatedAt      time.Time    `json:"created_at"`
	UpdatedAt      time.Time    `json:"updated_at"`
	StartedAt      *time.Time   `json:"started_at,omitempty"`
	FinishedAt     *time.Time   `json:"finished_at,omitempty"`
	Usage          *tokenUsage  `json:"usage,omitempty"`
	Preview        string       `json:"preview,omitempty"`        // in lists
	OutputPreview  string       `json:"output_preview,omitempty"` // in lists
}

// tokenUsage counts tokens.
type tokenUsage struct {
	Input  int `json:"input_tokens"`
	Output int `json:"output_tokens"`
}

// plus adds tokens. The receiver may be nil, and is not changed.
func (u *tokenUsage) plus(more tokenUsage) *tokenUsage {
	if u != nil {
		more.Input += u.Input
		more.Output += u.Output
	}
	return &more
}

// longestPreview is how many characters of a text a preview has.
const longestPreview = 200

func preview(text string) string {
	if runes := []rune(text); len(runes) > longestPreview {
		return string(runes[:longestPreview])
	}
	return text
}

// organizationID is the organization of a tenant.
func organizationID(tenant string) string {
	if tenant == "" {
		return "org_" + strings.Repeat("0", 31) + "1"
	}
	sum := sha256.Sum256([]byte(tenant))
	return "org_" + hex.EncodeToString(sum[:16])
}

func createSession(r *emulate.Request, s *state) (emulate.Response, error) {
	members, err := readMembers(r, r.Operation.Body)
	if err != nil {
		return emulate.Response{}, err
	}
	now := timestamp(r.Now())
	x := &session{sessionInfo: sessionInfo{
		OrganizationID: organizationID(r.Tenant),
		Status:         sessionStarted,
		CreatedAt:      now,
		UpdatedAt:      now,
		Tags:           []string{},
		Capabilities:   []capability{},
	}}
	jsontext.Assign(members, "agent_id", &x.AgentID, jsontext.String)
	jsontext.Assign(members, "title", &x.Title, jsontext.PointerTo(jsontext.String))
	jsontext.Assign(members, "tags", &x.Tags, jsontext.Strings)
	jsontext.Assign(members, "model_id", &x.ModelID, jsontext.PointerTo(jsontext.String))
	jsontext.Assign(members, "capabilities", &x.Capabilities, jsontext.ListOf(readCapability))
	switch a := s.Agents.Get(r.Tenant, x.AgentID); {
	case a == nil:
		return emulate.Response{}, refuse(r, http.StatusNotFound, "", "/agent_id: expected the id of an agent of this organization, got another one")
	case a.Status != active:
		r.Guess("session-of-archived-agent")
		return emulate.Response{}, refuse(r, http.StatusNotFound, "", "/agent_id: expected an active agent, got an archived one")
	}
	x.ID = s.Sessions.FreeID(r.Tenant, func() string { return "session_" + emulate.TimeOrderedHex(r, "session") })
	r.Commit(func() { s.Sessions.Add(r.Tenant, x.ID, x) })
	return emulate.JSON(http.StatusCreated, x.sessionInfo), nil
}

func listSessions(r *emulate.Request, s *state) (emulate.Response, error) {
	agentID := r.Query.Get("agent_id")
	if r.Query.Has("agent_id") && idProblem("agent", agentID) != "" {
		return emulate.Response{}, refuseQuery(r, "agent_id")
	}
	page, err := readPage(r)
	if err != nil {
		return emulate.Response{}, err
	}
	for x := range s.Sessions.NewestFirst(r.Tenant) {
		if agentID == "" || x.AgentID == agentID {
			page.add(func() any { return x.inList() })
		}
	}
	return page.response(), nil
}

// inList is the session with its previews.
func (x *session) inList() sessionInfo {
	info := x.sessionInfo
	for _, m := range x.Messages {
		switch {
		case m.Role == roleUser && info.Preview == "":
			info.Preview = preview(m.text())
		case m.Role == roleAgent && m.text() != "":
			info.OutputPreview = preview(m.text())
		}
	}
	return info
}

// findSession returns the session that the path names.
func findSession(r *emulate.Request, s *state) (*session, error) {
	id := r.Params["session_id"]
	if problem := idProblem("session", id); problem != "" {
		return nil, refuse(r, http.StatusBadRequest, "Invalid session ID: "+problem, "session_id: expected "+idForm("session"))
	}
	x := s.Sessions.Get(r.Tenant, id)
	if x == nil {
		return nil, refuse(r, http.StatusNotFound, "Session not found", "session_id: expected the id of a session of this organization, got another one")
	}
	return x, nil
}

func getSession(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, x.sessionInfo), nil
}

func updateSession(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	members, err := readMembers(r, r.Operation.Body)
	if err != nil {
		return emulate.Response{}, err
	}
	info := x.sessionInfo
	jsontext.Assign(members, "title", &info.Title, jsontext.PointerTo(jsontext.String))
	jsontext.Assign(members, "tags", &info.Tags, jsontext.Strings)
	info.UpdatedAt = timestamp(r.Now())
	r.Commit(func() { x.sessionInfo = info })
	return emulate.JSON(http.StatusOK, info), nil
}

func deleteSession(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() {
		x.Turn = nil
		s.Sessions.Remove(r.Tenant, x.ID)
	})
	return emulate.Response{Status: http.StatusNoContent}, nil
}

// cancelResult is the body of a response to a cancel.
type cancelResult struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func cancelTurn(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	if x.Turn == nil {
		return emulate.JSON(http.StatusOK, cancelResult{"no_op", "No turn currently running"}), nil
	}
	r.Commit(func() { x.cancel(r, s) })
	return emulate.JSON(http.StatusOK, cancelResult{"cancelled", "Turn cancelled successfully"}), nil
}
