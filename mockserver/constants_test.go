package mockserver

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every operation and variant that is emulated has a constant, and every
// constant names one. That of an operation says its method and path.
func TestConstants(t *testing.T) {
	var emulated []string
	routes := map[string][]string{}
	for _, d := range testServer(t, Config{}).engine.Describe() {
		emulated = append(emulated, d.Name)
		for _, o := range d.Operations {
			routes[o.Name] = append(routes[o.Name], o.Method+" "+o.Path)
			if !slices.Contains(emulated, o.Name) { // some have two paths
				emulated = append(emulated, o.Name)
			}
		}
		for _, v := range d.Variants {
			emulated = append(emulated, v.Name)
		}
	}
	var constants []string
	for _, api := range APIs() {
		file, err := parser.ParseFile(token.NewFileSet(), api+".go", nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok {
				return true
			}
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants = append(constants, value)
			plain := strings.NewReplacer(".", "", "@", "", "-", "").Replace(value)
			if name := spec.Names[0].Name; !strings.EqualFold(name, plain) && !strings.Contains(value, "@") {
				t.Errorf("%s is called %s", value, name)
			}
			said, isOperation := spec.Comment.Text(), routes[value] != nil
			if isOperation && !slices.ContainsFunc(routes[value], func(route string) bool {
				return strings.HasPrefix(strings.NewReplacer(",", " ", "\n", " ").Replace(said), route+" ")
			}) {
				t.Errorf("the comment of %s says %q, and not one of %q", value, said, routes[value])
			}
			return true
		})
	}
	slices.Sort(emulated)
	slices.Sort(constants)
	if !slices.Equal(emulated, constants) {
		t.Errorf("emulated are\n%q\nconstants name\n%q", emulated, constants)
	}
}
