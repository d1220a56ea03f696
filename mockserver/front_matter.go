package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// readFrontMatter reads the part of YAML that people write at the head of a
// Markdown file: nested mappings and lists by indentation, plain and quoted
// strings, block strings (| and >), lists in brackets, and JSON on one line.
// Every plain value is a string, except null. Anything else is an error that
// names the line.
func readFrontMatter(text string) (object, error) {
	r := frontMatterReader{lines: strings.Split(text, "\n")}
	indent, _, ok := r.peek()
	if !ok {
		return object{}, nil
	}
	mapping, err := r.mapping(indent)
	if err != nil {
		return nil, err
	}
	if _, _, more := r.peek(); more {
		return nil, r.wrong("unexpected indentation")
	}
	members := make(object, len(mapping))
	for name, value := range mapping {
		members[name] = jsonAnswer(0, value).body
	}
	return members, nil
}

// frontMatterReader walks over the lines.
type frontMatterReader struct {
	lines []string
	next  int
}

func (r *frontMatterReader) wrong(problem string) error {
	return fmt.Errorf("front matter line %d: %s", min(r.next, len(r.lines)-1)+1, problem)
}

// peek goes to the next line that says something and returns its indentation
// and its text.
func (r *frontMatterReader) peek() (indent int, text string, ok bool) {
	for ; r.next < len(r.lines); r.next++ {
		line := r.lines[r.next]
		text = strings.TrimSpace(line)
		if text != "" && text[0] != '#' {
			return indentation(line), text, true
		}
	}
	return 0, "", false
}

// indentation counts leading spaces. A tab is none, as YAML has it.
func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

var frontMatterKey = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*):(?:\s+(.*))?$`)

func isListItem(text string) bool { return text == "-" || strings.HasPrefix(text, "- ") }

// mapping reads "key: value" lines of one indentation.
func (r *frontMatterReader) mapping(indent int) (map[string]any, error) {
	mapping := make(map[string]any)
	for {
		at, text, ok := r.peek()
		if !ok || at < indent {
			return mapping, nil
		}
		key := frontMatterKey.FindStringSubmatch(text)
		switch {
		case at > indent:
			return nil, r.wrong("unexpected indentation")
		case key == nil:
			return nil, r.wrong("expected key: value")
		}
		if _, twice := mapping[key[1]]; twice {
			return nil, r.wrong("key " + key[1] + " is there twice")
		}
		value, err := r.value(key[2], indent, indent)
		if err != nil {
			return nil, err
		}
		mapping[key[1]] = value
	}
}

// sequence reads "- value" lines of one indentation.
func (r *frontMatterReader) sequence(indent int) ([]any, error) {
	items := []any{}
	for {
		at, text, ok := r.peek()
		if !ok || at < indent || at == indent && !isListItem(text) {
			return items, nil
		}
		if at > indent {
			return nil, r.wrong("unexpected indentation")
		}
		item := strings.TrimSpace(text[1:])
		var value any
		var err error
		if frontMatterKey.MatchString(item) {
			// The item is a mapping that begins on this line: blank the
			// hyphen and read it where it stands.
			inner := indent + len(text) - len(item)
			r.lines[r.next] = strings.Repeat(" ", inner) + item
			value, err = r.mapping(inner)
		} else {
			value, err = r.value(item, indent, indent+1)
		}
		if err != nil {
			return nil, err
		}
		items = append(items, value)
	}
}

// value reads what follows a key or a hyphen on the present line, and the
// lines below that belong to it: those indented more than indent, or a list
// that is indented at least as much as list.
func (r *frontMatterReader) value(text string, indent, list int) (any, error) {
	switch {
	case text == "" || text[0] == '#':
		r.next++
		at, below, ok := r.peek()
		switch {
		case ok && at >= list && isListItem(below):
			return r.sequence(at)
		case ok && at > indent:
			return r.mapping(at)
		}
		return nil, nil
	case text[0] == '|' || text[0] == '>':
		return r.block(text, indent)
	}
	value, err := frontMatterScalar(text)
	if err != nil {
		return nil, r.wrong(err.Error())
	}
	r.next++
	return value, nil
}

// block reads a block string: the lines below that are indented more than
// indent.
func (r *frontMatterReader) block(header string, indent int) (any, error) {
	if !slices.Contains([]string{"|", "|-", "|+", ">", ">-", ">+"}, header) {
		return nil, r.wrong("unknown kind of block string")
	}
	first := r.next + 1
	end, inner := first, 0
	for i := first; i < len(r.lines); i++ {
		if strings.TrimSpace(r.lines[i]) == "" {
			continue
		}
		at := indentation(r.lines[i])
		if at <= indent {
			break
		}
		if inner == 0 {
			inner = at
		}
		if at < inner {
			r.next = i
			return nil, r.wrong("unexpected indentation")
		}
		end = i + 1
	}
	lines := slices.Clone(r.lines[first:end])
	for i, line := range lines {
		lines[i] = line[min(inner, len(line)):]
	}
	r.next = end
	text := strings.Join(lines, "\n")
	if header[0] == '>' {
		text = foldLines(lines)
	}
	if !strings.HasSuffix(header, "-") && text != "" {
		text += "\n"
	}
	return text, nil
}

// foldLines joins lines by spaces; an empty line stays a line break.
func foldLines(lines []string) string {
	var out strings.Builder
	for i, line := range lines {
		if i > 0 && line != "" && lines[i-1] != "" {
			out.WriteByte(' ')
		}
		if line == "" {
			line = "\n"
		}
		out.WriteString(line)
	}
	return out.String()
}

// frontMatterScalar reads a value that stands on one line.
func frontMatterScalar(text string) (any, error) {
	switch text[0] {
	case '"', '{', '[':
		var value json.RawMessage
		decoder := json.NewDecoder(strings.NewReader(text))
		if decoder.Decode(&value) == nil {
			return value, nothingBut(text[decoder.InputOffset():])
		}
		if text[0] == '[' {
			return bracketList(text)
		}
		return nil, errors.New("expected JSON on one line")
	case '\'':
		return singleQuoted(text)
	case '&', '*', '!', '%', '@', '`':
		return nil, fmt.Errorf("a value must not begin with %c", text[0])
	}
	text, _, _ = strings.Cut(text, " #")
	text = strings.TrimSpace(text)
	switch {
	case text == "null" || text == "~":
		return nil, nil
	case strings.Contains(text, ": ") || strings.HasSuffix(text, ":"):
		return nil, errors.New("a value with a colon must be quoted")
	}
	return text, nil
}

// nothingBut makes sure that only a comment follows a value.
func nothingBut(rest string) error {
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
		return errors.New("unexpected text after the value")
	}
	return nil
}

// bracketList reads [a, b]. Items that hold a comma must be JSON.
func bracketList(text string) (any, error) {
	inner, rest, found := strings.Cut(text[1:], "]")
	if !found {
		return nil, errors.New("expected ] at the end of the list")
	}
	items := []any{}
	for part := range strings.SplitSeq(inner, ",") {
		if part = strings.TrimSpace(part); part == "" {
			return nil, errors.New("an item of the list is empty")
		}
		item, err := frontMatterScalar(part)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nothingBut(rest)
}

// singleQuoted reads 'text', in which two quotes stand for one.
func singleQuoted(text string) (any, error) {
	const mark = "\x00" // cannot stand in YAML
	inner, rest, found := strings.Cut(strings.ReplaceAll(text[1:], "''", mark), "'")
	if !found {
		return nil, errors.New("expected a single quote at the end")
	}
	return strings.ReplaceAll(inner, mark, "'"), nothingBut(rest)
}
