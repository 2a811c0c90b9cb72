package statuslist

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func exampleList() List {
	bits := make([]byte, MinEntries/8)
	for range 100 {
		_ = Set(bits, rand.Int64N(MinEntries), 1, 1)
	}
	return List{URL: "https://center.example/status-lists/1", Issuer: "did:example:university", Purposes: []string{"revocation"}, Bits: bits, Size: 1,
		ValidFrom: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), ValidUntil: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), TTL: time.Minute}
}

func TestListCredentialRoundTrip(t *testing.T) {
	for _, purposes := range [][]string{{"revocation"}, {"revocation", "suspension"}} {
		l := exampleList()
		l.Purposes = purposes
		c, err := Build(l)
		if err != nil {
			t.Fatal(err)
		}
		for _, purpose := range purposes {
			got, err := Open(c, Want{URL: l.URL, Purpose: purpose, Issuer: l.Issuer, Size: 1})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&l, got); d != "" {
				t.Error(d)
			}
		}
	}
	for _, l := range []List{{}, {URL: "x", Issuer: "y", Purposes: []string{"z"}, Size: 1}, {URL: "x", Issuer: "y", Bits: exampleList().Bits, Size: 1}} {
		if _, err := Build(l); err == nil {
			t.Errorf("%+v was built", l)
		}
	}
}

// Reliability table 62, but for proof and validity, which the verifier checks.
func TestListThatIsNotTheEntrysIsRefused(t *testing.T) {
	l := exampleList()
	good := Want{URL: l.URL, Purpose: "revocation", Issuer: l.Issuer, Size: 1}
	edit := func(f func(c, subject map[string]any)) map[string]any {
		c, err := Build(l)
		if err != nil {
			t.Fatal(err)
		}
		subject := maps.Clone(c["credentialSubject"].(map[string]any))
		c["credentialSubject"] = subject
		f(c, subject)
		return c
	}
	same := func(c, s map[string]any) {}
	for _, test := range []struct {
		name       string
		credential map[string]any
		want       Want
		err        error
	}{
		{"good", edit(same), good, nil},
		{"another purpose", edit(same), Want{l.URL, "suspension", l.Issuer, 1}, ErrVerification},
		{"another issuer", edit(same), Want{l.URL, "revocation", "did:example:other", 1}, ErrVerification},
		{"another URL", edit(same), Want{"https://center.example/status-lists/2", "revocation", l.Issuer, 1}, ErrVerification},
		{"entries of two bits", edit(same), Want{l.URL, "revocation", l.Issuer, 2}, ErrLength},
		{"entries of three bits", edit(same), Want{l.URL, "revocation", l.Issuer, 3}, ErrVerification},
		{"type missing", edit(func(c, _ map[string]any) { c["type"] = "VerifiableCredential" }), good, ErrVerification},
		{"subject type missing", edit(func(_, s map[string]any) { delete(s, "type") }), good, ErrVerification},
		{"several subjects", edit(func(c, s map[string]any) { c["credentialSubject"] = []any{s, s} }), good, ErrVerification},
		{"no purpose", edit(func(_, s map[string]any) { delete(s, "statusPurpose") }), good, ErrVerification},
		{"points to itself", edit(func(c, _ map[string]any) { c["credentialStatus"] = map[string]any{"type": "BitstringStatusListEntry"} }), good, ErrVerification},
		{"no list", edit(func(_, s map[string]any) { delete(s, "encodedList") }), good, ErrVerification},
		{"ttl is a string", edit(func(_, s map[string]any) { s["ttl"] = "60000" }), good, ErrVerification},
		{"ttl is negative", edit(func(_, s map[string]any) { s["ttl"] = json.Number("-1") }), good, ErrVerification},
		{"validFrom is no time", edit(func(c, _ map[string]any) { c["validFrom"] = "now" }), good, ErrVerification},
	} {
		if _, err := Open(test.credential, test.want); !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("%s: error is %v, want %v", test.name, err, test.err)
		}
	}
}

// Reliability table 63.
func TestOlderCopiesAreNoticed(t *testing.T) {
	var w Watermark
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	a, b := [32]byte{1}, [32]byte{2}
	for _, step := range []struct {
		url  string
		v    Version
		fine bool
	}{
		{"x", Version{Height: 5, Digest: a}, true},
		{"x", Version{Height: 5, Digest: a}, true},
		{"x", Version{Height: 7, Digest: b}, true},
		{"x", Version{Height: 6, Digest: b}, false},
		{"x", Version{Height: 7, Digest: a}, false},
		{"x", Version{Height: 8, Digest: b}, true},
		{"y", Version{ValidFrom: day(2), Digest: a}, true},
		{"y", Version{ValidFrom: day(1), Digest: a}, false},
		{"y", Version{ValidFrom: day(2), Digest: b}, false},
		{"y", Version{ValidFrom: day(3), Digest: b}, true},
		{"without age", Version{Digest: a}, true},
		{"without age", Version{Digest: b}, true},
	} {
		if err := w.Observe(step.url, step.v); (err == nil) != step.fine || err != nil && !errors.Is(err, ErrVerification) {
			t.Errorf("%s %+v: %v", step.url, step.v, err)
		}
	}
}

func TestWatermarkIsBounded(t *testing.T) {
	w := Watermark{Max: 3}
	for _, url := range []string{"a", "b", "c", "d", "a", "e"} {
		if err := w.Observe(url, Version{Height: 1}); err != nil {
			t.Error(err)
		}
	}
	if len(w.seen) != 3 || len(w.order) != 3 {
		t.Errorf("%d lists are remembered, want 3", len(w.seen))
	}
}
