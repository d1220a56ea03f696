package mockserver

import (
	"fmt"
	"net/http"
	"strings"
)

// destination is where a request goes.
type destination struct {
	namespace *Namespace
	emulated  *emulation // nil: none of the APIs
	path      string     // below the API's prefix, escaped

	refused int // the status if the namespace cannot be had
	reason  string
}

// credentialMark begins a namespace name within a credential.
const credentialMark = "mock_ns_"

// route finds out which API and which namespace a request is for.
func (s *Server) route(r *http.Request) destination {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	name, named := "", false
	if rest, ok := strings.CutPrefix(path, "_ns/"); ok {
		name, path, _ = strings.Cut(rest, "/")
		named = true
	}
	d := destination{namespace: s.defaultNamespace}
	prefix, rest, _ := strings.Cut(path, "/")
	if d.emulated = s.apis[API(prefix)]; d.emulated != nil {
		d.path = "/" + rest
	} else {
		d.emulated = s.apis[s.config.Root] // nil without one
		d.path = "/" + path
	}
	secret := false
	if !named && d.emulated != nil {
		name, named = namespaceInCredential(r.Header, d.emulated.credentials)
		secret = named
	}
	if !named {
		name = r.Header.Get("X-Mock-Namespace")
		named = name != ""
	}
	if !named || name == defaultName {
		return d
	}
	if err := checkNamespaceName(name); err != nil {
		d.refused, d.reason = http.StatusBadRequest, err.Error()
		if secret {
			d.reason = "mockserver: namespace name after " + credentialMark + " in the credential: " + namespaceNameRule
		}
		return d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch n, err := s.find(name); {
	case err != nil:
		d.refused, d.reason = http.StatusServiceUnavailable, err.Error()
	case n == nil:
		d.refused = http.StatusGone
		d.reason = fmt.Sprintf("mockserver: namespace %q was dropped: %s", name, s.dropped[name])
	default:
		d.namespace = n
	}
	return d
}

// namespaceInCredential finds the name in a credential such as
// "Bearer mock_ns_NAME_anything".
func namespaceInCredential(header http.Header, credentials []string) (string, bool) {
	for _, key := range credentials {
		for _, value := range header[key] {
			if _, rest, ok := strings.Cut(value, credentialMark); ok {
				name, _, _ := strings.Cut(rest, "_")
				return name, true
			}
		}
	}
	return "", false
}
