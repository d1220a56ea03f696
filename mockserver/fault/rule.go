package fault

import (
	"fmt"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// AnyOp in a rule stands for every operation of every API.
const AnyOp = "*"

// Rule says which requests a rule hits and what it does to them. Its JSON
// form is that of the HTTP interface.
type Rule struct {
	// Op is the operation, such as "orq.CreateAgent". AnyOp stands for all and,
	// if Match asks for a path or the rule is a Stub, for requests that match
	// no operation, too. Required.
	Op string `json:"op"`
	// Match must hold for the request, too. It has no Op of its own, and what
	// is only known at the end of a request (status, outcome, committed)
	// cannot be asked for here.
	Match journal.Match `json:"match,omitzero"`
	// Skip is how many requests that match are served normally first.
	Skip int `json:"skip,omitempty"`
	// Times is how many requests the rule hits at most. 0: forever.
	Times int `json:"times,omitempty"`
	// Every hits, after the skipped ones, only one in that many requests that
	// match, beginning with the first. 0 and 1: each.
	Every int `json:"every,omitempty"`
	// Rate hits each request only with this probability, 0 to 1. 0: always.
	Rate float64 `json:"rate,omitempty"`
	// Seed decides, with Rate, which requests are hit: the same seed hits the
	// same ones in the order of their coming.
	Seed uint64 `json:"seed,omitempty"`
	// Stage is that of all faults of the rule that name none. Empty: the
	// usual stage of each.
	Stage Stage `json:"stage,omitempty"`
	// Do is what happens to a request that is hit: all of it.
	Do []Fault `json:"do,omitempty"`
	// Stub: the rule stands for something that the mock does not emulate, and
	// what it does is the response, so that Do needs a Status, an HTML or a
	// Redirect. A test does not fail for a request that it hits although that
	// matched no operation, nor for a stub that was never used.
	Stub bool `json:"stub,omitempty"`
	// Queue is what happens to one request after the other: the first that is
	// hit gets the first fault. The rule ends with the list. Give either Do
	// or Queue.
	Queue []Fault `json:"queue,omitempty"`
}

// ParseRule reads the JSON form of a Rule. Its error names what is
// unknown and lists what there is.
func ParseRule(data []byte) (Rule, error) {
	var spec Rule
	if err := jsontext.DecodeStrict(data, &spec); err != nil {
		return Rule{}, fmt.Errorf("rule: %w", err)
	}
	return spec, nil
}
