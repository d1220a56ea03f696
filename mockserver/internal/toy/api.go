// Package toy emulates an API that nobody has: toys with names. It is the
// smallest complete example of an emulated API, and the tests of the mock add
// it to the others.
package toy

import (
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// state is what a namespace knows of the API.
type state struct {
	Toys emulate.Collection[toy] `json:"toys"`
}

// toy is a toy as it is stored and responded.
type toy struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// API returns the emulated API.
func API() *emulate.API {
	return &emulate.API{
		Name: "toy",
		Operations: []emulate.Operation{
			{Name: "CreateToy", Method: http.MethodPost, Path: "/toys", Handler: emulate.With(create),
				Body: schema.Shape{schema.Required("name", schema.String(1, 40))}},
			{Name: "GetToy", Method: http.MethodGet, Path: "/toys/{id}", Handler: emulate.With(get)},
		},
		NotEmulated: []string{"playing"},
		Variants:    []string{"loud"},
		Credentials: emulate.KeyHeaders,
		Secrets:     jsontext.NewSecrets([]string{"hiding_place"}, nil, nil),
		Limits:      emulate.Limits{Limits: []emulate.Limit{{Requests: 10, Per: time.Minute}}, RetryAfter: true},
		NewState:    func() any { return new(state) },
		Agents: func(s any) []emulate.Agent {
			return emulate.AgentsOf(&s.(*state).Toys, func(t *toy) *emulate.Agent {
				return &emulate.Agent{ID: t.ID, Name: t.Name, JSON: jsontext.MustMarshal(t)}
			})
		},
		Authenticate: func(r *emulate.Request) (string, error) {
			key, problem := r.Key()
			if problem != "" {
				return "", refuse(r, http.StatusUnauthorized, "").Because(problem).Refuse()
			}
			return key, nil
		},
		Refuse: refuse,
	}
}

func create(r *emulate.Request, s *state) (emulate.Response, error) {
	body, err := r.Object()
	if err != nil {
		return emulate.Response{}, refuse(r, http.StatusBadRequest, err.Error()).Refuse()
	}
	if wrong := r.Operation.Body.Check(body); wrong != nil {
		return emulate.Response{}, refuse(r, http.StatusBadRequest, schema.Describe(wrong)).Refuse()
	}
	name, _ := jsontext.String(body["name"])
	if r.Variant("loud") {
		name += "!"
	}
	made := &toy{ID: s.Toys.FreeID(r.Tenant, func() string { return emulate.HexID(r, "toy", 8) }), Name: name}
	r.Commit(func() { s.Toys.Add(r.Tenant, made.ID, made) })
	return emulate.JSON(http.StatusCreated, made), nil
}

func get(r *emulate.Request, s *state) (emulate.Response, error) {
	found := s.Toys.Get(r.Tenant, r.Params["id"])
	if found == nil {
		return emulate.Response{}, refuse(r, http.StatusNotFound, "no such toy").Refuse()
	}
	return emulate.JSON(http.StatusOK, found), nil
}

// refuse renders an error as the API does.
func refuse(_ *emulate.Request, status int, message string) emulate.Response {
	if message == "" {
		message = http.StatusText(status)
	}
	return emulate.JSON(status, map[string]string{"oops": message})
}
