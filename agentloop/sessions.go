package agentloop

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// SessionStatus says what a session is doing. The API may add states.
type SessionStatus string

// The documented states.
const (
	// SessionStarted: the session is new, and no turn has run in it.
	SessionStarted SessionStatus = "started"
	// SessionActive: a turn is running.
	SessionActive SessionStatus = "active"
	// SessionIdle: the last turn has ended, and the session waits for a
	// message.
	SessionIdle SessionStatus = "idle"
	// SessionWaitingForToolResults: a turn waits for the results of tools that
	// the caller runs. Newer servers only.
	SessionWaitingForToolResults SessionStatus = "waitingfortoolresults"
	// SessionPaused: a turn was paused. Newer servers only.
	SessionPaused SessionStatus = "paused"
)

// waitsForCaller reports whether the session goes on only when the caller does
// something. Documents write the words with and without underscores.
func (s SessionStatus) waitsForCaller() bool {
	plain := SessionStatus(strings.ReplaceAll(string(s), "_", ""))
	return plain == SessionWaitingForToolResults || plain == SessionPaused
}

// isAtRest reports whether no turn is running.
func (s SessionStatus) isAtRest() bool { return s == SessionStarted || s == SessionIdle }

// Session is one conversation with an agent.
type Session struct {
	// ID identifies the session, such as
	// "session_01933b5a000070008000000000000001".
	ID string `json:"id"`
	// AgentID is the agent that works in the session. "" on newer servers if
	// there is none.
	AgentID string `json:"agent_id"`
	// Capabilities are those that the session has besides the agent's.
	Capabilities []Capability `json:"capabilities,omitzero"`
	// CreatedAt is when the session was created.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// FinishedAt is when the session ended, "" if it has not.
	FinishedAt agentclients.Timestamp `json:"finished_at,omitempty"`
	// ModelID is the language model of the session, "" for the agent's.
	ModelID string `json:"model_id,omitempty"`
	// OrganizationID is the organization that the session belongs to.
	OrganizationID string `json:"organization_id"`
	// OutputPreview is the beginning of the agent's last message. Lists only.
	OutputPreview string `json:"output_preview,omitempty"`
	// Preview is the beginning of the first message. Lists only.
	Preview string `json:"preview,omitempty"`
	// StartedAt is when the first turn began, "" if there was none.
	StartedAt agentclients.Timestamp `json:"started_at,omitempty"`
	// Status says what the session is doing.
	Status SessionStatus `json:"status"`
	// Tags are words to find sessions by.
	Tags []string `json:"tags,omitzero"`
	// Title is the session's name for people, "" if it has none.
	Title string `json:"title,omitempty"`
	// UpdatedAt is when the session was last changed.
	UpdatedAt agentclients.Timestamp `json:"updated_at"`
	// Usage counts the tokens of all turns of the session. Nil until some were
	// spent.
	Usage *TokenUsage `json:"usage,omitempty"`
}

// String returns the id, the title and the status in one line.
func (s Session) String() string { return line(s.ID, quoted(s.Title), string(s.Status)) }

// line joins what there is of some words.
func line(words ...string) string {
	var all []string
	for _, word := range words {
		if word != "" {
			all = append(all, word)
		}
	}
	return wire.Linef("%s", strings.Join(all, " "))
}

// quoted returns a text in quotes, shortened and without line breaks; "" if
// there is none.
func quoted(text string) string {
	const longest = 80
	if text == "" {
		return ""
	}
	if short := []rune(text); len(short) > longest {
		text = string(short[:longest]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

const sessionPrefix = "session_"

// checkSessionID returns the error of an operation on a session whose id
// cannot be one, else nil.
func checkSessionID(op, sessionID string) error {
	var problems validate.Problems
	validateID(&problems, "session_id", sessionPrefix, sessionID)
	return problems.Err(provider, op)
}

// CreateSessionRequest says what session to create.
type CreateSessionRequest struct {
	// AgentID is the agent that is to work in the session. Required by servers
	// of February 2026, optional on newer ones; here it is required.
	AgentID string `json:"agent_id"`
	// Capabilities are capabilities that the session has besides the agent's.
	// Nil leaves them out: none.
	Capabilities []Capability `json:"capabilities,omitzero"`
	// ModelID is the language model of the session, by its id. Nil: the
	// agent's.
	ModelID *string `json:"model_id,omitempty"`
	// Tags are words to find the session by. Nil leaves them out: none.
	Tags []string `json:"tags,omitzero"`
	// Title is the session's name for people. Nil: none.
	Title *string `json:"title,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// MarshalJSON returns the request as it is sent, with ExtraFields.
func (r CreateSessionRequest) MarshalJSON() ([]byte, error) {
	type plain CreateSessionRequest
	return wire.Encode(plain(r), r.ExtraFields)
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateSession calls it.
func (r CreateSessionRequest) Validate() error {
	var problems validate.Problems
	validateAgentID(&problems, "agent_id", r.AgentID)
	validateContent(&problems, nil, nil, nil, r.Capabilities)
	problems.UTF8(r)
	return problems.Err(provider, "create session")
}

// CreateSession creates a session, in which an agent then answers messages.
// Nothing runs in it until there is one.
//
// It is not repeated when the response is lost, since that would make a second
// session; the error then matches [agentclients.ErrOutcomeUnknown]. A stray
// session runs nothing. To find it, give it a tag of its own and look for that
// in ListSessions.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent (some servers:
// [agentclients.ErrBadRequest]).
//
// API reference: create_session, POST /v1/sessions,
// https://github.com/everruns/everruns.
func (c *Client) CreateSession(ctx context.Context, request CreateSessionRequest, options ...agentclients.CallOption) (*Session, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "create session",
		Method: http.MethodPost,
		Path:   "/v1/sessions",
		Body:   request,
		Replay: transport.ReplayNever,
	}, options, decodeSession)
}

// GetSession reads one session. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such session.
//
// API reference: get_session, GET /v1/sessions/{session_id},
// https://github.com/everruns/everruns.
func (c *Client) GetSession(ctx context.Context, sessionID string, options ...agentclients.CallOption) (*Session, error) {
	const op = "get session"
	if err := checkSessionID(op, sessionID); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/sessions/{session_id}",
		Params: []string{sessionID},
		Replay: transport.ReplaySafe,
	}, options, decodeSession)
}

// ListSessionsRequest says which part of the list of sessions to read. The
// zero value is the first page of all.
type ListSessionsRequest struct {
	// AgentID lists only the sessions of this agent. "": of all agents. An
	// agent that does not exist has none.
	AgentID string
	// Limit is how many sessions to return at most. The server takes more than
	// 100 for 100. 0: its default, which is 20.
	Limit int
	// Offset is how many sessions to leave out at the beginning.
	Offset int
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListSessions calls it.
func (r ListSessionsRequest) Validate() error {
	var problems validate.Problems
	if r.AgentID != "" {
		validateAgentID(&problems, "agent_id", r.AgentID)
	}
	problems.NotNegative("limit", r.Limit)
	problems.NotNegative("offset", r.Offset)
	return problems.Err(provider, "list sessions")
}

func (r ListSessionsRequest) query() url.Values {
	query := wire.NewQuery()
	query.Text("agent_id", r.AgentID)
	query.Number("limit", r.Limit)
	query.Number("offset", r.Offset)
	return query.Values
}

// SessionList is one page of the list of sessions.
type SessionList struct {
	// Sessions are the sessions of this page.
	Sessions []Session `json:"data"`
	// Total is how many sessions there are on all pages. Nil if the server
	// does not tell.
	Total *int `json:"total,omitempty"`
	// Offset is how many sessions come before this page.
	Offset int `json:"offset,omitempty"`
	// Limit is how many sessions a page has at most.
	Limit int `json:"limit,omitempty"`
}

// ListSessions reads one page of the sessions, the newest first. It is
// repeated after every transient failure.
//
// API reference: list_sessions, GET /v1/sessions,
// https://github.com/everruns/everruns.
func (c *Client) ListSessions(ctx context.Context, request ListSessionsRequest, options ...agentclients.CallOption) (*SessionList, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list sessions",
		Method: http.MethodGet,
		Path:   "/v1/sessions",
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeSessionList)
}

// AllSessions reads the sessions page by page, the newest first, beginning at
// Offset. A session that moves to the next page meanwhile is not given twice.
// The loop ends after the last session, or after one error.
//
// API reference: list_sessions, GET /v1/sessions,
// https://github.com/everruns/everruns.
func (c *Client) AllSessions(ctx context.Context, request ListSessionsRequest, options ...agentclients.CallOption) iter.Seq2[Session, error] {
	id := func(s Session) string { return s.ID }
	return pages.Windows(provider, "list sessions", request.Offset, id, func(offset int) (pages.Window[Session], error) {
		request := request
		request.Offset = offset
		list, err := c.ListSessions(ctx, request, options...)
		if err != nil {
			return pages.Window[Session]{}, err
		}
		n := len(list.Sessions)
		return pages.Window[Session]{
			Items: list.Sessions, Start: offset, End: offset + n, Total: list.Total,
			More: list.Total != nil && n > 0 && offset+n < *list.Total,
		}, nil
	})
}

// UpdateSessionRequest says what to change. Nil fields stay as they are, and
// the API takes null for the same.
type UpdateSessionRequest struct {
	// Tags replaces the tags as a whole. An empty list removes all.
	Tags []string `json:"tags,omitzero"`
	// Title is the new title.
	Title *string `json:"title,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// MarshalJSON returns the request as it is sent, with ExtraFields.
func (r UpdateSessionRequest) MarshalJSON() ([]byte, error) {
	type plain UpdateSessionRequest
	return wire.Encode(plain(r), r.ExtraFields)
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. UpdateSession calls it.
func (r UpdateSessionRequest) Validate() error {
	var problems validate.Problems
	if r.Tags == nil && r.Title == nil && len(r.ExtraFields) == 0 {
		problems.Add("", "nothing to change: set tags or title")
	}
	problems.UTF8(r)
	return problems.Err(provider, "update session")
}

// UpdateSession changes the title or the tags of a session. Only the fields
// that are set are sent. It is repeated after every transient failure: it sets
// values, so a repeat changes nothing but updated_at.
//
// Errors: [agentclients.ErrNotFound] if there is no such session.
//
// API reference: update_session, PATCH /v1/sessions/{session_id},
// https://github.com/everruns/everruns.
func (c *Client) UpdateSession(ctx context.Context, sessionID string, request UpdateSessionRequest, options ...agentclients.CallOption) (*Session, error) {
	const op = "update session"
	if err := refuse(op, checkSessionID(op, sessionID), request.Validate()); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodPatch,
		Path:   "/v1/sessions/{session_id}",
		Params: []string{sessionID},
		Body:   request,
		Replay: transport.ReplaySafe,
	}, options, decodeSession)
}

// DeleteSession erases a session with its messages and events. It is repeated
// after every transient failure; 404 to a repeat means that an earlier attempt
// erased it.
//
// Errors: [agentclients.ErrNotFound] if there is no such session.
//
// API reference: delete_session, DELETE /v1/sessions/{session_id},
// https://github.com/everruns/everruns.
func (c *Client) DeleteSession(ctx context.Context, sessionID string, options ...agentclients.CallOption) error {
	const op = "delete session"
	if err := checkSessionID(op, sessionID); err != nil {
		return err
	}
	return transport.Do(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodDelete,
		Path:   "/v1/sessions/{session_id}",
		Params: []string{sessionID},
		Replay: transport.ReplaySafe,
	}, options)
}

// CancelStatus says what a cancel came to. The API may add words.
type CancelStatus string

// The documented words.
const (
	// CancelDone: a turn was running, and was cancelled.
	CancelDone CancelStatus = "cancelled"
	// CancelNoOp: no turn was running.
	CancelNoOp CancelStatus = "no_op"
)

// Cancellation is what a cancel came to.
type Cancellation struct {
	// Message says it for people.
	Message string `json:"message"`
	// Status says whether a turn was cancelled.
	Status CancelStatus `json:"status"`
}

// CancelTurn cancels the turn that is running in a session, whichever it is.
// The event turn.cancelled follows at once, and the session becomes idle when
// the work has stopped; on servers of before July 2026 it may stay active
// forever.
//
// It is repeated after every transient failure, since there is at most one
// turn to cancel. After a repeat the status may be [CancelNoOp] although an
// earlier attempt cancelled the turn. Do not send a message to the session
// before it has returned: a repeat would cancel the turn of that.
//
// A cancel between a message and the start of its turn is lost: the status is
// [CancelNoOp], and the turn runs.
//
// Errors: [agentclients.ErrNotFound] if there is no such session.
//
// API reference: cancel_turn, POST /v1/sessions/{session_id}/cancel,
// https://github.com/everruns/everruns.
func (c *Client) CancelTurn(ctx context.Context, sessionID string, options ...agentclients.CallOption) (*Cancellation, error) {
	const op = "cancel turn"
	if err := checkSessionID(op, sessionID); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodPost,
		Path:   "/v1/sessions/{session_id}/cancel",
		Params: []string{sessionID},
		Replay: transport.ReplaySafe,
	}, options, decodeCancellation)
}

func decodeSession(body []byte) (*Session, error) {
	return wire.DecodeWith(body, "id", func(s *Session) bool { return s.ID != "" })
}

func decodeSessionList(body []byte) (*SessionList, error) {
	return wire.DecodeList(body, "data", func(l *SessionList) *[]Session { return &l.Sessions })
}

func decodeCancellation(body []byte) (*Cancellation, error) {
	return wire.DecodeWith(body, "status", func(c *Cancellation) bool { return c.Status != "" })
}
