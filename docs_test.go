package agentclients_test

import (
	"cmp"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documentation is a public package, as go doc sees it.
type documentation struct {
	*doc.Package
	files *token.FileSet
}

// document reads the package in a directory.
func document(t *testing.T, name string) documentation {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(name, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%q has no Go files: %v", name, err)
	}
	d := documentation{files: token.NewFileSet()}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(d.files, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	d.Package, err = doc.NewFromFiles(d.files, files, module+"/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// publicPackages are those that programs import.
var publicPackages = append([]string{".", "mockserver", "mockserver/fault", "mockserver/journal", "mockserver/script"}, providers...)

// TestEverythingIsDocumented: every exported identifier has a comment that
// begins with its name, and every exported field and method of an interface
// has one. A list of constants or variables may have one for all of them.
func TestEverythingIsDocumented(t *testing.T) {
	for _, name := range publicPackages {
		d := document(t, name)
		check := func(name, comment string, node ast.Node) {
			if comment == "" {
				t.Errorf("%v: %s has no comment", d.files.Position(node.Pos()), name)
			} else if first, _, _ := strings.Cut(strings.TrimPrefix(comment, "Deprecated: "), " "); name != "" && first != name &&
				!slices.Contains([]string{"A", "An", "The"}, first) {
				t.Errorf("%v: the comment of %s begins with %q", d.files.Position(node.Pos()), name, first)
			}
		}
		if d.Doc == "" {
			t.Errorf("package %s has no comment", name)
		}
		values := slices.Concat(d.Consts, d.Vars)
		functions := slices.Clone(d.Funcs)
		for _, one := range d.Types {
			check(one.Name, one.Doc, one.Decl)
			for _, spec := range one.Decl.Specs {
				checkMembers(t, d, one.Name, spec.(*ast.TypeSpec).Type)
			}
			values = slices.Concat(values, one.Consts, one.Vars)
			functions = slices.Concat(functions, one.Funcs, one.Methods)
		}
		for _, function := range functions {
			check(function.Name, function.Doc, function.Decl)
		}
		for _, value := range values {
			for _, spec := range value.Decl.Specs {
				spec := spec.(*ast.ValueSpec)
				if value.Doc == "" && cmp.Or(spec.Doc.Text(), spec.Comment.Text()) == "" && spec.Names[0].IsExported() {
					t.Errorf("%v: %s has no comment", d.files.Position(spec.Pos()), spec.Names[0])
				}
			}
		}
	}
}

// checkMembers checks the fields of a struct, nested ones included, or the
// methods of an interface.
func checkMembers(t *testing.T, d documentation, name string, expression ast.Expr) {
	t.Helper()
	var members *ast.FieldList
	switch expression := expression.(type) {
	case *ast.StructType:
		members = expression.Fields
	case *ast.InterfaceType:
		if name == "TB" {
			return // a part of testing.TB
		}
		members = expression.Methods
	default:
		return
	}
	for _, member := range members.List {
		for _, identifier := range member.Names {
			if identifier.IsExported() && member.Doc.Text() == "" && member.Comment.Text() == "" {
				t.Errorf("%v: %s.%s has no comment", d.files.Position(member.Pos()), name, identifier)
			}
			checkMembers(t, d, name+"."+identifier.Name, member.Type)
		}
	}
}

// references has the address at which the vendor of an API documents it. The
// servers of phoneagents are their users' own, and so is their documentation.
var references = map[string]string{
	"omniflow":  "https://docs.trillet.ai",
	"agentloop": "https://github.com/everruns/everruns",
	"orq":       "https://docs.orq.ai",
	"xpander":   "https://docs.xpander.ai",
}

// TestEveryMethodOfAClient: the comment says what HTTP call it is, where the
// vendor documents it and what happens after a failure, an example with an
// output shows it, and the README and the package comment list it.
func TestEveryMethodOfAClient(t *testing.T) {
	for _, name := range providers {
		d := document(t, name)
		client := d.Types[slices.IndexFunc(d.Types, func(one *doc.Type) bool { return one.Name == "Client" })]
		examples := runningExamples(t, name)
		listed := operationsInReadme(t, name)
		for _, example := range []string{"NewClient", "Client_CreateAgent_lostAnswer"} {
			if !examples[example] {
				t.Errorf("%s has no example %s", name, example)
			}
		}
		for _, method := range client.Methods {
			if !examples["Client_"+method.Name] {
				t.Errorf("%s: %s has no example", name, method.Name)
			}
			if !regexp.MustCompile(`(?s)Methods of \[Client\]:.*\b` + method.Name + `\b.*\n# `).MatchString(d.Doc) {
				t.Errorf("%s: the package comment does not list %s", name, method.Name)
			}
			if !slices.Contains(listed, method.Name) {
				t.Errorf("%s: the README does not list %s", name, method.Name)
			}
			listed = slices.DeleteFunc(listed, func(operation string) bool { return operation == method.Name })
			_, reference, found := strings.Cut(method.Doc, "\nAPI reference: ")
			reference, _, _ = strings.Cut(reference, "\n\n")
			reference = strings.TrimSpace(strings.ReplaceAll(reference, "\n", " "))
			if !found || !strings.Contains(reference, "/") {
				t.Errorf("%s: the comment of %s has no API reference", name, method.Name)
			} else if address := references[name]; address != "" && !regexp.MustCompile(` `+regexp.QuoteMeta(address)+`(/\S+)?\.$`).MatchString(reference) {
				t.Errorf("%s: the API reference of %s does not end with an address at %s: %s", name, method.Name, address, reference)
			}
			// What walks over pages tells by what it ends.
			if !slices.ContainsFunc([]string{"repeated", "another try", "called again", "The loop ends", "like AllAgents"}, func(phrase string) bool {
				return strings.Contains(strings.ReplaceAll(method.Doc, "\n", " "), phrase)
			}) {
				t.Errorf("%s: the comment of %s does not say what happens after a failure", name, method.Name)
			}
		}
		if len(listed) > 0 {
			t.Errorf("the README lists %q, which %s does not have", listed, name)
		}
	}
}

// operationsInReadme returns the operations in the README's table of a
// package.
func operationsInReadme(t *testing.T, name string) []string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(readme), "| `"+name+"` | HTTP call | again |\n|---|---|---|\n")
	if !found {
		t.Fatalf("the README has no table of %s", name)
	}
	var operations []string
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) < 3 {
			break // the table is over
		}
		for operation := range strings.SplitSeq(cells[1], ",") {
			operations = append(operations, strings.TrimSpace(operation))
		}
	}
	return operations
}

// runningExamples returns the names of the examples of a package that have an
// output, and are run for it.
func runningExamples(t *testing.T, name string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(name, "*example_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	running := map[string]bool{}
	for _, example := range doc.Examples(files...) {
		running[example.Name] = example.Output != ""
	}
	return running
}
