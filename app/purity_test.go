package app_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"
)

// What the state machine must not use, because two nodes could get two answers. A name is a package, or a package and
// a function, method or variable of it; constants are always allowed.
var forbidden = []struct{ name, why string }{
	{"time.Now", "clock"}, {"time.Since", "clock"}, {"time.Until", "clock"}, {"time.After", "clock"}, {"time.AfterFunc", "clock"},
	{"time.Tick", "clock"}, {"time.NewTimer", "clock"}, {"time.NewTicker", "clock"}, {"time.Sleep", "clock"},
	{"time.Local", "local zone"}, {"time.Parse", "local zone, and what it accepts changes"},
	{"time.ParseInLocation", "zone database"}, {"time.LoadLocation", "zone database"},
	{"math/rand", "chance"}, {"math/rand/v2", "chance"}, {"crypto/rand", "chance"}, {"hash/maphash", "seeded by process"},
	{"github.com/google/uuid", "chance"},
	{"sync.Go", "goroutine"}, {"golang.org/x/sync/errgroup", "goroutine"}, {"sync", "order of goroutines"}, {"sync/atomic", "order of goroutines"}, {"runtime", "machine"}, {"context", "deadlines"},
	{"os", "machine"}, {"os/exec", "machine"}, {"syscall", "machine"}, {"io/fs", "files"}, {"path/filepath", "files"},
	{"net", "network"}, {"net/http", "network"}, {"net/netip", "parser changes"}, {"net/url", "parser changes"},
	{"regexp", "parser changes"}, {"crypto/x509", "parser changes"}, {"text/template", "reflection"},
	{"encoding/json", "folds case, replaces invalid UTF-8, keeps duplicates"}, {"reflect", "order of maps"},
	{"unsafe", "memory"}, {"log", "output"}, {"log/slog", "output"},
}

// exceptions, each with its reason. The key is package (below app/, "" for app itself) and finding.
var exceptions = map[string]string{
	" sync":             "readers of committed state run beside Commit; nothing under consensus is shared between goroutines",
	" context":          "View.Receipt is bounded by its caller; reads are not consensus",
	" encoding/json":    "index.go: receipts stand beside the state, outside the root",
	"op context":        "signing is a client's work",
	"op sync":           "the pinned zstd decoder is shared; its output depends on its input only",
	"state sync":        "hashing in parallel, into index-addressed slots",
	"state sync/atomic": "the present version is swapped under concurrent readers",
	"state sync.Go":     "hashing in parallel, into index-addressed slots",
}

type finding struct {
	pos  token.Position
	what string
}

// impurities walks a package's syntax for what the rules forbid.
func impurities(p *packages.Package) (found []finding) {
	for _, file := range p.Syntax {
		sorted := map[ast.Node]bool{} // arguments of slices.Sorted and its siblings
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil {
				return true
			}
			for _, what := range look(p.TypesInfo, n, sorted) {
				found = append(found, finding{p.Fset.Position(n.Pos()), what})
			}
			return true
		})
	}
	return found
}

func look(info *types.Info, n ast.Node, sorted map[ast.Node]bool) (found []string) {
	switch n := n.(type) {
	case *ast.GoStmt:
		found = append(found, "goroutine")
	case *ast.SelectStmt:
		found = append(found, "select")
	case *ast.ChanType, *ast.SendStmt:
		found = append(found, "channel")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			found = append(found, "channel")
		}
	case *ast.RangeStmt:
		if _, ok := info.TypeOf(n.X).Underlying().(*types.Map); ok {
			found = append(found, "range over a map")
		}
	case *ast.BasicLit:
		if n.Kind == token.STRING && strings.Contains(n.Value, "%p") {
			found = append(found, "pointer")
		}
	case *ast.CallExpr:
		name := qualified(info.Uses[calleeOf(n)])
		if strings.HasPrefix(name, "slices.Sorted") && len(n.Args) > 0 {
			sorted[n.Args[0]] = true
		}
		if (name == "maps.Keys" || name == "maps.Values" || name == "maps.All") && !sorted[n] {
			found = append(found, "unsorted "+name)
		}
	case *ast.Ident:
		found = append(found, use(info.Uses[n])...)
		if obj := info.Uses[n]; obj != nil && isChannel(obj) {
			found = append(found, "channel")
		}
	}
	if e, ok := n.(ast.Expr); ok && isFloat(info.TypeOf(e)) {
		found = append(found, "float")
	}
	return found
}

func calleeOf(call *ast.CallExpr) *ast.Ident {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel
	case *ast.Ident:
		return f
	}
	return nil
}

func qualified(obj types.Object) string {
	if obj == nil || obj.Pkg() == nil {
		return ""
	}
	return obj.Pkg().Path() + "." + obj.Name()
}

// use names the rule that forbids obj. The name of an imported package is no use of it.
func use(obj types.Object) []string {
	if obj == nil || obj.Pkg() == nil {
		return nil
	}
	switch o := obj.(type) {
	case *types.Const, *types.PkgName:
		return nil
	case *types.Var:
		if o.IsField() {
			return nil
		}
	}
	for _, f := range forbidden {
		if f.name == obj.Pkg().Path() || f.name == qualified(obj) {
			return []string{f.name}
		}
	}
	return nil
}

func isChannel(obj types.Object) bool {
	_, ok := obj.Type().Underlying().(*types.Chan)
	_, isVar := obj.(*types.Var)
	return ok && isVar
}

func isFloat(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsFloat|types.IsComplex) != 0
}

func load(t *testing.T, pattern string) []*packages.Package {
	t.Helper()
	list, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes |
			packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo,
	}, pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		for _, e := range p.Errors {
			t.Fatal(e)
		}
	}
	return list
}

// The state machine has no clock, chance, network, file, environment, float, or order that a machine chooses.
func TestTheStateMachineIsPure(t *testing.T) {
	const root = "github.com/hanse-id/hanse/app"
	used := map[string]bool{}
	for _, p := range load(t, "./...") {
		name := strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, root), "/")
		if name == "apptest" || strings.HasSuffix(name, "test") {
			continue // support of tests
		}
		for _, f := range impurities(p) {
			key := name + " " + f.what
			if exceptions[key] == "" {
				t.Errorf("%s: %s", f.pos, f.what)
			}
			used[key] = true
		}
	}
	for key := range exceptions {
		if !used[key] {
			t.Errorf("exception %q is not needed", key)
		}
	}
}

var wanted = regexp.MustCompile(`"([^"]+)"`)

// The rules find what they are for, and nothing else: every line of the sample says what is wrong with it.
func TestThePurityRulesFindEveryClass(t *testing.T) {
	p := load(t, "./testdata/impure")[0]
	want, got := map[int][]string{}, map[int][]string{}
	for _, file := range p.Syntax {
		for _, group := range file.Comments {
			for _, c := range group.List {
				if text, ok := strings.CutPrefix(c.Text, "// want "); ok {
					line := p.Fset.Position(c.Pos()).Line
					for _, m := range wanted.FindAllStringSubmatch(text, -1) {
						want[line] = append(want[line], m[1])
					}
				}
			}
		}
	}
	for _, f := range impurities(p) {
		got[f.pos.Line] = append(got[f.pos.Line], strings.TrimSuffix(f.what, "/v2"))
	}
	for _, m := range []map[int][]string{want, got} {
		for line := range m {
			slices.Sort(m[line])
			m[line] = slices.Compact(m[line])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, f := range forbidden {
		if f.why == "" {
			t.Error(fmt.Errorf("%s: no reason", f.name))
		}
	}
}
