package agentloop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// The bounds of a YAML document. A body without aliases keeps the second one:
// it has at most one node for each byte.
const (
	maxDepth    = 1000        // of mappings and lists in one another
	maxExpanded = 2 * maxBody // nodes and bytes, with every alias in full
)

// readYAML reads a YAML mapping as the JSON object that it stands for: keys
// are strings, and what YAML takes for a time stays text. Nothing is an empty
// mapping. The error begins with the line, or says what the text does wrong.
func readYAML(text string) (jsontext.Object, error) {
	var document yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text + "\n")) // a block string ends with the line break that was cut off
	switch err := decoder.Decode(&document); {
	case err == io.EOF:
		return jsontext.Object{}, nil
	case err != nil:
		return nil, unreadable(err)
	}
	if decoder.Decode(new(yaml.Node)) != io.EOF {
		return nil, errors.New("has more than one document")
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, wrong(root, "expected key: value")
	}
	w := jsonWriter{open: make(map[*yaml.Node]bool)}
	if err := w.value(root, 0); err != nil {
		return nil, err
	}
	members, _ := jsontext.Members(w.out.Bytes())
	return members, nil
}

// unreadable is an error of the parser, which does not know every line.
func unreadable(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if !strings.HasPrefix(text, "line ") {
		text = "cannot be read: " + text
	}
	return errors.New(text)
}

func wrong(n *yaml.Node, format string, arguments ...any) error {
	return fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, arguments...))
}

// jsonWriter writes YAML nodes as JSON: members in their order, and numbers
// as they stand wherever JSON has them, too.
type jsonWriter struct {
	out   bytes.Buffer
	spent int                 // of maxExpanded
	open  map[*yaml.Node]bool // the anchored nodes that are being written for an alias
}

// enter keeps the bounds. It is called for every node, again for each alias
// that stands for it.
func (w *jsonWriter) enter(n *yaml.Node, depth int) error {
	if depth > maxDepth {
		return wrong(n, "nested more than %d deep", maxDepth)
	}
	if w.spent += 1 + len(n.Value); w.spent > maxExpanded {
		return wrong(n, "aliases make the document too long")
	}
	return nil
}

// follow calls write with the node that an alias stands for. Other nodes
// stand for themselves.
func (w *jsonWriter) follow(n *yaml.Node, write func(*yaml.Node) error) error {
	if n.Kind != yaml.AliasNode {
		return write(n)
	}
	if w.open[n.Alias] {
		return wrong(n, "the value of anchor %s contains itself", n.Value)
	}
	w.open[n.Alias] = true
	defer delete(w.open, n.Alias)
	return write(n.Alias)
}

func (w *jsonWriter) value(n *yaml.Node, depth int) error {
	return w.follow(n, func(n *yaml.Node) error {
		if err := w.enter(n, depth); err != nil {
			return err
		}
		switch n.Kind {
		case yaml.MappingNode:
			return w.object(n, depth)
		case yaml.SequenceNode:
			return w.array(n, depth)
		}
		return w.scalar(n)
	})
}

func (w *jsonWriter) array(n *yaml.Node, depth int) error {
	w.out.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			w.out.WriteByte(',')
		}
		if err := w.value(item, depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte(']')
	return nil
}

func (w *jsonWriter) object(n *yaml.Node, depth int) error {
	var members mapping
	if err := w.collect(n, &members, depth); err != nil {
		return err
	}
	w.out.WriteByte('{')
	for i, name := range members.names {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.out.Write(jsontext.MustMarshal(name))
		w.out.WriteByte(':')
		if err := w.value(members.values[name], depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte('}')
	return nil
}

// mapping is a YAML mapping, with what it merges.
type mapping struct {
	names  []string
	values map[string]*yaml.Node
}

// add adds a member, unless there is one of that name.
func (m *mapping) add(name string, value *yaml.Node) {
	if m.values == nil {
		m.values = make(map[string]*yaml.Node)
	}
	if m.values[name] == nil {
		m.names = append(m.names, name)
		m.values[name] = value
	}
}

const mergeTag = "!!merge" // of the key <<

// collect adds the members of a mapping, and then those of the mappings that
// it merges: what is there already wins.
func (w *jsonWriter) collect(n *yaml.Node, into *mapping, depth int) error {
	if err := w.enter(n, depth); err != nil {
		return err
	}
	if n.Kind != yaml.MappingNode {
		return wrong(n, "expected a mapping to merge, or a list of them")
	}
	seen := make(map[string]bool, len(n.Content)/2)
	var merged *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		name, err := keyName(key)
		if err == nil {
			err = w.enter(key, depth)
		}
		switch {
		case err != nil:
			return err
		case seen[name]:
			return wrong(key, "key %s is there twice", jsontext.Excerpt(name))
		case key.Tag == mergeTag:
			merged = value
		default:
			into.add(name, value)
		}
		seen[name] = true
	}
	if merged == nil {
		return nil
	}
	return w.follow(merged, func(merged *yaml.Node) error {
		sources := []*yaml.Node{merged}
		if merged.Kind == yaml.SequenceNode {
			sources = merged.Content
		}
		for _, source := range sources {
			if err := w.follow(source, func(source *yaml.Node) error { return w.collect(source, into, depth+1) }); err != nil {
				return err
			}
		}
		return nil
	})
}

func keyName(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", wrong(n, "a key must be a string")
	}
	switch n.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		return "", wrong(n, "a key must be a string: put %s in quotes", jsontext.Excerpt(n.Value))
	}
	return n.Value, nil
}

func (w *jsonWriter) scalar(n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!null":
		w.out.WriteString("null")
	case "!!bool":
		var value bool
		if n.Decode(&value) != nil {
			return wrong(n, "expected true or false")
		}
		w.out.WriteString(strconv.FormatBool(value))
	case "!!int", "!!float":
		number, err := numberText(n)
		if err != nil {
			return err
		}
		w.out.Write(number)
	default:
		w.out.Write(jsontext.MustMarshal(n.Value))
	}
	return nil
}

// numberText is a number as JSON has it. YAML has more ways to write one.
func numberText(n *yaml.Node) ([]byte, error) {
	if text := []byte(n.Value); json.Valid(text) && jsontext.Kind(text) == "a number" {
		return text, nil
	}
	var value any
	if n.Decode(&value) != nil {
		return nil, wrong(n, "expected a number")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, wrong(n, "JSON has no number like %s", jsontext.Excerpt(n.Value))
	}
	return text, nil
}
