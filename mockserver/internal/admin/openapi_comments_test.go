package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
)

// commentOf is what the source says of a field of a struct, or of one that is
// embedded in it: who reads the document has no Go.
func commentOf(t reflect.Type, field reflect.StructField) string {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if inner, ok := f.Type.FieldByName(field.Name); ok && inner.Type == field.Type {
				return commentOf(f.Type, field)
			}
		}
	}
	return comments(t.PkgPath())[t.Name()+"."+field.Name]
}

// comments has the comments of the fields of a package of this module, by
// "Type.Field".
func comments(path string) map[string]string {
	const module = "github.com/agentclients/agentclients-go/"
	if known, ok := commentsKnown.Load(path); ok {
		return known.(map[string]string)
	}
	found := make(map[string]string)
	names, _ := filepath.Glob(filepath.Join("..", "..", "..", strings.TrimPrefix(path, module), "*.go"))
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if fields, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range fields.Fields.List {
					for _, name := range field.Names {
						found[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
					}
				}
			}
			return false
		})
	}
	commentsKnown.Store(path, found)
	return found
}

var commentsKnown sync.Map

// described is a schema with a description.
func described(schema map[string]any, text string) map[string]any {
	if text == "" {
		return schema
	}
	with := map[string]any{"description": text}
	for name, value := range schema {
		with[name] = value
	}
	return with
}
