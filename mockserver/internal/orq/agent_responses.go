package orq

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

var agentResponseBody = invokeBody.With(
	schema.Optional("background", schema.Boolean),
	schema.Optional("stream", schema.Boolean),
	schema.Optional("conversation", schema.Object(schema.Shape{schema.Required("_id", schema.String(1, 0))})),
)

// agentResponse is a turn as the responses of an agent have it.
type agentResponse struct {
	ID               string        `json:"_id"`
	TaskID           string        `json:"task_id"`
	Output           []message     `json:"output"`
	CreatedAt        string        `json:"created_at"`
	Model            string        `json:"model"`
	Usage            *tokens       `json:"usage,omitempty"`
	FinishReason     string        `json:"finish_reason,omitempty"`
	PendingToolCalls []pendingCall `json:"pending_tool_calls,omitempty"`
	Telemetry        telemetry     `json:"telemetry"`
	Status           string        `json:"status,omitempty"` // what follows is for reads, and for what failed
	Error            string        `json:"error,omitempty"`
}

func (t *task) agentResponse(at *turn) agentResponse {
	b := agentResponse{
		ID: at.ID, TaskID: t.ID, Output: []message{}, CreatedAt: at.Created.UTC().Format(timeLayout), Model: at.Model,
		Usage: newTokens(at.Usage), FinishReason: at.Finish, PendingToolCalls: at.Pending, Telemetry: at.telemetry(),
	}
	if !at.over() {
		b.PendingToolCalls = nil
	}
	for _, m := range t.output(at) {
		b.Output = append(b.Output, message{MessageID: m.MessageID, Role: m.Role, Parts: m.Parts})
	}
	if at.Error != nil {
		b.Status, b.Error = failed, at.Error.Message
	}
	return b
}

func createAgentResponse(r *emulate.Request, s *state) (emulate.Response, error) {
	o, body, err := s.ask(r)
	if err != nil {
		return emulate.Response{}, err
	}
	background, _ := jsontext.Bool(body["background"])
	if streams, _ := jsontext.Bool(body["stream"]); streams {
		told := new(agentResponseEvents)
		o.surface = told
		t, begun := s.begin(r, o)
		return told.follow(t, begun, time.Time{}, nil), nil
	}
	o.waits = !background
	t, begun := s.begin(r, o)
	respond := func() emulate.Response { return emulate.JSON(http.StatusOK, t.agentResponse(begun)) }
	if background {
		return respond(), nil
	}
	return waitFor(t, begun.over, respond), nil
}

// getAgentResponse responds with the latest turn of a task.
func getAgentResponse(r *emulate.Request, s *state) (emulate.Response, error) {
	t, err := s.findTask(r)
	if err != nil {
		return emulate.Response{}, err
	}
	b := t.agentResponse(t.latest())
	switch {
	case b.Status != "":
	case t.latest().over():
		b.Status = completed
	default:
		b.Status = inProgress
	}
	return emulate.JSON(http.StatusOK, b), nil
}

// agentResponseEvents tells of a turn as the responses of an agent do. The
// calls of tools are no parts here: what the caller has to run is in the last
// event.
type agentResponseEvents struct {
	silent
	stream
}

func (e *agentResponseEvents) tell(p *player, kind string, data any, last bool) {
	e.add(newEvent(kind, p.at, data, last))
}

func (e *agentResponseEvents) accepted(p *player) {
	e.tell(p, "response.started", struct {
		ResponseID    string `json:"responseId"`
		TaskID        string `json:"taskId"`
		Model         string `json:"model"`
		WorkflowRunID string `json:"workflowRunId"`
	}{p.turn.ID, p.task.ID, p.turn.Model, p.turn.TraceID}, false)
}

// partEvent is about a part of the output.
type partEvent struct {
	PartID string `json:"partId"`
	Delta  any    `json:"delta,omitempty"`
	Part   any    `json:"part,omitempty"`
}

// callEvent is about a tool.
type callEvent struct {
	ToolID           string          `json:"toolId"`
	ToolName         string          `json:"toolName,omitempty"`
	ToolCallID       string          `json:"toolCallId"`
	Arguments        json.RawMessage `json:"arguments,omitempty"`
	RequiresApproval *bool           `json:"requiresApproval,omitempty"`
	Review           *string         `json:"review,omitempty"`
	Result           json.RawMessage `json:"result,omitempty"`
	Error            string          `json:"error,omitempty"`
}

func newCallEvent(a *action) callEvent {
	return callEvent{ToolID: a.Tool.ID, ToolCallID: a.AgentToolCallID}
}

func (e *agentResponseEvents) reviewRequested(p *player, a *action) {
	if a != nil {
		asked := newCallEvent(a)
		asked.Arguments, asked.RequiresApproval = a.State.Input, new(true)
		e.tell(p, "tool.review.requested", asked, false)
	}
}

func (e *agentResponseEvents) reviewed(p *player, a *action) {
	if a != nil {
		reviewed := newCallEvent(a)
		reviewed.Review = a.State.Review
		e.tell(p, "tool.review.done", reviewed, false)
	}
}

func (e *agentResponseEvents) toolStarted(p *player, a *action) {
	started := newCallEvent(a)
	started.ToolName, started.Arguments = a.Tool.DisplayName, a.State.Input
	e.tell(p, "tool.started", started, false)
}

func (e *agentResponseEvents) toolEnded(p *player, a *action, result json.RawMessage) {
	ended := newCallEvent(a)
	if ended.Error = a.State.Error; ended.Error != "" {
		e.tell(p, "tool.failed", ended, false)
		return
	}
	ended.Result = result
	e.tell(p, "tool.done", ended, false)
}

func (e *agentResponseEvents) said(p *player, piece string) {
	e.tell(p, "part.delta", partEvent{PartID: "text_" + p.turn.SayingID, Delta: textPart{"text", piece}}, false)
}

func (e *agentResponseEvents) ended(p *player, m *message) {
	t := p.turn
	if m != nil {
		e.tell(p, "part.done", partEvent{PartID: "text_" + t.SayingID, Part: textPart{"text", t.Said}}, false)
	}
	if t.Error != nil {
		e.tell(p, "response.failed", struct {
			Error string `json:"error"`
			Code  int    `json:"code"`
		}{t.Error.Message, t.Error.number()}, true)
	} else {
		e.tell(p, "response.done", struct {
			FinishReason     string        `json:"finishReason"`
			Usage            *tokens       `json:"usage"`
			PendingToolCalls []pendingCall `json:"pendingToolCalls,omitempty"`
			Telemetry        telemetry     `json:"telemetry"`
		}{t.Finish, newTokens(t.Usage), t.Pending, t.telemetry()}, true)
	}
	e.add(done(p)...)
}
