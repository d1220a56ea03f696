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

// pagePolicy lets the page run its own script and talk to its own server, and
// nothing else.
var pagePolicy = sync.OnceValue(func() string {
	hash := func(tag string) string {
		_, rest, _ := strings.Cut(adminPage, "<"+tag+">")
		inner, _, _ := strings.Cut(rest, "</"+tag+">")
		sum := sha256.Sum256([]byte(inner))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + hash("script") + "; style-src " + hash("style") +
		"; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

// page is open to all: it holds nothing, and what it shows it must ask for.
func (c *call) page() error {
	header := c.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", pagePolicy())
	header.Set("Referrer-Policy", "no-referrer")
	c.w.WriteHeader(http.StatusOK)
	c.w.Write([]byte(adminPage)) //nolint:errcheck // the client went away
	return nil
}
