package mockserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Namespace is one isolated world of a Server: its own state, faults,
// journal, ids, clock and rate limits. It is safe for concurrent use. An
// empty one costs less than 4 KiB.
type Namespace struct {
	server *Server
	name   string
	own    atomic.Pointer[NamespaceConfig] // never changed, only replaced; nil: nothing

	mu       sync.Mutex
	seed     *snapshot // what Reset goes back to; nil: nothing
	states   map[API]any
	sequence map[string]uint64 // how many ids of a kind were made
	clock    clock
	limits   map[limitKey][]window
	rules    []*Rule
	ruleIDs  int
	journal  journal
	stop     chan struct{} // closed to end waits; nil until something waits
	changed  chan struct{} // closed when the journal changes; nil until somebody waits
	active   int           // requests that are being served
	used     time.Time     // when the last request came
	dropped  string        // why requests are refused with 410
}

// Agent is an agent as the server knows it.
type Agent struct {
	// ID is what the API calls the agent: its id, or its key on orq.
	ID string
	// Name is the agent's display name.
	Name string
	// Tenant is whose agent it is: the workspace on omniflow, the user on
	// phoneagents, elsewhere a fingerprint of the credential that made it.
	Tenant string
	// JSON is the agent as the API answers a read of it.
	JSON json.RawMessage
}

func newNamespace(server *Server, name string) *Namespace {
	n := &Namespace{server: server, name: name, seed: server.seed, used: time.Now()}
	n.resetIDs()
	return n
}

// resetIDs lets ids count from the seed's again. The caller holds the lock or
// owns n.
func (n *Namespace) resetIDs() {
	n.sequence = nil
	if n.seed != nil {
		n.sequence = maps.Clone(n.seed.IDs)
	}
}

// state returns the state of one API and makes it on first use. The caller
// holds the lock.
func (n *Namespace) state(emulated *emulation) any {
	name := emulated.name
	if state, ok := n.states[name]; ok {
		return state
	}
	state := emulated.newState()
	if n.seed != nil && n.seed.APIs[name] != nil {
		if err := json.Unmarshal(n.seed.APIs[name], state); err != nil {
			panic(err) // it was read before, when it was loaded
		}
	}
	if n.states == nil {
		n.states = make(map[API]any, 1)
	}
	n.states[name] = state
	return state
}

// Name is the name of the namespace; "" is the default one.
func (n *Namespace) Name() string { return n.name }

// Agents returns a copy of the agents that exist now, in the order of their
// creation. Archived and deleted ones are not among them.
func (n *Namespace) Agents(api API) []Agent {
	emulated := n.server.emulation(api)
	n.mu.Lock()
	defer n.mu.Unlock()
	return emulated.agents(n.state(emulated))
}

// Part is a part of a namespace that can be reset alone.
type Part string

// The parts of a namespace.
const (
	// PartState is the records of all APIs.
	PartState Part = "state"
	// PartRules is the faults.
	PartRules Part = "rules"
	// PartJournal is the journal, and what a test fails on at its end.
	PartJournal Part = "journal"
	// PartIDs is the counters that deterministic ids are made from.
	PartIDs Part = "ids"
	// PartClock is what SetTime and Advance did.
	PartClock Part = "clock"
	// PartRateLimits is the requests that count against rate limits.
	PartRateLimits Part = "rate-limits"
	// PartStalls is the requests that wait because of a fault. They end
	// without an answer.
	PartStalls Part = "stalls"
)

// Parts returns every part of a namespace.
func Parts() []Part {
	return []Part{PartState, PartRules, PartJournal, PartIDs, PartClock, PartRateLimits, PartStalls}
}

// Reset takes the namespace back to what it was at its beginning: the state
// to the seed, everything else to nothing. Without parts, all of it. Requests
// that a fault keeps waiting end without an answer. The error names a part
// that does not exist; then nothing was reset.
func (n *Namespace) Reset(parts ...Part) error {
	for _, part := range parts {
		if !slices.Contains(Parts(), part) {
			return fmt.Errorf("mockserver: unknown part %q; there are %s", part, quoted(Parts()))
		}
	}
	if len(parts) == 0 {
		parts = Parts()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, part := range parts {
		switch part {
		case PartState:
			n.states = nil
		case PartRules:
			for _, r := range n.rules {
				r.removed = true
			}
			n.rules, n.ruleIDs = nil, 0
		case PartJournal:
			n.journal.clear()
			n.notify()
		case PartIDs:
			n.resetIDs()
		case PartClock:
			n.clock = clock{}
		case PartRateLimits:
			n.limits = nil
		case PartStalls:
			n.endWaits()
		}
	}
	return nil
}

// stopped returns the channel that is closed when waits must end. The caller
// holds the lock.
func (n *Namespace) stopped() <-chan struct{} {
	if n.stop == nil {
		n.stop = make(chan struct{})
	}
	return n.stop
}

// endWaits ends every wait. The caller holds the lock.
func (n *Namespace) endWaits() {
	if n.stop != nil {
		close(n.stop)
		n.stop = nil
	}
}

// notify wakes those who wait for a change of the journal. The caller holds
// the lock.
func (n *Namespace) notify() {
	if n.changed != nil {
		close(n.changed)
		n.changed = nil
	}
}

// maxNamespaceName is the longest name of a namespace.
const maxNamespaceName = 64

// namespaceNameRule is what a name must be, for people.
const namespaceNameRule = "allowed are 1 to 64 letters, digits, '-' and '.'"

// checkNamespaceName refuses a name that cannot be part of a URL and of a
// credential.
func checkNamespaceName(name string) error {
	ok := name != "" && len(name) <= maxNamespaceName && name != "." && name != ".."
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.')
	}
	if !ok {
		return fmt.Errorf("mockserver: namespace name %.80q: %s", name, namespaceNameRule)
	}
	return nil
}

// quoted lists names for an error.
func quoted[T ~string](names []T) string {
	var out strings.Builder
	for i, name := range names {
		if i > 0 {
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%q", string(name))
	}
	return out.String()
}
