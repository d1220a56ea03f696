package agentclients_test

import (
	"strings"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestFieldDiffIsPrintedInOneLine(t *testing.T) {
	for want, d := range map[string]agentclients.FieldDiff{
		`role: want "a", have "b\nc"`:   {Path: "role", Want: "a", Have: "b\nc"},
		`tags: want [a], have <nil>`:    {Path: "tags", Want: []any{"a"}},
		`settings.max: want 3, have 15`: {Path: "settings.max", Want: 3, Have: 15},
	} {
		if got := d.String(); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
	if got := (agentclients.FieldDiff{Path: "p", Want: strings.Repeat("é", 500)}).String(); len(got) > 120 || strings.Contains(got, "\ufffd") {
		t.Errorf("got %s", got)
	}
}
