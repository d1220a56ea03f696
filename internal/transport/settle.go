package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
)

// Settling is how to find out what became of a keyed create, or of anything
// else that can be read back.
type Settling[T any] struct {
	// Find reads what exists under the key. It returns nil, or an error that
	// matches ErrNotFound, if there is nothing.
	Find func(...agentclients.CallOption) (*T, error)
	// Compare compares it with what was to be created. White space at the ends
	// of texts does not count.
	Compare func(*T) diff.Result
	// Own says that the client made the key for this call alone. Nobody else
	// can be in the way then, and a 409 to the first attempt is open, too:
	// something on the way may have sent the request twice.
	Own bool
}

// Create sends a keyed create, and settles it if its outcome is open: its last
// response was lost or cannot be read, or it was refused as a duplicate after
// an earlier attempt. What exists under the key is then read once. If that is
// what was to be created, the create succeeded; if it is something else, the
// error is a conflict without a doubt. The doubt stays if the read fails, if
// nothing is found (the request may be on its way yet), and if the response
// does not tell what has to be compared. Any other error is that of Call.
func Create[T any](ctx context.Context, c *Client, op Op, options []agentclients.CallOption, decode func([]byte) (*T, error), s Settling[T]) (*T, error) {
	tally, options := NewTally(options)
	defer tally.Report()
	value, err := Call(ctx, c, op, options, decode)
	if err == nil {
		return value, nil
	}
	return s.Settle(err, tally, options)
}

// Settle returns what an error comes to after looking, for calls that know more
// about when their outcome is open than Create does. The options are those of
// the tally.
func (s Settling[T]) Settle(err error, tally *Tally, options []agentclients.CallOption) (*T, error) {
	var open *agentclients.Error
	if !errors.As(err, &open) || !open.OutcomeUnknown && !(s.Own && open.StatusCode == http.StatusConflict) {
		return nil, err
	}
	keep := tally.Keep() // the response that left it open, unless it is settled
	found, findErr := s.Find(options...)
	if findErr == nil && found != nil {
		result := s.Compare(found).ButForSpacing()
		if len(result.All()) == 0 {
			tally.Settle()
			return found, nil
		}
		keep()
		if len(result.Different) > 0 {
			conflict(open, result.Different)
		} else {
			open.OutcomeUnknown = true
		}
		return nil, err
	}
	keep()
	if findErr != nil && !errors.Is(findErr, agentclients.ErrNotFound) {
		open.OutcomeUnknown = true
	} else if saysRefused(open) {
		open.OutcomeUnknown = false
	}
	return nil, err
}

// saysRefused reports whether the only response to a create was a 2xx whose
// body says that it failed.
func saysRefused(e *agentclients.Error) bool {
	return e.StatusCode >= 200 && e.StatusCode < 300 && e.Err == nil && e.Attempts == 1
}

// conflict makes an error say that something else has the key.
func conflict(e *agentclients.Error, different []agentclients.FieldDiff) {
	e.OutcomeUnknown = false
	if e.StatusCode != http.StatusConflict {
		const text = "what exists is not what was asked for"
		if e.Err == nil {
			e.Err = fmt.Errorf("%w: %s", agentclients.ErrConflict, text)
		} else {
			e.Err = fmt.Errorf("%w: %s, after: %w", agentclients.ErrConflict, text, e.Err)
		}
	}
	for _, d := range different {
		e.Fields = append(e.Fields, agentclients.FieldError{Path: d.Path, Message: "is not what was asked for"})
	}
}
