package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// maxReplies is how many replies an API can have in its queue.
const maxReplies = 10_000

// runner finds an API that runs agents.
func (e *Engine) runner(name string) (*Emulation, error) {
	a, err := e.api(name)
	if err != nil {
		return nil, err
	}
	if a.Runs == nil {
		return nil, fmt.Errorf("%s runs no agents here; %s do", name, jsontext.Quote(e.Runners()))
	}
	return a, nil
}

// Runners returns the names of the APIs that run agents.
func (e *Engine) Runners() []string {
	var names []string
	for _, a := range e.config.APIs {
		if a.Runs != nil {
			names = append(names, a.Name)
		}
	}
	return names
}

// Receivers returns the names of the APIs whose agents get messages of persons.
func (e *Engine) Receivers() []string {
	var names []string
	for _, a := range e.config.APIs {
		if a.Receive != nil {
			names = append(names, a.Name)
		}
	}
	return names
}

// Script puts replies behind those that an API has in its queue. The error
// says which reply is wrong; then none was added.
func (w *World) Script(api string, replies ...script.Reply) error {
	a, err := w.engine.runner(api)
	if err != nil {
		return err
	}
	for i, reply := range replies {
		if err := reply.Validate(); err != nil {
			return fmt.Errorf("reply %d: %w", i+1, err)
		}
	}
	w.locked(func() {
		if len(w.replies[a.Name])+len(replies) > maxReplies {
			err = fmt.Errorf("there would be more than %d replies", maxReplies)
			return
		}
		if w.replies == nil {
			w.replies = make(map[string][]script.Reply)
		}
		w.replies[a.Name] = append(w.replies[a.Name], replies...)
	})
	return err
}

// ScriptFunc lets a function decide the replies of an API for which the queue
// has none. Nil: the API's own text again.
func (w *World) ScriptFunc(api string, decide script.Func) error {
	a, err := w.engine.runner(api)
	if err != nil {
		return err
	}
	w.locked(func() {
		if w.decide == nil {
			w.decide = make(map[string]script.Func)
		}
		w.decide[a.Name] = decide
	})
	return nil
}

// Replies returns the replies that an API has in its queue.
func (w *World) Replies(api string) (replies []script.Reply, err error) {
	a, err := w.engine.runner(api)
	if err != nil {
		return nil, err
	}
	w.locked(func() { replies = slices.Clone(w.replies[a.Name]) })
	return replies, nil
}

// Release lets the runs of an API go on that are held, or ask a person: those
// in a thread, or all. It returns how many there were.
func (w *World) Release(api, thread string) (released int, err error) {
	a, err := w.engine.runner(api)
	if err != nil {
		return 0, err
	}
	w.locked(func() {
		w.advance(a)
		for _, r := range a.Runs(w.state(a)) {
			if r.Held && (thread == "" || r.Turn.Thread == thread) {
				r.Release(w.now())
				released++
			}
		}
		w.advance(a)
		w.tick()
	})
	return released, nil
}

// Receive lets an API receive a message that a person writes to an agent. The
// error says what is wrong with it, or that there is no such conversation;
// then nothing was changed.
func (w *World) Receive(api string, message script.Inbound) (received script.Received, err error) {
	a, err := w.engine.api(api)
	switch {
	case err != nil:
		return received, err
	case a.Receive == nil:
		return received, fmt.Errorf("%s receives no messages of persons here; %s do", api, jsontext.Quote(w.engine.Receivers()))
	}
	if err := message.Validate(); err != nil {
		return received, err
	}
	w.locked(func() {
		w.advance(a)
		received, err = a.Receive(&view{w, a}, w.state(a), message)
		w.tick()
	})
	w.decideReplies(a)
	return received, err
}

// RunView is a run that is not over.
type RunView struct {
	Turn  script.Turn
	Begun time.Time
	Held  bool
	Asks  string // of a person
}

// Runs returns the runs that are not over, API by API.
func (w *World) Runs() (views []RunView) {
	for _, a := range w.engine.config.APIs {
		if a.Runs == nil {
			continue
		}
		w.decideReplies(a)
		w.locked(func() {
			w.advance(a)
			for _, r := range a.Runs(w.state(a)) {
				if r == nil || r.Over {
					continue
				}
				view := RunView{Turn: r.Turn, Begun: r.Begun, Held: r.Held}
				view.Turn.API = a.Name
				if r.Held && r.Reply != nil {
					view.Asks = r.Reply.Ask
				}
				views = append(views, view)
			}
		})
	}
	return views
}

// reply takes the reply to a turn out of the queue; nil if a function decides.
func (w *World) reply(api string, turn script.Turn, otherwise script.Reply) *script.Reply {
	turn.API = api
	queue := w.replies[api]
	if i := slices.IndexFunc(queue, func(r script.Reply) bool { return r.Fits(turn) }); i >= 0 {
		reply := queue[i]
		w.replies[api] = slices.Delete(slices.Clone(queue), i, i+1)
		return &reply
	}
	if w.decide[api] != nil {
		w.owe(api)
		return nil
	}
	return &otherwise
}

// advance plays what is due of the runs of an API, and returns when there is
// more.
func (w *World) advance(a *Emulation) time.Time {
	if a.Advance == nil {
		return time.Time{}
	}
	return a.Advance(&view{w, a}, w.state(a))
}

// decideReplies asks the function of an API for the replies that it owes. It
// is called without the lock, and so is the function.
func (w *World) decideReplies(a *Emulation) {
	if a == nil || a.Runs == nil {
		return
	}
	var decide script.Func
	var runs []*run.Run
	w.locked(func() {
		if !w.undecided[a.Name] {
			return
		}
		decide = w.decide[a.Name]
		for _, r := range a.Runs(w.state(a)) {
			if r.Ask() {
				runs = append(runs, r)
			}
		}
		delete(w.undecided, a.Name)
	})
	for _, r := range runs {
		reply := otherwise(r)
		if decide != nil {
			turn := r.Turn
			turn.API = a.Name
			reply = decided(decide, turn)
		}
		w.locked(func() {
			r.Answer(reply)
			w.tick()
		})
	}
}

// owe notes that runs of an API may be without a reply.
func (w *World) owe(api string) {
	if w.engine.byName[api].Runs == nil {
		return
	}
	if w.undecided == nil {
		w.undecided = make(map[string]bool)
	}
	w.undecided[api] = true
}

// otherwise is the reply to a run whose function was taken away.
func otherwise(r *run.Run) script.Reply {
	if r.Otherwise == nil {
		return script.Reply{}
	}
	return *r.Otherwise
}

// decided calls a function of the test. What is wrong with it is the reply.
func decided(decide script.Func, turn script.Turn) (reply script.Reply) {
	defer func() {
		if cause := recover(); cause != nil {
			reply = script.Reply{Error: fmt.Sprintf("the script panicked: %v", cause)}
		}
	}()
	reply = decide(turn)
	if err := reply.Validate(); err != nil {
		return script.Reply{Error: "the script is wrong: " + err.Error()}
	}
	return reply
}

// ticks returns the channel that is closed when streams and waits must look
// again.
func (w *World) ticks() <-chan struct{} {
	if w.ticked == nil {
		w.ticked = make(chan struct{})
	}
	return w.ticked
}

// tick lets streams and waits look again.
func (w *World) tick() {
	if w.ticked != nil {
		close(w.ticked)
		w.ticked = nil
	}
}
