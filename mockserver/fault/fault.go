// Package fault has what can go wrong with the requests to a mock server. The
// functions that return a Fault say what there is; a Rule says which requests
// it happens to.
//
//	mock.Fail(mockserver.OrqCreateAgent, fault.Status(429), fault.Drop(fault.AfterCommit))
//
// fails the next two creates: the first gets 429, and the second
// makes an agent of which the client never learns. A Rule lasts:
//
//	mock.AddRule(fault.Rule{
//		Op:    mockserver.OrqCreateAgent,
//		Match: journal.Match{JSON: map[string]any{"/key": "desk"}},
//		Skip:  1, Times: 2,
//		Do:    []fault.Fault{fault.Delay(time.Second), fault.Reset()},
//	})
//
// This one loses the response to each request the first time that it comes,
// and not to its repeats, whatever the operation is:
//
//	mock.AddRule(fault.Rule{
//		Op:    fault.AnyOp,
//		Match: journal.Match{Retried: new(false)},
//		Do:    []fault.Fault{fault.Drop(fault.AfterCommit)},
//	})
//
// There are faults of the connection (Delay, Stall, Drop, Reset), responses in
// place of the API's own (Status, HTML, Redirect), responses that are damaged
// on their way (Truncate, Malformed, SlowBody), and responses of a newer
// server (UnknownField, UnknownEnum, Null, Omit, TimeDigits), and what can
// happen to a stream of events (CutStream, PauseStream, RepeatEvent,
// SplitWrites, NoLastEvent). Then does several to one request.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/credential"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Fault is one thing that goes wrong with one request.
//
// In JSON a fault is an object with one member that names it, and its
// options beside it; a body may be JSON instead of a text:
//
//	{"status":429,"retry_after":"2s","header":{"X-A":"b"},"body":"text","stage":"after-commit"}
//	{"delay":"50ms"}
//	{"stall":{}}
//	{"drop":{}}
//	{"reset":{}}
//	{"truncate":10}
//	{"malformed":{}}
//	{"html":{},"status":502}
//	{"slow_body":{"chunk":1,"pause":"10ms"}}
//	{"redirect":"https://example.com/","status":307}
//	{"unknown_field":""}
//	{"unknown_enum":"/status"}
//	{"null":"/description"}
//	{"omit":"/created_at"}
//	{"time_digits":9}
//	{"cut_stream":2}
//	{"pause_stream":{"after":1,"pause":"10s"}}
//	{"repeat_event":1}
//	{"split_writes":1}
//	{"no_last_event":{}}
//	{"then":[{"delay":"50ms"},{"drop":{},"stage":"after-commit"}]}
//
// "stage" is an option of every fault.
type Fault struct {
	kind       *kind
	stage      Stage // "": the rule's, or else the usual one of the kind
	status     int
	count      int           // bytes, digits
	pause      time.Duration // delay, slow_body
	text       string        // JSON pointer, URL
	retryAfter *time.Duration
	header     http.Header
	body       *string
	then       []Fault
}

// Stage is the moment at which a fault happens. It is an option of every
// function that makes a Fault but Then, whose faults have their own.
type Stage string

// The stages of a request.
const (
	// BeforeRead is while the body of the request may still be coming.
	// Nothing has happened.
	BeforeRead Stage = "before-read"
	// BeforeCommit is when the request was read and nothing has happened.
	BeforeCommit Stage = "before-commit"
	// AfterCommit is when the request has taken effect and its response is
	// ready.
	AfterCommit Stage = "after-commit"
)

// Stages returns every stage, in their order.
func Stages() []Stage { return []Stage{BeforeRead, BeforeCommit, AfterCommit} }

// Option changes a fault: a Stage, RetryAfter, Header or Body.
type Option interface{ apply(*Fault) }

func (s Stage) apply(f *Fault) { f.stage = s }

type option func(*Fault)

func (o option) apply(f *Fault) { o(f) }

// RetryAfter adds the header Retry-After to Status, HTML or Redirect, in
// seconds, rounded up.
func RetryAfter(d time.Duration) Option {
	return option(func(f *Fault) { f.retryAfter = &d })
}

// Header adds a header to the response of Status, HTML or Redirect.
func Header(name, value string) Option {
	return option(func(f *Fault) {
		if f.header == nil {
			f.header = make(http.Header)
		}
		f.header.Add(name, value)
	})
}

// Body replaces the body of the response of Status or HTML.
func Body(text string) Option {
	return option(func(f *Fault) { f.body = &text })
}

func newFault(k *kind, f Fault, options []Option) Fault {
	f.kind = k
	for _, option := range options {
		option.apply(&f)
	}
	return f
}

// String describes the fault in one short line: its JSON, without
// credentials.
func (f Fault) String() string {
	out, err := f.Redacted().MarshalJSON()
	if err != nil {
		return "fault"
	}
	return string(out)
}

// Redacted is the fault as others may see it: credentials among its headers,
// cookies for one, are "[redacted]".
func (f Fault) Redacted() Fault {
	for name := range f.header {
		if credential.IsHeader(name, nil) {
			f.header = maps.Clone(f.header)
			f.header[name] = []string{jsontext.Redacted}
		}
	}
	f.then = slices.Clone(f.then)
	for i := range f.then {
		f.then[i] = f.then[i].Redacted()
	}
	return f
}

// Validate says in one line what is wrong with the fault and what is allowed.
func (f Fault) Validate() error {
	if f.kind == nil {
		return errors.New("fault is empty; there are " + jsontext.Quote(Names()))
	}
	err := f.kind.check(&f)
	switch {
	case err != nil:
	case f.stage != "" && !slices.Contains(Stages(), f.stage):
		err = fmt.Errorf("unknown stage %q; there are %s", f.stage, jsontext.Quote(Stages()))
	case f.kind.edits && f.stage == BeforeRead:
		err = fmt.Errorf("it changes a response, and there is none at stage %q; allowed are %q and %q", BeforeRead, BeforeCommit, AfterCommit)
	case !f.kind.responds && (f.retryAfter != nil || f.header != nil):
		err = errors.New(`it makes no response, so it takes no "retry_after" and no "header"`)
	case f.body != nil && !f.kind.takesBody:
		err = errors.New(`it takes no "body"`)
	case f.retryAfter != nil && *f.retryAfter < 0:
		err = fmt.Errorf("retry_after is %s; it must not be negative", *f.retryAfter)
	}
	for name, values := range f.header {
		for _, value := range append(values, name) {
			if err == nil && (name == "" || strings.ContainsFunc(value, isControl)) || strings.ContainsAny(name, " :") {
				err = fmt.Errorf("header %q is not a valid header", name)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("fault %q: %w", f.kind.name, err)
	}
	for i := range f.then {
		if err := f.then[i].Validate(); err != nil {
			return err
		}
	}
	return nil
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }
