package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemo plays the whole story with the built-in credentials, and with published ones where they are at hand.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a league of processes")
	}
	for name, args := range map[string][]string{
		"built-in credentials":  nil,
		"published credentials": {"--credentials", "credentials", "--contexts", "contexts"},
	} {
		t.Run(name, func(t *testing.T) {
			for i, arg := range args {
				if !strings.HasPrefix(arg, "--") {
					args[i] = filepath.Join("..", "..", "..", "shared", "data", arg)
					if _, err := os.Stat(args[i]); err != nil {
						t.Skipf("no folder of published credentials beside the project: %v", err)
					}
				}
			}
			var out bytes.Buffer
			if code := run(append([]string{"demo"}, args...), nil, &out, testLog{t}); code != 0 {
				t.Fatalf("exit code %d\n%s", code, out.String())
			}
			for _, want := range []string{"Every step went as it should", "kill -9", "undoing it is refused"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the story does not say %q", want)
				}
			}
			if args != nil && strings.Count(out.String(), "cryptosuite not supported") < 4 {
				t.Errorf("credentials in a foreign form are not all undecided:\n%s", out.String())
			}
		})
	}
}
