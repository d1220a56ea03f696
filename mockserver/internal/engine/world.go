package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/compare"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// World is what stands behind a namespace: its own state, faults, journal,
// ids, clock and rate limits. An empty one costs less than 4 KiB. It is safe
// for concurrent use: its exported methods take its lock, by way of locked;
// its other methods, and those of the types below it, expect it to be held.
type World struct {
	engine *Engine
	name   string
	own    atomic.Pointer[WorldConfig] // never changed, only replaced; nil: nothing

	mu         sync.Mutex
	seed       *snapshot // what Reset goes back to; nil: nothing
	states     map[string]any
	ids        ids
	clock      clock
	limits     map[limitKey][]window
	rules      []*Rule
	ruleIDs    int
	ruleBytes  int // what the rules have together
	journal    log
	cleared    int           // how often the journal was reset
	stop       chan struct{} // closed to end waits; nil until something waits
	changed    chan struct{} // closed when the journal changes; nil until somebody waits
	replies    map[string][]script.Reply
	decide     map[string]script.Func
	undecided  map[string]bool           // the APIs that may have runs without a reply
	ticked     chan struct{}             // closed when streams and waits must look again; nil until one waits
	generation int                       // how often the states were replaced
	active     int                       // requests that are being served
	streams    map[string]map[string]int // how many of these stream one thing, by API
	used       time.Time                 // when the last request came
	dropped    string                    // why requests are refused with 410
	session    *compare.Session          // what is known of the real APIs; nil until one is asked
}

func newWorld(engine *Engine, name string) *World {
	w := &World{engine: engine, name: name, seed: engine.seed, used: time.Now()}
	w.resetIDs()
	return w
}

// locked does something with the lock of the world.
func (w *World) locked(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

// Name is the name of the world; "" is the default one.
func (w *World) Name() string { return w.name }

// Engine is the engine that the world belongs to.
func (w *World) Engine() *Engine { return w.engine }

// BaseURL returns the base URL of one API in this world.
func (w *World) BaseURL(api string) (string, error) {
	if _, err := w.engine.api(api); err != nil {
		return "", err
	}
	return w.BaseURLs(w.engine.config.PublicURL)[api], nil
}

// BaseURLs returns the base URL of every API in this world, for those who
// reach the engine under an address.
func (w *World) BaseURLs(address string) map[string]string {
	if w.name != "" {
		address += "/_ns/" + w.name
	}
	urls := make(map[string]string, len(w.engine.config.APIs))
	for _, a := range w.engine.config.APIs {
		urls[a.Name] = address + "/" + a.Name
	}
	return urls
}

// resetIDs lets ids count from the seed's again.
func (w *World) resetIDs() {
	w.ids = ids{}
	if w.seed != nil {
		w.ids.made = maps.Clone(w.seed.IDs)
	}
}

// state returns the state of one API and makes it on first use.
func (w *World) state(a *Emulation) any {
	if state, ok := w.states[a.Name]; ok {
		return state
	}
	state := a.NewState()
	if w.seed != nil && w.seed.APIs[a.Name] != nil {
		if err := json.Unmarshal(w.seed.APIs[a.Name], state); err != nil {
			panic(err) // it was read before, when it was loaded
		}
	}
	if w.states == nil {
		w.states = make(map[string]any, 1)
	}
	w.states[a.Name] = state
	w.owe(a.Name)
	return state
}

// Agents returns a copy of the agents that exist now, in the order of their
// creation. Archived and deleted ones are not among them.
func (w *World) Agents(api string) (agents []emulate.Agent, err error) {
	a, err := w.engine.api(api)
	if err != nil {
		return nil, err
	}
	w.locked(func() {
		w.advance(a)
		agents = a.Agents(w.state(a))
	})
	return agents, nil
}

// Records returns the records of one kind of an API that have an id, without
// secrets. The error names what there is if the API or the kind is unknown.
func (w *World) Records(api, kind, id string) (found []emulate.Record, err error) {
	a, err := w.engine.api(api)
	if err != nil {
		return nil, err
	}
	w.locked(func() {
		w.advance(a)
		finders := emulate.Finders(w.state(a))
		finder := finders[kind]
		if finder == nil {
			err = fmt.Errorf("%s has no %.40q; it has %s", api, kind, jsontext.Quote(slices.Sorted(maps.Keys(finders))))
			return
		}
		found = finder.Find(id)
	})
	for i := range found {
		found[i].JSON = w.engine.secrets().Redact(found[i].JSON)
	}
	return found, err
}

// KindRecord is a record with where it is.
type KindRecord struct {
	API, Kind string
	emulate.SummarizedRecord
}

// Newest returns the newest records of every kind of every API, at most that
// many of a kind, oldest first and without secrets. APIs that nobody has used
// have none.
func (w *World) Newest(limit int) (found []KindRecord) {
	for _, a := range w.engine.config.APIs {
		w.locked(func() {
			if w.states[a.Name] == nil && w.seed == nil {
				return
			}
			w.advance(a)
			finders := emulate.Finders(w.state(a))
			for _, kind := range slices.Sorted(maps.Keys(finders)) {
				for _, r := range finders[kind].Newest(limit) {
					found = append(found, KindRecord{a.Name, kind, r})
				}
			}
		})
	}
	secrets := w.engine.secrets()
	for i := range found {
		found[i].JSON = secrets.Redact(found[i].JSON)
	}
	return found
}

// The parts of a world that can be reset alone.
const (
	PartState      = "state"
	PartRules      = "rules"
	PartReplies    = "replies"
	PartJournal    = "journal"
	PartIDs        = "ids"
	PartClock      = "clock"
	PartRateLimits = "rate-limits"
	PartStalls     = "stalls"
)

// Parts returns every part of a world.
func Parts() []string {
	return []string{PartState, PartRules, PartReplies, PartJournal, PartIDs, PartClock, PartRateLimits, PartStalls}
}

// Reset takes the world back to what it was at its beginning: the state to
// the seed, everything else to nothing. Without parts, all of it. Requests
// that a fault keeps waiting end without a response. The error names a part
// that does not exist; then nothing was reset.
func (w *World) Reset(parts ...string) error {
	for _, part := range parts {
		if !slices.Contains(Parts(), part) {
			return fmt.Errorf("unknown part %q; there are %s", part, jsontext.Quote(Parts()))
		}
	}
	if len(parts) == 0 {
		parts = Parts()
	}
	w.locked(func() {
		for _, part := range parts {
			w.reset(part)
		}
	})
	return nil
}

func (w *World) reset(part string) {
	switch part {
	case PartState:
		w.replaceStates(nil)
	case PartReplies:
		w.replies, w.decide = nil, nil
	case PartRules:
		for _, r := range w.rules {
			r.removed = true
		}
		w.rules, w.ruleIDs = nil, 0
		w.countRules(-w.ruleBytes)
	case PartJournal:
		w.journal.clear()
		w.cleared++
		if w.session != nil {
			w.session.ForgetFindings()
		}
		w.notify()
	case PartIDs:
		w.resetIDs()
	case PartClock:
		w.clock = clock{}
		w.tick()
	case PartRateLimits:
		w.limits = nil
	case PartStalls:
		w.endWaits()
	}
}

// replaceStates puts other states in the place of what there is. Streams and
// waits of what was there end.
func (w *World) replaceStates(states map[string]any) {
	w.states, w.undecided = states, nil
	for name := range states {
		w.owe(name)
	}
	w.generation++
	if w.session != nil {
		w.session.ForgetIDs()
	}
	w.tick()
}

// stopped returns the channel that is closed when waits must end.
func (w *World) stopped() <-chan struct{} {
	if w.stop == nil {
		w.stop = make(chan struct{})
	}
	return w.stop
}

// endWaits ends every wait.
func (w *World) endWaits() {
	if w.stop != nil {
		close(w.stop)
		w.stop = nil
	}
}

// change returns the channel that is closed when the journal changes.
func (w *World) change() <-chan struct{} {
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.changed
}

// notify wakes those who wait for a change of the journal.
func (w *World) notify() {
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// Touch keeps the world from being dropped as idle.
func (w *World) Touch() { w.locked(func() { w.used = time.Now() }) }

// Activity is what the world has to do now.
type Activity struct {
	Active  int // requests that are being served
	Entries int // requests that the journal has
	Bytes   int // what they take in it
	Dropped int // requests that it has forgotten
	Limited int // credentials whose requests are counted
}

// Activity returns what the world has to do now.
func (w *World) Activity() (activity Activity) {
	w.locked(func() {
		activity = Activity{w.active, w.journal.len(), w.journal.size, w.journal.dropped, len(w.limits)}
	})
	return activity
}

// claim finds the rule that the request is hit by. It is asked once before
// the request was read and once after.
func (w *World) claim(x *exchange, early bool) {
	if x.api == nil || x.refused || x.compared || x.plan != nil {
		return
	}
	for _, r := range w.rules {
		if r.claim(x, early) {
			return
		}
	}
}

// isEarly reports whether a plan begins before the request was read.
func isEarly(plan []fault.Step) bool { return plan[0].Stage() == fault.BeforeRead }
