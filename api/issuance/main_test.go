package issuance_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs fewer checks a property than rapid's 100: each opens several databases that sync to disk. Ask for more
// with -rapid.checks.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if f := flag.Lookup("rapid.checks"); f != nil && !asked {
		_ = f.Value.Set("25")
	}
	os.Exit(m.Run())
}
