package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Truncate announces the whole response, sends its first bytes and closes the
// connection. At least the last byte is missing, whatever the number. Usual
// stage: AfterCommit. With BeforeCommit the response looks the same, but the
// request has not taken effect.
func Truncate(bytes int, options ...Option) Fault {
	return newFault(truncate, Fault{count: bytes}, options)
}

var truncate = &kind{
	name: "truncate", usual: AfterCommit, edits: true,
	read: readNumber, write: number,
	check: func(f *Fault) error {
		if f.count < 0 {
			return fmt.Errorf("number of bytes is %d; it must not be negative", f.count)
		}
		return nil
	},
	do: func(f *Fault, t Target) { t.Cut(f.count) },
}

// SlowBody sends the response in pieces of some bytes each, with a pause before
// each. Usual stage: AfterCommit.
func SlowBody(chunk int, pause time.Duration, options ...Option) Fault {
	return newFault(slowBody, Fault{count: chunk, pause: pause}, options)
}

var slowBody = &kind{
	name: "slow_body", usual: AfterCommit, edits: true,
	check: func(f *Fault) error {
		if f.count < 1 {
			return fmt.Errorf("chunk is %d; it must be at least 1 byte", f.count)
		}
		return checkPause(f)
	},
	read: func(f *Fault, raw json.RawMessage) (err error) {
		var wire slowBodyJSON
		if err := jsontext.DecodeStrict(raw, &wire); err != nil {
			return fmt.Errorf(`must be {"chunk":1,"pause":"10ms"}: %w`, err)
		}
		f.count = wire.Chunk
		f.pause, err = readDuration(wire.Pause)
		return err
	},
	write: func(f *Fault) any { return slowBodyJSON{f.count, jsontext.MustMarshal(f.pause.String())} },
	do:    func(f *Fault, t Target) { t.Slow(f.count, f.pause) },
}

type slowBodyJSON struct {
	Chunk int             `json:"chunk"`
	Pause json.RawMessage `json:"pause"`
}

// Malformed responds with the right status and type and with a body that is
// not valid JSON. Usual stage: AfterCommit. With BeforeCommit the request has
// not taken effect.
func Malformed(options ...Option) Fault { return newFault(malformed, Fault{}, options) }

var malformed = &kind{
	name: "malformed", usual: AfterCommit, edits: true,
	check: fine, read: readNothing, write: nothing,
	do: func(_ *Fault, t Target) {
		t.Edit(func(body []byte) ([]byte, bool) {
			half := len(body) / 2
			return append(body[:half:half], ",,"...), true
		})
	},
}

// UnknownField adds a member that no client knows to the object at a JSON
// pointer; "" is the response itself and, if that is an array, every object
// in it. Usual stage: AfterCommit.
func UnknownField(pointer string, options ...Option) Fault {
	return newFault(unknownField, Fault{text: pointer}, options)
}

var unknownField = &kind{
	name: "unknown_field", usual: AfterCommit, edits: true,
	read: readText, write: text,
	check: func(f *Fault) error { return jsontext.CheckPointer(f.text) },
	do: func(f *Fault, t Target) {
		t.Edit(func(body []byte) ([]byte, bool) {
			return jsontext.AddMember(body, f.text, "mock_unknown_field", `{"since":"a newer server"}`)
		})
	},
}

// UnknownEnum puts a word that no client knows at a JSON pointer of the
// response, as a newer server may. Usual stage: AfterCommit.
func UnknownEnum(pointer string, options ...Option) Fault {
	return newFault(unknownEnum, Fault{text: pointer}, options)
}

var unknownEnum = pointerKind("unknown_enum", func(body []byte, pointer string) ([]byte, bool) {
	return jsontext.Put(body, pointer, `"mock_unknown_value"`)
})

// Null puts null at a JSON pointer of the response. Usual stage: AfterCommit.
func Null(pointer string, options ...Option) Fault {
	return newFault(null, Fault{text: pointer}, options)
}

var null = pointerKind("null", func(body []byte, pointer string) ([]byte, bool) {
	return jsontext.Put(body, pointer, "null")
})

// Omit leaves out what is at a JSON pointer of the response. Usual stage:
// AfterCommit.
func Omit(pointer string, options ...Option) Fault {
	return newFault(omit, Fault{text: pointer}, options)
}

var omit = pointerKind("omit", jsontext.Omit)

// pointerKind edits the value within a response that a JSON pointer names.
func pointerKind(name string, edit func(body []byte, pointer string) ([]byte, bool)) *kind {
	return &kind{
		name: name, usual: AfterCommit, edits: true,
		read: readText, write: text,
		check: func(f *Fault) error {
			if f.text == "" {
				return errors.New("the JSON pointer is empty; it must name a value within the response")
			}
			return jsontext.CheckPointer(f.text)
		},
		do: func(f *Fault, t Target) {
			t.Edit(func(body []byte) ([]byte, bool) { return edit(body, f.text) })
		},
	}
}

// TimeDigits writes every time in the response with that many digits after the
// second, 0 to 9. Usual stage: AfterCommit.
func TimeDigits(digits int, options ...Option) Fault {
	return newFault(timeDigits, Fault{count: digits}, options)
}

var timeDigits = &kind{
	name: "time_digits", usual: AfterCommit, edits: true,
	read: readNumber, write: number,
	check: func(f *Fault) error {
		if f.count < 0 || f.count > 9 {
			return fmt.Errorf("number of digits is %d; allowed is 0 to 9", f.count)
		}
		return nil
	},
	do: func(f *Fault, t Target) {
		t.Edit(func(body []byte) ([]byte, bool) { return jsontext.SetTimeDigits(body, f.count) })
	},
}
