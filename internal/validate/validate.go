// Package validate collects what is wrong with a request before it is sent.
package validate

import (
	"errors"
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

// AppendOf notes the problems of an error that Err made. Nil has none.
func (p *Problems) AppendOf(err error) {
	if e, ok := errors.AsType[*agentclients.Error](err); ok {
		p.Append(e.Fields)
	}
}

// Required notes a problem if value is empty.
func (p *Problems) Required(path, value string) {
	if value == "" {
		p.Add(path, "is required")
	}
}

// RequiredItem notes a problem if value, a member of an item of a list, is
// empty.
func (p *Problems) RequiredItem(list string, index int, member, value string) {
	if value == "" { // so that the path is made only if it is needed
		p.Required(fmt.Sprintf("%s[%d].%s", list, index, member), value)
	}
}

// NotEmpty notes a problem if value is set and empty.
func (p *Problems) NotEmpty(path string, value *string) {
	if value != nil && *value == "" {
		p.Add(path, "must not be empty")
	}
}

// NotNegative notes a problem if value is below zero.
func (p *Problems) NotNegative(path string, value int) {
	if value < 0 {
		p.Add(path, "must not be negative")
	}
}

// NotExtra notes a problem if the extra fields of a create have the member
// that makes a repeat harmless, for the client must know it.
func (p *Problems) NotExtra(path string, extra map[string]any) {
	if _, found := extra[path]; found {
		p.Add(path, "must not be an extra field: a repeat is safe only if the client knows it")
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
