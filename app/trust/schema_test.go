package trust_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/trust"
)

func schema(name string) body {
	return body{"digest": digestOf(name), "id": "https://a.example/" + name, "version": "1.0", "type": "ExampleDegree"}
}

func TestSchemasAreRegisteredOnce(t *testing.T) {
	w := newWorld(t, 2, "prefix:")
	w.create("x")
	w.do("schema.register", "c1", schema("s"))
	for by, want := range map[string]exec.Code{"c1": exec.CodeExists, "c2": exec.CodeExists, "x": exec.CodeNotCenter} {
		if _, err := w.try("schema.register", by, schema("s")); exec.CodeOf(err) != want {
			t.Errorf("by %s: %v, want %s", by, err, want)
		}
	}
	s, err := trust.GetSchema(w.store, digestOf("s"))
	w.must(err)
	if s == nil || s.Owner != w.dids["c1"] || s.Status != trust.SchemaActive || s.Time != w.time || s.Type != "ExampleDegree" {
		t.Errorf("got %+v", s)
	}
	w.sound(t)
}

func TestSchemasHaveAForm(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	for name, change := range map[string]func(body){
		"no digest":                func(b body) { delete(b, "digest") },
		"md5":                      func(b body) { b["digest"] = "md5-AAAAAAAAAAAAAAAAAAAAAA==" },
		"without padding":          func(b body) { b["digest"] = digestOf("s")[:50] },
		"in base64url":             func(b body) { b["digest"] = "sha256-__________________________________________8=" },
		"with a line break":        func(b body) { b["digest"] = digestOf("s")[:20] + "\n" + digestOf("s")[20:] },
		"with trailing bits":       func(b body) { b["digest"] = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=" },
		"two":                      func(b body) { b["digest"] = digestOf("s") + " " + digestOf("t") },
		"id is no URL":             func(b body) { b["id"] = "a.example" },
		"id is an insecure URL":    func(b body) { b["id"] = "http://a.example" },
		"no version":               func(b body) { b["version"] = "" },
		"a long version":           func(b body) { b["version"] = "123456789012345678901234567890123" },
		"no type":                  func(b body) { b["type"] = "" },
		"a type with a gap":        func(b body) { b["type"] = "Example Degree" },
		"metadata is no URL":       func(b body) { b["metadata"] = "x" },
		"a digest without content": func(b body) { b["metadataDigest"] = digestOf("m") },
		"another member":           func(b body) { b["status"] = "active" },
	} {
		b := schema("s")
		change(b)
		if _, err := w.try("schema.register", "c1", b); exec.CodeOf(err) != exec.CodeMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := schema("s")
	b["id"], b["metadata"], b["metadataDigest"] = "urn:example:s", "https://a.example/vct", digestOf("m")
	w.do("schema.register", "c1", b)
}

func TestAWithdrawnSchemaStaysWithdrawn(t *testing.T) {
	w := newWorld(t, 4, "prefix:")
	w.do("schema.register", "c1", schema("s"))
	set := func(by, status string) error {
		w.pass(10)
		_, err := w.try("schema.status", by, body{"digest": digestOf("s"), "status": status})
		return err
	}
	for n, step := range []struct {
		by, status string
		want       exec.Code
	}{
		{"c1", "active", exec.CodeWrongState}, {"c2", "deprecated", exec.CodeNotAuthorised}, {"c1", "deprecated", exec.OK},
		{"c1", "deprecated", exec.CodeWrongState}, {"c1", "active", exec.OK}, {"c1", "other", exec.CodeMalformed}, {"c1", "withdrawn", exec.OK},
		{"c1", "active", exec.CodeIrreversible}, {"c1", "withdrawn", exec.CodeIrreversible},
	} {
		if err := set(step.by, step.status); exec.CodeOf(err) != step.want {
			t.Errorf("step %d: %v, want %s", n, err, step.want)
		}
	}
	s, err := trust.GetSchema(w.store, digestOf("s"))
	w.must(err)
	for at, want := range map[int64]trust.SchemaStatus{-1: "", 0: "active", 29: "active", 30: "deprecated", 50: "active", 70: "withdrawn", 900: "withdrawn"} {
		if got := s.StatusAt(worldStart + at); got != want {
			t.Errorf("at +%d: %q, want %q", at, got, want)
		}
	}
	if _, err := w.try("schema.status", "c1", body{"digest": digestOf("t"), "status": "active"}); exec.CodeOf(err) != exec.CodeUnknownSchema {
		t.Errorf("of another: %v", err)
	}
	w.do("schema.register", "c2", schema("t"))
	_, err = w.decide("center.suspend", body{"center": string(w.dids["c2"])})
	w.must(err)
	if _, err := w.try("schema.status", "c2", body{"digest": digestOf("t"), "status": "withdrawn"}); exec.CodeOf(err) != exec.CodeNotCenter {
		t.Errorf("by a suspended center: %v", err)
	}
	w.sound(t)
}

func TestSchemasAreListedByDigest(t *testing.T) {
	w := newWorld(t, 1, "prefix:")
	want := map[string][]string{}
	for n := range 20 {
		b := schema(fmt.Sprint("s", n))
		if n%4 == 0 {
			b["type"] = "ExampleOther"
		}
		w.do("schema.register", "c1", b)
		for _, list := range []string{"", b["type"].(string)} {
			want[list] = append(want[list], b["digest"].(string))
		}
	}
	for credentialType, digests := range want {
		slices.Sort(digests)
		for _, limit := range []int{1, 5, 1000} {
			var got []string
			for after := ""; ; {
				page, next, err := trust.Schemas(w.store, credentialType, after, limit)
				w.must(err)
				for _, s := range page {
					got = append(got, s.Digest)
				}
				if after = next; after == "" {
					break
				}
			}
			if diff := cmp.Diff(digests, got); diff != "" {
				t.Errorf("%q, %d a page: %s", credentialType, limit, diff)
			}
		}
	}
	if _, _, err := trust.Schemas(w.store, "", "", 1001); exec.CodeOf(err) != exec.CodeMalformed {
		t.Errorf("limit: %v", err)
	}
	w.sound(t)
}
