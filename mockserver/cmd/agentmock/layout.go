package main

import "bytes"

// recordDepth is how deep records lie in a snapshot: below the document, the
// APIs, the API and the kind.
const recordDepth = 4

// layOut writes a snapshot with one record a line, so that people can read it
// and tools can compare it.
func layOut(document []byte) []byte {
	var out bytes.Buffer
	depth, inString := 0, false
	newLine := func() {
		out.WriteByte('\n')
		for range depth {
			out.WriteString("  ")
		}
	}
	for i := 0; i < len(document); i++ {
		c := document[i]
		switch {
		case inString:
			out.WriteByte(c)
			switch c {
			case '\\':
				i++
				out.WriteByte(document[i])
			case '"':
				inString = false
			}
		case c == '"':
			inString = true
			out.WriteByte(c)
		case (c == '{' || c == '[') && depth < recordDepth && document[i+1] != c+2: // not an empty one
			out.WriteByte(c)
			depth++
			newLine()
		case c == '{' || c == '[':
			depth++
			out.WriteByte(c)
		case c == '}' || c == ']':
			depth--
			if depth < recordDepth && document[i-1] != c-2 {
				newLine()
			}
			out.WriteByte(c)
		case c == ',' && depth <= recordDepth:
			out.WriteByte(c)
			newLine()
		case c == ':' && depth <= recordDepth:
			out.WriteString(": ")
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('\n')
	return out.Bytes()
}
