package engine

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// Emulation is an emulated API, made ready for serving. It holds no state, so
// that it is made once for all engines.
type Emulation struct {
	*emulate.API
	routes      []route
	credentials []string // the headers, as net/http writes them
	host        string   // of the vendor; "": none
	base        string   // what the vendor's paths begin with: "api/"; "": nothing
}

// route is an operation with its path split for matching.
type route struct {
	*emulate.Operation
	name     string // with the API: "orq.CreateAgent"
	elements []string
	members  []string // that a JSON body may have
}

// Emulate makes an API ready.
func Emulate(emulated *emulate.API) *Emulation {
	a := &Emulation{API: emulated}
	for i := range emulated.Operations {
		op := &emulated.Operations[i]
		a.routes = append(a.routes, route{op, a.Name + "." + op.Name, strings.Split(op.Path, "/"), op.Body.Names()})
	}
	if u, err := url.Parse(emulated.BaseURL); err == nil {
		a.host, a.base = u.Hostname(), strings.TrimPrefix(u.EscapedPath()+"/", "/")
	}
	for _, name := range emulated.Credentials {
		a.credentials = append(a.credentials, http.CanonicalHeaderKey(name))
	}
	return a
}

// Host is where the vendor serves the API: "api.orq.ai". Empty: everywhere or
// nowhere.
func (a *Emulation) Host() string { return a.host }

func (a *Emulation) operations() []string {
	var names []string
	for _, r := range a.routes {
		if !slices.Contains(names, r.name) {
			names = append(names, r.name)
		}
	}
	return names
}

// variants are the full names of all variants.
func (e *Engine) variants() []string {
	var names []string
	for _, a := range e.config.APIs {
		for _, variant := range a.Variants {
			names = append(names, a.Name+"@"+variant)
		}
	}
	return names
}

// match returns the operation that method and path name, with the values of
// its path parameters. When only the method is wrong it returns the methods
// that the path allows. Path elements are already unescaped.
func (a *Emulation) match(method string, path []string) (found *route, params map[string]string, allowed []string) {
	for i := range a.routes {
		r := &a.routes[i]
		values, ok := MatchPath(r.elements, path)
		if !ok {
			continue
		}
		if r.Method == method {
			return r, values, nil
		}
		if !slices.Contains(allowed, r.Method) {
			allowed = append(allowed, r.Method)
		}
	}
	return nil, nil, allowed
}

// MatchPath compares a path with a pattern, element by element, and returns
// the values of the pattern's parameters, such as {id}. A parameter is never
// empty.
func MatchPath(pattern, path []string) (map[string]string, bool) {
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

// Description is what an API emulates, for people and for clients that drive
// the mock over HTTP.
type Description struct {
	Name        string
	Operations  []OperationDescription
	Variants    []VariantDescription
	NotEmulated []string
}

// OperationDescription is one operation.
type OperationDescription struct {
	Name, Method, Path string
	Members            []string // that a request body may have
}

// VariantDescription is one variant.
type VariantDescription struct {
	Name string
	On   bool
}

// Describe describes every emulated API.
func (e *Engine) Describe() []Description {
	var all []Description
	for _, a := range e.config.APIs {
		d := Description{Name: a.Name, NotEmulated: a.NotEmulated}
		for _, r := range a.routes {
			d.Operations = append(d.Operations, OperationDescription{r.name, r.Method, r.Path, r.members})
		}
		for _, variant := range a.Variants {
			d.Variants = append(d.Variants, VariantDescription{a.Name + "@" + variant, e.on[a][variant]})
		}
		all = append(all, d)
	}
	return all
}
