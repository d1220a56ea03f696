package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The functions of this file work on JSON text as it stands: they keep the
// order of members and every byte that they have no reason to change, and
// they never fail on text that is not JSON.

// CheckPointer refuses what is not a JSON pointer as of RFC 6901.
func CheckPointer(pointer string) error {
	if pointer != "" && pointer[0] != '/' {
		return fmt.Errorf("%.80q is not a JSON pointer: it must begin with a slash, as in \"/settings/name\"", pointer)
	}
	for i := range len(pointer) {
		if pointer[i] == '~' && (i+1 == len(pointer) || pointer[i+1] != '0' && pointer[i+1] != '1') {
			return fmt.Errorf("%.80q is not a JSON pointer: a \"~\" in a name is written \"~0\", a slash \"~1\"", pointer)
		}
	}
	return nil
}

// splitPointer returns the unescaped steps of a JSON pointer.
func splitPointer(pointer string) []string {
	if pointer == "" {
		return nil
	}
	steps := strings.Split(pointer[1:], "/")
	for i, step := range steps {
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
	}
	return steps
}

// member is where a member of an Object, or an item of an array, lies within
// a document. Of an item, key is value.
type member struct{ key, value, end int }

// eachMember calls visit for the members of the Object, or the items of the
// array, that begins at start, until visit returns false. It reports whether
// it came to the end of a complete container.
func eachMember(data []byte, start int, visit func(name []byte, m member) bool) bool {
	if start >= len(data) || data[start] != '{' && data[start] != '[' {
		return false
	}
	isObject := data[start] == '{'
	at := skipSpace(data, start+1)
	if at < len(data) && (data[at] == '}' || data[at] == ']') {
		return true
	}
	for index := 0; ; index++ {
		m := member{key: at}
		var name []byte
		if isObject {
			end := skipString(data, at)
			if end < 0 {
				return false
			}
			name = data[at:end]
			if at = skipSpace(data, end); at >= len(data) || data[at] != ':' {
				return false
			}
			at = skipSpace(data, at+1)
		} else {
			name = strconv.AppendInt(nil, int64(index), 10)
		}
		m.value = at
		if m.end = skipValue(data, at); m.end < 0 {
			return false
		}
		if !visit(name, m) {
			return false
		}
		if at = skipSpace(data, m.end); at >= len(data) || data[at] != ',' {
			return at < len(data)
		}
		at = skipSpace(data, at+1)
	}
}

// Pointer is a JSON pointer that is ready for use.
type Pointer struct{ steps []string }

// ParsePointer reads a JSON pointer.
func ParsePointer(pointer string) (Pointer, error) {
	if err := CheckPointer(pointer); err != nil {
		return Pointer{}, err
	}
	return Pointer{splitPointer(pointer)}, nil
}

// In returns the value that the pointer names.
func (p Pointer) In(data []byte) (json.RawMessage, bool) {
	m, ok := p.find(data)
	if !ok {
		return nil, false
	}
	return data[m.value:m.end], true
}

// find returns where the value that the pointer names lies. It goes through
// the text once: a value that a step leads into is not passed over first, so
// that depth costs nothing.
func (p Pointer) find(data []byte) (found member, ok bool) {
	at := skipSpace(data, 0)
	if len(p.steps) == 0 {
		end := skipValue(data, at)
		return member{at, at, end}, end >= 0
	}
	if !opens(data, at) {
		return member{}, false
	}
	depth := 0 // how many steps lead to the container at hand
	index := 0 // of the next item if that is an array; -1: the step's own is behind
	for at < len(data) {
		switch data[at] { // what is before an item, or ends the container
		case '}', ']':
			if depth--; depth < 0 {
				return found, ok
			}
			at, index = skipSpace(data, at+1), -1
			continue
		case '{', '[', ',':
			at = skipSpace(data, at+1)
		default:
			return found, ok
		}
		if closes(data, at) {
			continue
		}
		m, same := member{key: at, value: at}, false
		if value, isMember := skipName(data, at); isMember {
			same = sameName(data[at:skipString(data, at)], p.steps[depth])
			m.value = value
		} else if index >= 0 {
			same = strconv.Itoa(index) == p.steps[depth]
			index++
		}
		if same {
			found, ok = member{}, false // of a member that is there twice the last one counts
			if depth+1 < len(p.steps) && opens(data, m.value) {
				at, index = m.value, 0
				depth++
				continue
			}
		}
		if m.end = skipValue(data, m.value); m.end < 0 {
			return found, ok
		}
		if same && depth+1 == len(p.steps) {
			found, ok = m, true
		}
		at = skipSpace(data, m.end)
	}
	return found, ok
}

// opens reports whether a container begins at a position.
func opens(data []byte, at int) bool { return at < len(data) && (data[at] == '{' || data[at] == '[') }

// closes reports whether a container ends at a position.
func closes(data []byte, at int) bool { return at < len(data) && (data[at] == '}' || data[at] == ']') }

// skipName returns where the value of the member begins whose name is at a
// position, if there is one.
func skipName(data []byte, at int) (value int, ok bool) {
	end := skipString(data, at)
	if end < 0 {
		return 0, false
	}
	if end = skipSpace(data, end); end >= len(data) || data[end] != ':' {
		return 0, false
	}
	return skipSpace(data, end+1), true
}

// find returns where the value that a pointer names lies.
func find(data []byte, pointer string) (found member, ok bool) {
	return Pointer{splitPointer(pointer)}.find(data)
}

// ValueAt returns the value that a pointer names.
func ValueAt(data []byte, pointer string) (json.RawMessage, bool) {
	return Pointer{splitPointer(pointer)}.In(data)
}

// sameName compares a name as it stands in the document, quoted and escaped
// or an array index, with a plain one.
func sameName(raw []byte, plain string) bool {
	if len(raw) > 0 && raw[0] == '"' {
		if bytes.IndexByte(raw, '\\') < 0 {
			return string(raw[1:len(raw)-1]) == plain
		}
		name, ok := String(raw)
		return ok && name == plain
	}
	return string(raw) == plain
}

func skipSpace(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\t' || data[at] == '\n' || data[at] == '\r') {
		at++
	}
	return at
}

// skipString returns where the string that begins at a position ends, or -1.
func skipString(data []byte, at int) int {
	if at >= len(data) || data[at] != '"' {
		return -1
	}
	for at++; at < len(data); at++ {
		switch data[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return -1
}

// skipValue returns where the value that begins at a position ends, or -1.
func skipValue(data []byte, at int) int {
	if at >= len(data) {
		return -1
	}
	switch data[at] {
	case '"':
		return skipString(data, at)
	case '{', '[':
		for depth := 0; at < len(data); at++ {
			switch data[at] {
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return at + 1
				}
			case '"':
				if at = skipString(data, at) - 1; at < 0 {
					return -1
				}
			}
		}
		return -1
	}
	start := at
	for at < len(data) && strings.IndexByte(" \t\r\n,:]}", data[at]) < 0 {
		at++
	}
	if at == start {
		return -1
	}
	return at
}

// replace returns data with another text between two positions.
func replace(data []byte, start, end int, text string) []byte {
	out := make([]byte, 0, len(data)-(end-start)+len(text))
	out = append(out, data[:start]...)
	out = append(out, text...)
	return append(out, data[end:]...)
}

// Put sets the value that a pointer names. A member that is not there is
// added if its Object is.
func Put(data []byte, pointer, value string) ([]byte, bool) {
	if m, ok := find(data, pointer); ok {
		return replace(data, m.value, m.end, value), true
	}
	cut := strings.LastIndexByte(pointer, '/')
	if cut < 0 {
		return data, false
	}
	parent, ok := find(data, pointer[:cut])
	if !ok || data[parent.value] != '{' {
		return data, false
	}
	name := splitPointer(pointer[cut:])[0]
	return addMember(data, parent, name, value), true
}

// addMember puts a member at the end of an Object.
func addMember(data []byte, parent member, name, value string) []byte {
	text := string(MustMarshal(name)) + ":" + value
	if skipSpace(data, parent.value+1) != parent.end-1 {
		text = "," + text
	}
	return replace(data, parent.end-1, parent.end-1, text)
}

// Omit takes away the member or item that a pointer names.
func Omit(data []byte, pointer string) ([]byte, bool) {
	m, ok := find(data, pointer)
	if !ok || pointer == "" {
		return data, false
	}
	start, end := m.key, skipSpace(data, m.end)
	if end < len(data) && data[end] == ',' {
		return replace(data, start, skipSpace(data, end+1), ""), true
	}
	for before := start - 1; before >= 0; before-- { // the last one: its comma stands before it
		if data[before] == ',' {
			return replace(data, before, m.end, ""), true
		}
		if data[before] == '{' || data[before] == '[' {
			break
		}
	}
	return replace(data, start, m.end, ""), true
}

// AddMember adds a member to the object that a pointer names, or to every
// object in the array that it names.
func AddMember(data []byte, pointer, name, value string) ([]byte, bool) {
	target, ok := find(data, pointer)
	switch {
	case !ok:
		return data, false
	case data[target.value] == '{':
		return addMember(data, target, name, value), true
	}
	out, copied := make([]byte, 0, len(data)), 0
	eachMember(data, target.value, func(_ []byte, m member) bool {
		if data[m.value] == '{' {
			out = append(out, addMember(data[copied:m.end], member{0, m.value - copied, m.end - copied}, name, value)...)
			copied = m.end
		}
		return true
	})
	return append(out, data[copied:]...), copied > 0
}

// EachMember calls visit for the name of each member of the object that data
// is, also of one that is there twice, until visit returns false. Of anything
// but an object it calls nothing.
func EachMember(data []byte, visit func(name string) bool) {
	start := skipSpace(data, 0)
	if start >= len(data) || data[start] != '{' {
		return
	}
	eachMember(data, start, func(raw []byte, _ member) bool { return visit(memberName(raw)) })
}

// Count is how many members the object that data is has. One that is there
// twice counts twice.
func Count(data []byte) (members int) {
	start := skipSpace(data, 0)
	eachMember(data, start, func([]byte, member) bool {
		members++
		return true
	})
	return members
}

var timePattern = regexp.MustCompile(`"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)?"`)

// SetTimeDigits writes every time with that many digits after the second.
func SetTimeDigits(data []byte, digits int) ([]byte, bool) {
	found := false
	out := timePattern.ReplaceAllFunc(data, func(text []byte) []byte {
		found = true
		parts := timePattern.FindSubmatch(text)
		fraction := string(parts[2])
		if len(fraction) > digits {
			fraction = fraction[:digits]
		}
		fraction += strings.Repeat("0", digits-len(fraction))
		if fraction != "" {
			fraction = "." + fraction
		}
		return []byte(`"` + string(parts[1]) + fraction + string(parts[3]) + `"`)
	})
	return out, found
}
