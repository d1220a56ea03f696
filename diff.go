package agentclients

import (
	"fmt"
	"strings"
)

// FieldDiff is one difference between what a request asks for and what there
// is.
type FieldDiff struct {
	// Path is the field by its wire name in the request, with dots for nested
	// ones: "settings.max_iterations". A list differs as a whole.
	Path string
	// Want is what the request asks for, and Have what there is, as values
	// that JSON decodes to (numbers are a json.Number). Have is nil if there
	// is nothing.
	Want, Have any
}

// String returns the path and both values in one line, long ones shortened to
// where they differ.
func (d FieldDiff) String() string {
	want, have := printed(d.Want), printed(d.Have)
	from := 0
	if max(len(want), len(have)) > maxShown {
		from = max(0, commonPrefix(want, have)-maxShown/4)
	}
	return oneLine(d.Path) + ": want " + shown(want, from) + ", have " + shown(have, from)
}

func printed(value any) string {
	if text, ok := value.(string); ok {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%v", value)
}

// commonPrefix returns how many bytes two texts begin with that are the same.
func commonPrefix(a, b string) (length int) {
	for length < min(len(a), len(b)) && a[length] == b[length] {
		length++
	}
	return length
}

// maxShown bounds how much of a value is printed, in bytes.
const maxShown = 64

// shown returns the part of a text that begins at from.
func shown(text string, from int) string {
	before, after := "", ""
	if from > 0 {
		before = "…"
	}
	if len(text) > from+maxShown {
		text, after = text[:from+maxShown], "…"
	}
	return before + oneLine(strings.ToValidUTF8(text[from:], "")) + after
}
