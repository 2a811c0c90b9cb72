package sdjwt

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/jcs"
)

func marshalJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestJSONSerializationSaysWhatTheCompactFormSays(t *testing.T) {
	signer, holder := newSigner(t), newSigner(t)
	text, err := Bind(t.Context(), issued(t, signer, everything...), holder, Binding{Audience: "https://v.example", Nonce: "n", IssuedAt: time.Unix(1_800_000_000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(string) (map[string]any, error){"flattened": Flattened, "general": General} {
		object, err := write(text)
		if err != nil {
			t.Fatal(err)
		}
		if !IsJSON(object) {
			t.Errorf("%s is not recognised", name)
		}
		token, err := ParseJSON(marshalJSON(t, object), Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := token.JWT.Verify(signer.Public()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := token.CheckBinding(holder.Public(), Expected{Audience: "https://v.example", Nonce: "n"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := token.Claims()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(parseJSON(t, person), got); d != "" {
			t.Error(d)
		}
	}
}

func TestKeyIDMayBeUnprotectedAndTheRestMustNot(t *testing.T) {
	text := sealed(t, `{"a":1}`)
	with := func(members map[string]any) []byte {
		object, err := Flattened(text)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(object["header"].(map[string]any), members)
		return marshalJSON(t, object)
	}
	token, err := ParseJSON(with(map[string]any{"kid": "k", "jku": "https://attacker.example"}), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if token.JWT.KeyID != "k" || len(token.JWT.Ignored) != 1 {
		t.Errorf("kid is %q, ignored are %q", token.JWT.KeyID, token.JWT.Ignored)
	}
	for name, members := range map[string]map[string]any{
		"alg": {"alg": "none"}, "crit": {"crit": []any{"x"}}, "typ": {"typ": "x"}, "b64": {"b64": false}, "empty kid": {"kid": ""},
		"disclosures no list": {"disclosures": "x"}, "disclosure with a tilde": {"disclosures": []any{"WyJzIiwiYSIsMV0~WyJzIiwiYSIsMV0"}},
		"empty disclosure": {"disclosures": []any{""}}, "disclosure no string": {"disclosures": []any{true}},
		"kb_jwt no string": {"kb_jwt": map[string]any{}}, "kb_jwt with a tilde": {"kb_jwt": "a~e30.e30.AA"}, "empty kb_jwt": {"kb_jwt": ""},
	} {
		if _, err := ParseJSON(with(members), Limits{}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestJSONSerializationIsReadStrictly(t *testing.T) {
	general, err := General(sealed(t, `{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	signature := general["signatures"].([]any)[0].(map[string]any)
	edit := func(name string, value any) map[string]any {
		out := maps.Clone(general)
		out[name] = value
		return out
	}
	inside := func(name string, value any) map[string]any {
		changed := maps.Clone(signature)
		changed[name] = value
		return edit("signatures", []any{changed})
	}
	for name, object := range map[string]any{
		"two signatures":       edit("signatures", []any{signature, signature}),
		"no signature":         edit("signatures", []any{}),
		"signatures no list":   edit("signatures", signature),
		"signature no object":  edit("signatures", []any{"x"}),
		"both serializations":  edit("signature", signature["signature"]),
		"unknown member":       edit("disclosures", []any{}),
		"unknown member in it": inside("x", "y"),
		"header no object":     inside("header", []any{}),
		"payload no string":    edit("payload", map[string]any{}),
		"payload with dots":    edit("payload", "e30.e30"),
		"no protected header":  inside("protected", ""),
		"a list":               []any{general},
		"text":                 "x",
	} {
		if _, err := ParseJSON(marshalJSON(t, object), Limits{}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := ParseJSON(make([]byte, 2<<20), Limits{}); err == nil {
		t.Error("two mebibytes were accepted")
	}
}

// FuzzParseJSON: what can be read can be written and read again to the same claims.
func FuzzParseJSON(f *testing.F) {
	text := issued(f, newSigner(f), everything...)
	for _, write := range []func(string) (map[string]any, error){Flattened, General} {
		object, err := write(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(marshalJSON(f, object))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		token, err := ParseJSON(data, Limits{})
		if err != nil {
			return
		}
		claims, err := token.Claims()
		if err != nil {
			return
		}
		text := join(token.JWT.Compact, token.Disclosures)
		again, err := Flattened(text)
		if err != nil {
			t.Fatal(err)
		}
		read, err := FromJSON(again, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := read.Claims()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(claims, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestAStrangersHeaderMakesNoLongList(t *testing.T) {
	object, err := Flattened(issued(t, newSigner(t), "/age"))
	if err != nil {
		t.Fatal(err)
	}
	header := object["header"].(map[string]any)
	for i := range 5000 {
		header[fmt.Sprintf("%s%d", strings.Repeat("x", 100), i)] = "x"
	}
	header["jwk"] = map[string]any{}
	token, err := FromJSON(object, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(token.JWT.Ignored); n == 0 || n > 16 || token.JWT.Ignored[0] != "jwk" || len(strings.Join(token.JWT.Ignored, "")) > 16*64 {
		t.Errorf("%d members: %.256q", n, token.JWT.Ignored)
	}
}
