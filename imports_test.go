package agentclients_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/agentclients/agentclients-go"

// providers are the packages with the clients.
var providers = []string{"agentloop", "omniflow", "orq", "phoneagents", "xpander"}

// goPackage is a package of this module.
type goPackage struct {
	ImportPath, Dir                    string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
	name                               string // below the module: "orq", "" for the root
}

// goList runs go list with arguments and returns what it prints.
func goList(t *testing.T, arguments ...string) []byte {
	t.Helper()
	output, err := exec.Command("go", append([]string{"list"}, arguments...)...).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %v: %s", err, failed.Stderr)
		}
		t.Fatal(err)
	}
	return output
}

// packages returns all packages of this module.
func packages(t *testing.T) []goPackage {
	t.Helper()
	var all []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(goList(t, "-e", "-json", "./..."))))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		p.name = strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		all = append(all, p)
	}
}

// own returns what a package imports of this module, without the module path.
func own(imports []string) []string {
	var names []string
	for _, path := range imports {
		if path == module {
			names = append(names, "")
		} else if name, ok := strings.CutPrefix(path, module+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}

// mockImports says who imports whom in the mock: what is below knows nothing
// of what is above, and the emulated APIs know neither the engine nor each
// other.
func mockImports() map[string][]string {
	const inside = "mockserver/internal/"
	values := []string{inside + "jsontext", inside + "schema", inside + "run", "mockserver/script"}
	api := append(slices.Clone(values), inside+"emulate")
	words := []string{"mockserver/fault", "mockserver/journal", "mockserver/script"}
	allowed := map[string][]string{
		inside + "jsontext":   nil,
		inside + "credential": nil,
		inside + "pipenet":    nil,
		inside + "schema":     {inside + "jsontext"},
		inside + "run":        {"mockserver/script"},
		"mockserver/script":   nil,
		inside + "emulate":    values,
		"mockserver/journal":  nil,
		"mockserver/fault":    {"mockserver/journal", inside + "credential", inside + "jsontext"},
		inside + "shape":      {"mockserver/journal"},
		inside + "compare":    {inside + "jsontext", inside + "shape", "mockserver/journal"},
		inside + "engine":     slices.Concat(api, words, []string{inside + "compare", inside + "credential"}),
		inside + "admin":      slices.Concat(words, []string{inside + "engine", inside + "jsontext", inside + "pipenet"}),
	}
	face := slices.Concat(words, []string{inside + "engine", inside + "admin", inside + "emulate", inside + "jsontext", inside + "pipenet"})
	allowed[inside+"toy"] = api
	for _, name := range providers {
		allowed[inside+name] = api
		face = append(face, inside+name)
	}
	allowed["mockserver"] = face
	allowed[inside+"roomtest"] = []string{"mockserver"}
	return allowed
}

// TestImportsRunOneWay: provider → transport → root package, and provider →
// wire. Providers never import each other, and mockserver imports none of it:
// types that client and mock share would hide the same mistake on both sides.
func TestImportsRunOneWay(t *testing.T) {
	shared := []string{
		"", "internal/diff", "internal/ensure", "internal/httpheader", "internal/pages", "internal/poll", "internal/redact", "internal/sse", "internal/transport", "internal/validate", "internal/wire",
	}
	allowed := map[string][]string{
		"":                    {"internal/httpheader"},
		"internal/httpheader": nil,
		"internal/redact":     nil,
		"internal/sse":        nil,
		"internal/validate":   {""},
		"internal/pages":      {""},
		"internal/poll":       {""},
		"internal/wire":       {"", "internal/httpheader"},
		"internal/diff":       {"", "internal/wire"},
		"internal/ensure":     {"", "internal/diff", "internal/validate"},
		"internal/transport":  {"", "internal/diff", "internal/httpheader", "internal/redact", "internal/sse", "internal/validate", "internal/wire"},
	}
	maps.Copy(allowed, mockImports())
	for _, name := range providers {
		allowed[name] = shared
	}
	seen := map[string]bool{}
	for _, p := range packages(t) {
		names, checked := allowed[p.name]
		if strings.HasPrefix(p.name, "mockserver/cmd/") {
			names, checked = []string{"mockserver", "mockserver/fault", "mockserver/journal", "mockserver/script"}, true
		} else if !checked && strings.HasPrefix(p.name, "mockserver/") {
			t.Errorf("%q is not in the table of who imports whom", p.name)
		}
		seen[p.name] = true
		for _, imported := range own(p.Imports) {
			if checked && !slices.Contains(names, imported) {
				t.Errorf("%q imports %q", p.name, imported)
			}
			if strings.HasPrefix(imported, "examples/") || imported == "internal/testkit" || imported == "internal/benchmark" || imported == "mockserver/internal/roomtest" {
				t.Errorf("%q imports %q, which is no part of it", p.name, imported)
			}
		}
		for _, imported := range own(slices.Concat(p.TestImports, p.XTestImports)) {
			switch {
			case slices.Contains(providers, p.name) && slices.Contains(providers, imported) && p.name != imported:
				t.Errorf("the tests of %q import %q", p.name, imported)
			case strings.HasPrefix(p.name, "mockserver") && (slices.Contains(providers, imported) || imported == "internal/transport" || imported == "internal/wire"):
				t.Errorf("the tests of %q import %q", p.name, imported)
			}
		}
	}
	for name := range allowed {
		if !seen[name] {
			t.Errorf("there is no package %q", name)
		}
	}
}

// hashicorp is where the retry library comes from.
const hashicorp = "github.com/hashicorp/"

// TestOnlyTheTransportSends: no other package imports the retry library, and
// no provider makes requests or sends them.
func TestOnlyTheTransportSends(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.HasPrefix(path, hashicorp) && p.name != "internal/transport" {
				t.Errorf("%q imports %s", p.name, path)
			}
		}
		if !slices.Contains(providers, p.name) {
			continue
		}
		for _, file := range p.GoFiles {
			for _, call := range sends(t, filepath.Join(p.Dir, file)) {
				t.Errorf("%q sends by itself: %s", p.name, call)
			}
		}
	}
}

// sends returns the places of a file that use a part of net/http that makes
// or sends requests.
func sends(t *testing.T, path string) []string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if path == "net" || strings.HasPrefix(path, "net/http/") {
			places = append(places, files.Position(spec.Pos()).String())
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		left, _ := selector.X.(*ast.Ident)
		name := selector.Sel.Name
		ofHTTP := left != nil && left.Name == "http" && slices.Contains([]string{
			"NewRequest", "NewRequestWithContext", "Get", "Head", "Post", "PostForm", "Client", "DefaultClient",
			"Transport", "DefaultTransport", "RoundTripper", "Request",
		}, name)
		sending := (name == "Do" || name == "RoundTrip") && (left == nil || left.Name != "transport")
		if ofHTTP || sending {
			places = append(places, files.Position(selector.Pos()).String()+" "+name)
		}
		return true
	})
	return places
}

// TestLinkedModules: what a program links that uses a client, besides the
// standard library.
func TestLinkedModules(t *testing.T) {
	always := []string{module, hashicorp + "go-cleanhttp", hashicorp + "go-retryablehttp"}
	for _, name := range providers {
		want := always
		if slices.Contains([]string{"agentloop", "phoneagents", "xpander"}, name) { // make ids
			want = slices.Insert(slices.Clone(always), 1, "github.com/google/uuid")
		}
		if diff := cmp.Diff(want, linked(t, "./"+name)); diff != "" {
			t.Errorf("%s links (-want +got):\n%s", name, diff)
		}
	}
	ofMock := []string{module, "github.com/google/uuid", "github.com/oklog/ulid/v2", "go.yaml.in/yaml/v3"}
	var mock []string
	for _, p := range packages(t) {
		if strings.HasPrefix(p.name, "mockserver") && p.name != "mockserver/internal/roomtest" { // only tests link that one
			mock = append(mock, "./"+p.name)
		}
	}
	for _, path := range linked(t, mock...) {
		if !slices.Contains(ofMock, path) {
			t.Errorf("mockserver links %s", path)
		}
	}
}

func linked(t *testing.T, packages ...string) []string {
	t.Helper()
	arguments := append([]string{"-deps", "-f", "{{with .Module}}{{.Path}}{{end}}"}, packages...)
	lines := strings.Fields(string(goList(t, arguments...)))
	slices.Sort(lines)
	return slices.Compact(lines)
}

// Nothing that is linked into a program brings the flags of package testing.
func TestProgramsDoNotLinkTesting(t *testing.T) {
	for _, pattern := range append(slices.Clone(providers), "mockserver", "mockserver/cmd/agentmock") {
		if slices.Contains(strings.Fields(string(goList(t, "-deps", "./"+pattern))), "testing") {
			t.Errorf("%s links package testing", pattern)
		}
	}
}
