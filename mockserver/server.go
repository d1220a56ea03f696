package mockserver

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxBody is the longest request body that is read; a longer one is answered
// with 413.
const maxBody = 8 << 20

// Server emulates the five APIs. It is an http.Handler that opens no socket
// and starts no goroutine. It is safe for concurrent use. Its embedded
// Namespace is the default one.
type Server struct {
	*Namespace

	config   Config
	variants map[Variant]bool
	apis     map[API]*emulation
}

// emulation is a dialect with its routes.
type emulation struct {
	dialect
	routes []route
}

// New returns a server for a configuration. It fails, naming what is wrong
// and what is allowed, if the configuration asks for something unknown.
func New(config Config) (*Server, error) {
	s := &Server{config: config, variants: make(map[Variant]bool), apis: make(map[API]*emulation)}
	var known []Variant
	for _, d := range dialects() {
		s.apis[d.api()] = &emulation{d, newRoutes(d.operations())}
		known = append(known, d.variants()...)
	}
	for _, v := range config.Variants {
		if !slices.Contains(known, v) {
			return nil, fmt.Errorf("mockserver: unknown variant %q; there are %q", v, known)
		}
		s.variants[v] = true
	}
	s.Namespace = newNamespace(s, "")
	return s, nil
}

// ServeHTTP answers a request to /{api}/..., as that API would.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	api, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	emulated, ok := s.apis[API(api)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.serve(w, r, s.Namespace, emulated, "/"+path)
}

// serve answers one request to one API. path is escaped and lies below the
// API's prefix.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, n *Namespace, emulated *emulation, path string) {
	x := &exchange{
		namespace: n,
		dialect:   emulated.dialect,
		method:    r.Method,
		path:      path,
		header:    r.Header,
		host:      r.Host,
	}
	x.query, _ = url.ParseQuery(r.URL.RawQuery) // what is broken is dropped
	elements := strings.Split(path, "/")
	for i, element := range elements {
		if plain, err := url.PathUnescape(element); err == nil {
			elements[i] = plain
		}
	}
	x.op, x.params, x.allowed = match(emulated.routes, r.Method, elements)
	x.path = strings.Join(elements, "/")

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		write(w, emulated.failure(x, http.StatusRequestEntityTooLarge, "request body is larger than 8 MiB"))
		return
	}
	x.body = body

	n.mu.Lock()
	x.state = n.states[emulated.api()]
	a := emulated.dialect.serve(x)
	n.mu.Unlock()
	write(w, a)
}

func write(w http.ResponseWriter, a answer) {
	header := w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	if a.reason != "" {
		header.Set("X-Mock-Reason", a.reason)
	}
	w.WriteHeader(a.status)
	w.Write(a.body) //nolint:errcheck // the client went away
}
