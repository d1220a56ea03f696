package orq

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// usualReply is what an agent says that nobody scripted.
const usualReply = "Hello! I'm a simulated reply."

// The reasons for which a turn ends. The first three are good ends.
const (
	finishStop      = "stop"
	finishFunctions = "function_call"
	finishToolCalls = "tool_calls"
	maxIterations   = "max_iterations"
)

// cutShort are the codes of an error with which a script ends a turn before
// its time, but not as a failure.
var cutShort = []string{"length", "content_filter", maxIterations, "max_time"}

// wasDeleted is the error of what ran when its agent was deleted.
const wasDeleted = "Agent was deleted"

// surface tells the request that began a turn, and streams it, what happens.
type surface interface {
	accepted(p *player)                   // the turn is there
	started(p *player)                    // the agent begins
	called(p *player, m message)          // it wants tools
	reviewRequested(p *player, a *action) // nil: of the execution
	reviewed(p *player, a *action)        // nil: of the execution
	toolStarted(p *player, a *action)
	toolEnded(p *player, a *action, result json.RawMessage)
	said(p *player, piece string) // a piece of the text
	ended(p *player, m *message)  // with the message of the text, if there is one
}

// silent is the surface of a turn that nobody streams.
type silent struct{}

func (silent) accepted(*player)                            {}
func (silent) started(*player)                             {}
func (silent) called(*player, message)                     {}
func (silent) reviewRequested(*player, *action)            {}
func (silent) reviewed(*player, *action)                   {}
func (silent) toolStarted(*player, *action)                {}
func (silent) toolEnded(*player, *action, json.RawMessage) {}
func (silent) said(*player, string)                        {}
func (silent) ended(*player, *message)                     {}

// player moves the latest turn of a task on.
type player struct {
	emulate.World
	state  *state
	tenant string
	task   *task
	turn   *turn
	at     time.Time // when what is being told happens
}

// order is what a turn begins with.
type order struct {
	task     *task     // that goes on
	agent    *agent    // as it runs
	becomes  *agent    // what it is after the run; nil: what it is
	earlier  []message // what was said before, and is in no task
	input    message
	metadata json.RawMessage // an object, or nothing
	request  *responseRequest
	left     *turn                      // the turn before, that left functions to the caller
	results  map[string]json.RawMessage // of these functions
	surface  surface                    // nil: nobody streams the turn
	waits    bool                       // the response tells the end of the turn
}

// begin begins a turn. A request that only pretends gets a copy that nobody
// else sees.
func (s *state) begin(r *emulate.Request, o order) (*task, *turn) {
	t, w := o.task, s.workspaceOf(r)
	if r.Pretends {
		alone := *t
		alone.History, alone.Turns, alone.Actions = slices.Clip(t.History), slices.Clip(t.Turns), slices.Clip(t.Actions)
		t = &alone
	}
	begun := &turn{
		ID: emulate.ULID(r, "response"), Model: o.agent.Model.ID, TraceID: emulate.HexID(r, "trace", 32),
		Created: r.Now(), Changed: r.Now(), Request: o.request, Agent: o.agent, AgentKey: o.agent.Key, Becomes: o.becomes, surface: o.surface,
	}
	asking := append(slices.Clip(o.earlier), o.input)
	for i := range asking {
		m := &asking[i]
		m.Kind, m.TaskID, m.ContextID = "message", t.ID, t.ContextID
		if m.MessageID == "" {
			m.MessageID = emulate.ULID(r, "message")
		}
	}
	asked := script.Turn{Agent: o.agent.Key, Thread: t.ID, Input: o.input.textOf(), History: said(append(slices.Clip(t.History), o.earlier...))}
	otherwise := script.Reply{Text: usualReply}
	rest := o.rest()
	begin := func(reply *script.Reply) {
		t.WorkspaceID = w.ID
		t.Metadata = t.metadata(o.agent, o.metadata)
		t.History = append(t.History, asking...)
		begun.From = len(t.History) - 1
		t.Turns = append(t.Turns, begun)
		begun.Run = run.Start(r.Now(), asked, reply)
		if reply == nil {
			begun.Run.Otherwise = &otherwise
		}
		p := s.player(r, r.Tenant, t)
		p.at = r.Now()
		p.tell().accepted(p)
	}
	if r.Pretends {
		begun.Becomes = nil
		begin(cmp.Or(rest, &otherwise))
		if o.waits || o.surface != nil {
			s.player(r, r.Tenant, t).advance()
		}
		return t, begun
	}
	r.Commit(func() {
		s.keep(r, w)
		s.running = append(s.active(), activeTask{r.Tenant, t})
		s.Tasks.Add(r.Tenant, t.ID, t)
		s.Responses.Add(r.Tenant, begun.ID, &t.ID)
		t.deliver(r, o.results)
		reply := rest
		if reply == nil {
			reply = r.Reply(asked, otherwise)
		}
		begin(reply)
	})
	return t, begun
}

// newTask is a task of which nothing was said.
func (s *state) newTask(r *emulate.Request, a *agent) *task {
	id := s.Tasks.FreeID(r.Tenant, func() string { return emulate.ULID(r, "task") })
	return &task{ID: id, ContextID: emulate.UUID(r, "context"), AgentID: a.ID}
}

// branch is a new task that goes on where a turn of this one ended.
func (t *task) branch(s *state, r *emulate.Request, from *turn) *task {
	branch := *t
	branch.ID = s.Tasks.FreeID(r.Tenant, func() string { return emulate.ULID(r, "task") })
	branch.History, branch.Turns, branch.Actions = slices.Clone(t.History[:from.To]), nil, nil
	return &branch
}

// metadata joins what the requests of a task said with what the API adds.
func (t *task) metadata(a *agent, more json.RawMessage) json.RawMessage {
	all, _ := jsontext.Members(t.Metadata)
	if all == nil {
		all = jsontext.Object{}
	}
	added, _ := jsontext.Members(more)
	maps.Copy(all, added)
	for name, value := range map[string]string{"orq_workspace_id": t.WorkspaceID, "orq_agent_id": t.AgentID, "orq_agent_key": a.Key} {
		all[name] = jsontext.MustMarshal(value)
	}
	return jsontext.MustMarshal(all)
}

// rest is what is left of a reply whose functions the caller has run; nil if
// nothing is.
func (o order) rest() *script.Reply {
	if o.left == nil {
		return nil
	}
	rest := *o.left.Run.Reply
	rest.Tools, rest.Delay = nil, 0
	if rest.Whole() == "" && rest.Error == "" && rest.Ask == "" && !rest.Hold {
		return nil
	}
	return &rest
}

// deliver notes what the functions returned.
func (t *task) deliver(r *emulate.Request, results map[string]json.RawMessage) {
	for id, result := range results {
		if a := t.action(id); a != nil {
			a.finish(r.Now(), result, "")
		}
	}
}

// finish notes what came of an action.
func (a *action) finish(at time.Time, result json.RawMessage, problem string) {
	a.Updated = at.UTC().Format(timeLayout)
	a.Finished = a.Updated
	a.State.Executed, a.State.Error = problem == "", problem
	if len(result) == 0 {
		return
	}
	if a.State.Output = result; result[0] != '{' { // it must be an object
		a.State.Output = jsontext.MustMarshal(map[string]json.RawMessage{"result": result})
	}
}

// result is what came of an action, as it was.
func (a *action) result() json.RawMessage {
	if a.State.Error != "" {
		return jsontext.MustMarshal(map[string]string{"error": a.State.Error})
	}
	members, _ := jsontext.Members(a.State.Output)
	if inner, ok := members["result"]; ok && len(members) == 1 {
		return inner
	}
	return a.State.Output
}

// player returns what moves a task on.
func (s *state) player(w emulate.World, tenant string, t *task) *player {
	return &player{World: w, state: s, tenant: tenant, task: t, turn: t.latest()}
}

// tell is the surface that is told what happens.
func (p *player) tell() surface {
	if p.turn.surface == nil {
		return silent{}
	}
	return p.turn.surface
}

// advance plays what is due.
func (p *player) advance() {
	t := p.turn
	if t.over() {
		return
	}
	if t.Waiting != "" && !t.Run.Held { // somebody has reviewed it, or let it go on
		p.at = t.Run.Due
		p.goOn()
	}
	p.task.next = t.Run.Advance(p.Now(), p.play)
}

// play does one step of the run.
func (p *player) play(step run.Step) {
	t := p.turn
	p.at = t.Run.Due
	t.Changed = p.at
	switch step.Kind {
	case run.Begin:
		t.Started = true
		t.Steps++
		p.tell().started(p)
		if len(t.Run.Reply.Tools) > 0 {
			p.call()
		}
	case run.ToolStart:
		p.startTool(step)
	case run.ToolEnd:
		p.endTool(step)
	case run.Ask:
		t.Waiting = execution
		p.tell().reviewRequested(p, nil)
	case run.Piece:
		if t.SayingID == "" {
			t.SayingID = emulate.ULID(p, "message")
		}
		t.Said += step.Text
		p.tell().said(p, step.Text)
	case run.End:
		p.end()
	}
}

// say adds a message to the history.
func (p *player) say(id, role string, parts ...json.RawMessage) message {
	m := message{Kind: "message", MessageID: cmp.Or(id, emulate.ULID(p, "message")), Role: role, Parts: parts, TaskID: p.task.ID, ContextID: p.task.ContextID}
	p.task.History = append(p.task.History, m)
	return m
}

// call lets the model call all tools of the reply.
func (p *player) call() {
	t := p.turn
	var parts []json.RawMessage
	for _, called := range t.Run.Reply.Tools {
		id := called.ID
		if id == "" {
			id = "call_" + emulate.HexID(p, "call", 24)
		}
		t.Calls = append(t.Calls, id)
		arguments := json.RawMessage("{}")
		if called.Arguments != nil {
			arguments = jsontext.MustMarshal(called.Arguments)
		}
		of, function := t.tool(called.Name)
		now := p.at.UTC().Format(timeLayout)
		a := &action{
			ID: emulate.ULID(p, "action"), AgentToolCallID: id, ActionType: of.ActionType, Created: now, Updated: now,
			Tool:    actionTool{of.ID, called.Name, !function && t.Agent.Settings.needsApproval(of)},
			AgentID: p.task.AgentID, AgentExecutionID: p.task.ID, WorkspaceID: p.task.WorkspaceID,
			State: actionState{Input: arguments, Output: json.RawMessage("{}")},
		}
		p.task.Actions = append(p.task.Actions, a)
		if function {
			t.Pending = append(t.Pending, pendingCall{id, "function", pendingFunction{called.Name, string(arguments)}})
		}
		parts = append(parts, jsontext.MustMarshal(toolCallPart{"tool_call", called.Name, id, arguments}))
	}
	p.tell().called(p, p.say("", roleAgent, parts...))
}

// tool finds the tool that a call means, and whether it is a function that the
// caller runs.
func (t *turn) tool(name string) (of tool, function bool) {
	if t.Request != nil && slices.Contains(t.Request.Functions, name) {
		return tool{ID: derivedID(t.Agent.ID, name), ActionType: "function", Key: name}, true
	}
	for _, of := range t.Agent.Settings.Tools {
		if of.Key == name || of.ActionType == name || of.functionName() == name {
			return of, of.ActionType == "function"
		}
	}
	return tool{ID: derivedID(t.Agent.ID, name), ActionType: name}, false
}

// functionName is the name that the model knows a function by; "": its key.
func (t tool) functionName() string {
	configuration, _ := jsontext.Members(t.Configuration)
	function, _ := jsontext.Members(configuration["function"])
	name, _ := jsontext.String(function["name"])
	return name
}

// needsApproval reports whether a tool waits for a review.
func (s settings) needsApproval(t tool) bool {
	return s.ToolApprovalRequired == "all" || s.ToolApprovalRequired == "respect_tool" && t.RequiresApproval
}

// pends reports whether the caller runs the tool of a call.
func (t *turn) pends(callID string) bool {
	return slices.ContainsFunc(t.Pending, func(c pendingCall) bool { return c.ID == callID })
}

// startTool starts a tool, or waits for a review first.
func (p *player) startTool(step run.Step) {
	id := p.turn.Calls[step.Index]
	if p.turn.pends(id) {
		return
	}
	a := p.task.action(id)
	if !a.Tool.RequiresApproval {
		p.execute(a)
		return
	}
	p.turn.Waiting = a.ID
	p.tell().reviewRequested(p, a)
	p.turn.Run.Pause()
}

// execute starts a tool.
func (p *player) execute(a *action) {
	a.Started = p.at.UTC().Format(timeLayout)
	a.Updated = a.Started
	p.tell().toolStarted(p, a)
}

// goOn ends the wait for a review. What was let go on without one is approved.
func (p *player) goOn() {
	t := p.turn
	i := slices.IndexFunc(p.task.Actions, func(a *action) bool { return a.ID == t.Waiting })
	t.Waiting, t.Changed = "", p.at
	if i < 0 {
		p.tell().reviewed(p, nil)
		return
	}
	a := p.task.Actions[i]
	if a.State.Review == nil {
		a.State.Review = new(approved)
	}
	p.tell().reviewed(p, a)
	if *a.State.Review == approved {
		p.execute(a)
	}
}

// endTool notes what came back from a tool. Behind the last one the model
// thinks again, unless the caller has to run a function first.
func (p *player) endTool(step run.Step) {
	t := p.turn
	if id := t.Calls[step.Index]; !t.pends(id) {
		a := p.task.action(id)
		problem := step.Tool.Error
		var result json.RawMessage
		switch {
		case a.State.Review != nil && *a.State.Review == rejected:
			problem = "The call was rejected"
		case string(a.State.Output) != "{}": // the review brought it
			result = a.State.Output
		case step.Tool.Result != nil:
			result = jsontext.MustMarshal(step.Tool.Result)
		}
		a.finish(p.at, result, problem)
		if problem != "" {
			result = jsontext.MustMarshal(map[string]string{"error": problem})
		}
		p.say("", roleTool, jsontext.MustMarshal(toolResultPart{"tool_result", id, result}))
		p.tell().toolEnded(p, a, result)
	}
	if step.Index < len(t.Calls)-1 {
		return
	}
	switch limit := t.iterations(); {
	case len(t.Pending) > 0:
		p.finish(finishFunctions, nil)
	case limit > 0 && int64(t.Steps) >= limit:
		p.finish(maxIterations, nil)
	default:
		t.Steps++
	}
}

// iterations is how often the model may be called.
func (t *turn) iterations() int64 {
	if t.Request != nil && t.Request.Iterations > 0 {
		return t.Request.Iterations
	}
	return t.Agent.Settings.MaxIterations
}

// end ends the turn as the reply says.
func (p *player) end() {
	reply := p.turn.Run.Reply
	if reply.Error == "" {
		p.finish(finishStop, nil)
	} else if slices.Contains(cutShort, reply.Code) {
		p.finish(reply.Code, nil)
	} else {
		p.finish("", &runError{reply.Code, reply.Error})
	}
}

// finish ends the turn.
func (p *player) finish(reason string, problem *runError) {
	t := p.turn
	t.Run.Stop()
	t.Finish, t.Error, t.Waiting = reason, problem, ""
	cost := script.Reply{Usage: t.Run.Reply.Usage, Text: t.Said}.Tokens(t.Run.Turn)
	t.Usage = &cost
	var last *message
	if t.Said != "" {
		last = new(p.say(t.SayingID, roleAgent, newText(t.Said)))
	}
	t.Ended, t.Changed, t.To = p.at, p.at, len(p.task.History)
	p.tell().ended(p, last)
	if t.Becomes != nil {
		p.state.replace(p.tenant, t.Becomes)
	}
	t.Agent, t.Becomes, t.surface = nil, nil, nil
	if t.Run.Turn.History = nil; len(t.Pending) == 0 { // else its reply goes on later
		t.Run = nil
	}
	p.task.next = time.Time{}
}

// fail ends the turn from outside.
func (p *player) fail(problem string) {
	if p.turn.over() {
		return
	}
	p.at = p.Now()
	if p.turn.Run.Reply == nil {
		p.turn.Run.Answer(script.Reply{})
	}
	p.turn.Becomes, p.turn.Pending = nil, nil
	p.finish("", &runError{Message: problem})
}

// activeTask is a task that has a turn.
type activeTask struct {
	tenant string
	task   *task
}

// active lists the tasks that have a turn. The list is not stored: it is made
// when the state is used first.
func (s *state) active() []activeTask {
	if !s.listed {
		s.listed = true
		for tenant, t := range s.Tasks.All() {
			if !t.latest().over() {
				s.running = append(s.running, activeTask{tenant, t})
			}
		}
	}
	return s.running
}

// runs lists the runs that are not over.
func runs(states any) (active []*run.Run) {
	for _, a := range states.(*state).active() {
		if t := a.task.latest(); !t.over() {
			active = append(active, t.Run)
		}
	}
	return active
}

// advance plays what is due of all tasks.
func advance(w emulate.World, states any) (next time.Time) {
	s, now := states.(*state), w.Now()
	active := s.active()
	still := active[:0]
	for _, a := range active {
		t := a.task.latest()
		if !t.over() && !(t.Run.Waits(now) && t.Waiting == "") {
			s.player(w, a.tenant, a.task).advance()
		}
		if t.over() {
			continue
		}
		still = append(still, a)
		next = run.Earlier(next, a.task.next)
	}
	clear(active[len(still):])
	s.running = still
	return next
}

// failTasksOf ends the turns of an agent.
func (s *state) failTasksOf(w emulate.World, tenant, agentID, problem string) {
	for _, a := range s.active() {
		if a.tenant == tenant && a.task.AgentID == agentID {
			s.player(w, tenant, a.task).fail(problem)
		}
	}
}

// stream is what a surface has told. The request that began the turn reads it.
type stream struct{ log []emulate.Frame }

func (s *stream) add(frames ...emulate.Frame) { s.log = append(s.log, frames...) }

// follow lets a request stream its turn. limit, unless it is zero, ends the
// stream, but not the turn.
func (s *stream) follow(t *task, begun *turn, limit time.Time, atLimit func() []emulate.Frame) emulate.Response {
	told := 0
	return emulate.Response{
		Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"text/event-stream"}},
		Alone:  true,
		Events: &emulate.Events{Next: func(now time.Time) ([]emulate.Frame, time.Time, bool) {
			frames, next := s.log[told:], t.next
			told = len(s.log)
			if begun.over() || limit.IsZero() {
				return frames, next, begun.over()
			}
			if !now.Before(limit) {
				begun.surface = nil // nobody listens any more
				return append(slices.Clip(frames), atLimit()...), next, true
			}
			if next.IsZero() || limit.Before(next) {
				next = limit
			}
			return frames, next, false
		}},
	}
}

// waitFor lets a request wait until a turn is over, or says that it need not.
func waitFor(t *task, enough func() bool, respond func() emulate.Response) emulate.Response {
	return emulate.Response{Alone: true, Wait: func(time.Time) (response emulate.Response, next time.Time, done bool) {
		if !enough() {
			return response, t.next, false
		}
		return respond(), next, true
	}}
}

// event is a frame of a stream: one line of data, with its name if the surface
// names events.
func event(name string, data any, last bool) emulate.Frame {
	var line strings.Builder
	if name != "" {
		line.WriteString("event: " + name + "\n")
	}
	line.WriteString("data: ")
	line.Write(jsontext.MustMarshal(data))
	line.WriteString("\n\n")
	return emulate.Frame{Data: []byte(line.String()), Last: last}
}

// done is the end of a stream.
func done(w emulate.World) []emulate.Frame {
	if w.Variant(noDone) {
		return nil
	}
	return []emulate.Frame{{Data: []byte("data: [DONE]\n\n")}}
}
