package exec_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
)

// Clients branch on names and receipts carry numbers: testdata/codes.txt only ever grows at the end of its ranges.
func TestCodeTableIsStable(t *testing.T) {
	var out bytes.Buffer
	for _, c := range exec.Codes() {
		info := c.Info()
		fmt.Fprintf(&out, "%d %s %d %t\n", c, info.Name, info.Status, info.Retryable)
	}
	want, err := os.ReadFile("testdata/codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("the table changed:\n%s", diff)
	}
}

func TestCodeNamesAreUniqueAndKebabCase(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	names := map[string]exec.Code{}
	var last exec.Code
	for i, c := range exec.Codes() {
		name := c.Info().Name
		if other, ok := names[name]; ok {
			t.Errorf("%d and %d are both %s", other, c, name)
		}
		names[name] = c
		if !kebab.MatchString(name) {
			t.Errorf("%q is not in kebab-case", name)
		}
		if i > 0 && c <= last {
			t.Errorf("%d stands after %d", c, last)
		}
		last = c
		if got, ok := exec.CodeNamed(name); !ok || got != c {
			t.Errorf("%q names %d, want %d", name, got, c)
		}
		if status := c.Info().Status; status != 200 && (status < 400 || status > 599) || (status == 200) != (c == exec.OK) {
			t.Errorf("%s has HTTP status %d", name, status)
		}
	}
}

// Every constant of type Code in code.go has a row of its own.
func TestEveryCodeHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
				constants += len(spec.Names)
			}
		}
		return true
	})
	if rows := len(exec.Codes()); rows != constants {
		t.Errorf("%d constants, %d rows", constants, rows)
	}
}

func TestUnknownCodesAreInternal(t *testing.T) {
	for _, c := range []exec.Code{47, 59, 62, 98, 100, 1 << 31, 1<<32 - 1} {
		if info := c.Info(); info != exec.CodeInternal.Info() {
			t.Errorf("%d is %+v", uint32(c), info)
		}
	}
	if _, ok := exec.CodeNamed("no-such-name"); ok {
		t.Error("a name that is none has a code")
	}
}

func TestCodeOfFindsTheTypedErrorInAChain(t *testing.T) {
	typed := exec.Errorf(exec.CodeExists, "did %s exists", "x").At("/body/did")
	if typed.Error() != "did x exists" || typed.Pointer != "/body/did" {
		t.Errorf("%+v", typed)
	}
	for _, c := range []struct {
		err  error
		want exec.Code
	}{
		{nil, exec.OK},
		{typed, exec.CodeExists},
		{fmt.Errorf("applying: %w", typed), exec.CodeExists},
		{errors.Join(errors.New("other"), typed), exec.CodeExists},
		{errors.New("other"), exec.CodeInternal},
		{&exec.StorageError{Err: os.ErrClosed}, exec.CodeInternal},
	} {
		if got := exec.CodeOf(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
	if text := (&exec.Error{Code: exec.CodeOverQuota}).Error(); text != "over-quota" {
		t.Errorf("without detail: %q", text)
	}
	if !errors.Is(&exec.StorageError{Err: os.ErrClosed}, os.ErrClosed) || !strings.HasPrefix((&exec.StorageError{Err: os.ErrClosed}).Error(), "storage: ") {
		t.Error("a storage error hides its cause")
	}
}

func TestEventsAreKeptInOrder(t *testing.T) {
	var env exec.Env
	env.Emit(exec.Event{Type: "did.created", Subjects: []string{exec.SubjectDID("did:example:a")}})
	env.Emit(exec.Event{Type: "status.set", Subjects: []string{exec.SubjectList("x"), exec.SubjectCenter("did:example:c"), exec.SubjectParams}})
	want := []exec.Event{
		{Type: "did.created", Subjects: []string{"did/did:example:a"}},
		{Type: "status.set", Subjects: []string{"list/x", "center/did:example:c", "params"}},
	}
	if diff := cmp.Diff(want, env.Events()); diff != "" {
		t.Error(diff)
	}
}
