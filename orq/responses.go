package orq

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
)

const (
	createResponse = "create response"
	streamResponse = "stream response"
)

// createResponseBody is what is sent.
type createResponseBody struct {
	createResponseFields
	Stream bool `json:"stream,omitempty"`
}

// op returns the operation that starts the response.
func (r CreateResponseRequest) op(name string, stream bool) transport.Op {
	return transport.Op{
		Name:   name,
		Method: http.MethodPost,
		Path:   "/v3/router/responses",
		Body:   createResponseBody{createResponseFields(r), stream},
		Extra:  r.ExtraFields,
		Replay: transport.ReplayNever,
		Starts: true,
		Waits:  !stream && (r.Background == nil || !*r.Background),
	}
}

// CreateResponse gives an agent something to respond to, and waits for the
// response, which comes when the agent is done. One attempt is bounded by
// RunTimeout of the retry policy (10 minutes by default). With Background the
// response comes at once, and is usually queued: WaitResponse waits for its
// end. A response that did not end well is no error: [Response.Err] tells.
//
// It starts at most one response. It is not repeated when the response is
// lost, and the error then matches [agentclients.ErrOutcomeUnknown]: nothing
// in this API names a response before it comes, and there is no list of them.
// StreamResponse and Background tell the id early.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent or previous
// response, or if the server has no such operation: then
// [Client.CreateAgentResponse] or [Client.InvokeAgent] run the agent;
// [agentclients.ErrBadRequest] if the server finds the request wrong,
// [agentclients.ErrOutcomeUnknown] if the response may have been started.
//
// API reference: Create response, POST /v3/router/responses,
// https://docs.orq.ai.
func (c *Client) CreateResponse(ctx context.Context, request CreateResponseRequest, options ...agentclients.CallOption) (*Response, error) {
	if err := request.validate(createResponse); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, request.op(createResponse, false), options, decodeResponse)
}

// StreamResponse gives an agent something to respond to, and returns what
// happens, event by event. The last event is of the type
// [ResponseEventCompleted], [ResponseEventFailed] or
// [ResponseEventIncomplete]; [ResponseEvent.Err] tells what that means. Nothing
// is sent before the events are ranged over, which can be done once. Breaking
// out of the loop leaves the agent working.
//
// It starts at most one response and is never repeated when a response is
// lost, and the stream cannot be resumed. If it ends before its last event, the
// last pair has an error that matches [agentclients.ErrStreamEnded], with the
// id of the response as ResourceID for WaitResponse or GetResponse. If it
// breaks before an event that names the response, the error matches
// [agentclients.ErrOutcomeUnknown]. StreamRun goes on by reading instead.
//
// Errors: those of CreateResponse, and [agentclients.ErrStreamEnded],
// [agentclients.ErrResponseTooLarge] for an event beyond
// StreamPolicy.MaxEventBytes, [agentclients.ErrRunFailed] if the stream ends
// after the server said that something failed.
//
// API reference: Create response, POST /v3/router/responses,
// https://docs.orq.ai.
func (c *Client) StreamResponse(ctx context.Context, request CreateResponseRequest, options ...agentclients.CallOption) iter.Seq2[ResponseEvent, error] {
	return transport.Once(c.transport, streamResponse, func(yield func(ResponseEvent, error) bool) {
		if err := request.validate(streamResponse); err != nil {
			yield(ResponseEvent{}, err)
			return
		}
		streamEvents(ctx, c, request.op(streamResponse, true), options, yield)
	})
}

// GetResponse reads one response that was stored. It is repeated after every
// transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such response, or if it
// was not stored.
//
// API reference: Retrieve response, GET /v3/router/responses/{response_id},
// https://docs.orq.ai.
func (c *Client) GetResponse(ctx context.Context, responseID string, options ...agentclients.CallOption) (*Response, error) {
	response, _, err := c.readResponse(ctx, "get response", responseID, options)
	return response, err
}

// readResponse reads a response, also for calls that take several requests. It
// returns the wait that the server names, too.
func (c *Client) readResponse(ctx context.Context, op, responseID string, options []agentclients.CallOption) (*Response, time.Duration, error) {
	var wait time.Duration
	response, err := transport.Call(ctx, c.transport, transport.Op{
		Name:       op,
		Method:     http.MethodGet,
		Path:       "/v3/router/responses/{response_id}",
		Params:     []string{responseID},
		Replay:     transport.ReplaySafe,
		RetryAfter: &wait,
	}, options, decodeResponse)
	return response, wait, err
}

// WaitResponse waits until a response is done, and returns it, also beside an
// error if it was seen. A response that did not end well is no error:
// [Response.Err] tells. It looks again and again, after waits that grow from
// half a second to 5 seconds; a wait that the server names is kept. progress is
// told of every look; it may be nil.
//
// Looks are repeated after every transient failure, and a few in a row may
// fail. A response that does not exist yet is waited for, for some seconds. If
// ctx has no deadline, the wait ends after RunTimeout of the retry policy (10
// minutes by default); the response goes on.
//
// Errors: [agentclients.ErrInputRequired] if the response waits for the result
// of a function or for an approval: see [Response.Pending],
// [agentclients.ErrNotFound] if there is no such response, the error of the
// context with the id and the last status, and an error that names the status
// if it is none that this package knows.
//
// A response in which a tool waits for the review of a person is in progress,
// and says no more than that: it is waited for. Where the server has
// [Client.ListTasks], the task of the run is [TaskInputRequired], and
// [Client.ListActions] shows what to review.
//
// API reference: Retrieve response, GET /v3/router/responses/{response_id},
// https://docs.orq.ai.
func (c *Client) WaitResponse(ctx context.Context, responseID string, progress func(*Response), options ...agentclients.CallOption) (*Response, error) {
	const op = "wait for response"
	ctx, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	tally, options := transport.NewTally(options)
	defer tally.Report()
	response, err := poll.Wait(ctx, poll.Poll[*Response]{
		Provider: provider, Op: op, ID: responseID,
		Look: func(ctx context.Context) (*Response, time.Duration, error) {
			return c.readResponse(ctx, op, responseID, options)
		},
		State:    (*Response).state,
		Progress: progress,
	})
	return response, mayWait(ctx, response, c.transport.Clean(err))
}

// mayWait says in the error of a deadline what the response may be at. A tool
// that waits for a person shows in no response.
func mayWait(ctx context.Context, response *Response, err error) error {
	var e *agentclients.Error
	if response != nil && response.Status == ResponseInProgress && errors.As(err, &e) && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.Err = fmt.Errorf("%w; a response in progress may wait for the review of a tool: see ListTasks and ListActions of the agent", e.Err)
	}
	return err
}
