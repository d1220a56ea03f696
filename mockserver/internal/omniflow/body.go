package omniflow

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

var (
	needed   = schema.NotEmpty(schema.Text) // a string; an empty one counts as missing
	notEmpty = schema.String(1, 0)
	settings = schema.Optional("settings", schema.AnyObject)
	voice    = schema.Object(schema.Shape{
		schema.Optional("provider", schema.Text),
		schema.Optional("voiceId", schema.Text),
	})

	// createBody does not know ttsModel: only an update does.
	createBody = schema.Shape{
		schema.Required("name", needed),
		schema.Optional("llmModel", notEmpty),
		settings,
	}
	updateBody = schema.Shape{
		schema.Optional("name", notEmpty),
		schema.Optional("llmModel", notEmpty),
		schema.Optional("ttsModel", voice),
		settings,
	}
)

// strictBodies are those of the operations of which a document says that a
// member is required, and has a default nevertheless.
var strictBodies = map[string]schema.Shape{
	createOperation: {
		schema.Required("name", needed),
		schema.Required("llmModel", needed),
		settings,
	},
	generateOperation: generateBody.Without("autopilot").With(schema.Required("autopilot", schema.Boolean)),
}

// withBody is a handler that gets the members of the JSON object that the
// request must carry, after they were checked.
func withBody(serve func(*emulate.Request, *state, jsontext.Object) (emulate.Response, error)) emulate.Handler {
	return emulate.With(func(r *emulate.Request, s *state) (emulate.Response, error) {
		members, err := readBody(r)
		if err != nil {
			return emulate.Response{}, err
		}
		return serve(r, s, members)
	})
}

// readBody returns what the body has of the members that the operation knows.
func readBody(r *emulate.Request) (jsontext.Object, error) {
	if !r.DeclaresJSON() {
		return nil, refuse(r, http.StatusBadRequest, "Content-Type must be application/json",
			"header Content-Type: expected application/json, got another type or none")
	}
	members, err := r.Object()
	if err != nil {
		return nil, refuse(r, http.StatusBadRequest, err.Error(), "body: expected a JSON object; "+err.Error())
	}
	shape := r.Operation.Body
	if stricter := strictBodies[r.Operation.Name]; stricter != nil && r.Variant(strict) {
		shape = stricter
	}
	if violations := shape.Check(members); len(violations) > 0 {
		message, reason := describeViolation(schema.MissingFirst(violations))
		return nil, refuse(r, http.StatusBadRequest, message, reason)
	}
	if shape.HasAll(members) {
		return members, nil
	}
	known := make(jsontext.Object, len(shape))
	for _, name := range shape.Names() {
		if raw, given := members[name]; given {
			known[name] = raw
		}
	}
	return known, nil
}

// describeViolation puts into words what is wrong with a member: for the
// caller and for people who read why.
func describeViolation(v schema.Violation) (message, reason string) {
	var path []string
	for _, name := range v.Path {
		path = append(path, fmt.Sprint(name))
	}
	message = strings.Join(path, ".")
	expected := string(v.Want)
	if expected == "" || v.Want == schema.StringType && len(path) == 1 {
		expected = "a string that is not empty"
	}
	switch v.Problem {
	case schema.Missing:
		message += " is required"
		switch path[len(path)-1] {
		case "metadata":
			expected = string(schema.ObjectType)
		case "autopilot":
			expected = string(schema.BooleanType)
		}
	case schema.TooShort:
		message += " must not be empty"
	case schema.NotAllowed:
		message += " must be one of " + strings.Join(v.Allowed, ", ")
		expected = "one of " + jsontext.Quote(v.Allowed)
	case schema.TooSmall:
		message += " must not be negative"
		expected = "a number that is not negative"
	default:
		message += " must be " + string(v.Want)
	}
	return message, emulate.Mismatch(v.Pointer(), expected, v.Got)
}

// apply takes over the members that a create or an update gave.
func (a *storedAgent) apply(members jsontext.Object) {
	jsontext.Assign(members, "name", &a.Name, jsontext.String)
	jsontext.Assign(members, "llmModel", &a.LLMModel, jsontext.String)
	jsontext.Assign(members, "settings", &a.Settings, jsontext.Raw)
	jsontext.Assign(members, "ttsModel", &a.TTSModel, jsontext.Raw)
}
