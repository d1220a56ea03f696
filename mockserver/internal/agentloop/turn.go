package agentloop

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// What the simulated model is, and what it says.
const (
	modelName     = "llmsim-model"
	modelProvider = "llmsim"
	usualReply    = "Hello! I'm a simulated LLM response."
)

// What is said when a turn does not come to a good end.
const (
	apology          = "I encountered an error while processing your request. Please try again later."
	usualErrorCode   = "llm_error"
	cancelReason     = "User requested cancellation"
	cancelRequest    = "User requested to cancel the work."
	cancelConclusion = "Work was cancelled by user."
)

// sealReasons are the error codes of a script that make a turn end as sealed:
// it was stopped because it wasted something.
var sealReasons = []string{"no_progress", "budget"}

// batch is how long pieces of a text are collected for one event.
const batch = 100 * time.Millisecond

// turn is what an agent does about a message.
type turn struct {
	ID             string    `json:"id"`
	InputMessageID string    `json:"input_message_id"`
	Run            *run.Run  `json:"run"`
	Activated      bool      `json:"activated,omitempty"`
	Cancelled      bool      `json:"cancelled,omitempty"` // all that is left to do is to say so
	Calls          []string  `json:"calls,omitempty"`     // the ids of the tool calls
	Failed         int       `json:"failed,omitempty"`    // how many of these
	Iterations     int       `json:"iterations,omitempty"`
	Since          time.Time `json:"since,omitzero"` // when this part of it began
	Said           string    `json:"said,omitempty"`
	Unsaid         string    `json:"unsaid,omitempty"` // what no delta has told yet
	Batched        time.Time `json:"batched,omitzero"` // since when
}

func (t *turn) context() eventContext { return eventContext{t.ID, t.InputMessageID} }

// The data of events.
type (
	turnData struct {
		TurnID         string      `json:"turn_id"`
		InputMessageID string      `json:"input_message_id,omitempty"`
		Iterations     int         `json:"iterations,omitempty"`
		DurationMS     *int64      `json:"duration_ms,omitempty"`
		Reason         string      `json:"reason,omitempty"`
		Error          string      `json:"error,omitempty"`
		ErrorCode      string      `json:"error_code,omitempty"`
		Detail         string      `json:"detail,omitempty"`
		Usage          *tokenUsage `json:"usage,omitempty"`
	}
	reasonData struct {
		AgentID  string    `json:"agent_id"`
		Metadata modelData `json:"metadata"`
	}
	reasonResult struct {
		Success       bool        `json:"success"`
		HasToolCalls  bool        `json:"has_tool_calls"`
		ToolCallCount int         `json:"tool_call_count"`
		TextPreview   string      `json:"text_preview,omitempty"`
		Error         string      `json:"error,omitempty"`
		DurationMS    int64       `json:"duration_ms"`
		Usage         *tokenUsage `json:"usage,omitempty"`
	}
	modelData struct {
		Model string `json:"model"`
	}
	outputData struct {
		TurnID string `json:"turn_id"`
		Model  string `json:"model"`
	}
	deltaData struct {
		TurnID      string `json:"turn_id"`
		Delta       string `json:"delta"`
		Accumulated string `json:"accumulated"`
	}
	messageData struct {
		Message  messageInfo `json:"message"`
		Metadata *modelData  `json:"metadata,omitempty"`
		Usage    *tokenUsage `json:"usage,omitempty"`
	}
	generationData struct {
		Messages []messageInfo      `json:"messages"`
		Tools    []string           `json:"tools"` // none are described
		Output   generationOutput   `json:"output"`
		Metadata generationMetadata `json:"metadata"`
	}
	generationOutput struct {
		Text      *string    `json:"text,omitempty"`
		ToolCalls []toolCall `json:"tool_calls"`
	}
	generationMetadata struct {
		Model         string      `json:"model"`
		Provider      string      `json:"provider"`
		Success       bool        `json:"success"`
		DurationMS    int64       `json:"duration_ms"`
		FinishReasons []string    `json:"finish_reasons,omitempty"`
		Error         string      `json:"error,omitempty"`
		Usage         *tokenUsage `json:"usage,omitempty"`
	}
	toolCall struct {
		Type      string          `json:"type,omitempty"` // of a part of a message
		ID        string          `json:"id"`
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments,omitempty"`
	}
	toolData struct {
		ToolCall toolCall `json:"tool_call"`
	}
	toolResult struct {
		ToolCallID string `json:"tool_call_id"`
		ToolName   string `json:"tool_name"`
		Success    bool   `json:"success"`
		Status     string `json:"status"`
		Result     []part `json:"result,omitempty"`
		Error      string `json:"error,omitempty"`
		DurationMS int64  `json:"duration_ms"`
	}
	toolResultPart struct {
		Type       string          `json:"type"`
		ToolCallID string          `json:"tool_call_id"`
		Result     json.RawMessage `json:"result,omitempty"`
		Error      string          `json:"error,omitempty"`
	}
	actData struct {
		ToolCalls []toolCall `json:"tool_calls"`
	}
	actResult struct {
		Completed    bool  `json:"completed"`
		SuccessCount int   `json:"success_count"`
		ErrorCount   int   `json:"error_count"`
		DurationMS   int64 `json:"duration_ms"`
	}
)

// running is a session in which a turn runs, and whose it is.
type running struct {
	session *session
	tenant  string
}

// index lists the sessions in which a turn runs.
type index struct {
	running []running
	built   bool      // else it has to be looked for: the state was just read
	quiet   bool      // nothing happens before next unless something else does
	next    time.Time // zero: nothing waits for time
}

// active lists the sessions in which a turn runs.
func (s *state) active() []running {
	if !s.index.built {
		s.index = index{built: true}
		for tenant, x := range s.Sessions.All() {
			if x.Turn != nil && x.Turn.Run == nil { // written by hand
				x.Turn = nil
			}
			if x.Turn != nil {
				s.index.running = append(s.index.running, running{x, tenant})
			}
		}
	}
	return s.index.running
}

// runs lists the runs that are not over. Whoever asks may change them.
func runs(st any) (active []*run.Run) {
	s := st.(*state)
	for _, r := range s.active() {
		if r.session.Turn != nil && !r.session.Turn.Run.Over {
			active = append(active, r.session.Turn.Run)
		}
	}
	s.index.quiet = false
	return active
}

// advance does what is due of the turns of all sessions.
func advance(w emulate.World, st any) time.Time {
	s := st.(*state)
	active := s.active()
	if s.index.quiet && (s.index.next.IsZero() || w.Now().Before(s.index.next)) {
		return s.index.next
	}
	quiet, next := true, time.Time{}
	for _, r := range active {
		r.session.advance(w, s, r.tenant)
		if t := r.session.Turn; t != nil {
			next = run.Earlier(next, r.session.due)
			quiet = quiet && t.Run.Reply != nil
		}
	}
	s.index.running = slices.DeleteFunc(active, func(r running) bool { return r.session.Turn == nil })
	s.index.quiet, s.index.next = quiet, next
	return next
}

// begin starts a turn of a session, and takes the reply to it.
func (x *session) begin(w emulate.World, s *state, tenant, messageID, input string, at time.Time) {
	s.active() // before there is one more
	asked := script.Turn{Agent: x.AgentID, Thread: x.ID, Input: input, History: x.history(messageID)}
	otherwise := script.Reply{Text: usualReply}
	x.Turn = &turn{
		ID:             "turn_" + emulate.TimeOrderedHex(w, "turn"),
		InputMessageID: messageID,
		Run:            run.Start(at, asked, w.Reply(asked, otherwise)),
		Since:          at,
	}
	if x.Turn.Run.Reply == nil {
		x.Turn.Run.Otherwise = &otherwise
	}
	if !slices.ContainsFunc(s.index.running, func(r running) bool { return r.session == x }) {
		s.index.running = append(s.index.running, running{x, tenant})
	}
	s.index.quiet = false
}

// cancel stops the turn of a session. The agent has the last word, but only
// when it has noticed.
func (x *session) cancel(r *emulate.Request, s *state) {
	t, now := x.Turn, r.Now()
	t.Run.Stop()
	t.Cancelled = true
	context := t.context()
	if r.Variant(cancelIDs) { // what early servers made up
		context = eventContext{"turn_" + strings.TrimPrefix(x.ID, "session_"), "message_" + emulate.TimeOrderedHex(r, "message")}
	}
	x.log(r, now, turnCancelled, context, turnData{TurnID: context.TurnID, Reason: cancelReason})
	x.say(r, now, context, roleUser, []part{textPart(cancelRequest)})
	if r.Variant(cancelStuck) {
		x.Turn = nil
	}
	s.index.quiet = false
}

// advance does what is due of the turn, and of those behind it.
func (x *session) advance(w emulate.World, s *state, tenant string) {
	x.due = time.Time{}
	for x.Turn != nil {
		t, at := x.Turn, w.Now()
		if !t.Activated {
			t.activate(w, x)
		}
		if t.Cancelled {
			x.say(w, at, t.context(), roleAgent, []part{textPart(cancelConclusion)})
			t.idle(w, x, at)
		} else {
			x.due = t.Run.Advance(at, func(step run.Step) { t.play(w, s, tenant, x, step) })
			if !t.Run.Over {
				return
			}
			at = t.Run.Due
		}
		x.Turn = nil
		x.followUp(w, s, tenant, at)
	}
}

// followUp starts a turn for the messages that none has read. It is that of
// the oldest one, and reads them all.
func (x *session) followUp(w emulate.World, s *state, tenant string, at time.Time) {
	if w.Variant(noFollowUp) || w.Variant(strictFeb) {
		x.Waiting = nil
	}
	var texts []string
	oldest := ""
	for i := range x.Messages {
		if m := &x.Messages[i]; slices.Contains(x.Waiting, m.ID) {
			texts = append(texts, m.text())
			oldest = orElse(oldest, m.ID)
		}
	}
	x.Waiting = nil
	if oldest != "" {
		x.begin(w, s, tenant, oldest, strings.Join(texts, "\n"), at)
	}
}

// activate begins the turn.
func (t *turn) activate(w emulate.World, x *session) {
	t.Activated = true
	at := timestamp(t.Run.Begun)
	x.Status, x.UpdatedAt = sessionActive, at
	if x.StartedAt == nil {
		x.StartedAt = &at
	}
	x.log(w, at, sessionActivated, t.context(), turnData{TurnID: t.ID, InputMessageID: t.InputMessageID})
	x.log(w, at, turnStarted, t.context(), turnData{TurnID: t.ID, InputMessageID: t.InputMessageID})
	t.reason(w, x, at)
}

// reason lets the model think about all messages that there are.
func (t *turn) reason(w emulate.World, x *session, at time.Time) {
	t.Iterations++
	t.Since = at
	x.Waiting = nil
	x.log(w, at, reasonStarted, t.context(), reasonData{x.AgentID, modelData{modelName}})
	x.log(w, at, outputStarted, t.context(), outputData{t.ID, modelName})
}

// took is how long a part of the turn took, in milliseconds.
func (t *turn) took(at time.Time) int64 { return at.Sub(t.Since).Milliseconds() }

// play does one step of the turn.
func (t *turn) play(w emulate.World, s *state, tenant string, x *session, step run.Step) {
	at, reply := t.Run.Due, t.Run.Reply
	switch step.Kind {
	case run.Begin:
		if len(reply.Tools) > 0 {
			t.callTools(w, x, at)
		}
	case run.ToolStart:
		x.log(w, at, toolStarted, t.context(), toolData{t.call(step.Index)})
		t.Batched = at
	case run.ToolEnd:
		t.endTool(w, x, step, at)
	case run.Piece:
		if t.Unsaid == "" {
			t.Batched = at
		}
		t.Unsaid += step.Text
		if reply.Chunks != nil || at.Add(reply.Pace).Sub(t.Batched) >= batch {
			t.tell(w, x, at)
		}
	case run.End:
		t.tell(w, x, at)
		t.end(w, s, tenant, x, at)
	}
}

// call is one of the tool calls.
func (t *turn) call(i int) toolCall {
	tool := t.Run.Reply.Tools[i]
	call := toolCall{ID: tool.ID, Name: tool.Name, Arguments: json.RawMessage("{}")}
	if call.ID == "" && i < len(t.Calls) {
		call.ID = t.Calls[i]
	}
	if tool.Arguments != nil {
		call.Arguments = jsontext.MustMarshal(tool.Arguments)
	}
	return call
}

// callTools ends the thought that wants tools.
func (t *turn) callTools(w emulate.World, x *session, at time.Time) {
	var calls, names []toolCall
	var parts []part
	for i := range t.Run.Reply.Tools {
		t.Calls = append(t.Calls, "call_"+emulate.HexID(w, "call", 24))
		call := t.call(i)
		calls = append(calls, call)
		names = append(names, toolCall{ID: call.ID, Name: call.Name})
		call.Type = "tool_call"
		parts = append(parts, jsontext.MustMarshal(call))
	}
	t.generated(w, x, at, generationOutput{ToolCalls: calls}, generationMetadata{Success: true, FinishReasons: []string{"tool_calls"}})
	x.say(w, at, t.context(), roleAgent, parts)
	x.log(w, at, reasonCompleted, t.context(), reasonResult{Success: true, HasToolCalls: true, ToolCallCount: len(calls), DurationMS: t.took(at)})
	t.Since = at
	x.log(w, at, actStarted, t.context(), actData{names})
}

// endTool notes what came back from a tool. Behind the last one the model
// thinks again.
func (t *turn) endTool(w emulate.World, x *session, step run.Step, at time.Time) {
	call := t.call(step.Index)
	result := toolResult{
		ToolCallID: call.ID, ToolName: call.Name, Success: step.Tool.Error == "", Status: "success",
		Error: step.Tool.Error, DurationMS: at.Sub(t.Batched).Milliseconds(),
	}
	given := toolResultPart{Type: roleToolResult, ToolCallID: call.ID, Error: step.Tool.Error}
	if !result.Success {
		result.Status = "error"
		t.Failed++
	}
	if step.Tool.Result != nil {
		given.Result = jsontext.MustMarshal(step.Tool.Result)
		text, ok := step.Tool.Result.(string)
		if !ok {
			text = string(given.Result)
		}
		result.Result = []part{textPart(text)}
	}
	e := x.log(w, at, toolCompleted, t.context(), result)
	x.keep(x.newMessage(w, at, roleToolResult, []part{jsontext.MustMarshal(given)}), e.Sequence)
	if tools := len(t.Run.Reply.Tools); step.Index == tools-1 {
		x.log(w, at, actCompleted, t.context(), actResult{true, tools - t.Failed, t.Failed, t.took(at)})
		t.reason(w, x, at)
	}
}

// tell gives the pieces that were collected.
func (t *turn) tell(w emulate.World, x *session, at time.Time) {
	if t.Unsaid == "" {
		return
	}
	t.Said += t.Unsaid
	x.log(w, at, outputDelta, t.context(), deltaData{t.ID, t.Unsaid, t.Said})
	t.Unsaid = ""
}

// end ends the turn as the script wants it.
func (t *turn) end(w emulate.World, s *state, tenant string, x *session, at time.Time) {
	reply, duration := t.Run.Reply, at.Sub(t.Run.Begun).Milliseconds()
	if reply.Error != "" {
		t.generated(w, x, at, generationOutput{}, generationMetadata{Error: reply.Error})
		x.say(w, at, t.context(), roleAgent, []part{textPart(apology)})
		x.log(w, at, reasonCompleted, t.context(), reasonResult{Error: reply.Error, DurationMS: t.took(at)})
		if slices.Contains(sealReasons, reply.Code) {
			x.log(w, at, turnSealed, t.context(), turnData{TurnID: t.ID, Iterations: t.Iterations, Reason: reply.Code, Detail: reply.Error})
		} else {
			x.log(w, at, turnFailed, t.context(), turnData{TurnID: t.ID, Error: reply.Error, ErrorCode: orElse(reply.Code, usualErrorCode)})
		}
		t.idle(w, x, at)
		return
	}
	cost := reply.Tokens(t.Run.Turn)
	usage := &tokenUsage{cost.Input, cost.Output}
	t.generated(w, x, at, generationOutput{Text: &t.Said}, generationMetadata{Success: true, FinishReasons: []string{"stop"}, Usage: usage})
	x.saying(w, at, t.context(), roleAgent, []part{textPart(t.Said)}, usage)
	x.log(w, at, reasonCompleted, t.context(), reasonResult{Success: true, TextPreview: preview(t.Said), DurationMS: t.took(at), Usage: usage})
	x.Usage = x.Usage.plus(*usage)
	s.spend(tenant, x.AgentID, *usage)
	x.log(w, at, turnCompleted, t.context(), turnData{TurnID: t.ID, Iterations: t.Iterations, DurationMS: &duration, Usage: usage})
	t.idle(w, x, at)
}

// idle ends the work of the session.
func (t *turn) idle(w emulate.World, x *session, at time.Time) {
	x.Status, x.UpdatedAt = sessionIdle, timestamp(at)
	x.log(w, at, sessionIdled, t.context(), turnData{TurnID: t.ID, Iterations: t.Iterations, Usage: x.Usage})
}

// generated notes what the model made of what it was asked.
func (t *turn) generated(w emulate.World, x *session, at time.Time, output generationOutput, metadata generationMetadata) {
	data := generationData{Messages: []messageInfo{}, Tools: []string{}, Output: output, Metadata: metadata}
	for i := range x.Messages { // all of them in each event would be too much
		if x.Messages[i].ID == t.InputMessageID {
			data.Messages = append(data.Messages, x.Messages[i].messageInfo)
		}
	}
	if data.Output.ToolCalls == nil {
		data.Output.ToolCalls = []toolCall{}
	}
	data.Metadata.Model, data.Metadata.Provider, data.Metadata.DurationMS = modelName, modelProvider, t.took(at)
	x.log(w, at, llmGeneration, t.context(), data)
}

// spend counts the tokens of an agent.
func (s *state) spend(tenant, agentID string, usage tokenUsage) {
	a := s.Agents.Get(tenant, agentID)
	if a == nil {
		return
	}
	spent := new(tokenUsage)
	if a.Usage != nil && json.Unmarshal(a.Usage, spent) != nil {
		return // a seed has something else there
	}
	a.Usage = jsontext.MustMarshal(spent.plus(usage))
}

// newMessage makes a message of a session.
func (x *session) newMessage(w emulate.World, at time.Time, role string, content []part) messageInfo {
	return messageInfo{ID: "message_" + emulate.TimeOrderedHex(w, "message"), Role: role, Content: content, CreatedAt: timestamp(at)}
}

// keep stores a message.
func (x *session) keep(m messageInfo, sequence int) {
	x.Messages = append(x.Messages, message{m, x.ID, sequence})
}

// say adds a message of the user or the agent to the session.
func (x *session) say(w emulate.World, at time.Time, context eventContext, role string, content []part) {
	x.saying(w, at, context, role, content, nil)
}

func (x *session) saying(w emulate.World, at time.Time, context eventContext, role string, content []part, usage *tokenUsage) {
	data, kind := messageData{Message: x.newMessage(w, at, role, content), Usage: usage}, inputMessage
	if role == roleAgent {
		data.Metadata, kind = &modelData{modelName}, outputCompleted
	}
	x.keep(data.Message, x.log(w, at, kind, context, data).Sequence)
}
