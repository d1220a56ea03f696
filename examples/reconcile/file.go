package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// readFile reads the agents of a file: a mapping from the names of the APIs to
// lists of agents. It returns all that is wrong with it, each with its line.
func readFile(name string, text []byte) ([]agent, error) {
	s := &strict{file: name}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		s.problem(&more, "one document is enough")
	}
	root := document.Content[0]
	shape := map[string][]any{}
	s.check("", root, reflect.TypeOf(shape))
	if len(s.problems) > 0 {
		return nil, errors.Join(s.problems...)
	}

	var agents []agent
	lines := map[record]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		api := root.Content[i].Value
		at := slices.IndexFunc(kinds, func(k kind) bool { return k.api == api })
		if at < 0 {
			s.problem(root.Content[i], "%s: unknown API, there are %s", api, apiNames())
			continue
		}
		for j, node := range root.Content[i+1].Content {
			a := s.readAgent(fmt.Sprintf("%s[%d]", api, j), node, kinds[at])
			if a == nil {
				continue
			}
			if first := lines[a.record().identity()]; first > 0 {
				s.problem(node, "%v: is there already, in line %d", a.record(), first)
			}
			lines[a.record().identity()] = node.Line
			agents = append(agents, a)
		}
	}
	return agents, errors.Join(s.problems...)
}

// readAgent reads one agent, nil if there is a problem.
func (s *strict) readAgent(path string, node *yaml.Node, k kind) agent {
	before := len(s.problems)
	a := k.empty()
	s.check(path, node, reflect.TypeOf(a))
	if len(s.problems) > before {
		return nil
	}
	v, err := value(node)
	if err == nil {
		var body []byte
		if body, err = json.Marshal(v); err == nil {
			decoder := json.NewDecoder(bytes.NewReader(body))
			decoder.UseNumber() // as they are written
			err = decoder.Decode(a)
		}
	}
	if err == nil {
		err = a.Validate()
	}
	if err != nil {
		s.problem(node, "%s: %v", path, err)
		return nil
	}
	return a
}
