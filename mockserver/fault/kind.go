package fault

import (
	"encoding/json"
	"errors"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// kind is one kind of fault: all that there is to know about it. Each stands
// with the function that makes a Fault of it.
type kind struct {
	name  string
	usual Stage // the stage if none is given

	edits     bool // it changes a response, so it needs one: it cannot happen before the request was read
	ends      bool // nothing can happen after it
	waits     bool // it may take long
	responds  bool // it makes a response, so it takes a status and headers
	takesBody bool // it takes a body for its response

	usualStatus int // of its response if none is given; 0: its main member is the status

	check func(*Fault) error // what is wrong with a fault, without its name
	read  func(*Fault, json.RawMessage) error
	write func(*Fault) any // its main member in JSON
	do    func(*Fault, Target)
}

// kinds are all of them, in the order in which they are listed. Filled here,
// because Then refers to the list itself.
var kinds []*kind

func init() {
	kinds = []*kind{
		status, delay, stall, drop, reset, truncate, malformed, html, slowBody, redirect,
		unknownField, unknownEnum, null, omit, timeDigits,
		cutStream, pauseStream, repeatEvent, splitWrites, noLastEvent, then,
	}
}

func kindNamed(name string) *kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// Names returns the name of every kind of fault, as JSON has it.
func Names() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// What several kinds have in common.

func fine(*Fault) error { return nil }

func nothing(*Fault) any { return struct{}{} }

func readNothing(_ *Fault, raw json.RawMessage) error {
	if members, ok := jsontext.Members(raw); !ok || len(members) > 0 {
		return errors.New("must be {}")
	}
	return nil
}

func number(f *Fault) any { return f.count }

func readNumber(f *Fault, raw json.RawMessage) error {
	value, ok := jsontext.Integer(raw)
	if !ok {
		return errors.New("must be a whole number")
	}
	f.count = int(value)
	return nil
}

func text(f *Fault) any { return f.text }

func readText(f *Fault, raw json.RawMessage) (err error) {
	var ok bool
	if f.text, ok = jsontext.String(raw); !ok {
		err = errors.New("must be a string")
	}
	return err
}
