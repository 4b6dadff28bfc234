package sextant_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"
)

// Every exported name of the packages a user imports has a comment.
func TestEveryExportedNameIsDocumented(t *testing.T) {
	names := 0
	for _, folder := range []string{".", "guardhttp"} {
		files := token.NewFileSet()
		parsed, err := parser.ParseDir(files, folder, func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") },
			parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, pkg := range parsed {
			d := doc.New(pkg, folder, doc.AllDecls)
			if d.Doc == "" {
				t.Errorf("package %s has no comment", d.Name)
			}
			need := func(name, comment string) {
				names++
				if comment == "" {
					t.Errorf("%s.%s has no comment", d.Name, name)
				}
			}
			funcs := func(of string, list []*doc.Func) {
				for _, f := range list {
					if ast.IsExported(f.Name) && (of == "" || ast.IsExported(of)) && f.Level == 0 {
						need(strings.TrimPrefix(of+"."+f.Name, "."), f.Doc)
					}
				}
			}
			values := func(list []*doc.Value) {
				for _, v := range list {
					for _, name := range v.Names {
						if ast.IsExported(name) {
							need(name, v.Doc)
						}
					}
				}
			}
			values(d.Consts)
			values(d.Vars)
			funcs("", d.Funcs)
			for _, typ := range d.Types {
				if ast.IsExported(typ.Name) {
					need(typ.Name, typ.Doc)
				}
				values(typ.Consts)
				values(typ.Vars)
				funcs("", typ.Funcs)
				funcs(typ.Name, typ.Methods)
			}
		}
	}
	if names < 150 {
		t.Errorf("only %d names were seen", names)
	}
}
