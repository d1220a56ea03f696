package mockserver

import (
	"fmt"
	"slices"
)

// flatten appends the single faults that f stands for, each with its stage,
// in the order of the stages.
func flatten(into []Fault, stage Stage, faults []Fault) []Fault {
	for _, f := range faults {
		if f.stage == "" {
			f.stage = stage
		}
		if f.then != nil {
			into = flatten(into, f.stage, f.then)
			continue
		}
		if f.stage == "" {
			f.stage = f.kind.usual
		}
		into = append(into, f)
	}
	slices.SortStableFunc(into, func(a, b Fault) int {
		return slices.Index(Stages(), a.stage) - slices.Index(Stages(), b.stage)
	})
	return into
}

// checkPlan says what is wrong with a list of single faults as a whole.
func checkPlan(faults []Fault) error {
	for i, f := range faults {
		if f.kind.edits && f.stage == BeforeRead {
			return fmt.Errorf("fault %q changes an answer, and there is none at stage %q", f.kind.name, BeforeRead)
		}
		if i > 0 && faults[i-1].kind.ends {
			return fmt.Errorf("fault %q can never happen: %q at stage %q ends the request before it",
				f.kind.name, faults[i-1].kind.name, faults[i-1].stage)
		}
	}
	return nil
}
