package engine

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// toys is the state of an API that makes toys.
type toys struct {
	Toys emulate.Collection[string] `json:"toys"`
}

// toyAPI is the smallest API that uses all that the engine has.
func toyAPI() *emulate.API {
	return &emulate.API{
		Name:        "toy",
		Credentials: []string{"X-Key"},
		Limits:      emulate.Limits{Limits: []emulate.Limit{{Requests: 1000, Per: time.Minute}}},
		NewState:    func() any { return new(toys) },
		Agents:      func(any) []emulate.Agent { return nil },
		Operations: []emulate.Operation{
			{Name: "Make", Method: "POST", Path: "/toys", Body: schema.Shape{schema.Required("name", schema.Text)}, Handler: emulate.With(makeToy)},
			{Name: "Count", Method: "GET", Path: "/toys", Handler: emulate.With(countToys)},
		},
		Authenticate: func(r *emulate.Request) (string, error) {
			if key := r.Header.Get("X-Key"); r.Accepts(key) {
				return key, nil
			}
			return "", emulate.Text(http.StatusUnauthorized, "who is it?").Refuse()
		},
		Refuse: func(_ *emulate.Request, status int, message string) emulate.Response {
			return emulate.Text(status, message)
		},
	}
}

func makeToy(r *emulate.Request, s *toys) (emulate.Response, error) {
	id := s.Toys.FreeID(r.Tenant, func() string { return emulate.HexID(r, "toy", 8) })
	r.Commit(func() { s.Toys.Add(r.Tenant, id, &id) })
	return emulate.Text(http.StatusCreated, id), nil
}

func countToys(r *emulate.Request, s *toys) (emulate.Response, error) {
	return emulate.JSON(http.StatusOK, s.Toys.Len()), nil
}

func newToyEngine(t *testing.T, config Config) *Engine {
	t.Helper()
	config.APIs = []*Emulation{Emulate(toyAPI())}
	e, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// send sends a request and returns its status.
func send(e *Engine, method, path, key, body string) int {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Key", key)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code
}
