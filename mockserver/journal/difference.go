package journal

import (
	"fmt"
	"strings"
)

// DifferenceKind is in what a response of a real API differs from that of the
// mock.
type DifferenceKind string

// The kinds of differences.
const (
	// StatusDiffers: the status. Bodies are then compared only if both
	// responses are a success.
	StatusDiffers DifferenceKind = "status"
	// ContentTypeDiffers: the header Content-Type.
	ContentTypeDiffers DifferenceKind = "content-type"
	// MemberMissing: the real response has a member that the mock's lacks.
	MemberMissing DifferenceKind = "missing"
	// MemberExtra: the mock's response has a member that the real one lacks.
	MemberExtra DifferenceKind = "extra"
	// TypeDiffers: the type of a value: object, array, string, time, number,
	// boolean or null.
	TypeDiffers DifferenceKind = "type"
	// NullDiffers: a value that is null on one side only. It may be the data
	// that differs, as while a run goes on.
	NullDiffers DifferenceKind = "null"
	// TimeDiffers: how a time is written: the digits after its second, and its
	// zone.
	TimeDiffers DifferenceKind = "time"
	// EventMissing: the real stream has a type of events that the mock's lacks.
	EventMissing DifferenceKind = "event-missing"
	// EventExtra: the mock's stream has a type of events that the real one
	// lacks.
	EventExtra DifferenceKind = "event-extra"
	// EventOrder: in which order the types of events come first.
	EventOrder DifferenceKind = "event-order"
)

// Difference is one thing in which a response of a real API differs from that
// of the mock. It has shapes and names of members, and no values.
type Difference struct {
	// Kind is in what they differ.
	Kind DifferenceKind `json:"kind"`
	// Op is the operation. Empty: the request matched none.
	Op string `json:"op,omitempty"`
	// Status is the status of the real response.
	Status int `json:"status,omitempty"`
	// Event is the type of the events of a stream whose data differ.
	Event string `json:"event,omitempty"`
	// Pointer is where in the body: a JSON pointer, in which "*" stands for
	// all items of an array, and for all members that have an id as their name.
	// Empty: the whole.
	Pointer string `json:"pointer,omitempty"`
	// Real is what the real response has there.
	Real string `json:"real,omitempty"`
	// Mock is what the mock's response has there.
	Mock string `json:"mock,omitempty"`
}

// String says the difference in one line.
func (d Difference) String() string {
	var out strings.Builder
	if d.Op != "" {
		out.WriteString(d.Op + " ")
	}
	fmt.Fprintf(&out, "%d", d.Status)
	if d.Event != "" {
		out.WriteString(" event " + d.Event)
	}
	out.WriteString(": " + string(d.Kind))
	if d.Pointer != "" {
		out.WriteString(" " + d.Pointer)
	}
	switch {
	case d.Real == "":
		out.WriteString(": only the mock has it: " + d.Mock)
	case d.Mock == "":
		out.WriteString(": only the real API has it: " + d.Real)
	default:
		out.WriteString(": real " + d.Real + ", mock " + d.Mock)
	}
	return out.String()
}

// Finding is a difference with the requests that showed it.
type Finding struct {
	Difference
	// Count is how many requests showed it.
	Count int `json:"count"`
	// First is the id of the first of them.
	First uint64 `json:"first"`
	// Last is the id of the last of them.
	Last uint64 `json:"last"`
}

// String says the difference, and how many requests showed it.
func (f Finding) String() string {
	if f.Count == 1 {
		return fmt.Sprintf("%s (call %d)", f.Difference, f.First)
	}
	return fmt.Sprintf("%s (%d calls, %d to %d)", f.Difference, f.Count, f.First, f.Last)
}
