package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hanse-id/hanse/"

// floors lists the top-level rooms of the building; an import may only go to a lower floor, or stay in its room.
var floors = map[string]int{"did": 0, "credentials": 1, "app": 1, "abci": 2, "api": 2, "cmd": 3}

// outside lists modules that only one room may import.
var outside = map[string]string{
	"github.com/cometbft/":          "abci",
	"github.com/labstack/echo":      "api",
	"github.com/spf13/cobra":        "cmd",
	"github.com/lestrrat-go/jwx":    "credentials/jose",
	"github.com/cockroachdb/pebble": "", // app/state and abci/node, checked below
}

func TestImportRanksOnlyGoDown(t *testing.T) {
	for pkg, imports := range projectImports(t) {
		room, _, _ := strings.Cut(pkg, "/")
		for _, imp := range imports {
			if rest, ours := strings.CutPrefix(imp, module); ours {
				to, _, _ := strings.Cut(rest, "/")
				if to != room && floors[to] >= floors[room] {
					t.Errorf("%s imports %s: floor %d may not import floor %d", pkg, rest, floors[room], floors[to])
				}
				continue
			}
			checkOutside(t, pkg, imp)
		}
	}
}

func checkOutside(t *testing.T, pkg, imp string) {
	t.Helper()
	for prefix, owner := range outside {
		if !strings.HasPrefix(imp, prefix) {
			continue
		}
		allowed := owner != "" && (pkg == owner || strings.HasPrefix(pkg, owner+"/"))
		if owner == "" {
			allowed = pkg == "app/state" || strings.HasPrefix(pkg, "abci") || strings.HasSuffix(pkg, "test") // suites that tests share
		}
		if !allowed {
			t.Errorf("%s imports %s, which belongs to %q alone", pkg, imp, owner)
		}
	}
}

// projectImports maps each package (path below the module) to the imports of its non-test files.
func projectImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	result := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		result[strings.TrimPrefix(fields[0], module)] = fields[1:]
	}
	if len(result) < 10 {
		t.Fatalf("go list found %d packages only", len(result))
	}
	return result
}

func TestLayoutOfTheTopLevelIsFixed(t *testing.T) {
	allowed := []string{"app", "abci", "did", "credentials", "api", "cmd", "scripts", "go.mod", "go.sum",
		"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"}
	out, err := exec.Command("git", "-C", "../..", "ls-files").Output()
	if err != nil {
		if _, statErr := os.Stat("../../.git"); statErr != nil {
			t.Skip("not a git checkout")
		}
		t.Fatalf("git ls-files: %v", err)
	}
	for path := range strings.Lines(string(out)) {
		top, _, _ := strings.Cut(strings.TrimSpace(path), "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(allowed, top) {
			t.Errorf("%s does not belong at the top level", top)
		}
	}
}
