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

// Long values that begin with the same are shown where they differ.
func TestFieldDiffShowsTheDifference(t *testing.T) {
	same := strings.Repeat("Be kind. ", 100)
	for _, d := range []agentclients.FieldDiff{
		{Path: "p", Want: same + "Say hello.", Have: same + "Say goodbye."},
		{Path: "p", Want: same + "Say hello." + same, Have: same + "Say goodbye." + same},
		{Path: "p", Want: map[string]any{"a": same, "b": "hello"}, Have: map[string]any{"a": same, "b": "goodbye"}},
		{Path: "p", Want: strings.Repeat("é", 100) + "hello", Have: strings.Repeat("é", 100) + "ègoodbye"},
	} {
		got := d.String()
		if !strings.Contains(got, "hello") || !strings.Contains(got, "goodbye") || len(got) > 200 || strings.Contains(got, "\ufffd") {
			t.Errorf("got %s", got)
		}
	}
	if got := (agentclients.FieldDiff{Path: "p", Want: same + "more", Have: same}).String(); !strings.Contains(got, "more") {
		t.Errorf("got %s", got)
	}
}
