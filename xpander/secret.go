package xpander

import (
	"fmt"
	"log/slog"

	"github.com/agentclients/agentclients-go/internal/redact"
)

// A Secret formats itself, but package fmt does not ask it where a verb does
// not fit a pointer to what it is in: fmt.Sprintf("%s", struct{ p *T }). So
// every type with secrets of its own formats itself, too.

// Secret is a text that package fmt and log/slog do not print. Convert it to
// string to use it.
type Secret string

// Format prints a placeholder, or nothing if the secret is empty.
func (s Secret) Format(state fmt.State, verb rune) {
	redact.Format(state, verb, redact.Secret(string(s)))
}

// LogValue describes the secret to log/slog by a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redact.Secret(string(s))) }

// Secrets are texts by name, such as HTTP headers. Package fmt and log/slog
// print the names only.
type Secrets map[string]string

// Format prints the names, with a placeholder for each text.
func (s Secrets) Format(state fmt.State, verb rune) {
	redact.Format(state, verb, redact.Values(s))
}

// LogValue describes the names to log/slog.
func (s Secrets) LogValue() slog.Value { return slog.AnyValue(redact.Values(s)) }
