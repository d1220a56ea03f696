package mockserver

import (
	"encoding/json"
	"sync"
	"time"
)

// Namespace is one isolated world of a Server: its own state, ids and clock.
// It is safe for concurrent use.
type Namespace struct {
	server *Server
	name   string

	mu       sync.Mutex
	states   map[API]any
	sequence map[string]uint64
}

// Agent is an agent as the server knows it.
type Agent struct {
	// ID is what the API calls the agent: its id, or its key on orq.
	ID string
	// Name is the agent's display name.
	Name string
	// Tenant is whose agent it is: the workspace on omniflow, the user on
	// phoneagents, elsewhere the credential that made it.
	Tenant string
	// JSON is the agent as the API answers a read of it.
	JSON json.RawMessage
}

func newNamespace(server *Server, name string) *Namespace {
	n := &Namespace{server: server, name: name}
	n.clear()
	return n
}

// clear empties the state. The caller holds the lock or owns n.
func (n *Namespace) clear() {
	n.states = make(map[API]any, len(n.server.apis))
	for name, emulated := range n.server.apis {
		n.states[name] = emulated.newState()
	}
	n.sequence = nil
}

func (n *Namespace) now() time.Time {
	if n.server.config.Now != nil {
		return n.server.config.Now().UTC()
	}
	return time.Now().UTC()
}

// Agents returns a copy of the agents that exist now, in the order of their
// creation. Archived and deleted ones are not among them.
func (n *Namespace) Agents(api API) []Agent {
	n.mu.Lock()
	defer n.mu.Unlock()
	emulated, ok := n.server.apis[api]
	if !ok {
		return nil
	}
	return emulated.agents(n.states[api])
}
