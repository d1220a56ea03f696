package mockserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxBody is the longest request body that is read; a longer one is answered
// with 413.
const maxBody = 8 << 20

// Server emulates the five APIs. It is an http.Handler; one that New made
// opens no socket and starts no goroutine. It is safe for concurrent use.
//
// A Server has the methods of a Namespace: they are about the default one,
// which serves the requests that name no other.
type Server struct {
	*defaultNamespace

	config         Config
	variants       map[Variant]bool
	apis           map[API]*emulation
	seed           *snapshot
	journalEntries int
	journalBytes   int

	closed    chan struct{}
	closeOnce sync.Once
	live      *live // what Start and StartInMemory made; nil for New

	began  time.Time
	counts counts

	mu         sync.Mutex
	madeUp     int // how many names of namespaces were made up
	namespaces map[string]*Namespace
	dropped    map[string]string // why a name is refused with 410
	droppedLog []string          // the names in dropped, oldest first
}

// defaultNamespace is embedded under this name, because Server has a method
// called Namespace.
type defaultNamespace = Namespace

// emulation is a dialect with its routes.
type emulation struct {
	dialect
	name        API
	routes      []route
	credentials []string
}

func newEmulation(d dialect) *emulation {
	e := &emulation{dialect: d, name: d.api(), routes: newRoutes(d.operations())}
	for _, name := range d.credentialHeaders() {
		e.credentials = append(e.credentials, http.CanonicalHeaderKey(name))
	}
	return e
}

// emulations are made once: dialects hold no state.
var emulations = sync.OnceValue(func() []*emulation {
	var all []*emulation
	for _, d := range dialects() {
		all = append(all, newEmulation(d))
	}
	return all
})

// New returns a server for a configuration. It fails, naming what is wrong
// and what is allowed, if the configuration asks for something unknown.
func New(config Config) (*Server, error) {
	return newServer(config, emulations())
}

func newServer(config Config, all []*emulation) (*Server, error) {
	s := &Server{config: config, apis: make(map[API]*emulation, len(all)), closed: make(chan struct{}), began: time.Now()}
	if err := s.configure(all); err != nil {
		return nil, fmt.Errorf("mockserver: %w", err)
	}
	if len(config.Seed) > 0 {
		seed, _, err := s.readSnapshot(config.Seed)
		if err != nil {
			return nil, fmt.Errorf("mockserver: Seed: %w", err)
		}
		s.seed = seed
	}
	s.defaultNamespace = newNamespace(s, "")
	return s, nil
}

func (s *Server) configure(all []*emulation) error {
	config := &s.config
	var names []API
	var variants []Variant
	for _, e := range all {
		names = append(names, e.name)
		if len(config.APIs) == 0 || slices.Contains(config.APIs, e.name) {
			s.apis[e.name] = e
			if len(config.Variants) > 0 {
				variants = append(variants, e.variants()...)
			}
		}
	}
	for _, name := range config.APIs {
		if !slices.Contains(names, name) {
			return fmt.Errorf("unknown API %q in APIs; there are %s", name, quoted(names))
		}
	}
	if config.Root != "" && s.apis[config.Root] == nil {
		return fmt.Errorf("unknown API %q in Root; there are %s", config.Root, quoted(s.names()))
	}
	if len(config.Variants) > 0 {
		s.variants = make(map[Variant]bool, len(config.Variants))
	}
	for _, v := range config.Variants {
		if !slices.Contains(variants, v) {
			return fmt.Errorf("unknown variant %q in Variants; there are %s", v, quoted(variants))
		}
		s.variants[v] = true
	}
	if err := config.Strictness.check(); err != nil {
		return err
	}
	switch {
	case config.RateLimit.Requests < 0 || config.RateLimit.Per < 0,
		(config.RateLimit.Requests > 0) != (config.RateLimit.Per > 0):
		return fmt.Errorf("RateLimit: %d requests per %s; both must be positive", config.RateLimit.Requests, config.RateLimit.Per)
	case config.JournalBytes < 0:
		return fmt.Errorf("JournalBytes: is %d; it must not be negative", config.JournalBytes)
	case config.MaxNamespaces < 0:
		return fmt.Errorf("MaxNamespaces: is %d; it must not be negative", config.MaxNamespaces)
	case config.ClockStep < 0:
		return fmt.Errorf("ClockStep: is %s; it must not be negative", config.ClockStep)
	case config.NamespaceTTL < 0:
		return fmt.Errorf("NamespaceTTL: is %s; it must not be negative", config.NamespaceTTL)
	}
	if config.PublicURL != "" {
		if u, err := url.Parse(config.PublicURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("PublicURL: must be an address such as \"http://127.0.0.1:8080\"")
		}
		config.PublicURL = strings.TrimRight(config.PublicURL, "/")
	}
	s.journalEntries = config.JournalEntries
	if s.journalEntries == 0 {
		s.journalEntries = defaultJournalEntries
	}
	if s.journalBytes = config.JournalBytes; s.journalBytes == 0 {
		s.journalBytes = defaultJournalBytes
	}
	if config.MaxNamespaces == 0 {
		config.MaxNamespaces = defaultMaxNamespaces
	}
	if config.NamespaceTTL == 0 {
		config.NamespaceTTL = defaultNamespaceTTL
	}
	return nil
}

// names are the emulated APIs in their usual order, and then others.
func (s *Server) names() []API {
	var names []API
	for _, name := range APIs() {
		if s.apis[name] != nil {
			names = append(names, name)
		}
	}
	for name := range s.apis {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Ops returns every operation that the server emulates, API by API.
func (s *Server) Ops() []Op {
	var ops []Op
	for _, name := range s.names() {
		for _, r := range s.apis[name].routes {
			if !slices.Contains(ops, r.op) {
				ops = append(ops, r.op)
			}
		}
	}
	return ops
}

// emulation returns an API that must exist.
func (s *Server) emulation(api API) *emulation {
	emulated, ok := s.apis[api]
	if !ok {
		s.must(fmt.Errorf("mockserver: unknown API %q; there are %s", api, quoted(s.names())))
	}
	return emulated
}

// must ends the test, or panics where there is none, if a call of this
// package was wrong in itself.
func (s *Server) must(err error) {
	if err == nil {
		return
	}
	if s.live != nil && s.live.tb != nil {
		s.live.tb.Helper()
		s.live.tb.Fatalf("%v", err)
	}
	panic(err)
}

// URL returns the base URL of one API in this namespace, to be given to a
// client. It panics, or fails the test of Start, if the API is unknown.
func (n *Namespace) URL(api API) string {
	n.server.emulation(api)
	base := n.server.config.PublicURL
	if n.name != "" {
		base += "/_ns/" + n.name
	}
	return base + "/" + string(api)
}

// Client returns an HTTP client that reaches the server: in memory after
// StartInMemory, over the network otherwise. Its connections end with Close.
func (n *Namespace) Client() *http.Client {
	if n.server.live == nil {
		return &http.Client{}
	}
	return &http.Client{Transport: n.server.live.transport}
}
