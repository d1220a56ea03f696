package admin

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// The document that is embedded describes what is served. After a change of
// the routes or their types: go test ./mockserver/internal/admin -update
func TestDocumentIsUpToDate(t *testing.T) {
	want, err := json.MarshalIndent(openAPIDocument(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(document, want) {
		t.Error("openapi.json is not what the routes say: run this test with -update")
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// openAPIDocument describes the table of routes. Schemas are taken from the
// types that are really read and written.
func openAPIDocument() map[string]any {
	schemas := schemaSet{}
	paths := map[string]map[string]any{}
	for _, route := range routes() {
		path := Prefix + route.pattern
		parameters := []map[string]any{}
		for _, name := range pathParameter.FindAllStringSubmatch(route.pattern, -1) {
			parameters = append(parameters, map[string]any{
				"name": name[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"},
			})
		}
		for _, q := range route.query {
			parameters = append(parameters, map[string]any{
				"name": q.name, "in": "query", "description": q.summary, "schema": map[string]any{"type": "string"},
			})
		}
		success := map[string]any{"description": http.StatusText(route.status)}
		switch {
		case route.response != nil:
			success["content"] = map[string]any{"application/json": map[string]any{"schema": schemas.of(reflect.TypeOf(route.response))}}
		case route.media != "":
			media, _, _ := strings.Cut(route.media, ";")
			success["content"] = map[string]any{media: map[string]any{"schema": map[string]any{"type": "string"}}}
		}
		refusal := func(text string, body any) map[string]any {
			return map[string]any{"description": text, "content": map[string]any{
				"application/json": map[string]any{"schema": schemas.of(reflect.TypeOf(body))},
			}}
		}
		responses := map[string]any{
			strconv.Itoa(route.status): success,
			"default":                  refusal("What is wrong, and what is allowed.", errorView{}),
		}
		if route.holds {
			responses["409"] = refusal("It does not hold; with the nearest request and how it differs.", missView{})
		}
		operation := map[string]any{
			"operationId": operationID(route.method, route.pattern),
			"summary":     route.summary,
			"parameters":  parameters,
			"responses":   responses,
		}
		if route.body != nil {
			operation["requestBody"] = map[string]any{"content": map[string]any{
				"application/json": map[string]any{"schema": schemas.of(reflect.TypeOf(route.body))},
			}}
		}
		if route.open {
			operation["security"] = []any{}
		}
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(route.method)] = operation
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title":       "agentmock admin API",
			"version":     "1",
			"description": "Namespaces, rules, journal, state and clock of a mock server. The default namespace is called \"default\"; paths without /namespaces/{namespace}, such as /_mock/rules and /_mock/journal, mean it. Callers on the server's own machine need a token only if it was given one.",
		},
		"paths":      paths,
		"components": map[string]any{"schemas": schemas, "securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer"}}},
		"security":   []any{map[string]any{"token": []any{}}, map[string]any{}},
	}
}

// operationID names an operation by its method and the fixed words of its
// path.
func operationID(method, pattern string) string {
	id := strings.ToLower(method)
	for word := range strings.FieldsFuncSeq(pattern, func(c rune) bool { return c == '/' || c == '.' }) {
		word = strings.Trim(word, "{}")
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return id
}

// schemaSet are the named schemas.
type schemaSet map[string]any

// schemaWords are the values of the types that are words.
var schemaWords = map[reflect.Type]any{
	reflect.TypeFor[fault.Stage]():       fault.Stages(),
	reflect.TypeFor[journal.Outcome]():   journal.Outcomes(),
	reflect.TypeFor[engine.Strictness](): engine.Strictnesses,
}

// of is the schema of a Go type as encoding/json writes it.
func (s schemaSet) of(t reflect.Type) map[string]any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[raw]():
		return map[string]any{}
	case reflect.TypeFor[fault.Fault]():
		return s.named("Fault", faultSchema)
	case reflect.TypeFor[script.Reply]():
		return s.named("Reply", replySchema)
	}
	if words, ok := schemaWords[t]; ok {
		return map[string]any{"type": "string", "enum": words}
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		name := strings.TrimSuffix(t.Name(), "View")
		if t == reflect.TypeFor[engine.RuleView]() {
			name = "ActiveRule" // a Rule is what one is made of
		}
		return s.named(strings.ToUpper(name[:1])+name[1:], func() map[string]any {
			properties := map[string]any{}
			required := []string{}
			for _, f := range jsontext.Fields(t) {
				properties[f.Name] = described(s.of(f.Type), commentOf(t, f.StructField))
				if !f.Optional {
					required = append(required, f.Name)
				}
			}
			return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
		})
	}
	return map[string]any{} // anything
}

// named makes a schema once and refers to it.
func (s schemaSet) named(name string, schema func() map[string]any) map[string]any {
	if _, ok := s[name]; !ok {
		s[name] = nil // it is being made
		s[name] = schema()
	}
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

// faultSchema describes faults: one member that names it, with options.
func faultSchema() map[string]any {
	options := map[string]any{
		"stage":       map[string]any{"type": "string", "enum": fault.Stages()},
		"retry_after": map[string]any{"type": "string", "description": "A duration such as 2s; for status, html and redirect."},
		"header":      map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}, "description": "For status, html and redirect."},
		"body":        map[string]any{"type": []string{"string", "object", "array"}, "description": "For status and html: a text, or JSON that is sent as it stands."},
	}
	for _, name := range fault.Names() {
		options[name] = map[string]any{}
	}
	options["status"] = map[string]any{"type": "integer"}
	options["delay"] = map[string]any{"type": "string"}
	return map[string]any{
		"type": "object", "properties": options, "additionalProperties": false, "minProperties": 1,
		"description": "One member names the fault; the options stand beside it.",
		"examples": []any{
			json.RawMessage(`{"status":429,"retry_after":"2s"}`),
			json.RawMessage(`{"drop":{},"stage":"after-commit"}`),
			json.RawMessage(`{"then":[{"delay":"50ms"},{"reset":{}}]}`),
		},
	}
}

// replySchema describes scripted replies.
func replySchema() map[string]any {
	text := func(description string) map[string]any {
		return map[string]any{"type": "string", "description": description}
	}
	return map[string]any{
		"type": "object", "additionalProperties": false,
		"properties": map[string]any{
			"agent": text("Only for runs of this agent."), "thread": text("Only for runs in this thread."), "input": text("Only if the input contains this."),
			"delay": text("A duration such as 2s, before anything happens."), "pace": text("A duration such as 50ms, between two pieces."),
			"text": text("What the agent says."), "chunks": map[string]any{"type": "array", "items": map[string]any{"type": "string"}, "description": "The pieces of the text."},
			"error": text("Makes the run fail with these words."), "code": text("The API's word for the error."), "ask": text("Makes the run wait for a person."),
			"hold":  map[string]any{"type": "boolean", "description": "Keeps the run active until it is released."},
			"usage": map[string]any{"type": "object", "properties": map[string]any{"input": map[string]any{"type": "integer"}, "output": map[string]any{"type": "integer"}}},
			"tools": map[string]any{"type": "array", "items": map[string]any{"type": "object", "required": []string{"name"}, "properties": map[string]any{
				"id": text("Identifies the call."), "name": text("The tool."), "arguments": map[string]any{}, "result": map[string]any{}, "error": text("What went wrong with the tool."),
			}}},
		},
		"examples": []any{json.RawMessage(`{"text":"Hello"}`), json.RawMessage(`{"error":"the model is busy","delay":"1s"}`)},
	}
}
