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

// String returns the path and both values in one line, long ones shortened.
func (d FieldDiff) String() string {
	return oneLine(d.Path) + ": want " + shown(d.Want) + ", have " + shown(d.Have)
}

// maxShown bounds how much of a value is printed, in bytes.
const maxShown = 64

func shown(value any) string {
	text := fmt.Sprintf("%v", value)
	if quoted, ok := value.(string); ok {
		text = fmt.Sprintf("%q", quoted)
	}
	if len(text) > maxShown {
		return oneLine(strings.ToValidUTF8(text[:maxShown], "")) + "…"
	}
	return oneLine(text)
}
