package orq

import (
	"context"
	"iter"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// AgentResponseRequest says what an agent is to respond to.
type AgentResponseRequest struct {
	// TaskID continues the task with this id, which must not be working. "":
	// a new task.
	TaskID string `json:"task_id,omitempty"`
	// Message is what the agent is told: see [UserMessage] and
	// [ToolMessage]. Required.
	Message Message `json:"message"`
	// Variables replace the variables in the instructions, by name.
	Variables map[string]any `json:"variables,omitzero"`
	// Identity is who the agent works for. Nil leaves it out.
	Identity *Identity `json:"identity,omitempty"`
	// Thread groups the task with others. Nil leaves it out.
	Thread *Thread `json:"thread,omitempty"`
	// Memory says whose memories the agent uses. Nil leaves it out.
	Memory *Memory `json:"memory,omitempty"`
	// Metadata is noted on the task, of any names.
	Metadata map[string]any `json:"metadata,omitzero"`
	// Engine fills in the variables. Nil leaves it out.
	Engine *Engine `json:"engine,omitempty"`
	// Background makes CreateAgentResponse not wait for the agent:
	// GetAgentResponse reads what came of it. Default false.
	Background *bool `json:"background,omitempty"`
	// Conversation is the conversation that the turn belongs to. Nil leaves
	// it out.
	Conversation *AgentConversation `json:"conversation,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// AgentConversation names a conversation.
type AgentConversation struct {
	// ID identifies the conversation. Required.
	ID string `json:"_id"`
}

const (
	createAgentResponse = "create agent response"
	streamAgentResponse = "stream agent response"
)

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateAgentResponse and
// StreamAgentResponse call it.
func (r AgentResponseRequest) Validate() error { return r.validate(createAgentResponse) }

func (r AgentResponseRequest) validate(op string) error {
	var problems validate.Problems
	r.Message.validate(&problems)
	validateContext(&problems, r.Identity, r.Thread, r.Memory)
	if r.Conversation != nil {
		problems.Required("conversation._id", r.Conversation.ID)
	}
	refuseStream(&problems, r.ExtraFields)
	problems.UTF8(agentResponseFields(r))
	return problems.Err(provider, op)
}

// refuseStream notes a problem if the extra fields say whether to stream,
// which the method says.
func refuseStream(problems *validate.Problems, extra map[string]any) {
	if _, found := extra["stream"]; found {
		problems.Add("stream", "must not be an extra field: the methods that stream set it")
	}
}

// MarshalJSON returns the request as JSON, as CreateAgentResponse sends it:
// with ExtraFields.
func (r AgentResponseRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(agentResponseFields(r), r.ExtraFields)
}

// String returns the request as JSON in one line.
func (r AgentResponseRequest) String() string { return wire.Line(r) }

// agentResponseFields is the request without its extra fields.
type agentResponseFields AgentResponseRequest

// agentResponseBody is what is sent.
type agentResponseBody struct {
	agentResponseFields
	Stream bool `json:"stream,omitempty"`
}

// op returns the operation that starts the turn.
func (r AgentResponseRequest) op(name, agentKey string, stream bool) transport.Op {
	return transport.Op{
		Name:       name,
		Method:     http.MethodPost,
		Path:       "/v2/agents/{agent_key}/responses",
		Params:     []string{agentKey},
		Invalid:    r.validate(name),
		Body:       agentResponseBody{agentResponseFields(r), stream},
		Extra:      r.ExtraFields,
		Replay:     transport.ReplayNever,
		Starts:     true,
		Waits:      !stream && (r.Background == nil || !*r.Background),
		ResourceID: r.TaskID,
	}
}

// CreateAgentResponse gives an agent something to respond to, or goes on with
// a task, and waits for the response, which comes when the agent is done. One
// attempt is bounded by RunTimeout of the retry policy (10 minutes by
// default). With Background the response comes at once, without output, and
// GetAgentResponse reads the rest. A turn that did not end well is no error:
// [AgentResponse.Err] tells.
//
// agentKey is the key of the agent, and may end with "@" and a version.
//
// It starts at most one turn. It is not repeated when the response is lost,
// and the error then matches [agentclients.ErrOutcomeUnknown]: nothing in this
// API names a task before its response does. StreamAgentResponse and
// Background tell the id early.
//
// The vendor deprecates this operation and recommends what
// [Client.CreateResponse] does.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent or task,
// [agentclients.ErrConflict] if the task is still working,
// [agentclients.ErrBadRequest] if the server finds the request wrong,
// [agentclients.ErrOutcomeUnknown] if the turn may have been started.
//
// API reference: Create response, POST /v2/agents/{agent_key}/responses,
// https://docs.orq.ai.
func (c *Client) CreateAgentResponse(ctx context.Context, agentKey string, request AgentResponseRequest, options ...agentclients.CallOption) (*AgentResponse, error) {
	return transport.Call(ctx, c.transport, request.op(createAgentResponse, agentKey, false), options, decodeAgentResponse)
}

// StreamAgentResponse gives an agent something to respond to, or goes on with
// a task, and returns what happens, event by event. The last event is of the
// type [AgentResponseEventDone] or [AgentResponseEventErrored];
// [AgentResponseEvent.Err] tells what that means. Nothing is sent before the
// events are ranged over, which can be done once. Breaking out of the loop
// leaves the agent working.
//
// agentKey is the key of the agent, and may end with "@" and a version.
//
// It starts at most one turn and is never repeated when a response is lost,
// and the stream cannot be resumed. If it ends before its last event, the last
// pair has an error that matches [agentclients.ErrStreamEnded], with the id of
// the task as ResourceID for GetAgentResponse. If it breaks before an event
// that names the task, the error matches [agentclients.ErrOutcomeUnknown].
//
// The vendor deprecates this operation and recommends what
// [Client.StreamResponse] does.
//
// Errors: those of CreateAgentResponse, and [agentclients.ErrStreamEnded],
// [agentclients.ErrResponseTooLarge] for an event beyond
// StreamPolicy.MaxEventBytes, [agentclients.ErrRunFailed] if the stream ends
// after the server said that something failed.
//
// API reference: Create response, POST /v2/agents/{agent_key}/responses,
// https://docs.orq.ai.
func (c *Client) StreamAgentResponse(ctx context.Context, agentKey string, request AgentResponseRequest, options ...agentclients.CallOption) iter.Seq2[AgentResponseEvent, error] {
	return transport.Once(c.transport, streamAgentResponse, func(yield func(AgentResponseEvent, error) bool) {
		streamEvents(ctx, c, request.op(streamAgentResponse, agentKey, true), options, yield)
	})
}

// GetAgentResponse reads the latest turn of a task. It is repeated after every
// transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such task.
//
// API reference: Get response, GET /v2/agents/{agent_key}/responses/{task_id},
// https://docs.orq.ai.
func (c *Client) GetAgentResponse(ctx context.Context, agentKey, taskID string, options ...agentclients.CallOption) (*AgentResponse, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get agent response",
		Method: http.MethodGet,
		Path:   "/v2/agents/{agent_key}/responses/{task_id}",
		Params: []string{agentKey, taskID},
		Replay: transport.ReplaySafe,
	}, options, decodeAgentResponse)
}
