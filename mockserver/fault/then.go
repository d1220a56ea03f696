package fault

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Then does several faults to one request, in their order within each stage.
func Then(faults ...Fault) Fault { return newFault(then, Fault{then: faults}, nil) }

var then = &kind{
	name: "then",
	check: func(f *Fault) error {
		if len(f.then) == 0 {
			return errors.New("the list is empty")
		}
		return nil
	},
	read: func(f *Fault, raw json.RawMessage) error {
		items, ok := jsontext.Items(raw)
		if !ok {
			return errors.New("must be a list of faults")
		}
		f.then = make([]Fault, len(items))
		for i, item := range items {
			if err := f.then[i].UnmarshalJSON(item); err != nil {
				return fmt.Errorf("fault %d: %w", i+1, err)
			}
		}
		return nil
	},
	write: func(f *Fault) any { return f.then },
}
