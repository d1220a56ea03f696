package transport

import (
	"context"
	"errors"
	"net/url"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/redact"
)

// cause returns the error of an attempt without what the caller must not see:
// the URL with its query, and the key.
func (c *call) cause(attempt context.Context, err error) error {
	if c.Err() != nil {
		return c.contextError()
	}
	if timeout := context.Cause(attempt); timeout != nil {
		return timeout
	}
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if c.shows(err) {
		return &cleanError{c.clean(err.Error()), func(target error) bool { return errors.Is(err, target) }}
	}
	return err
}

// shows reports whether the text of an error, or of one that it wraps, holds
// what must not be seen.
func (c *call) shows(err error) bool {
	if err == nil {
		return false
	}
	if text := err.Error(); c.clean(text) != text {
		return true
	}
	switch wrapping := err.(type) {
	case interface{ Unwrap() error }:
		return c.shows(wrapping.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range wrapping.Unwrap() {
			if c.shows(inner) {
				return true
			}
		}
	}
	return false
}

// clean removes the key and the query of the request from a text.
func (c *call) clean(text string) string {
	text = c.client.hide(text)
	if c.target.RawQuery != "" {
		text = strings.ReplaceAll(text, c.target.RawQuery, redact.Placeholder)
	}
	return text
}

// Clean takes the key out of an error that was made of what the server says in
// a response or an event: a status, a reason, the name of a tool.
func (c *Client) Clean(err error) error {
	var e *agentclients.Error
	if errors.As(err, &e) {
		cleanWords(e, c.hide)
	}
	return err
}

// CleanKnown is Clean without a client: of what a response says of itself. It
// takes out the keys of all clients of the process.
func CleanKnown(e *agentclients.Error) *agentclients.Error {
	cleanWords(e, redact.Known)
	return e
}

func cleanWords(e *agentclients.Error, hide func(string) string) {
	e.Code, e.Message = hide(e.Code), hide(e.Message)
	if shown := e.Err; shown != nil {
		if text := shown.Error(); hide(text) != text {
			e.Err = &cleanError{hide(text), func(target error) bool { return errors.Is(shown, target) }}
		}
	}
}

// cleanError is an error with a cleaned text. The original can be matched but
// not got hold of, since it would print what was cleaned away.
type cleanError struct {
	text string
	is   func(error) bool
}

func (e *cleanError) Error() string        { return e.text }
func (e *cleanError) Is(target error) bool { return e.is(target) }
