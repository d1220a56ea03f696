package validate

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestProblems(t *testing.T) {
	var p Problems
	p.Required("name", "n")
	p.NotEmpty("title", nil)
	p.NotEmpty("title", new("t"))
	p.MaxBytes("key", "1234", 4)
	p.MaxCharacters("text", "éééé", 4)
	p.RequiredItem("list", 1, "id", "x")
	p.NotNegative("limit", 0)
	p.NotExtra("id", nil)
	p.NotExtra("id", map[string]any{"ID": 1})
	p.Append(nil)
	if err := p.Err("orq", "create agent"); err != nil {
		t.Fatalf("nothing is wrong, and the error is %v", err)
	}
	p.Required("name", "")
	p.NotEmpty("title", new(""))
	p.MaxBytes("key", "éé", 3)
	p.MaxCharacters("text", "ééé", 2)
	p.RequiredItem("list", 1, "id", "")
	p.NotNegative("limit", -1)
	p.NotExtra("id", map[string]any{"id": nil})
	p.Add("a[0].b", "must be c")
	p.Addf("d", "must be %d", 7)
	p.Append([]agentclients.FieldError{{Message: "nothing to change"}})
	err := p.Err("orq", "create agent")
	var e *agentclients.Error
	if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Fatalf("error is %v", err)
	}
	want := []agentclients.FieldError{
		{Path: "name", Message: "is required"},
		{Path: "title", Message: "must not be empty"},
		{Path: "key", Message: "must be at most 3 bytes long, not 4"},
		{Path: "text", Message: "must be at most 2 characters long, not 3"},
		{Path: "list[1].id", Message: "is required"},
		{Path: "limit", Message: "must not be negative"},
		{Path: "id", Message: "must not be an extra field: a repeat is safe only if the client knows it"},
		{Path: "a[0].b", Message: "must be c"},
		{Path: "d", Message: "must be 7"},
		{Message: "nothing to change"},
	}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if text := err.Error(); !strings.HasPrefix(text, "orq: create agent: invalid request: name is required; title must not be empty; ") {
		t.Errorf("error text: %s", text)
	}
}
