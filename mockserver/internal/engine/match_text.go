package engine

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/credential"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// place is where a text of a request is.
type place struct {
	header  string            // "": not in a header
	json    *jsontext.Pointer // nil: not in the JSON of the body
	kind    string            // "path", "query", "body", "header" or "json"
	pointer string            // of json, as it was written
}

const places = `"path", "query", "body", "header NAME" or "json POINTER"`

// parsePlace reads the name of a place.
func parsePlace(name string) (place, error) {
	kind, rest, has := strings.Cut(name, " ")
	switch {
	case !has && (kind == "path" || kind == "query" || kind == "body"):
		return place{kind: kind}, nil
	case kind == "header" && strings.TrimSpace(rest) != "":
		name = strings.TrimSpace(rest)
		return place{kind: kind, header: http.CanonicalHeaderKey(name)}, checkHeaderName(name)
	case kind == "json" && has:
		pointer, err := jsontext.ParsePointer(rest)
		if err != nil {
			return place{}, err
		}
		return place{kind: kind, json: &pointer, pointer: rest}, nil
	}
	return place{}, fmt.Errorf("unknown place %.80q; a place is %s", name, places)
}

// texts are the texts of a request at the place. Of a request that is being
// served they are whole; the journal has no credentials, and of a long body
// only the beginning.
func (p place) texts(e *entry, live *exchange) []string {
	switch p.kind {
	case "path":
		return []string{e.path}
	case "query":
		return []string{e.query}
	case "header":
		return e.valuesOf(p.header, live)
	}
	body := e.body
	if live != nil {
		body = live.Body
	}
	if p.json == nil {
		return []string{string(body)}
	}
	raw, ok := p.json.In(body)
	if !ok {
		return nil
	}
	if text, ok := jsontext.String(raw); ok {
		return []string{text}
	}
	return []string{string(raw)}
}

// secret reports whether nobody may see what a match wants there.
func (p place) secret(secrets jsontext.Secrets) bool {
	switch p.kind {
	case "header":
		return credential.IsHeader(p.header, nil)
	case "json":
		const sample = `"text"`
		return string(secrets.RedactAt([]byte(sample), p.pointer)) != sample
	}
	return false
}

// textConditions are the conditions about the beginning of texts, about what
// is in them, and about what they look like.
func textConditions(m journal.Match, secrets jsontext.Secrets) ([]condition, error) {
	var out []condition
	for _, kind := range []struct {
		name  string
		wants map[string]string
		ready func(want string) (func(text string) bool, error)
	}{
		{"prefix", m.Prefix, func(want string) (func(string) bool, error) {
			return func(text string) bool { return strings.HasPrefix(text, want) }, nil
		}},
		{"contains", m.Contains, func(want string) (func(string) bool, error) {
			return func(text string) bool { return strings.Contains(text, want) }, nil
		}},
		{"regexp", m.Regexp, func(want string) (func(string) bool, error) {
			expression, err := regexp.Compile(want)
			if err != nil {
				return nil, err
			}
			return expression.MatchString, nil
		}},
	} {
		for _, name := range slices.Sorted(maps.Keys(kind.wants)) {
			want := kind.wants[name]
			where, err := parsePlace(name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kind.name, err)
			}
			holds, err := kind.ready(want)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", kind.name, name, err)
			}
			out = append(out, textCondition(kind.name+" of "+name, shownText(name, want, secrets), where, holds, secrets))
		}
	}
	return out, nil
}

func textCondition(name, want string, where place, holds func(string) bool, secrets jsontext.Secrets) condition {
	return condition{
		name: name, want: want,
		got: func(e *entry) string {
			texts := where.texts(e, nil)
			if texts == nil {
				return "nothing"
			}
			switch where.kind {
			case "body":
				return string(secrets.Redact([]byte(texts[0])))
			case "json":
				return string(secrets.RedactAt(jsontext.MustMarshal(texts[0]), where.pointer))
			case "query":
				return secrets.RedactQuery(texts[0])
			}
			return strings.Join(texts, ", ")
		},
		holds: func(e *entry, live *exchange) bool {
			return slices.ContainsFunc(where.texts(e, live), holds)
		},
	}
}

// shownText is what a match wants at a place, as others may see it.
func shownText(name, want string, secrets jsontext.Secrets) string {
	where, err := parsePlace(name)
	switch {
	case err != nil:
		return want
	case where.secret(secrets):
		return jsontext.Redacted
	case where.kind == "query":
		return secrets.RedactQuery(want)
	case where.kind == "body", where.kind == "json": // it may be a part of JSON
		return string(secrets.Redact([]byte(want)))
	}
	return want
}

// redactedTexts are texts by place as others may see them.
func redactedTexts(wants map[string]string, secrets jsontext.Secrets) map[string]string {
	shown := maps.Clone(wants)
	for name, want := range shown {
		shown[name] = shownText(name, want, secrets)
	}
	return shown
}
