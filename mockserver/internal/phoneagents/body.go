package phoneagents

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf16"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// platforms are the kinds of phone numbers.
var platforms = []string{"whatsapp", "instagram", "webchat"}

// longestID is how long the ids are that callers may choose.
const longestID = 50

var (
	createAgentBody = schema.Shape{
		schema.Required("phone_number_id", schema.NotEmpty(identifier)),
		schema.Required("prompt_id", schema.NotEmpty(text(1, 100))),
		schema.Required("name", schema.NotEmpty(text(1, 255))),
		schema.Optional("agent_id", schema.Any), // the server's own, but callers send it
	}
	// upstreamCreateAgentBody lets callers choose the id.
	upstreamCreateAgentBody = createAgentBody.Without("agent_id").With(schema.Optional("agent_id", identifier))

	updateAgentBody = schema.Shape{
		schema.Optional("name", text(1, 255)),
		schema.Optional("prompt_id", text(1, 100)),
	}
	newChannelBody = schema.Shape{
		schema.Required("prompt_id", schema.NotEmpty(text(1, 100))),
		schema.Required("name", schema.NotEmpty(text(1, 255))),
	}
	visitorBody = schema.Shape{
		schema.Required("session_id", schema.NotEmpty(schema.Text)),
		schema.Required("visitor_phone", schema.NotEmpty(text(1, longestID))),
	}
	visitorMessageBody = visitorBody.With(schema.Required("message", schema.NotEmpty(schema.Text)))
	verifyPhoneBody    = schema.Shape{schema.Required("phone", schema.NotEmpty(schema.Text))}

	addNumberBody = schema.Shape{
		schema.Required("platform", schema.NotEmpty(schema.Enum(platforms...))),
		schema.Required("meta_phone_number_id", schema.NotEmpty(text(1, 100))),
		schema.Required("access_token", schema.NotEmpty(text(10, 1000))),
		schema.Optional("display_name", schema.Nullable(text(0, 255))),
		schema.Optional("id", identifier),
	}
)

// text wants a string of that many characters.
func text(shortest, longest int) schema.Rule {
	return checked(func(value string) string { return lengthProblem(value, shortest, longest) })
}

// identifier wants a string that can be an id.
var identifier = checked(identifierProblem)

// checked wants a string about which a check has nothing to say.
func checked(check func(string) string) schema.Rule {
	return func(v *schema.Verdict, raw json.RawMessage) {
		value, ok := jsontext.String(raw)
		if !ok {
			schema.Text(v, raw)
		} else if problem := check(value); problem != "" {
			v.Refuse(schema.Violation{Detail: problem, Got: raw})
		}
	}
}

// lengthProblem says what is wrong with the length of a text, or "". The API
// counts UTF-16 units.
func lengthProblem(value string, shortest, longest int) string {
	if length := len(utf16.Encode([]rune(value))); length < shortest || length > longest {
		return fmt.Sprintf("must be %d to %d characters long", shortest, longest)
	}
	return ""
}

// identifierProblem says what keeps a text from being an id, or "".
func identifierProblem(value string) string {
	if problem := lengthProblem(value, 1, longestID); problem != "" {
		return problem
	}
	if strings.ContainsFunc(value, isNotIdentifier) {
		return "may contain only letters, digits, hyphens and underscores"
	}
	return ""
}

func isNotIdentifier(c rune) bool {
	return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// withUser is a handler of a request whose path names a user.
func withUser(serve func(*emulate.Request, *state) (emulate.Response, error)) emulate.Handler {
	return emulate.With(func(r *emulate.Request, s *state) (emulate.Response, error) {
		if problem := identifierProblem(r.Params["user_id"]); problem != "" {
			r.Guess("user-id")
			return emulate.Response{}, refuse(r, http.StatusBadRequest, "", "user_id "+problem, "path: user_id "+problem)
		}
		return serve(r, s)
	})
}

// withBody is a handler that gets the members of the JSON object that the
// request must carry, before they are checked. The body is read before the
// user is looked at.
func withBody(serve func(*emulate.Request, *state, jsontext.Object) (emulate.Response, error)) emulate.Handler {
	return withObject(func(r *emulate.Request, _ *state, members jsontext.Object) (emulate.Response, error) {
		return withUser(func(r *emulate.Request, s *state) (emulate.Response, error) {
			return serve(r, s, members)
		})(r)
	})
}

// withObject is withBody without a user in the path.
func withObject(serve func(*emulate.Request, *state, jsontext.Object) (emulate.Response, error)) emulate.Handler {
	return emulate.With(func(r *emulate.Request, s *state) (emulate.Response, error) {
		if !r.DeclaresJSON() {
			r.Guess("415")
			return emulate.Response{}, refuse(r, http.StatusUnsupportedMediaType, "", "Content-Type must be application/json",
				"header Content-Type: expected application/json, got another type or none")
		}
		members, err := r.Object()
		if err != nil {
			r.Guess("400-body")
			return emulate.Response{}, refuse(r, http.StatusBadRequest, "", err.Error(), "body: expected a JSON object; "+err.Error())
		}
		return serve(r, s, members)
	})
}

// checkAll is check for operations that name all their required members,
// whichever is missing.
func checkAll(r *emulate.Request, members jsontext.Object, class, message string) error {
	for _, v := range r.Operation.Body.Check(members) {
		if v.Problem == schema.Missing {
			return refuse(r, http.StatusBadRequest, class, message, emulate.Mismatch(v.Pointer(), "a string that is not empty", v.Got))
		}
	}
	return check(r, r.Operation.Body, members)
}

// check refuses members that are not of a shape.
func check(r *emulate.Request, shape schema.Shape, members jsontext.Object) error {
	violations := shape.Check(members)
	if len(violations) == 0 {
		return nil
	}
	v := schema.MissingFirst(violations)
	name := fmt.Sprint(v.Path[0])
	problem := name + " " + v.Detail
	switch {
	case v.Problem == schema.Missing:
		return refuse(r, http.StatusBadRequest, "", name+" is required",
			emulate.Mismatch(v.Pointer(), "a string that is not empty", v.Got))
	case name == "platform":
		return refusePlatform(r, emulate.Mismatch(v.Pointer(), strings.Join(platforms, ", "), v.Got))
	case v.Problem == schema.WrongType:
		problem = name + " must be " + string(v.Want)
	}
	r.Guess("format-text")
	return refuse(r, http.StatusBadRequest, "", problem, v.Pointer()+": "+problem+"; got "+jsontext.Kind(v.Got))
}

func refusePlatform(r *emulate.Request, reason string) error {
	return refuse(r, http.StatusBadRequest, "Invalid platform",
		"Platform must be one of: "+strings.Join(platforms, ", "), reason)
}

// stringOf returns a member that is a string, or "".
func stringOf(members jsontext.Object, name string) string {
	value, _ := jsontext.String(members[name])
	return value
}
