package mockserver

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Namespace returns the namespace of that name and makes it if there is
// none. "" and "default" are the default one. It panics, or fails the test of
// Start, if the name is not 1 to 64 letters, digits, '-' and '.', or if there
// are too many namespaces.
func (s *Server) Namespace(name string) *Namespace {
	n, err := s.MakeNamespace(name, NamespaceConfig{})
	s.must(err)
	return n
}

// MakeNamespace is Namespace with an error instead of a panic, and with what
// the namespace has of its own. Of one that exists, what the configuration
// gives is changed and the rest stays; so a NamespaceConfig{} changes nothing.
func (s *Server) MakeNamespace(name string, config NamespaceConfig) (*Namespace, error) {
	isDefault := name == "" || name == defaultName
	if err := config.check(isDefault); err != nil {
		return nil, fmt.Errorf("mockserver: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if isDefault {
		s.configureNamespace(s.defaultNamespace, config)
		return s.defaultNamespace, nil
	}
	if err := checkNamespaceName(name); err != nil {
		return nil, err
	}
	s.pardon(name)
	n, err := s.find(name)
	if n == nil && err == nil { // it was dropped just now, for having been idle
		s.pardon(name)
		n, err = s.find(name)
	}
	if err == nil {
		s.configureNamespace(n, config)
	}
	return n, err
}

// pardon lets a name be used again. The caller holds the lock.
func (s *Server) pardon(name string) {
	if _, ok := s.dropped[name]; ok {
		delete(s.dropped, name)
		s.droppedLog = slices.DeleteFunc(s.droppedLog, func(other string) bool { return other == name })
	}
}

// Namespaces returns every namespace that there is, the default one first and
// then by name.
func (s *Server) Namespaces() []*Namespace {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Namespace, 0, len(s.namespaces)+1)
	for _, n := range s.namespaces {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *Namespace) int { return strings.Compare(a.name, b.name) })
	return slices.Insert(all, 0, s.defaultNamespace)
}

// DropNamespace drops a namespace and ends its waits. Later requests to it
// are answered with 410, until Namespace makes it anew. It reports whether
// there was such a namespace; the default one cannot be dropped.
func (s *Server) DropNamespace(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.namespaces[name]
	if n == nil {
		return false
	}
	s.drop(n, "it was deleted")
	return true
}

// drop forgets a namespace. The caller holds the lock of the server.
func (s *Server) drop(n *Namespace, why string) {
	delete(s.namespaces, n.name)
	if s.dropped == nil {
		s.dropped = make(map[string]string)
	}
	if len(s.droppedLog) >= 10*s.config.MaxNamespaces {
		delete(s.dropped, s.droppedLog[0])
		s.droppedLog = s.droppedLog[1:]
	}
	s.dropped[n.name] = why
	s.droppedLog = append(s.droppedLog, n.name)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dropped = why
	n.endWaits()
	n.notify()
}

// find returns a namespace and makes it on first use. It returns nil, without
// an error, for one that was dropped. The caller holds the lock.
func (s *Server) find(name string) (*Namespace, error) {
	now := time.Now()
	if n := s.namespaces[name]; n != nil {
		if !n.idle(now) {
			return n, nil
		}
		s.drop(n, "it was idle for "+n.ttl().String())
	}
	if _, ok := s.dropped[name]; ok {
		return nil, nil
	}
	if len(s.namespaces) >= s.config.MaxNamespaces {
		for _, n := range s.namespaces {
			if n.idle(now) {
				s.drop(n, "it was idle for "+n.ttl().String())
			}
		}
	}
	if len(s.namespaces) >= s.config.MaxNamespaces {
		return nil, fmt.Errorf("mockserver: namespace %q cannot be made: there are %d already, and none was idle for its TTL, usually %s",
			name, len(s.namespaces), s.config.NamespaceTTL)
	}
	if s.namespaces == nil {
		s.namespaces = make(map[string]*Namespace)
	}
	n := newNamespace(s, name)
	s.namespaces[name] = n
	return n, nil
}

// idle reports whether a namespace was not used for so long that it is
// dropped.
func (n *Namespace) idle(now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.active == 0 && now.Sub(n.used) > n.ttl()
}
