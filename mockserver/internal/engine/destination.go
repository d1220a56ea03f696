package engine

import (
	"errors"
	"net"
	"net/http"
	"strings"
)

// destination is where a request goes.
type destination struct {
	world *World
	api   *Emulation // nil: none of the APIs
	path  string     // below the API's prefix, escaped

	refused int // the status if the world cannot be had
	reason  string
}

// CredentialMark begins the name of a world within a credential.
const CredentialMark = "mock_ns_"

// route finds out which API and which world a request is for.
func (e *Engine) route(r *http.Request) destination {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	name, named := "", false
	if rest, ok := strings.CutPrefix(path, "_ns/"); ok {
		name, path, _ = strings.Cut(rest, "/")
		named = true
	}
	d := e.destinationAt(r.Host, path)
	secret := false
	if !named && d.api != nil {
		name, named = worldInCredential(r.Header, d.api.credentials)
		secret = named
	}
	if !named {
		name = r.Header.Get("X-Mock-Namespace")
		named = name != ""
	}
	if d.refused != 0 || !named || name == DefaultName {
		return d
	}
	if err := CheckWorldName(name); err != nil {
		d.refused, d.reason = http.StatusBadRequest, "mockserver: "+err.Error()
		if secret {
			d.reason = "mockserver: namespace name after " + CredentialMark + " in the credential: " + worldNameRule
		}
		return d
	}
	w, err := e.World(name)
	switch gone := (*GoneError)(nil); {
	case errors.As(err, &gone):
		d.refused, d.reason = http.StatusGone, "mockserver: "+err.Error()
	case err != nil:
		d.refused, d.reason = http.StatusServiceUnavailable, "mockserver: "+err.Error()
	default:
		d.world = w
	}
	return d
}

// destinationAt finds the API of a path without the name of a world. A vendor's
// host has that vendor's API at the root, as the real one is.
func (e *Engine) destinationAt(host, path string) destination {
	d := destination{world: e.main}
	if d.api = e.byHost[hostname(host)]; d.api != nil {
		rest, ok := strings.CutPrefix(path, d.api.base)
		if !ok {
			d.refused, d.reason = http.StatusNotFound, "mockserver: the paths of "+d.api.BaseURL+" begin with /"+d.api.base
		}
		d.path = "/" + rest
		return d
	}
	prefix, rest, _ := strings.Cut(path, "/")
	if d.api = e.byName[prefix]; d.api == nil {
		d.api, d.path = e.byName[e.config.Root], "/"+path // nil without one
	} else if rest != "" {
		d.path = path[len(prefix):] // from the slash on
	} else {
		d.path = "/"
	}
	return d
}

// hostname is a Host header without its port, in lower case.
func hostname(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// worldInCredential finds the name in a credential such as
// "Bearer mock_ns_NAME_anything".
func worldInCredential(header http.Header, credentials []string) (string, bool) {
	for _, key := range credentials {
		for _, value := range header[key] {
			if _, rest, ok := strings.Cut(value, CredentialMark); ok {
				name, _, _ := strings.Cut(rest, "_")
				return name, true
			}
		}
	}
	return "", false
}
