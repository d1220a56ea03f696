package wire

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Linef is fmt.Sprintf for what people read in one line: a line break or
// another character of a server's text that cannot be printed is escaped, as in
// a Go string.
func Linef(format string, arguments ...any) string {
	return escape(fmt.Sprintf(format, arguments...))
}

// escape escapes what cannot be printed.
func escape(text string) string {
	if strings.IndexFunc(text, isUnprintable) < 0 {
		return text
	}
	var line strings.Builder
	for _, r := range text {
		if isUnprintable(r) {
			quoted := strconv.QuoteRune(r)
			line.WriteString(quoted[1 : len(quoted)-1])
		} else {
			line.WriteRune(r)
		}
	}
	return line.String()
}

func isUnprintable(r rune) bool { return !unicode.IsPrint(r) }
