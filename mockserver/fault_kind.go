package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

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
