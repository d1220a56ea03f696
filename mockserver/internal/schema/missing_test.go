package schema_test

import (
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

func TestWhatIsMissingIsToldFirst(t *testing.T) {
	shape := schema.Shape{
		schema.Optional("id", schema.Text),
		schema.Required("name", schema.NotEmpty(schema.Text)),
		schema.Required("model", schema.NotEmpty(schema.Text)),
	}
	for body, want := range map[string]string{
		`{"id":1}`:                         "/name is required",
		`{"id":1,"name":7}`:                "/model is required",
		`{"id":1,"name":7,"model":""}`:     "/model is required",
		`{"id":1,"name":"","model":null}`:  "/name is required",
		`{"id":1,"name":"n","model":"m"}`:  "/id must be a string, not a number",
		`{"name":7,"model":"m"}`:           "/name must be a string, not a number",
		`{"id":"","name":"n","model":" "}`: "",
	} {
		members, err := jsontext.ParseObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if violations := shape.Check(members); len(violations) > 0 {
			first := schema.MissingFirst(violations)
			got = first.Pointer() + " " + first.Message()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
