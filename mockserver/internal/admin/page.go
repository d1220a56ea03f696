package admin

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
)

//go:embed page.html
var adminPage string

// pagePolicy lets the page run its own script, show its own icon and talk to
// its own server, and nothing else.
var pagePolicy = sync.OnceValue(func() string {
	return "default-src 'none'; script-src " + hashOf(adminPage, "script") + "; style-src " + hashOf(adminPage, "style") +
		"; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

// hashOf allows what stands in the one element of that name.
func hashOf(page, tag string) string {
	_, rest, _ := strings.Cut(page, "<"+tag+">")
	inner, _, _ := strings.Cut(rest, "</"+tag+">")
	sum := sha256.Sum256([]byte(inner))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page is open to all: it holds nothing, and what it shows it must ask for.
func (c *call) page() error {
	writePage(c.w, adminPage, pagePolicy())
	return nil
}

func writePage(w http.ResponseWriter, page, policy string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	w.Write([]byte(page)) //nolint:errcheck // the client went away
}

// frontPage leads who opens the address of the server in a browser to the page.
const frontPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>agentmock</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 40rem }</style>
<h1>agentmock</h1>
<p>This server emulates APIs that create AI agents. <a href="/_mock/">The page of the mock</a> shows their base URLs, and every request as it comes.</p>
</html>
`

// IsFront reports whether somebody opens the address of the server, without a
// path, in a browser.
func IsFront(r *http.Request) bool {
	return r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// ServeFront serves a page that leads to the page of the admin API.
func ServeFront(w http.ResponseWriter) {
	writePage(w, frontPage, "default-src 'none'; style-src "+hashOf(frontPage, "style")+"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}
