package rdfc_test

import (
	"crypto"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/rdfc"
)

// TestW3C runs every test of the W3C's suite (testdata/manifest.jsonld).
func TestW3C(t *testing.T) {
	var manifest struct {
		Entries []struct{ ID, Type, Action, Result, HashAlgorithm string }
	}
	if err := json.Unmarshal(read(t, "manifest.jsonld"), &manifest); err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	for _, e := range manifest.Entries {
		ran[e.Type]++
		t.Run(e.ID[1:], func(t *testing.T) {
			quads, err := rdfc.Parse(string(read(t, e.Action)))
			if err != nil {
				t.Fatal(err)
			}
			o := rdfc.Options{}
			if e.HashAlgorithm == "SHA384" {
				o.Hash = crypto.SHA384
			}
			c, err := rdfc.Canonicalize(quads, o)
			if e.Type == "rdfc:RDFC10NegativeEvalTest" {
				if !errors.Is(err, rdfc.ErrWork) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if e.Type == "rdfc:RDFC10EvalTest" {
				if d := cmp.Diff(string(read(t, e.Result)), c.Text()); d != "" {
					t.Error(d)
				}
				return
			}
			want := map[string]string{}
			if err := json.Unmarshal(read(t, e.Result), &want); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, c.Labels); d != "" {
				t.Error(d)
			}
		})
	}
	if d := cmp.Diff(map[string]int{"rdfc:RDFC10EvalTest": 64, "rdfc:RDFC10MapTest": 21, "rdfc:RDFC10NegativeEvalTest": 1}, ran); d != "" {
		t.Error(d)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
