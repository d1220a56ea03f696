package wire

import "strings"

// SameText reports whether two texts are the same but for white space at their
// ends and for how their lines end: servers take that away.
func SameText(a, b string) bool { return a == b || withoutSpacing(a) == withoutSpacing(b) }

func withoutSpacing(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}
