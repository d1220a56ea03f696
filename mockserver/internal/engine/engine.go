// Package engine is what all emulated APIs have in common: worlds that
// requests go to, the way of a request through one, rules and faults, the
// journal, the clock, rate limits and snapshots. It knows no API by name and
// no test; the face gives it the one and speaks to the other.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/compare"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Config configures an Engine. Its fields mean what those of the same names
// mean in the face, where also their defaults are documented.
type Config struct {
	APIs           []*Emulation // in the order in which they are listed
	Root           string
	APIKeys        []string
	Tenants        map[string]string // the organizations of credentials
	Variants       []string
	Strictness     Strictness
	RateLimits     bool
	RateLimit      emulate.Limit
	Now            func() time.Time
	Deterministic  bool
	Seed           json.RawMessage
	JournalEntries int
	JournalBytes   int
	MaxNamespaces  int
	NamespaceTTL   time.Duration
	PublicURL      string
	AllowOrigins   []string
	ClockStep      time.Duration
	Compare        map[string]string // base URLs of real APIs
	CompareKeep    bool
	Logger         *slog.Logger
}

// The defaults of Config.
const (
	defaultJournalEntries = 1000
	defaultJournalBytes   = 16 << 20
	defaultMaxNamespaces  = 1000
	defaultNamespaceTTL   = 30 * time.Minute
)

// Engine serves requests to emulated APIs. It opens no socket and starts no
// goroutine of its own. It is safe for concurrent use.
type Engine struct {
	config  Config
	byName  map[string]*Emulation
	byHost  map[string]*Emulation            // those whose vendors have one
	real    map[*Emulation]*compare.Upstream // those that are compared
	secrets func() jsontext.Secrets          // of all APIs together
	on      map[*Emulation]map[string]bool   // variants
	seed    *snapshot

	origins map[string]bool // of the web pages that are allowed
	foreign atomic.Uint64   // requests of others that were refused

	ruleBytes atomic.Int64 // what the rules of all worlds have together

	whileOpen context.Context // ends with Close
	close     context.CancelFunc
	closed    <-chan struct{}
	began     time.Time
	counts    counts
	stalls    stallWatch
	main      *World // the default one

	mu         sync.Mutex // guards what follows
	madeUp     int        // how many names of worlds were made up
	worlds     map[string]*World
	dropped    map[string]string // why a name is refused with 410
	droppedLog []string          // the names in dropped, oldest first
}

// New returns an engine. It fails, naming what is wrong and what is allowed,
// if the configuration asks for something unknown.
func New(config Config) (*Engine, error) {
	e := &Engine{config: config, byName: make(map[string]*Emulation, len(config.APIs)), byHost: make(map[string]*Emulation, len(config.APIs)), began: time.Now()}
	e.whileOpen, e.close = context.WithCancel(context.Background())
	e.closed = e.whileOpen.Done()
	for _, a := range config.APIs {
		e.byName[a.Name] = a
		if a.host != "" {
			e.byHost[a.host] = a
		}
	}
	e.secrets = sync.OnceValue(e.joinSecrets)
	if err := e.configure(); err != nil {
		return nil, err
	}
	if len(config.Seed) > 0 {
		seed, _, err := e.readSnapshot(config.Seed)
		if err != nil {
			return nil, inField("Seed", err)
		}
		e.seed = seed
	}
	e.main = newWorld(e, "")
	return e, nil
}

// inField says which field of the configuration an error is about.
func inField(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }

func (e *Engine) configure() error {
	config := &e.config
	if config.Root != "" && e.byName[config.Root] == nil {
		return fmt.Errorf("unknown API %q in Root; there are %s", config.Root, jsontext.Quote(e.Names()))
	}
	for _, name := range config.Variants {
		if all := e.variants(); !slices.Contains(all, name) {
			return fmt.Errorf("unknown variant %q in Variants; there are %s", name, jsontext.Quote(all))
		}
		owner, variant, _ := strings.Cut(name, "@")
		e.switchOn(e.byName[owner], variant)
	}
	if err := config.Strictness.Check(); err != nil {
		return err
	}
	var err error
	if e.origins, err = checkOrigins(config.AllowOrigins); err != nil {
		return err
	}
	if err := e.configureCompare(); err != nil {
		return inField("Compare", err)
	}
	for credential, tenant := range config.Tenants {
		if credential == "" || tenant == "" {
			return inField("Tenants", errors.New("a credential or the name of its organization is empty"))
		}
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
	if config.JournalEntries == 0 {
		config.JournalEntries = defaultJournalEntries
	}
	if config.JournalBytes == 0 {
		config.JournalBytes = defaultJournalBytes
	}
	if config.MaxNamespaces == 0 {
		config.MaxNamespaces = defaultMaxNamespaces
	}
	if config.NamespaceTTL == 0 {
		config.NamespaceTTL = defaultNamespaceTTL
	}
	return nil
}

// SetPublicURL says under which address clients reach the engine. It must be
// called before the first request.
func (e *Engine) SetPublicURL(url string) { e.config.PublicURL = url }

// PublicURL is the address under which clients reach the engine; "" if nobody
// said.
func (e *Engine) PublicURL() string { return e.config.PublicURL }

// Root is the API that is served without a prefix, too; "" if none is.
func (e *Engine) Root() string { return e.config.Root }

// Names are the emulated APIs.
func (e *Engine) Names() []string {
	names := make([]string, len(e.config.APIs))
	for i, a := range e.config.APIs {
		names[i] = a.Name
	}
	return names
}

// Operations returns the full name of every operation, API by API.
func (e *Engine) Operations() []string {
	var names []string
	for _, a := range e.config.APIs {
		for _, r := range a.routes {
			if !slices.Contains(names, r.name) {
				names = append(names, r.name)
			}
		}
	}
	return names
}

// Main is the default world.
func (e *Engine) Main() *World { return e.main }

// Uptime is how long the engine has been running.
func (e *Engine) Uptime() time.Duration { return time.Since(e.began) }

// Close ends every wait. Later requests are still served, but faults no
// longer wait. Closing again does nothing.
func (e *Engine) Close() { e.close() }

// Closed is closed when the engine is.
func (e *Engine) Closed() <-chan struct{} { return e.closed }

// api finds an API by its name.
func (e *Engine) api(name string) (*Emulation, error) {
	if a := e.byName[name]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("unknown API %q; there are %s", name, jsontext.Quote(e.Names()))
}

func (e *Engine) switchOn(a *Emulation, variant string) {
	if e.on == nil {
		e.on = make(map[*Emulation]map[string]bool)
	}
	if e.on[a] == nil {
		e.on[a] = make(map[string]bool)
	}
	e.on[a][variant] = true
}

// joinSecrets returns the secrets of all APIs together: what is one anywhere
// is shown nowhere, as people also send requests to the wrong API.
func (e *Engine) joinSecrets() jsontext.Secrets {
	all := make([]jsontext.Secrets, len(e.config.APIs))
	for i, a := range e.config.APIs {
		all[i] = a.Secrets
	}
	return jsontext.Join(all...)
}

// checkOperation refuses a name that is none of an operation.
func (e *Engine) checkOperation(name string) error {
	names := e.Operations()
	if slices.Contains(names, name) {
		return nil
	}
	if a := e.byName[name]; a != nil {
		return fmt.Errorf("%q is an API, not an operation; it has %s", name, jsontext.Quote(a.operations()))
	}
	if api, _, _ := strings.Cut(name, "."); e.byName[api] != nil {
		names = e.byName[api].operations()
	}
	return fmt.Errorf("unknown op %q; there are %s", name, jsontext.Quote(names))
}
