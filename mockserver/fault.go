package mockserver

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// Fault is one thing that goes wrong with one request. The functions of this
// package that return a Fault say what there is; Then puts several together.
//
// In JSON a fault is an object with one member that names it, and its
// options beside it:
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
//	{"then":[{"delay":"50ms"},{"drop":{},"stage":"after-commit"}]}
//
// "stage" is an option of every fault.
type Fault struct {
	kind       *faultKind
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

// Stage is the moment at which a fault happens. It can be given to every
// function that makes a Fault but Then, whose faults have their own.
type Stage string

// The stages of a request.
const (
	// BeforeRead is while the body of the request may still be coming.
	// Nothing has happened.
	BeforeRead Stage = "before-read"
	// BeforeCommit is when the request was read and nothing has happened.
	BeforeCommit Stage = "before-commit"
	// AfterCommit is when the request has taken effect and its answer is
	// ready.
	AfterCommit Stage = "after-commit"
)

// Stages returns every stage, in their order.
func Stages() []Stage { return []Stage{BeforeRead, BeforeCommit, AfterCommit} }

// FaultOption changes a fault: a Stage, RetryAfter, Header or Body.
type FaultOption interface{ apply(*Fault) }

func (s Stage) apply(f *Fault) { f.stage = s }

type faultOption func(*Fault)

func (o faultOption) apply(f *Fault) { o(f) }

// RetryAfter adds the header Retry-After to Status, HTML or Redirect, in
// seconds, rounded up.
func RetryAfter(d time.Duration) FaultOption {
	return faultOption(func(f *Fault) { f.retryAfter = &d })
}

// Header adds a header to the answer of Status, HTML or Redirect.
func Header(name, value string) FaultOption {
	return faultOption(func(f *Fault) {
		if f.header == nil {
			f.header = make(http.Header)
		}
		f.header.Add(name, value)
	})
}

// Body replaces the body that Status or HTML answers with.
func Body(text string) FaultOption {
	return faultOption(func(f *Fault) { f.body = &text })
}

// Status answers with a status, 200 to 599, and an error in the API's own
// shape. Usual stage: BeforeCommit. With AfterCommit the request has taken
// effect, and the client is told that it failed.
func Status(code int, options ...FaultOption) Fault {
	return newFault("status", Fault{status: code}, options)
}

// Delay waits, and then serves normally. Usual stage: BeforeCommit.
func Delay(d time.Duration, options ...FaultOption) Fault {
	return newFault("delay", Fault{pause: d}, options)
}

// Stall never answers. It ends when the client goes, on a reset and when the
// server closes. Usual stage: BeforeCommit.
func Stall(options ...FaultOption) Fault { return newFault("stall", Fault{}, options) }

// Drop closes the connection without a byte of an answer. Usual stage:
// BeforeCommit. Drop(AfterCommit) is the case that makes careless clients
// create a thing twice.
func Drop(options ...FaultOption) Fault { return newFault("drop", Fault{}, options) }

// Reset breaks the connection without a byte of an answer: with a RST on TCP,
// so that the client sees "connection reset by peer". Usual stage:
// BeforeCommit.
func Reset(options ...FaultOption) Fault { return newFault("reset", Fault{}, options) }

// Truncate announces the whole answer, sends its first bytes and closes the
// connection. At least the last byte is missing, whatever the number. Usual
// stage: AfterCommit. With BeforeCommit the answer looks the same, but the
// request has not taken effect.
func Truncate(bytes int, options ...FaultOption) Fault {
	return newFault("truncate", Fault{count: bytes}, options)
}

// Malformed answers with the right status and type and with a body that is
// not valid JSON. Usual stage: AfterCommit. With BeforeCommit the request has
// not taken effect.
func Malformed(options ...FaultOption) Fault { return newFault("malformed", Fault{}, options) }

// HTML answers with a status, 200 to 599, and the HTML page of a proxy instead
// of JSON. Usual stage: BeforeCommit.
func HTML(code int, options ...FaultOption) Fault {
	return newFault("html", Fault{status: code}, options)
}

// SlowBody sends the answer in pieces of so many bytes with a pause before
// each. Usual stage: AfterCommit.
func SlowBody(chunk int, pause time.Duration, options ...FaultOption) Fault {
	return newFault("slow_body", Fault{count: chunk, pause: pause}, options)
}

// Redirect answers with a redirect, 301, 302, 303, 307 or 308, to a URL.
// Usual stage: BeforeCommit.
func Redirect(code int, to string, options ...FaultOption) Fault {
	return newFault("redirect", Fault{status: code, text: to}, options)
}

// UnknownField adds a member that no client knows to the object at a JSON
// pointer; "" is the answer itself and, if that is an array, every object in
// it. Usual stage: AfterCommit.
func UnknownField(pointer string, options ...FaultOption) Fault {
	return newFault("unknown_field", Fault{text: pointer}, options)
}

// UnknownEnum puts a word that no client knows at a JSON pointer of the
// answer, as a newer server may. Usual stage: AfterCommit.
func UnknownEnum(pointer string, options ...FaultOption) Fault {
	return newFault("unknown_enum", Fault{text: pointer}, options)
}

// Null puts null at a JSON pointer of the answer. Usual stage: AfterCommit.
func Null(pointer string, options ...FaultOption) Fault {
	return newFault("null", Fault{text: pointer}, options)
}

// Omit leaves out what is at a JSON pointer of the answer. Usual stage:
// AfterCommit.
func Omit(pointer string, options ...FaultOption) Fault {
	return newFault("omit", Fault{text: pointer}, options)
}

// TimeDigits writes every time in the answer with so many digits after the
// second, 0 to 9. Usual stage: AfterCommit.
func TimeDigits(digits int, options ...FaultOption) Fault {
	return newFault("time_digits", Fault{count: digits}, options)
}

// Then does several faults to one request, in their order within each stage.
func Then(faults ...Fault) Fault { return newFault("then", Fault{then: faults}, nil) }

func newFault(kind string, f Fault, options []FaultOption) Fault {
	f.kind = kindNamed(kind)
	for _, option := range options {
		option.apply(&f)
	}
	return f
}

// String describes the fault in one short line: its JSON.
func (f Fault) String() string {
	out, err := f.MarshalJSON()
	if err != nil {
		return "fault"
	}
	return string(out)
}

// withoutSecrets is the fault as others may see it: credentials among its
// headers, cookies for one, are taken out.
func (f Fault) withoutSecrets() Fault {
	for name := range f.header {
		if isCredentialHeader(name, nil) {
			f.header = maps.Clone(f.header)
			f.header[name] = []string{redacted}
		}
	}
	f.then = eachWithoutSecrets(f.then)
	return f
}

func eachWithoutSecrets(faults []Fault) []Fault {
	shown := slices.Clone(faults)
	for i := range shown {
		shown[i] = shown[i].withoutSecrets()
	}
	return shown
}
