package mockserver

import (
	"net/http"
	"slices"
	"strings"
)

// dialect is one emulated API. It holds no state of its own: everything that
// changes lives in the state of a namespace, so that one dialect value serves
// all of them at once.
type dialect interface {
	// api names the API.
	api() API

	// operations lists every operation that is emulated, fixed paths before
	// paths with parameters where both would match.
	operations() []operation

	// variants lists the variants that the API knows.
	variants() []Variant

	// credentialHeaders names the request headers that carry a credential.
	// The journal redacts exactly these.
	credentialHeaders() []string

	// credential returns the credential that the request carries, without
	// any scheme word, or "" if there is none.
	credential(header http.Header) string

	// newState returns the empty state of this API: a pointer to a struct
	// that encoding/json can write and read back.
	newState() any

	// agents lists the live agents of a state that newState made, in the
	// order of their creation.
	agents(state any) []Agent

	// serve answers one request. The core has read the whole body and holds
	// the lock of the namespace. x.op is nil if no operation matched. serve
	// does everything in the order that the API does it: credentials, rate
	// limit, routing (404 and 405 for a nil op), validation, and then
	// x.op.handle.
	serve(x *exchange) answer

	// failure renders an error in the API's own shape. Injected faults,
	// over-long bodies and panics use it.
	failure(x *exchange, status int, message string) answer
}

// operation is one operation of a dialect.
type operation struct {
	op      Op
	method  string
	pattern string   // below the API's prefix: "/v2/agents/{agent_key}"
	fields  []string // the members that a request body may have; nil: no body
	handle  func(*exchange) answer
	shape   shape // for strictness: what is known of the members themselves
}

// A route is an operation with its pattern split for matching.
type route struct {
	*operation
	elements []string
}

func newRoutes(operations []operation) []route {
	routes := make([]route, len(operations))
	for i := range operations {
		routes[i] = route{&operations[i], strings.Split(operations[i].pattern, "/")}
	}
	return routes
}

// match returns the operation that method and path name, with the values of
// its path parameters. When only the method is wrong it returns the methods
// that the path allows. Path elements are already unescaped.
func match(routes []route, method string, path []string) (op *operation, params map[string]string, allowed []string) {
	for _, r := range routes {
		values, ok := matchPath(r.elements, path)
		if !ok {
			continue
		}
		if r.method == method {
			return r.operation, values, nil
		}
		if !slices.Contains(allowed, r.method) {
			allowed = append(allowed, r.method)
		}
	}
	return nil, nil, allowed
}

func matchPath(pattern, path []string) (map[string]string, bool) {
	if len(pattern) != len(path) {
		return nil, false
	}
	var values map[string]string
	for i, element := range pattern {
		name, ok := strings.CutPrefix(element, "{")
		switch {
		case !ok && element != path[i]:
			return nil, false
		case ok && path[i] == "":
			return nil, false
		case ok:
			if values == nil {
				values = make(map[string]string, 2)
			}
			values[strings.TrimSuffix(name, "}")] = path[i]
		}
	}
	return values, true
}
