package fault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// Step is a single fault that is ready to happen at its stage. Mock servers
// work with steps; a test has no use for them.
type Step struct{ fault Fault }

// Steps returns the single faults that faults stand for, in the order in
// which they happen. stage is that of the faults that name none; "": the
// usual one of each. The error says what is wrong with a fault, alone or
// beside the others.
func Steps(stage Stage, faults ...Fault) ([]Step, error) {
	for _, f := range faults {
		if err := f.Validate(); err != nil {
			return nil, err
		}
	}
	steps := flatten(nil, stage, faults)
	for i, s := range steps {
		if s.Edits() && s.Stage() == BeforeRead {
			return nil, fmt.Errorf("fault %q changes a response, and there is none at stage %q", s.fault.kind.name, BeforeRead)
		}
		if i > 0 && steps[i-1].fault.kind.ends {
			return nil, fmt.Errorf("fault %q can never happen: %q at stage %q ends the request before it",
				s.fault.kind.name, steps[i-1].fault.kind.name, steps[i-1].Stage())
		}
	}
	if len(steps) == 0 {
		return nil, errors.New("there is no fault")
	}
	return steps, nil
}

func flatten(into []Step, stage Stage, faults []Fault) []Step {
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
		into = append(into, Step{f})
	}
	slices.SortStableFunc(into, func(a, b Step) int {
		return slices.Index(Stages(), a.Stage()) - slices.Index(Stages(), b.Stage())
	})
	return into
}

// Fault is the fault that happens.
func (s Step) Fault() Fault { return s.fault }

// Stage is when it happens.
func (s Step) Stage() Stage { return s.fault.stage }

// Edits reports whether it changes a response that is there. Such a step
// happens when the response is ready; if its stage is BeforeCommit, the
// request must not have taken effect by then.
func (s Step) Edits() bool { return s.fault.kind.edits }

// Responds reports whether it responds in place of the API.
func (s Step) Responds() bool { return s.fault.kind.responds }

// Waits reports whether it may take long.
func (s Step) Waits() bool { return s.fault.kind.waits }

// Size is about how many bytes it keeps in memory.
func (s Step) Size() int {
	size := len(s.fault.text)
	if s.fault.body != nil {
		size += len(*s.fault.body)
	}
	for name, values := range s.fault.header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return size
}

// Do makes it happen to a request.
func (s Step) Do(t Target) { s.fault.kind.do(&s.fault, t) }

// Response is what a fault responds with instead of the API.
type Response struct {
	// Status is the HTTP status.
	Status int
	// Header is the header; nil is an empty one.
	Header http.Header
	// Body is the body; nil is an empty one.
	Body []byte
}

// Target is a request as a fault sees it. A mock server implements it.
type Target interface {
	// Wait waits, forever if d is negative.
	Wait(d time.Duration)
	// End ends the request without a response.
	End(outcome journal.Outcome)
	// Failure is the API's own error of a status.
	Failure(status int) Response
	// Respond responds in place of the API.
	Respond(Response)
	// Edit changes the body of the response. edit reports whether it found
	// something to change.
	Edit(edit func(body []byte) ([]byte, bool))
	// Cut sends only the first bytes of the response, and never the last one.
	Cut(bytes int)
	// Stream changes the stream of events that the response is.
	Stream(StreamFault)
	// Slow sends the response in chunks of that many bytes, each after a pause.
	Slow(chunk int, pause time.Duration)
}
