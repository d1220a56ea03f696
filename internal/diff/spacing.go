package diff

import (
	"maps"
	"slices"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ButForSpacing returns the result without texts that differ only in white
// space at their ends and in how their lines end. Many servers take that away,
// so that it does not make what was found somebody else's.
func (r Result) ButForSpacing() Result {
	respelled := func(d agentclients.FieldDiff) bool { return sameButForSpacing(d.Want, d.Have) }
	return Result{
		Different: slices.DeleteFunc(slices.Clone(r.Different), respelled),
		Untold:    slices.DeleteFunc(slices.Clone(r.Untold), respelled),
	}
}

func sameButForSpacing(want, have any) bool {
	switch want := want.(type) {
	case string:
		have, ok := have.(string)
		return ok && wire.SameText(want, have)
	case []any:
		have, ok := have.([]any)
		return ok && slices.EqualFunc(want, have, sameButForSpacing)
	case map[string]any:
		have, ok := have.(map[string]any)
		return ok && maps.EqualFunc(want, have, sameButForSpacing)
	}
	return new(comparison).same("", want, have, anything)
}
