package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/agentclients/agentclients-go/mockserver/internal/admin"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
)

// Server emulates the five APIs. It is an http.Handler; one that New made
// opens no socket and starts no goroutine. It is safe for concurrent use.
//
// The methods that a Namespace has, too, are about the default namespace,
// which serves the requests that name no other.
type Server struct {
	world
	engine    *engine.Engine
	admin     http.Handler
	allow     allowances
	closeOnce sync.Once
}

// New returns a server for a configuration. It fails, naming what is wrong
// and what is allowed, if the configuration asks for something unknown.
func New(config Config) (*Server, error) { return newServer(config, emulations()) }

func newServer(config Config, all []*engine.Emulation) (*Server, error) {
	apis, err := config.choose(all)
	if err != nil {
		return nil, wrapped(err)
	}
	e, err := engine.New(config.engine(apis))
	if err != nil {
		return nil, wrapped(err)
	}
	return &Server{
		world:  world{w: e.Main(), tb: noTest{}},
		engine: e,
		admin:  admin.New(e, config.AdminToken, Version()),
		allow:  config.allowances(),
	}, nil
}

// ServeHTTP serves a request to /{api}/... or /_ns/{namespace}/{api}/..., as
// that API would, and one to /_mock/... with the admin API. A browser that
// opens / gets a page with a link to /_mock/; the journal does not have it. A fault that
// closes the connection panics with http.ErrAbortHandler, which net/http
// understands.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if admin.IsAdmin(r) {
		s.admin.ServeHTTP(w, r)
		return
	}
	if s.engine.Root() == "" && admin.IsFront(r) {
		admin.ServeFront(w)
		return
	}
	s.engine.ServeHTTP(w, r)
}

// Operations returns the name of every operation that the server emulates,
// API by API.
func (s *Server) Operations() []string { return s.engine.Operations() }

// SetSeed replaces Config.Seed: what new namespaces start from, and what Reset
// goes back to. Records that exist stay until then, and a namespace that has
// loaded a seed of its own keeps it. An empty document is no records. The
// error says what is wrong with the document; then nothing was changed.
func (s *Server) SetSeed(document json.RawMessage) error { return wrapped(s.engine.SetSeed(document)) }

// OpenAPI returns the OpenAPI document of the admin API.
func OpenAPI() json.RawMessage { return admin.OpenAPI() }

// Version is the version of this module in the program that is running, or
// without the "v"
// before it, or "devel" where Go does not know it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == "github.com/agentclients/agentclients-go" && strings.HasPrefix(m.Version, "v") {
			return m.Version[1:]
		}
	}
	return "devel"
}

// noTest is the TB of a server that serves no test: what would fail one
// panics.
type noTest struct{}

func (noTest) Helper()                           {}
func (noTest) Name() string                      { return "" }
func (noTest) Cleanup(func())                    {}
func (noTest) Logf(string, ...any)               {}
func (noTest) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (noTest) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (noTest) Failed() bool                      { return false }
