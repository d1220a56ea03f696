// Package httpheader checks and reads headers of HTTP.
package httpheader

import "strings"

// IsName reports whether s can be the name of a header (RFC 9110, 5.6.2).
func IsName(s string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// IsValue reports whether s can be the value of a header: it holds no line
// break and no other control character but the tab.
func IsValue(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
