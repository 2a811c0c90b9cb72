package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

// cases are the strings that the switches of a function are about.
func cases(t *testing.T, function string) (list []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "router.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			clause, ok := n.(*ast.CaseClause)
			if !ok {
				return true
			}
			for _, e := range clause.List {
				if literal, ok := e.(*ast.BasicLit); ok {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					list = append(list, text)
				}
			}
			return true
		})
	}
	slices.Sort(list)
	return list
}

// firstColumn lists the code words in the first column of a document's table whose head begins with a word.
func firstColumn(t *testing.T, path, head string) (list []string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(data), "\n| "+head+" |")
	if !found {
		t.Fatalf("%s: no table of %s", path, head)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	word := regexp.MustCompile("`([a-z.]+)`")
	for _, row := range strings.Split(table, "\n")[2:] {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), "|")
		for _, m := range word.FindAllStringSubmatch(cell, -1) {
			list = append(list, m[1])
		}
	}
	slices.Sort(list)
	return list
}

func TestDocumentsNameEveryOperationAndKind(t *testing.T) {
	if diff := cmp.Diff(cases(t, "validate"), firstColumn(t, "DESIGN.md", "type")); diff != "" {
		t.Errorf("operations: %s", diff)
	}
	if diff := cmp.Diff(governance.Kinds(), firstColumn(t, "governance/DESIGN.md", "kind")); diff != "" {
		t.Errorf("kinds: %s", diff)
	}
}

// Whatever a rule can give to the league is a kind that some module reads, and the other way round.
func TestEveryKindIsReadBySomeModule(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	for _, kind := range append(governance.Kinds(), "league.propose", "center.promote") {
		d := l.Draft("league.propose", l.Centers[0], map[string]any{"kind": kind, "content": map[string]any{"unknown": int64(1)}})
		err := l.App.Admit(l.Decode(l.Sign(d, apptest.Signed(l.Centers[0], "center-1")...)), l.Time)
		want := exec.CodeMalformed
		if !slices.Contains(governance.Kinds(), kind) {
			want = exec.CodeUnknownType
		}
		if exec.CodeOf(err) != want {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, kind := range cases(t, "readAct") {
		if !slices.Contains(governance.Kinds(), kind) {
			t.Errorf("%s: no rule can permit it", kind)
		}
	}
}
