package transport

import (
	"errors"
	"net/http"
	"slices"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// Comparison compares what a create asked for with what exists. Nothing
// compared is nothing different.
type Comparison struct{ different, unclear bool }

// Text compares two texts. An answer that does not have the text proves
// nothing: it leaves the doubt.
func (c *Comparison) Text(asked, found string) {
	switch {
	case asked == found:
	case found == "":
		c.unclear = true
	default:
		c.different = true
	}
}

// Equal notes whether two other values are equal.
func (c *Comparison) Equal(equal bool) { c.different = c.different || !equal }

// Unclear notes that something could not be compared.
func (c *Comparison) Unclear() { c.unclear = true }

// Settle resolves the one error of a keyed create that can be resolved: a 409
// that follows a lost answer. find reads back what exists under the key, nil
// if it finds nothing, and compare compares it with what was to be created.
// Any other error, and a doubt that find or compare cannot resolve, is
// returned as it is.
func Settle[T any](value *T, err error, options []agentclients.CallOption, find func(...agentclients.CallOption) (*T, error), compare func(*T, *Comparison)) (*T, error) {
	if err == nil {
		return value, nil
	}
	var conflict *agentclients.Error
	if !errors.As(err, &conflict) || conflict.StatusCode != http.StatusConflict || !conflict.OutcomeUnknown {
		return nil, err
	}
	start := time.Now()
	var answer agentclients.Response
	attempts := conflict.Attempts
	found, findErr := find(append(slices.Clip(options), func(o *agentclients.CallOptions) {
		attempts += answer.Attempts // of the read before, if it takes several
		answer = agentclients.Response{}
		o.Capture = &answer
	})...)
	if findErr != nil || found == nil {
		return nil, err
	}
	var c Comparison
	compare(found, &c)
	switch {
	case c.different:
		conflict.OutcomeUnknown = false // it exists, and it is not ours
		return nil, err
	case c.unclear:
		return nil, err
	}
	if capture := apply(options).Capture; capture != nil {
		answer.Attempts += attempts
		answer.Elapsed = capture.Elapsed + time.Since(start)
		answer.Settled = true
		*capture = answer
	}
	return found, nil
}
