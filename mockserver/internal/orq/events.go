package orq

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// taskEvents tells of a turn as stream-task and stream-run do.
type taskEvents struct {
	stream
	isContinuation bool
	waited         time.Duration // in tools and for reviews, which is no time of execution
	since          time.Time     // when that began
}

// timedEvent is an event below /v2.
type timedEvent struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      any    `json:"data"`
}

func newEvent(kind string, at time.Time, data any, last bool) emulate.Frame {
	return event("", timedEvent{kind, at.UTC().Format(timeLayout), data}, last)
}

func (e *taskEvents) tell(p *player, kind string, data any, last bool) {
	e.add(newEvent(kind, p.at, data, last))
}

// tokens are what a turn cost, as the surfaces below /v2 have it.
type tokens struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func newTokens(u *script.Usage) *tokens {
	if u == nil {
		return nil
	}
	return &tokens{u.Input, u.Output, u.Input + u.Output}
}

// billing is what a simulated run costs: nothing.
type billing struct {
	TotalCost     float64 `json:"total_cost"`
	InputCost     float64 `json:"input_cost"`
	OutputCost    float64 `json:"output_cost"`
	Billable      bool    `json:"billable"`
	IntegrationID *string `json:"integration_id"`
}

func (e *taskEvents) accepted(p *player) {
	e.tell(p, "agents.execution_started", struct {
		AgentTaskID string `json:"agent_task_id"`
		WorkspaceID string `json:"workspace_id"`
		TraceID     string `json:"trace_id"`
	}{p.task.ID, p.task.WorkspaceID, p.turn.TraceID}, false)
}

func (e *taskEvents) started(p *player) {
	a, input := p.turn.Agent, p.task.History[p.turn.From]
	e.since = p.turn.Created
	e.tell(p, "event.agents.started", struct {
		WorkflowRunID    string          `json:"workflowRunId"`
		InputMessage     message         `json:"inputMessage"`
		ModelID          string          `json:"modelId"`
		Instructions     string          `json:"instructions"`
		SystemPrompt     string          `json:"system_prompt"`
		AgentManifestID  string          `json:"agent_manifest_id"`
		AgentKey         string          `json:"agent_key"`
		AgentDescription string          `json:"agent_description"`
		Variables        json.RawMessage `json:"variables"`
		IsContinuation   bool            `json:"is_continuation"`
		Stream           bool            `json:"stream"`
		ResponseID       string          `json:"responseId"`
	}{p.turn.TraceID, message{MessageID: input.MessageID, Role: input.Role, Parts: input.Parts}, p.turn.Model, a.Instructions, a.SystemPrompt,
		a.ID, a.Key, a.Description, a.Variables, e.isContinuation, true, p.turn.ID}, false)
}

// thought tells of a message of the agent or of its tools.
func (e *taskEvents) thought(p *player, m message, finish string, calls []pendingCall, usage *tokens) {
	type difference struct {
		MessageID        string            `json:"messageId"`
		Role             string            `json:"role"`
		Parts            []json.RawMessage `json:"parts"`
		AgentID          string            `json:"agent_id"`
		AgentExecutionID string            `json:"agent_execution_id"`
		WorkspaceID      string            `json:"workspace_id"`
	}
	type choiceMessage struct {
		Role      string        `json:"role"`
		Content   *string       `json:"content"`
		ToolCalls []pendingCall `json:"tool_calls,omitempty"`
	}
	type choice struct {
		Index        int           `json:"index"`
		FinishReason string        `json:"finish_reason"`
		Message      choiceMessage `json:"message"`
	}
	said := choice{FinishReason: finish, Message: choiceMessage{Role: "assistant", ToolCalls: calls}}
	if calls == nil {
		said.Message.Content = new(m.textOf())
	}
	e.tell(p, "event.agents.thought", struct {
		AgentID                  string                `json:"agent_id"`
		MessageDifference        map[string]difference `json:"message_difference"`
		Iteration                int                   `json:"iteration"`
		AccumulatedExecutionTime int64                 `json:"accumulated_execution_time"`
		Choice                   choice                `json:"choice"`
		ResponseID               string                `json:"responseId"`
		Usage                    *tokens               `json:"usage,omitempty"`
	}{p.task.AgentID, map[string]difference{m.MessageID: {m.MessageID, m.Role, m.Parts, p.task.AgentID, p.task.ID, p.task.WorkspaceID}},
		p.turn.Steps, (p.at.Sub(p.turn.Created) - e.waited).Milliseconds(), said, p.turn.ID, usage}, false)
}

func (e *taskEvents) called(p *player, m message) {
	var calls []pendingCall
	for _, id := range p.turn.Calls {
		a := p.task.action(id)
		calls = append(calls, pendingCall{id, "function", pendingFunction{a.Tool.DisplayName, string(a.State.Input)}})
	}
	e.thought(p, m, finishToolCalls, calls, nil)
	e.since = p.at
}

// actionEvent is about the review of an action.
type actionEvent struct {
	AgentID          string          `json:"agent_id"`
	ActionID         string          `json:"action_id"`
	RequiresApproval *bool           `json:"requires_approval,omitempty"`
	Tool             *tool           `json:"tool,omitempty"`
	Input            json.RawMessage `json:"input,omitempty"`
	AgentToolCallID  string          `json:"agent_tool_call_id"`
	Review           *string         `json:"review,omitempty"`
	ReviewSource     string          `json:"review_source,omitempty"`
	ReviewedByID     string          `json:"reviewed_by_id,omitempty"`
	MockOutput       json.RawMessage `json:"mock_output,omitempty"`
	WorkflowRunID    string          `json:"workflowRunId,omitempty"`
	ResponseID       string          `json:"responseId,omitempty"`
}

func (e *taskEvents) reviewRequested(p *player, a *action) {
	if a == nil {
		e.since = p.at
		e.tell(p, "event.agents.execution_review_required", struct{}{}, false)
		return
	}
	of, _ := p.turn.tool(a.Tool.DisplayName)
	of.Conditions = orEmpty(of.Conditions)
	e.tell(p, "event.agents.action_review_requested", actionEvent{
		AgentID: a.AgentID, ActionID: a.ID, RequiresApproval: new(true), Tool: &of, Input: a.State.Input,
		AgentToolCallID: a.AgentToolCallID, ResponseID: p.turn.ID,
	}, false)
}

func (e *taskEvents) reviewed(p *player, a *action) {
	if a == nil {
		e.waited += p.at.Sub(e.since)
		e.tell(p, "event.agents.execution_reviewed", struct{}{}, false)
		return
	}
	reviewed := actionEvent{
		AgentID: a.AgentID, ActionID: a.ID, AgentToolCallID: a.AgentToolCallID, Review: a.State.Review, ReviewSource: a.State.ReviewSource,
		ReviewedByID: a.State.ReviewedByID, WorkflowRunID: p.turn.TraceID,
	}
	if string(a.State.Output) != "{}" {
		reviewed.MockOutput = a.State.Output
	}
	e.tell(p, "event.agents.action_reviewed", reviewed, false)
}

// toolContext is where a tool runs.
type toolContext struct {
	ActionID         string `json:"action_id"`
	AgentToolCallID  string `json:"agent_tool_call_id"`
	WorkspaceID      string `json:"workspace_id"`
	AgentManifestID  string `json:"agent_manifest_id"`
	AgentExecutionID string `json:"agent_execution_id"`
	Product          string `json:"product"`
}

// toolEvent is about a tool that runs.
type toolEvent struct {
	ToolID        string          `json:"tool_id,omitempty"`
	ToolKey       string          `json:"tool_key,omitempty"`
	Result        json.RawMessage `json:"result,omitempty"`
	Error         *toolError      `json:"error,omitempty"`
	ActionType    string          `json:"action_type"`
	ToolArguments json.RawMessage `json:"tool_arguments,omitempty"`
	Context       toolContext     `json:"tool_execution_context"`
	WorkflowRunID string          `json:"workflowRunId"`
}

type toolError struct {
	Message string `json:"message"`
}

func newToolEvent(p *player, a *action) toolEvent {
	return toolEvent{
		ActionType: a.ActionType, WorkflowRunID: p.turn.TraceID,
		Context: toolContext{a.ID, a.AgentToolCallID, a.WorkspaceID, a.AgentID, a.AgentExecutionID, "agents"},
	}
}

func (e *taskEvents) toolStarted(p *player, a *action) {
	started := newToolEvent(p, a)
	started.ToolID, started.ToolKey, started.ToolArguments = a.Tool.ID, a.Tool.DisplayName, a.State.Input
	e.tell(p, "event.workflow_events.tool_execution_started", started, false)
}

func (e *taskEvents) toolEnded(p *player, a *action, result json.RawMessage) {
	e.waited, e.since = e.waited+p.at.Sub(e.since), p.at
	ended := newToolEvent(p, a)
	if a.State.Error != "" {
		ended.Error = &toolError{a.State.Error}
		e.tell(p, "event.workflow_events.tool_execution_failed", ended, false)
		return
	}
	ended.Result = result
	e.tell(p, "event.workflow_events.tool_execution_finished", ended, false)
}

// said tells nothing: a thought has the whole text.
func (*taskEvents) said(*player, string) {}

func (e *taskEvents) ended(p *player, m *message) {
	t, usage := p.turn, newTokens(p.turn.Usage)
	if t.Error != nil {
		e.tell(p, "event.agents.errored", struct {
			Error         string `json:"error"`
			Code          int    `json:"code"`
			WorkflowRunID string `json:"workflowRunId"`
			ResponseID    string `json:"responseId"`
		}{t.Error.Message, t.Error.number(), t.TraceID, t.ID}, true)
		e.add(done(p)...)
		return
	}
	finish := t.Finish
	if finish == finishFunctions {
		finish = finishToolCalls
	}
	inactive := struct {
		LastMessage      string        `json:"last_message"`
		LastMessageFull  *message      `json:"last_message_full,omitempty"`
		FinishReason     string        `json:"finish_reason"`
		PendingToolCalls []pendingCall `json:"pending_tool_calls,omitempty"`
		WorkflowRunID    string        `json:"workflowRunId"`
		Usage            *tokens       `json:"usage"`
		Billing          billing       `json:"billing"`
		ResponseID       string        `json:"responseId"`
	}{LastMessage: t.Said, LastMessageFull: m, FinishReason: finish, PendingToolCalls: t.Pending, WorkflowRunID: t.TraceID, Usage: usage, ResponseID: t.ID}
	if m != nil {
		e.thought(p, *m, finish, nil, usage)
	}
	e.tell(p, "event.agents.inactive", inactive, true)
	e.add(done(p)...)
}

// timeout ends a stream whose turn goes on.
func (e *taskEvents) timeout(w emulate.World, at time.Time) []emulate.Frame {
	last := newEvent("agents.timeout", at, map[string]string{"message": "The stream timed out, the agent goes on"}, true)
	return append([]emulate.Frame{last}, done(w)...)
}

// number is the code of an error as a number.
func (e *runError) number() int {
	if number, err := strconv.Atoi(e.Code); err == nil {
		return number
	}
	return http.StatusInternalServerError
}
