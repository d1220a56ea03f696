package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (d agentloopDialect) importAgent(x *exchange) answer {
	if len(x.body) > agentloopMaxBody {
		return d.tooLarge(x)
	}
	if !utf8.Valid(x.body) {
		return d.rejectSyntax(x, "Request body didn't contain valid UTF-8", "body: "+errNotUTF8.Error())
	}
	members, err := readAgentFile(string(x.body))
	if err != nil {
		x.guess("agentloop.import-unreadable")
		return x.refuse(http.StatusBadRequest, "Invalid format: "+err.Error(), "body: "+err.Error())
	}
	delete(members, "status") // a file does not have it: an imported agent is always active
	reader := agentloopReader{members: members, nullIsAbsent: true, plainRefs: true}
	input := reader.input()
	if reader.problem != "" {
		return x.refuse(http.StatusBadRequest, "Invalid format: "+reader.problem, reader.reason)
	}
	if input.systemPrompt == nil || *input.systemPrompt == "" {
		return x.refuse(http.StatusBadRequest,
			"System prompt is required (provide in front matter or as markdown body)",
			"body: expected a system prompt, got nothing")
	}
	if input.name == nil {
		input.name = new("agent-" + x.now().Format("20060102-150405"))
	}
	return d.add(x, input)
}

// readAgentFile reads an agent from text: Markdown with front matter, JSON,
// YAML, or just the system prompt.
func readAgentFile(text string) (object, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case strings.HasPrefix(text, "---"):
		return readAgentMarkdown(text)
	case strings.HasPrefix(text, "{"):
		if members, err := parseObject([]byte(text)); err == nil {
			return members, nil
		}
	default:
		members, err := readFrontMatter(text)
		if err == nil && (members.has("name") || members.has("system_prompt")) {
			return members, nil
		}
	}
	return object{"system_prompt": quoteJSON(text)}, nil
}

// readAgentMarkdown reads front matter between two lines of dashes. What
// follows it is the system prompt.
func readAgentMarkdown(text string) (object, error) {
	head, body, found := strings.Cut(strings.TrimPrefix(text, "---"), "\n---")
	if !found {
		return nil, errors.New("missing closing front matter delimiter (---)")
	}
	members, err := readFrontMatter(head)
	if err != nil {
		return nil, err
	}
	if body = strings.TrimSpace(body); body != "" {
		members["system_prompt"] = quoteJSON(body)
	}
	return members, nil
}

func (d agentloopDialect) exportAgent(x *exchange) answer {
	agent, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	return answer{
		status: http.StatusOK,
		header: http.Header{
			"Content-Type":        {"text/markdown; charset=utf-8"},
			"Content-Disposition": {fmt.Sprintf("attachment; filename=%q", agent.fileName())},
		},
		body: agent.markdown(),
	}
}

// markdown writes an agent so that an import reads the same one back.
func (a *agentloopAgent) markdown() []byte {
	var out bytes.Buffer
	line := func(name string, value string) { fmt.Fprintf(&out, "%s: %s\n", name, quoteJSON(value)) }
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
			fmt.Fprintf(&out, "  - %s\n", quoteJSON(tag))
		}
	}
	if len(a.Capabilities) > 0 {
		out.WriteString("capabilities:\n")
		for _, capability := range a.Capabilities {
			fmt.Fprintf(&out, "  - ref: %s\n", quoteJSON(capability.Ref))
			if capability.Config != nil {
				fmt.Fprintf(&out, "    config: %s\n", capability.Config) // JSON is YAML, too
			}
		}
	}
	out.WriteString("---\n")
	out.WriteString(a.SystemPrompt)
	return out.Bytes()
}

// fileName is the agent's name in lower case, its words joined by hyphens.
func (a *agentloopAgent) fileName() string {
	words := strings.FieldsFunc(strings.ToLower(a.Name), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return strings.Join(words, "-") + ".md"
}

// quoteJSON writes a string as JSON, which is how YAML quotes it, too.
func quoteJSON(text string) json.RawMessage { return jsonAnswer(http.StatusOK, text).body }
