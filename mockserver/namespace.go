package mockserver

import (
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
)

// Namespace is one isolated world of a Server: its own state, rules, journal,
// ids, clock and rate limits. It is safe for concurrent use. An empty one
// costs less than 4 KiB.
type Namespace struct{ world }

// NamespaceConfig is what a namespace has of its own, for as long as it
// exists: Reset keeps it. What is not given is as Config says for all.
type NamespaceConfig struct {
	// APIKeys are the credentials that are accepted, instead of
	// Config.APIKeys. None of them is empty. They do not lead to the
	// namespace unless they contain mock_ns_NAME_. Empty: those of the server.
	APIKeys []string

	// Strictness is what is done about requests that the API would let pass
	// although something is wrong with them. Empty: that of the server.
	Strictness Strictness

	// TTL is after how long without a request the namespace is dropped; the
	// default one never is and has none. 0: Config.NamespaceTTL.
	TTL time.Duration
}

func (s *Server) namespace(w *engine.World) *Namespace {
	return &Namespace{world{w, s.tb, s.live}}
}

// Namespace returns the namespace of that name and makes it if there is none.
// "" and "default" are the default one. A name that is not 1 to 64 letters,
// digits, '-' and '.' fails the test; so do too many namespaces.
func (s *Server) Namespace(name string) *Namespace {
	s.tb.Helper()
	w, err := s.engine.MakeWorld(name, engine.WorldConfig{})
	s.must(err)
	return s.namespace(w)
}

// MakeNamespace is Namespace with an error, and with what the namespace has
// of its own. Of one that exists, what the configuration gives is changed and
// the rest stays; so a NamespaceConfig{} changes nothing.
func (s *Server) MakeNamespace(name string, config NamespaceConfig) (*Namespace, error) {
	w, err := s.engine.MakeWorld(name, engine.WorldConfig{
		APIKeys: config.APIKeys, Strictness: engine.Strictness(config.Strictness), TTL: config.TTL,
	})
	if err != nil {
		return nil, wrapped(err)
	}
	return s.namespace(w), nil
}

// Namespaces returns every namespace that there is, the default one first and
// then by name.
func (s *Server) Namespaces() []*Namespace {
	var all []*Namespace
	for _, w := range s.engine.Worlds() {
		all = append(all, s.namespace(w))
	}
	return all
}

// DropNamespace drops a namespace and ends its waits. Later requests to it
// get 410, until Namespace makes it anew. It reports whether there was such a
// namespace; the default one cannot be dropped.
func (s *Server) DropNamespace(name string) bool { return s.engine.DropWorld(name) }
