package jcs_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/jcs"
)

func seeds(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":1,"b":[true,null,"\u20ac"]}`, `{"a":1,"a":2}`, `"\ud83d\ude02"`, `[1e999,-0,0.5]`, "\ufeff{}", `{"b":1,"a":2}`,
		"{\"\U00010000\":2,\"\uf000\":1}", `"\u001f\n\/"`, `9007199254740992`, "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]",
	} {
		f.Add([]byte(s))
	}
}

// Whatever Parse accepts, encoding/json accepts with the same meaning; and the canonical form is a fixed point.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.Parse(data, jcs.Limits{})
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var std any
		if err := d.Decode(&std); err != nil {
			t.Fatalf("encoding/json refuses: %v", err)
		}
		if diff := cmp.Diff(std, v); diff != "" {
			t.Fatal(diff)
		}
		ours, oursErr := jcs.EncodeFractions(v)
		library, libraryErr := jcs.Transform(data)
		if (oursErr == nil) != (libraryErr == nil) || !bytes.Equal(ours, library) {
			t.Fatalf("ours %s, %v; library %s, %v", ours, oursErr, library, libraryErr)
		}
		if oursErr != nil {
			return
		}
		if again, err := jcs.Transform(ours); err != nil || !bytes.Equal(again, ours) {
			t.Fatalf("not a fixed point: %s, %s, %v", ours, again, err)
		}
	})
}

// The one-pass check of canonical texts says what reading, encoding and comparing says.
func FuzzParseCanonical(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		fast, fastErr := jcs.ParseCanonical(data, jcs.Limits{})
		slow, err := jcs.ParseIntegers(data, jcs.Limits{})
		want := false
		if err == nil {
			text, err := jcs.Encode(slow)
			if err != nil {
				t.Fatal(err)
			}
			want = bytes.Equal(text, data)
		}
		if got := fastErr == nil; got != want {
			t.Fatalf("got %v (%v), want %v", got, fastErr, want)
		}
		if want {
			if diff := cmp.Diff(slow, fast); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
