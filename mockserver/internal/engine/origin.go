package engine

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Web pages of others must not use a server that listens on the machine of a
// developer: a browser sends what any page wants to any address. It tells who
// the page is by Origin, and by Sec-Fetch-Site where there is no Origin. The
// header Host tells nothing: a page can have its own name lead here.

// ownNames are names that always mean the machine itself.
var ownNames = []string{"localhost", "127.0.0.1", "[::1]"}

// checkOrigins makes Config.AllowOrigins ready for comparing.
func checkOrigins(origins []string) (map[string]bool, error) {
	allowed := make(map[string]bool, len(origins))
	for _, text := range origins {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || text != u.Scheme+"://"+u.Host {
			return nil, fmt.Errorf("AllowOrigins: %.80q is no origin; one is such as \"http://localhost:3000\"", text)
		}
		allowed[origin(u)] = true
	}
	return allowed, nil
}

// origin is the scheme and the address of a URL.
func origin(u *url.URL) string { return strings.ToLower(u.Scheme) + "://" + address(u) }

// address is the host and the port of a URL.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// AdmitPage looks at who lets a browser send the request. Its refusal, for
// people, is empty for everything that no page of others sent; then it has
// put what allows the page to read the response into header, and done reports
// that the request only asked for that: it is to get 204 and nothing else.
func (e *Engine) AdmitPage(header http.Header, r *http.Request) (refusal string, done bool) {
	origins := r.Header["Origin"]
	if site := r.Header.Get("Sec-Fetch-Site"); len(origins) == 0 && site != "" && site != "same-origin" && site != "none" {
		return e.refusePage("Sec-Fetch-Site", site), false
	}
	for _, text := range origins {
		if !e.isAllowed(text, r) {
			return e.refusePage("Origin", text), false
		}
	}
	if len(origins) == 0 {
		return "", false
	}
	header.Add("Vary", "Origin")
	header.Set("Access-Control-Allow-Origin", origins[0])
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		header.Set("Access-Control-Expose-Headers", "*")
		return "", false
	}
	header.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	if names := r.Header.Get("Access-Control-Request-Headers"); names != "" {
		header.Set("Access-Control-Allow-Headers", names) // "*" would leave Authorization out
	}
	header.Set("Access-Control-Max-Age", "600")
	return "", true
}

func (e *Engine) refusePage(name, value string) string {
	e.foreign.Add(1)
	return fmt.Sprintf("web pages of others may not use this server: %s is %.80q; the flag -allow-origins (Config.AllowOrigins) names those that may", name, value)
}

// ForeignRequests is how many requests of web pages of others were refused.
func (e *Engine) ForeignRequests() uint64 { return e.foreign.Load() }

// isAllowed reports whether a page of an origin may use the server: one of
// the server's own, or of an origin that the configuration names.
func (e *Engine) isAllowed(text string, r *http.Request) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false // "null", too: every page can have that
	}
	if e.origins[origin(u)] {
		return true
	}
	if public, err := url.Parse(e.PublicURL()); err == nil && public.Host != "" && origin(public) == origin(u) {
		return true
	}
	listening, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	if listening.String() == address(u) {
		return true
	}
	_, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return false
	}
	for _, name := range ownNames {
		if address(u) == strings.ToLower(name)+":"+port {
			return true
		}
	}
	return false
}

// turnAway refuses a request of a web page of others, or answers what a page
// that is allowed asks beforehand. It reports whether it did either.
func (e *Engine) turnAway(w http.ResponseWriter, r *http.Request) bool {
	refusal, done := e.AdmitPage(w.Header(), r)
	switch {
	case refusal != "":
		refusal = "mockserver: " + refusal
		w.Header().Set("X-Mock-Reason", headerText(refusal))
		http.Error(w, refusal, http.StatusForbidden)
	case done:
		w.WriteHeader(http.StatusNoContent)
	}
	return refusal != "" || done
}
