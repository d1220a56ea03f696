package xpander

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// problem is one thing that is wrong with a request, as pydantic, which the
// API is built on, puts it.
type problem struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

// problems are everything that is wrong with a request.
type problems []problem

func (p *problems) add(kind, message string, loc ...any) {
	*p = append(*p, problem{loc, message, kind})
}

// refuse responds with all of them.
func (p problems) refuse() error {
	reasons := make([]string, len(p))
	for i, one := range p {
		loc := one.Loc
		if loc[0] == "body" {
			loc = loc[1:]
		}
		var where strings.Builder
		for _, element := range loc {
			// Quoted, as the name of a header is whatever the request says.
			where.WriteString("/" + strings.Trim(strconv.QuoteToASCII(fmt.Sprint(element)), `"`))
		}
		reasons[i] = where.String() + ": " + one.Msg
	}
	return emulate.JSON(http.StatusUnprocessableEntity, errorBody{p}).Because(strings.Join(reasons, "; ")).Refuse()
}

// readBody returns the members of the body of a create, an update or an invoke, which
// keep the shape of the operation.
func readBody(r *emulate.Request) (jsontext.Object, error) {
	var wrong problems
	update := r.Method == http.MethodPatch
	if update && r.Query.Has("deploy") {
		if _, ok := parseBool(r.Query.Get("deploy")); !ok {
			wrong.add("bool_parsing", "Input should be a valid boolean, unable to interpret input", "query", "deploy")
		}
	}
	members, err := r.Object()
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, jsontext.ErrNotUTF8):
		return nil, refuse(r, http.StatusBadRequest, "There was an error parsing the body").Because("body: " + err.Error()).Refuse()
	case errors.Is(err, jsontext.ErrEmpty) || errors.Is(err, jsontext.ErrNotObject) && jsontext.IsNull(r.Body):
		wrong.add("missing", "Field required", "body")
	case errors.Is(err, jsontext.ErrNotJSON) && r.IsJSON():
		offset := 0
		if errors.As(json.Unmarshal(r.Body, new(json.RawMessage)), &syntax) {
			offset = int(syntax.Offset)
		}
		wrong.add("json_invalid", "JSON decode error", "body", offset)
	case err != nil || !r.IsJSON():
		wrong.add(notAModel.kind, notAModel.message, "body")
	default:
		if update {
			wrong.changeNothing(r, members)
		}
		wrong.violate(r, members)
	}
	if len(wrong) > 0 {
		return nil, wrong.refuse()
	}
	return members, nil
}

// changeNothing reports an update that has no member that the API knows.
func (p *problems) changeNothing(r *emulate.Request, members jsontext.Object) {
	known := r.Operation.Body.Names()
	if !slices.ContainsFunc(known, func(name string) bool { return members[name] != nil }) {
		r.Guess("empty-update")
		p.add("value_error", "At least one field must be provided", "body")
	}
	if slices.ContainsFunc(known, func(name string) bool { return jsontext.IsNull(members[name]) }) {
		r.Guess("null-clears")
	}
}

// violate reports what does not keep the shape of the operation.
func (p *problems) violate(r *emulate.Request, members jsontext.Object) {
	for _, v := range r.Operation.Body.Check(members) {
		if isPlainInstruction(v) && r.Variant(stringInstructions) {
			continue
		}
		if v.Problem == schema.TooShort {
			r.Guess("422-empty-name") // nothing else has a least length
		}
		kind, message := words(v)
		p.add(kind, message, append([]any{"body"}, v.Path...)...)
	}
}

// isPlainInstruction reports whether a string was found where the
// instructions have a list.
func isPlainInstruction(v schema.Violation) bool {
	_, isString := jsontext.String(v.Got)
	return isString && v.Want == schema.ArrayType && len(v.Path) == 2 && v.Path[0] == "instructions"
}

type typeProblem struct{ kind, message string }

var notAModel = typeProblem{"model_attributes_type", "Input should be a valid dictionary or object to extract fields from"}

// typeProblems say what a value should be.
var typeProblems = map[schema.Type]typeProblem{
	schema.StringType:  {"string_type", "Input should be a valid string"},
	schema.BooleanType: {"bool_type", "Input should be a valid boolean"},
	schema.IntegerType: {"int_type", "Input should be a valid integer"},
	schema.NumberType:  {"float_type", "Input should be a valid number"},
	schema.ArrayType:   {"list_type", "Input should be a valid list"},
	schema.ObjectType:  notAModel,
	dictionaryType:     {"dict_type", "Input should be a valid dictionary"},
}

// words are how the API puts a violation.
func words(v schema.Violation) (kind, message string) {
	switch v.Problem {
	case schema.Missing:
		return "missing", "Field required"
	case schema.WrongType:
		p := typeProblems[v.Want]
		return p.kind, p.message
	case schema.NotAllowed:
		return "enum", enumMessage(v.Allowed)
	case schema.TooShort:
		return "string_too_short", "String should have at least 1 character"
	}
	return "value_error", "Value error, " + v.Message()
}

// enumMessage says which words are allowed.
func enumMessage(allowed []string) string {
	last := len(allowed) - 1
	return fmt.Sprintf("Input should be '%s' or '%s'", strings.Join(allowed[:last], "', '"), allowed[last])
}

// queryInteger reads a query parameter within bounds, which belong to it.
func (p *problems) queryInteger(r *emulate.Request, name string, otherwise, least, most int) int {
	if !r.Query.Has(name) {
		return otherwise
	}
	number, err := strconv.Atoi(r.Query.Get(name))
	switch {
	case err != nil:
		p.add("int_parsing", "Input should be a valid integer, unable to parse string as an integer", "query", name)
	case number < least:
		p.add("greater_than_equal", fmt.Sprintf("Input should be greater than or equal to %d", least), "query", name)
	case number > most:
		p.add("less_than_equal", fmt.Sprintf("Input should be less than or equal to %d", most), "query", name)
	}
	return number
}

// parseBool reads a boolean of a query as the API's framework does.
func parseBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true", "t", "yes", "y", "on":
		return true, true
	case "0", "false", "f", "no", "n", "off":
		return false, true
	}
	return false, false
}
