package testkit

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// Hides checks that nothing that prints or logs a value shows a secret in it.
func Hides(t *testing.T, secret string, values ...any) {
	t.Helper()
	HidesInText(t, secret, values...)
	for _, value := range values {
		var logged strings.Builder
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("value", "value", value)
		checkHidden(t, secret, logged.String())
	}
}

// HidesInText is Hides without the JSON of log/slog, which asks a value how to
// describe itself only if it is not inside another one.
func HidesInText(t *testing.T, secret string, values ...any) {
	t.Helper()
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			checkHidden(t, secret, fmt.Sprintf(verb, value), fmt.Sprintf(verb, []any{value}), fmt.Sprintf(verb, map[string]any{"a": value}))
		}
		var logged strings.Builder
		slog.New(slog.NewTextHandler(&logged, nil)).Info("value", "value", value)
		checkHidden(t, secret, logged.String())
	}
}

func checkHidden(t *testing.T, secret string, texts ...string) {
	t.Helper()
	bytes := strings.Trim(fmt.Sprint([]byte(secret)), "[]")
	for _, text := range texts {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), bytes} {
			if strings.Contains(text, form) {
				t.Errorf("a secret is in %s", text)
			}
		}
	}
}
