package agentloop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

func importAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	if len(r.Body) > maxBody {
		return emulate.Response{}, refuseLength(r)
	}
	if !utf8.Valid(r.Body) {
		return emulate.Response{}, refuseSyntax(r, "Request body didn't contain valid UTF-8", "body: "+jsontext.ErrNotUTF8.Error())
	}
	members, err := readFile(string(r.Body))
	if err != nil {
		r.Guess("import-unreadable")
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Invalid format: "+err.Error(), "body: "+err.Error())
	}
	if problem, reason := describe(agentFile.Check(members)); problem != "" {
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Invalid format: "+problem, reason)
	}
	in := readInput(members)
	if in.systemPrompt == nil || *in.systemPrompt == "" {
		return emulate.Response{}, refuse(r, http.StatusBadRequest,
			"System prompt is required (provide in front matter or as markdown body)",
			"body: expected a system prompt, got nothing")
	}
	if in.name == nil {
		in.name = new("agent-" + r.Now().Format("20060102-150405"))
	}
	return add(r, s, in)
}

// readFile reads an agent from text: Markdown with front matter, JSON, YAML,
// or just the system prompt.
func readFile(text string) (jsontext.Object, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case strings.HasPrefix(text, "---"):
		return readMarkdown(text)
	case strings.HasPrefix(text, "{"):
		if members, err := jsontext.ParseObject([]byte(text)); err == nil {
			return members, nil
		}
	default:
		if members, err := readYAML(text); err == nil && isAgent(members) {
			return members, nil
		}
	}
	return jsontext.Object{"system_prompt": jsontext.MustMarshal(text)}, nil
}

// isAgent tells an agent from a prompt that happens to be YAML: words with a
// colon behind them are no name of a member.
func isAgent(members jsontext.Object) bool {
	isProse := func(name string) bool { return strings.Contains(name, " ") }
	return (members.Has("name") || members.Has("system_prompt")) && !slices.ContainsFunc(members.Names(), isProse)
}

// readMarkdown reads front matter between two lines of dashes. What follows
// it is the system prompt.
func readMarkdown(text string) (jsontext.Object, error) {
	head, body, found := strings.Cut(strings.TrimPrefix(text, "---"), "\n---")
	if !found {
		return nil, errors.New("missing closing front matter delimiter (---)")
	}
	members, err := readYAML(head)
	if err != nil {
		return nil, fmt.Errorf("front matter %w", err)
	}
	if body = strings.TrimSpace(body); body != "" {
		members["system_prompt"] = jsontext.MustMarshal(body)
	}
	return members, nil
}

func exportAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	a, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.Response{
		Status: http.StatusOK,
		Header: http.Header{
			"Content-Type":        {"text/markdown; charset=utf-8"},
			"Content-Disposition": {fmt.Sprintf("attachment; filename=%q", a.fileName())},
		},
		Body: a.markdown(),
	}, nil
}

// markdown writes an agent so that an import reads the same one back.
func (a *agent) markdown() []byte {
	var out bytes.Buffer
	line := func(name string, value string) { fmt.Fprintf(&out, "%s: %s\n", name, quote(value)) }
	out.WriteString("---\n")
	line("id", a.ID)
	line("name", a.Name)
	if a.Description != nil {
		line("description", *a.Description)
	}
	if a.DefaultModelID != nil {
		line("default_model_id", *a.DefaultModelID)
	}
	if len(a.Tags) > 0 {
		out.WriteString("tags:\n")
		for _, tag := range a.Tags {
			fmt.Fprintf(&out, "  - %s\n", quote(tag))
		}
	}
	if len(a.Capabilities) > 0 {
		out.WriteString("capabilities:\n")
		for _, c := range a.Capabilities {
			fmt.Fprintf(&out, "  - ref: %s\n", quote(c.Ref))
			if c.Config != nil {
				fmt.Fprintf(&out, "    config: %s\n", flow(c.Config))
			}
		}
	}
	out.WriteString("---\n")
	out.WriteString(a.SystemPrompt)
	return out.Bytes()
}

// quote writes a string as YAML. JSON does it in the same way, but lets
// characters stand that YAML does not read.
func quote(text string) string {
	var out strings.Builder
	for _, c := range string(jsontext.MustMarshal(text)) {
		if c >= 0x7f && c < 0xa0 || c == 0xfeff || c == 0xfffe || c == 0xffff {
			fmt.Fprintf(&out, `\u%04x`, c)
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}

var stringPattern = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// flow writes JSON as YAML, which is the same but for what stands in strings.
func flow(raw json.RawMessage) []byte {
	return stringPattern.ReplaceAllFunc(raw, func(text []byte) []byte {
		plain, _ := jsontext.String(text)
		return []byte(quote(plain))
	})
}

// fileName is the agent's name in lower case, its words joined by hyphens.
func (a *agent) fileName() string {
	words := strings.FieldsFunc(strings.ToLower(a.Name), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return strings.Join(words, "-") + ".md"
}
