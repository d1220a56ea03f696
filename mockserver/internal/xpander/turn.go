package xpander

import (
	"encoding/json"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// turn is one turn of a task: what is asked, and what comes of it.
type turn struct {
	Order *order    `json:"order,omitempty"` // nil: it has begun
	Run   *run.Run  `json:"run,omitempty"`   // nil: it has not begun
	Call  *toolCall `json:"call,omitempty"`  // the tool that is at work

	// What follows is for the one request that began the turn and waits for
	// it: no other request can join in, not even after a snapshot.
	streams bool
	log     []emulate.Frame
	ended   *task // the task at the end of the turn
}

// order is what a turn begins with.
type order struct {
	Turn      script.Turn   `json:"turn"`
	Reply     *script.Reply `json:"reply,omitempty"` // nil: a function decides when it begins
	Otherwise script.Reply  `json:"otherwise"`       // if that function is gone by then
	Task      task          `json:"task"`            // as it is when the turn begins
}

// toolCall is a tool that an agent calls, as events have it.
type toolCall struct {
	RequestID   string          `json:"request_id"`
	OperationID string          `json:"operation_id"`
	ToolCallID  string          `json:"tool_call_id"`
	ToolName    string          `json:"tool_name"`
	Payload     json.RawMessage `json:"payload"`
}

// toolResult is what came of it.
type toolResult struct {
	toolCall
	Result  any  `json:"result"`
	IsError bool `json:"is_error"`
}

// event is one of a stream.
type event struct {
	Type           string `json:"type"`
	TaskID         string `json:"task_id"`
	OrganizationID string `json:"organization_id"`
	Time           string `json:"time"`
	Data           any    `json:"data"`
}

// tell puts an event into the stream of the present turn, if there is one.
func (p *player) tell(kind string, at time.Time, data any) {
	t := p.record
	if !t.Turn.streams {
		return
	}
	text := jsontext.MustMarshal(event{kind, t.ID, t.OrganizationID, stamp(at), data})
	t.Turn.log = append(t.Turn.log, emulate.Frame{
		Data: append(append([]byte("data: "), text...), "\n\n"...),
		Last: kind == "task_finished",
	})
}

// player moves a task on.
type player struct {
	emulate.World
	record *taskRecord
	parent *task // nil: none that is there
}

// begin begins a turn, or lets it wait for those that there are.
func (p *player) begin(next *turn, at time.Time) {
	t := p.record
	if t.Turn != nil {
		t.Queue = append(t.Queue, next)
		return
	}
	o := next.Order
	next.Order = nil
	subs, finished := t.SubExecutions, t.FinishedSubExecutions
	t.task = o.Task
	if subs != nil { // it may have got more since the turn was asked for
		t.SubExecutions, t.FinishedSubExecutions = subs, finished
	}
	o.Turn.History = history(t.Thread)
	next.Run = run.Start(at, o.Turn, o.Reply)
	if o.Reply == nil {
		next.Run.Otherwise = &o.Otherwise
	}
	t.Turn, t.UpdatedAt = next, stamp(at)
	p.say("user", t.Input.Text, at, nil)
	p.tell("task_created", at, taskView(p, t.task))
}

// advance plays what is due.
func (p *player) advance() {
	t := p.record
	for t.Turn != nil {
		r := t.Turn.Run
		if t.Status == paused && !r.Held { // a person has answered
			t.Status, t.HITLRequest = executing, nil
			p.update(p.Now())
		}
		t.next = r.Advance(p.Now(), p.play)
		if !r.Over {
			return
		}
	}
	t.next = time.Time{}
}

// update tells of a change of the task.
func (p *player) update(at time.Time) {
	p.record.UpdatedAt = stamp(at)
	p.tell("task_updated", at, taskView(p, p.record.task))
}

// play does one step of the run.
func (p *player) play(step run.Step) {
	t, now := p.record, p.record.Turn.Run.Due
	switch step.Kind {
	case run.Begin:
		t.Status, t.StartedAt = executing, new(stamp(now))
		p.update(now)
	case run.ToolStart:
		t.Turn.Call = p.call(step.Tool)
		if t.EventsStreaming {
			p.tell("tool_call_request", now, t.Turn.Call)
		}
	case run.ToolEnd:
		result := toolResult{toolCall: *t.Turn.Call, Result: step.Tool.Result}
		if step.Tool.Error != "" {
			result.Result, result.IsError = step.Tool.Error, true
		}
		t.Turn.Call = nil
		if t.EventsStreaming {
			p.tell("tool_call_result", now, result)
		}
	case run.Ask:
		t.Status, t.PausedAt = paused, new(stamp(now))
		t.HITLRequest = &hitlRequest{OperationID: emulate.UUID(p, "operation"), Content: step.Text}
		p.update(now)
	case run.Piece:
		p.tell("chunk", now, step.Text)
	case run.End:
		p.finish(now)
	}
}

func (p *player) call(tool script.ToolCall) *toolCall {
	c := &toolCall{RequestID: emulate.UUID(p, "request"), OperationID: tool.Name, ToolCallID: tool.ID, ToolName: tool.Name, Payload: json.RawMessage("{}")}
	if c.ToolCallID == "" {
		c.ToolCallID = "call_" + emulate.HexID(p, "tool-call", 24)
	}
	if tool.Arguments != nil {
		c.Payload = jsontext.MustMarshal(tool.Arguments)
	}
	return c
}

// finish ends the turn with what the reply says.
func (p *player) finish(at time.Time) {
	t, reply := p.record, p.record.Turn.Run.Reply
	usage := reply.Tokens(t.Turn.Run.Turn)
	t.Tokens = &tokens{usage.Output, usage.Input, usage.Input + usage.Output}
	text := reply.Whole()
	t.Status, t.Result = completed, &text
	if reply.Error != "" {
		t.Status, t.Result = failed, &reply.Error
		switch reply.Code {
		case "", pending, executing, paused, completed: // which are no failures
		default:
			t.Status = reply.Code
		}
	}
	if text != "" || reply.Error == "" {
		p.say("assistant", text, at, &metrics{usage.Input, usage.Output, usage.Input + usage.Output})
	}
	t.FinishedAt = new(stamp(at))
	p.end(at)
}

// stop ends the turn from outside, and those that wait for it.
func (p *player) stop(at time.Time) {
	for p.record.Turn != nil {
		p.record.task = p.record.task.stop(at)
		p.end(at)
	}
}

// end ends the turn as the task says, and begins the next one.
func (p *player) end(at time.Time) {
	t, ended := p.record, p.record.task
	t.UpdatedAt = stamp(at)
	p.tell("task_finished", at, taskView(p, ended))
	t.Turn.Run.Stop()
	t.Turn.ended, t.Turn = &ended, nil
	if p.parent != nil {
		p.parent.FinishedSubExecutions = appendNew(p.parent.FinishedSubExecutions, t.ID)
	}
	if len(t.Queue) > 0 {
		next := t.Queue[0]
		t.Queue = t.Queue[1:]
		p.begin(next, at)
	}
}

// say appends a message to the thread.
func (p *player) say(role, text string, at time.Time, cost *metrics) {
	p.record.Thread = append(p.record.Thread, message{
		ID: emulate.UUID(p, "message"), Role: role, Content: text, Metrics: cost, CreatedAt: at.Unix(),
	})
}

// history is a thread as scripts have it.
func history(thread []message) []script.Message {
	var said []script.Message
	for _, m := range thread {
		role := m.Role
		if role == "assistant" {
			role = "agent"
		}
		said = append(said, script.Message{Role: role, Text: m.Content})
	}
	return said
}

// activeTask is a task that has a turn.
type activeTask struct {
	tenant string
	record *taskRecord
}

// active lists the tasks that have a turn. The list is not stored: it is made
// when the state is used first.
func (s *state) active() []activeTask {
	if !s.listed {
		s.listed = true
		for tenant, t := range s.Tasks.All() {
			if t.Turn != nil {
				s.running = append(s.running, activeTask{tenant, t})
			}
		}
	}
	return s.running
}

// player returns what moves a task on.
func (s *state) player(w emulate.World, tenant string, t *taskRecord) *player {
	p := &player{World: w, record: t}
	if t.ParentExecution != nil {
		if parent := s.Tasks.Get(tenant, *t.ParentExecution); parent != nil && parent != t {
			p.parent = &parent.task
		}
	}
	return p
}

// runs lists the runs that are not over.
func runs(states any) (active []*run.Run) {
	for _, t := range states.(*state).active() {
		if t.record.Turn != nil {
			active = append(active, t.record.Turn.Run)
		}
	}
	return active
}

// advance plays what is due of all tasks.
func advance(w emulate.World, states any) (next time.Time) {
	s, now := states.(*state), w.Now()
	still := s.active()[:0]
	for _, t := range s.running {
		if t.record.Turn != nil && !t.record.Turn.Run.Waits(now) {
			s.player(w, t.tenant, t.record).advance()
		}
		if t.record.Turn == nil {
			continue
		}
		still = append(still, t)
		next = run.Earlier(next, t.record.next)
	}
	clear(s.running[len(still):])
	s.running = still
	return next
}
