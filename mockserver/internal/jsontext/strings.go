package jsontext

// ReplaceStrings returns a document in which string values have others in
// their place: those for which other returns one. Names of members stay, and
// so does every byte besides.
func ReplaceStrings(data []byte, other func(value string) (string, bool)) []byte {
	var out []byte
	copied := 0
	for at := 0; at < len(data); {
		if data[at] != '"' {
			at++
			continue
		}
		end := skipString(data, at)
		if end < 0 {
			break // cut off
		}
		if next := skipSpace(data, end); next >= len(data) || data[next] != ':' {
			if value, ok := String(data[at:end]); ok {
				if replacement, ok := other(value); ok {
					out = append(append(out, data[copied:at]...), MustMarshal(replacement)...)
					copied = end
				}
			}
		}
		at = end
	}
	if copied == 0 {
		return data
	}
	return append(out, data[copied:]...)
}
