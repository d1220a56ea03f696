// Package validate collects what is wrong with a request before it is sent.
package validate

import (
	"fmt"
	"unicode/utf8"

	agentclients "github.com/agentclients/agentclients-go"
)

// Problems collects what is wrong with the fields of one request. The zero
// value is empty and ready.
type Problems struct {
	fields []agentclients.FieldError
}

// Add notes a problem. path is the wire name of the field; message says what
// is allowed.
func (p *Problems) Add(path, message string) {
	p.fields = append(p.fields, agentclients.FieldError{Path: path, Message: message})
}

// Addf is Add with a format.
func (p *Problems) Addf(path, format string, args ...any) {
	p.Add(path, fmt.Sprintf(format, args...))
}

// Append notes problems that were found elsewhere.
func (p *Problems) Append(fields []agentclients.FieldError) {
	p.fields = append(p.fields, fields...)
}

// Required notes a problem if value is empty.
func (p *Problems) Required(path, value string) {
	if value == "" {
		p.Add(path, "is required")
	}
}

// NotEmpty notes a problem if value is set and empty.
func (p *Problems) NotEmpty(path string, value *string) {
	if value != nil && *value == "" {
		p.Add(path, "must not be empty")
	}
}

// MaxBytes notes a problem if value is longer than limit bytes.
func (p *Problems) MaxBytes(path, value string, limit int) {
	if len(value) > limit {
		p.Addf(path, "must be at most %d bytes long, not %d", limit, len(value))
	}
}

// MaxCharacters notes a problem if value is longer than limit characters.
func (p *Problems) MaxCharacters(path, value string, limit int) {
	if n := utf8.RuneCountInString(value); n > limit {
		p.Addf(path, "must be at most %d characters long, not %d", limit, n)
	}
}

// Err returns nil if there is no problem, else an error that lists all.
func (p *Problems) Err(provider, op string) error {
	if len(p.fields) == 0 {
		return nil
	}
	return &agentclients.Error{Provider: provider, Op: op, Fields: p.fields, Err: agentclients.ErrInvalidRequest}
}
