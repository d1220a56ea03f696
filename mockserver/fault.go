package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
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

// faultKind is what one kind of fault is about.
type faultKind struct {
	name  string
	usual Stage // the stage if none is given

	// edits: it changes an answer, so it needs one: it cannot happen before
	// the request was read.
	edits bool
	// ends: nothing can happen after it.
	ends bool
	// answers: it makes an answer, so it takes a status and headers.
	answers bool

	// check says what is wrong with a fault, without its name.
	check func(*Fault) error
	// read and write are its main member in JSON.
	read  func(*Fault, json.RawMessage) error
	write func(*Fault) any
}

var faultKinds []*faultKind

// Filled here, because Then refers to the list itself.
func init() {
	number := func(f *Fault) any { return f.count }
	readNumber := func(f *Fault, raw json.RawMessage) error {
		value, ok := asInteger(raw)
		if !ok {
			return errors.New("must be a whole number")
		}
		f.count = int(value)
		return nil
	}
	text := func(f *Fault) any { return f.text }
	readText := func(f *Fault, raw json.RawMessage) (err error) {
		var ok bool
		if f.text, ok = asString(raw); !ok {
			err = errors.New("must be a string")
		}
		return err
	}
	readStatus := func(f *Fault, raw json.RawMessage) error {
		value, ok := asInteger(raw)
		if !ok {
			return errors.New("must be a status code")
		}
		f.status = int(value)
		return nil
	}
	nothing := func(*Fault) any { return struct{}{} }
	readNothing := func(_ *Fault, raw json.RawMessage) error {
		if members, ok := asObject(raw); !ok || len(members) > 0 {
			return errors.New("must be {}")
		}
		return nil
	}
	checkStatus := func(f *Fault) error {
		if f.status < 200 || f.status > 599 {
			return fmt.Errorf("status is %d; allowed is 200 to 599", f.status)
		}
		return nil
	}
	checkPointer := func(f *Fault) error {
		if f.text == "" {
			return errors.New("the JSON pointer is empty; it must name a value within the answer")
		}
		return checkJSONPointer(f.text)
	}
	checkPause := func(f *Fault) error {
		if f.pause < 0 {
			return fmt.Errorf("duration is %s; it must not be negative", f.pause)
		}
		return nil
	}
	fine := func(*Fault) error { return nil }

	faultKinds = []*faultKind{
		{name: "status", usual: BeforeCommit, answers: true, check: checkStatus, read: readStatus,
			write: func(f *Fault) any { return f.status }},
		{name: "delay", usual: BeforeCommit, check: checkPause,
			read: func(f *Fault, raw json.RawMessage) (err error) {
				f.pause, err = asDuration(raw)
				return err
			},
			write: func(f *Fault) any { return f.pause.String() }},
		{name: "stall", usual: BeforeCommit, ends: true, check: fine, read: readNothing, write: nothing},
		{name: "drop", usual: BeforeCommit, ends: true, check: fine, read: readNothing, write: nothing},
		{name: "reset", usual: BeforeCommit, ends: true, check: fine, read: readNothing, write: nothing},
		{name: "truncate", usual: AfterCommit, edits: true, read: readNumber, write: number,
			check: func(f *Fault) error {
				if f.count < 0 {
					return fmt.Errorf("number of bytes is %d; it must not be negative", f.count)
				}
				return nil
			}},
		{name: "malformed", usual: AfterCommit, edits: true, check: fine, read: readNothing, write: nothing},
		{name: "html", usual: BeforeCommit, answers: true, check: checkStatus, read: readNothing, write: nothing},
		{name: "slow_body", usual: AfterCommit, edits: true,
			check: func(f *Fault) error {
				if f.count < 1 {
					return fmt.Errorf("chunk is %d; it must be at least 1 byte", f.count)
				}
				return checkPause(f)
			},
			read: func(f *Fault, raw json.RawMessage) (err error) {
				var wire slowBodyJSON
				if err := decodeStrict(raw, &wire); err != nil {
					return fmt.Errorf(`must be {"chunk":1,"pause":"10ms"}: %w`, err)
				}
				f.count = wire.Chunk
				f.pause, err = asDuration(wire.Pause)
				return err
			},
			write: func(f *Fault) any {
				return slowBodyJSON{f.count, mustMarshal(f.pause.String())}
			}},
		{name: "redirect", usual: BeforeCommit, answers: true, read: readText, write: text,
			check: func(f *Fault) error {
				if !slices.Contains([]int{301, 302, 303, 307, 308}, f.status) {
					return fmt.Errorf("status is %d; allowed are 301, 302, 303, 307 and 308", f.status)
				}
				if to, err := url.Parse(f.text); err != nil || f.text == "" || to.String() == "" {
					return errors.New("the address is not a URL")
				}
				return nil
			}},
		{name: "unknown_field", usual: AfterCommit, edits: true, read: readText, write: text,
			check: func(f *Fault) error { return checkJSONPointer(f.text) }},
		{name: "unknown_enum", usual: AfterCommit, edits: true, check: checkPointer, read: readText, write: text},
		{name: "null", usual: AfterCommit, edits: true, check: checkPointer, read: readText, write: text},
		{name: "omit", usual: AfterCommit, edits: true, check: checkPointer, read: readText, write: text},
		{name: "time_digits", usual: AfterCommit, edits: true, read: readNumber, write: number,
			check: func(f *Fault) error {
				if f.count < 0 || f.count > 9 {
					return fmt.Errorf("number of digits is %d; allowed is 0 to 9", f.count)
				}
				return nil
			}},
		{name: "then",
			check: func(f *Fault) error {
				if len(f.then) == 0 {
					return errors.New("the list is empty")
				}
				return nil
			},
			read: func(f *Fault, raw json.RawMessage) error {
				items, ok := asArray(raw)
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
			write: func(f *Fault) any { return f.then }},
	}
}

type slowBodyJSON struct {
	Chunk int             `json:"chunk"`
	Pause json.RawMessage `json:"pause"`
}

func kindNamed(name string) *faultKind {
	for _, kind := range faultKinds {
		if kind.name == name {
			return kind
		}
	}
	return nil
}

// FaultNames returns the name of every kind of fault, as JSON has it.
func FaultNames() []string {
	names := make([]string, len(faultKinds))
	for i, kind := range faultKinds {
		names[i] = kind.name
	}
	return names
}

// validate says in one line what is wrong with a fault.
func (f *Fault) validate() error {
	if f.kind == nil {
		return errors.New("fault is empty; there are " + quoted(FaultNames()))
	}
	err := f.kind.check(f)
	switch {
	case err != nil:
	case f.stage != "" && !slices.Contains(Stages(), f.stage):
		err = fmt.Errorf("unknown stage %q; there are %s", f.stage, quoted(Stages()))
	case f.kind.edits && f.stage == BeforeRead:
		err = fmt.Errorf("it changes an answer, and there is none at stage %q; allowed are %q and %q", BeforeRead, BeforeCommit, AfterCommit)
	case !f.kind.answers && (f.retryAfter != nil || f.header != nil):
		err = errors.New(`it makes no answer, so it takes no "retry_after" and no "header"`)
	case f.body != nil && f.kind.name != "status" && f.kind.name != "html":
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
		if err := f.then[i].validate(); err != nil {
			return err
		}
	}
	return nil
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

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

// MarshalJSON writes the fault as the documentation of Fault has it.
func (f Fault) MarshalJSON() ([]byte, error) {
	if f.kind == nil {
		return nil, errors.New("mockserver: fault is empty")
	}
	var out bytes.Buffer
	out.WriteByte('{')
	add := func(name string, value any) {
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + name + `":`)
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		encoder.Encode(value) //nolint:errcheck // values of ours
		out.Truncate(out.Len() - 1)
	}
	add(f.kind.name, f.kind.write(&f))
	if f.kind.answers && f.kind.name != "status" {
		add("status", f.status)
	}
	if f.retryAfter != nil {
		add("retry_after", f.retryAfter.String())
	}
	if f.header != nil {
		header := make(map[string]string, len(f.header))
		for name := range f.header {
			header[name] = strings.Join(f.header[name], ", ")
		}
		add("header", header)
	}
	if f.body != nil {
		add("body", *f.body)
	}
	if f.stage != "" {
		add("stage", f.stage)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads a fault as the documentation of Fault has it. The error
// names an unknown member and lists the faults that there are.
func (f *Fault) UnmarshalJSON(data []byte) error {
	members, err := parseObject(data)
	if err != nil {
		return errors.New("a fault must be a JSON object such as {\"status\":503}")
	}
	*f = Fault{}
	options := []string{"stage", "retry_after", "header", "body"}
	var named []string // the faults that the object names
	for _, name := range sortedNames(members) {
		switch {
		case name == "status": // also an option
		case kindNamed(name) != nil:
			named = append(named, name)
		case !slices.Contains(options, name):
			return fmt.Errorf("unknown fault %q; there are %s, with the options %s", name, quoted(FaultNames()), quoted(options))
		}
	}
	if _, ok := members["status"]; ok && (len(named) == 0 || !kindNamed(named[0]).answers) {
		named = append(named, "status")
	}
	switch len(named) {
	case 0:
		return errors.New("the object names no fault; there are " + quoted(FaultNames()))
	case 1:
	default:
		return fmt.Errorf("one object names the faults %s; give one each and put them together with \"then\"", quoted(named))
	}
	f.kind = kindNamed(named[0])
	if err := f.kind.read(f, members[f.kind.name]); err != nil {
		return fmt.Errorf("fault %q: %w", f.kind.name, err)
	}
	if err := f.readOptions(members); err != nil {
		return fmt.Errorf("fault %q: %w", f.kind.name, err)
	}
	return f.validate()
}

func (f *Fault) readOptions(members object) error {
	if f.kind.answers && f.kind.name != "status" {
		f.status = http.StatusOK
		if f.kind.name == "redirect" {
			f.status = http.StatusTemporaryRedirect
		}
		if raw, ok := members["status"]; ok {
			code, ok := asInteger(raw)
			if !ok {
				return errors.New("status must be a status code")
			}
			f.status = int(code)
		}
	}
	for name, raw := range members {
		switch name {
		case "stage":
			stage, ok := asString(raw)
			if !ok || stage == "" {
				return fmt.Errorf("stage must be one of %s", quoted(Stages()))
			}
			f.stage = Stage(stage)
		case "retry_after":
			d, err := asDuration(raw)
			if err != nil {
				return fmt.Errorf("retry_after %w", err)
			}
			f.retryAfter = &d
		case "header":
			var header map[string]string
			if json.Unmarshal(raw, &header) != nil {
				return errors.New("header must be an object of strings")
			}
			for name, value := range header {
				Header(name, value).apply(f)
			}
		case "body":
			text, ok := asString(raw)
			if !ok {
				return errors.New("body must be a string")
			}
			f.body = &text
		}
	}
	return nil
}

// asDuration reads a duration such as "1.5s".
func asDuration(raw json.RawMessage) (time.Duration, error) {
	text, ok := asString(raw)
	d, err := time.ParseDuration(text)
	if !ok || err != nil {
		return 0, errors.New(`must be a duration such as "50ms" or "2s"`)
	}
	return d, nil
}

func sortedNames(members object) []string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

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
