package redact

import (
	"cmp"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shortest is the length from which on a secret is looked for in texts. To
// hide a shorter one would garble words that only look like it.
const shortest = 8

// Hider returns a function that puts the placeholder in the place of each
// secret in a text, in every usual spelling of it. The function closes over
// the secrets, so that no verb of package fmt prints them.
func Hider(secrets []string) func(string) string { return hiderOf(allSpellings(secrets)) }

// allSpellings returns how secrets that are long enough are written.
func allSpellings(secrets []string) (all []string) {
	for _, secret := range secrets {
		if len(secret) >= shortest {
			all = append(all, spellings(secret)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func hiderOf(all []string) func(string) string {
	if len(all) == 0 {
		return func(text string) string { return text }
	}
	// Of several that begin at the same place the replacer takes the first.
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := make([]string, 0, 2*len(all))
	for _, spelling := range all {
		pairs = append(pairs, spelling, Placeholder)
	}
	return strings.NewReplacer(pairs...).Replace
}

// spellings returns how a secret is written by itself, in JSON, URLs, HTML and
// Go, and in those within quotes again.
func spellings(secret string) []string {
	written := []string{
		secret,
		url.QueryEscape(secret), url.PathEscape(secret), (&url.URL{Path: secret}).EscapedPath(),
		html.EscapeString(secret),
		inner(strconv.Quote(secret)), inner(strconv.QuoteToASCII(secret)),
		strings.ReplaceAll(secret, "/", `\/`), // as PHP writes JSON
	}
	if encoded, err := json.Marshal(secret); err == nil {
		written = append(written, inner(string(encoded)), unescapeHTML.Replace(inner(string(encoded))))
	}
	for _, apostrophe := range []string{"'", "&apos;", "&#39;", "&#039;", "&#x27;"} { // as languages write HTML
		written = append(written, strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", apostrophe).Replace(secret))
	}
	for range 2 { // a text that is quoted may be quoted again
		for _, text := range slices.Clone(written) {
			written = append(written, inner(strconv.Quote(text)), lowerPercent(text))
		}
		slices.Sort(written)
		written = slices.Compact(written)
	}
	return written
}

// inner returns a quoted text without its quotes.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

var (
	unescapeHTML = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
	percent      = regexp.MustCompile(`%[0-9A-F]{2}`)
)

// lowerPercent writes the escapes of a URL in lower case.
func lowerPercent(text string) string { return percent.ReplaceAllStringFunc(text, strings.ToLower) }
