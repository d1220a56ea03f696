package agentloop

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// The limits of an agent, in bytes or items. Each is itself allowed.
const (
	maxBody         = 2 << 20
	maxName         = 2 << 10
	maxDescription  = 10 << 10
	maxSystemPrompt = 1 << 20
	maxCapabilities = 250
)

var (
	capabilityShape = schema.Object(schema.Shape{
		schema.Present("ref", schema.Text),
		schema.Optional("config", schema.Any),
	})

	// wholeAgent is the body of a create and of a PUT.
	wholeAgent = schema.Shape{
		schema.Optional("id", schema.Nullable(idRule("agent"))),
		schema.Present("name", schema.Text),
		schema.Present("system_prompt", schema.Text),
		schema.Optional("description", schema.Nullable(schema.Text)),
		schema.Optional("default_model_id", schema.Nullable(idRule("model"))),
		schema.Optional("tags", schema.List(schema.Text, 0, 0)),
		schema.Optional("capabilities", schema.List(capabilityShape, 0, 0)),
	}

	// agentChange is the body of a PATCH.
	agentChange = nullable(wholeAgent.Without("id")).
			With(schema.Optional("status", schema.Nullable(schema.Enum(active, archived))))

	// agentFile is what a file says about an agent. It has no status: an
	// imported agent is always active.
	agentFile = nullable(wholeAgent.Without("capabilities").
			With(schema.Optional("capabilities", schema.List(refOrCapability, 0, 0))))
)

// nullable is a shape in which absence and null mean the same for every
// member.
func nullable(s schema.Shape) schema.Shape {
	all := s.Partial()
	for i := range all {
		all[i].Rule = schema.Nullable(all[i].Rule)
	}
	return all
}

func idRule(prefix string) schema.Rule {
	return func(v *schema.Verdict, raw json.RawMessage) {
		id, ok := jsontext.String(raw)
		if !ok {
			schema.Text(v, raw)
		} else if problem := idProblem(prefix, id); problem != "" {
			v.Refuse(schema.Violation{Detail: problem, Want: schema.Type(idForm(prefix)), Got: raw})
		}
	}
}

// refOrCapability lets a capability be just its reference.
func refOrCapability(v *schema.Verdict, raw json.RawMessage) {
	if _, ok := jsontext.String(raw); !ok {
		capabilityShape(v, raw)
	}
}

// input holds what a request says about an agent. What it does not say is
// nil.
type input struct {
	id, name, systemPrompt, description, defaultModelID, status *string
	tags                                                        []string
	capabilities                                                []capability
}

// readInput reads members that keep their shape.
func readInput(members jsontext.Object) (in input) {
	text := jsontext.PointerTo(jsontext.String)
	jsontext.Assign(members, "id", &in.id, text)
	jsontext.Assign(members, "name", &in.name, text)
	jsontext.Assign(members, "system_prompt", &in.systemPrompt, text)
	jsontext.Assign(members, "description", &in.description, text)
	jsontext.Assign(members, "default_model_id", &in.defaultModelID, text)
	jsontext.Assign(members, "status", &in.status, text)
	jsontext.Assign(members, "tags", &in.tags, jsontext.Strings)
	jsontext.Assign(members, "capabilities", &in.capabilities, jsontext.ListOf(readCapability))
	return in
}

func readCapability(raw json.RawMessage) (c capability, ok bool) {
	members, ok := jsontext.Members(raw)
	if !ok {
		c.Ref, ok = jsontext.String(raw)
		return c, ok
	}
	jsontext.Assign(members, "ref", &c.Ref, jsontext.String)
	jsontext.Assign(members, "config", &c.Config, jsontext.Raw)
	return c, true
}

// readBody reads the JSON body of a request.
func readBody(r *emulate.Request) (input, error) {
	if r.Header.Get("Content-Type") == "" || !r.IsJSON() {
		return input{}, refuse(r, http.StatusUnsupportedMediaType, "", "header Content-Type: expected application/json")
	}
	if len(r.Body) > maxBody {
		return input{}, refuseLength(r)
	}
	members, err := r.Object()
	switch {
	case errors.Is(err, jsontext.ErrNotObject):
		return input{}, refuseType(r, "invalid type: expected a map", "body: expected a JSON object, got another value")
	case err != nil:
		return input{}, refuseSyntax(r, "Failed to parse the request body as JSON: "+syntaxProblem(r.Body, err), "body: "+err.Error())
	}
	if problem, reason := describe(r.Operation.Body.Check(members)); problem != "" {
		return input{}, refuseType(r, problem, reason)
	}
	return readInput(members), nil
}

func syntaxProblem(body []byte, err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, jsontext.ErrEmpty):
		return "EOF while parsing a value at line 1 column 0"
	case errors.As(json.Unmarshal(body, new(json.RawMessage)), &syntax):
		read := string(body[:min(int(syntax.Offset), len(body))])
		return fmt.Sprintf("syntax error at line %d column %d",
			strings.Count(read, "\n")+1, len(read)-strings.LastIndex(read, "\n")-1)
	}
	return "invalid unicode code point"
}

func refuseLength(r *emulate.Request) error {
	return refuse(r, http.StatusRequestEntityTooLarge, "Failed to buffer the request body: length limit exceeded",
		fmt.Sprintf("body: expected at most %d bytes, got %d", maxBody, len(r.Body)))
}

// refuseType refuses JSON that does not fit.
func refuseType(r *emulate.Request, problem, reason string) error {
	return refuse(r, http.StatusUnprocessableEntity, usualErrors[http.StatusUnprocessableEntity]+": "+problem, reason)
}

// describe says what is wrong first, in the words of the API, and why for
// people. Members that are missing come last: the server sees that when it
// has read all others.
func describe(violations []schema.Violation) (problem, reason string) {
	if len(violations) == 0 {
		return "", ""
	}
	first := slices.IndexFunc(violations, func(v schema.Violation) bool {
		return v.Problem != schema.Missing || len(v.Path) > 1
	})
	v := violations[max(first, 0)]
	at, want := v.Path, v.Want
	switch v.Problem {
	case schema.Missing:
		last := len(v.Path) - 1
		at, want = v.Path[:last], schema.StringType
		problem = fmt.Sprintf("missing field `%v`", v.Path[last])
	case schema.NotAllowed:
		want = schema.Type(strings.Join(v.Allowed, " or "))
		problem = "unknown variant, expected `" + strings.Join(v.Allowed, "` or `") + "`"
	case schema.WrongType:
		problem = "invalid type: expected " + map[schema.Type]string{
			schema.StringType: "a string", schema.ArrayType: "a sequence", schema.ObjectType: "a map",
		}[want]
	default:
		problem = v.Detail
	}
	if len(at) > 0 {
		problem = place(at) + ": " + problem
	}
	return problem, emulate.Mismatch(v.Pointer(), string(want), v.Got)
}

// place writes a path as the API does: capabilities[0].ref.
func place(path []any) string {
	var out strings.Builder
	for i, element := range path {
		if _, isIndex := element.(int); isIndex {
			fmt.Fprintf(&out, "[%d]", element)
			continue
		}
		if i > 0 {
			out.WriteByte('.')
		}
		fmt.Fprint(&out, element)
	}
	return out.String()
}

// checkLimits refuses what is too long. The API never says what it was.
func checkLimits(r *emulate.Request, in input) error {
	tooMuch := func(pointer string, limit, got int, unit string) error {
		return refuse(r, http.StatusBadRequest, "", fmt.Sprintf("%s: expected at most %d %s, got %d", pointer, limit, unit, got))
	}
	for _, text := range []struct {
		pointer string
		value   *string
		limit   int
	}{
		{"/name", in.name, maxName},
		{"/description", in.description, maxDescription},
		{"/system_prompt", in.systemPrompt, maxSystemPrompt},
	} {
		if text.value != nil && len(*text.value) > text.limit {
			return tooMuch(text.pointer, text.limit, len(*text.value), "bytes")
		}
	}
	if n := len(in.capabilities); n > maxCapabilities {
		return tooMuch("/capabilities", maxCapabilities, n, "items")
	}
	if in.defaultModelID != nil && !hasModel(*in.defaultModelID) {
		if r.Variant(knownModels) {
			return refuse(r, http.StatusInternalServerError, "", "/default_model_id: expected the id of a listed model, got another one")
		}
		r.Guess("any-model")
	}
	return nil
}
