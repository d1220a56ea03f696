package redact

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

// A secret is hidden however a server, a proxy or net/http writes it.
func TestHiderKnowsEverySpelling(t *testing.T) {
	for _, secret := range []string{"sk_live_0123456789", `a"b\c<d>&e'f/g h+i=%j`, "schlüssel-€-0123", "tab\tin the key", "\xffnot UTF-8\xff"} {
		hide := Hider([]string{"another-secret", secret})
		for name, text := range map[string]string{
			"itself":       secret,
			"%q":           fmt.Sprintf("%q", secret),
			"%+q":          fmt.Sprintf("%+q", secret),
			"%q twice":     fmt.Sprintf("%q", fmt.Sprintf("%q", secret)),
			"%q of JSON":   fmt.Sprintf("%q", marshal(secret)),
			"JSON":         marshal(secret),
			"PHP's JSON":   strings.ReplaceAll(secret, "/", `\/`),
			"query":        url.QueryEscape(secret),
			"path segment": url.PathEscape(secret),
			"path":         (&url.URL{Path: "/" + secret}).EscapedPath(),
			"lower query":  lowerPercent(url.QueryEscape(secret)),
			"HTML":         html.EscapeString(secret),
			"named HTML":   strings.ReplaceAll(html.EscapeString(secret), "&#34;", "&quot;"),
		} {
			got := hide("before " + text + " after")
			middle := strings.TrimSuffix(strings.TrimPrefix(got, "before "), " after")
			if strings.Trim(middle, `"\/`) != Placeholder {
				t.Errorf("%s: %q is left of %q", name, got, text)
			}
		}
	}
}

func marshal(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func TestHiderLeavesOtherTextsAlone(t *testing.T) {
	hide := Hider([]string{"short", "", "long enough"})
	const text = "a short text, long en\nough"
	if got := hide(text); got != text {
		t.Errorf("got %q", got)
	}
	if got := Hider(nil)(text); got != text {
		t.Errorf("without secrets: %q", got)
	}
}
