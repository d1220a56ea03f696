// Package redact keeps secrets out of what package fmt prints.
package redact

import "fmt"

// Placeholder is printed in the place of a secret.
const Placeholder = "[redacted]"

// Secret returns the placeholder, or "" for an empty secret: whether a secret
// is set may be seen.
func Secret(secret string) string {
	if secret == "" {
		return ""
	}
	return Placeholder
}

// Values returns the names of a map with the placeholder for each value, nil
// for an empty map.
func Values[V any](values map[string]V) map[string]any {
	if len(values) == 0 {
		return nil
	}
	hidden := make(map[string]any, len(values))
	for name := range values {
		hidden[name] = Placeholder
	}
	return hidden
}

// Format prints value with the flags and the verb of the call it is part of.
// Use it in a Format method, with a copy whose secrets were replaced and
// whose type has no Format method:
//
//	func (c Config) Format(state fmt.State, verb rune) {
//		type plain Config
//		c.APIKey = redact.Secret(c.APIKey)
//		redact.Format(state, verb, plain(c))
//	}
func Format(state fmt.State, verb rune, value any) {
	fmt.Fprintf(state, fmt.FormatString(state, verb), value)
}
