// Package emulate is the contract between the engine of the mock and the APIs
// that it emulates. An API is a value of type API: data, and functions that
// the engine calls one at a time for each namespace, so that neither they nor
// the states that they keep need a lock.
package emulate

import (
	"encoding/json"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// API is one emulated API. It holds no state: everything that changes lives
// in what NewState returns, so that one value serves all namespaces.
type API struct {
	// Name is the first element of the API's paths on the mock, and what the
	// names of its operations, variants and guesses begin with.
	Name string

	// BaseURL is where the vendor serves the API: "https://api.orq.ai". A
	// request with that host is for this API, without its prefix. Empty: the
	// API has no host that everybody knows.
	BaseURL string

	// Operations are what is emulated, fixed paths before paths with
	// parameters where both would match.
	Operations []Operation

	// NotEmulated lists, for people, what the API has and the mock does not.
	NotEmulated []string

	// Variants are the names of the ways in which the API can be switched
	// away from its default behaviour, without the name of the API.
	Variants []string

	// Credentials are the request headers that carry a credential.
	Credentials []string

	// Secrets are the members of bodies and the parameters of queries whose
	// values nobody may see.
	Secrets jsontext.Secrets

	// Limits are the documented rate limits.
	Limits Limits

	// NewState returns an empty state: a pointer to a struct of Collections
	// that encoding/json can write and read back.
	NewState func() any

	// Agents lists the live agents of a state, in the order of creation.
	Agents func(state any) []Agent

	// Authenticate returns the credential of a request, or the refusal, which
	// also an absent one is. What else the API looks at before it counts a
	// request against its limits belongs here, too.
	Authenticate func(*Request) (credential string, refusal error)

	// Runs lists the runs of agents that are not over. Nil: the API runs none.
	Runs func(state any) []*run.Run

	// Advance plays what is due of the runs, and returns when there is more;
	// the zero time if nothing waits for time. It is called before every
	// handler, and when a stream or a wait looks again. Nil with Runs.
	Advance func(w World, state any) (next time.Time)

	// Receive takes in a message that a person writes to an agent, as if it came
	// over the network of messages, and starts the run that replies to it. The
	// error says which conversation there is none of. Nil: persons reach no
	// agent of this API but by requests.
	Receive func(w World, state any, message script.Inbound) (script.Received, error)

	// Refuse renders an error in the API's own shape: of an injected fault, of
	// a request over a limit, of one that matches no operation (then
	// Request.Operation is nil and the status is 404 or 405), of a panic. An
	// empty message stands for the usual one of the status.
	Refuse func(r *Request, status int, message string) Response
}

// Operation is one operation of an API.
type Operation struct {
	// Name is the operation without its API: "CreateAgent".
	Name string
	// Method and Path are what calls it. The path is below the API's prefix
	// and may have parameters: "/v2/agents/{agent_key}".
	Method, Path string
	// Public operations take no credential and count against no limit.
	Public bool
	// Body is what the members of a JSON body must be. Nil: there is no JSON
	// body.
	Body schema.Shape
	// Handler serves a request whose credential is accepted.
	Handler Handler
}

// Handler serves one request. An error that is no *Refusal becomes a 500.
type Handler func(*Request) (Response, error)

// With is a handler that gets the state of its API with its type.
func With[S any](serve func(*Request, *S) (Response, error)) Handler {
	return func(r *Request) (Response, error) { return serve(r, r.State.(*S)) }
}

// Agent is an agent that lives in a state.
type Agent struct {
	ID     string // what the API calls it
	Name   string // for people
	Tenant string // whose it is; "": the tenant of the record
	JSON   json.RawMessage
}
