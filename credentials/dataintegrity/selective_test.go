package dataintegrity

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

const crew = `{"@context":["https://www.w3.org/ns/credentials/v2",{"@vocab":"https://x.example/#","rank":{"@id":"https://x.example/#rank","@container":"@list"}}],
	"type":["VerifiableCredential","Berth"],"issuer":"did:example:harbour","validFrom":"2026-01-01T00:00:00Z",
	"credentialSubject":{"id":"did:example:ada","name":"Ada","born":1815,"rank":["first","second"],
		"ships":[{"name":"Kogge","crew":[{"name":"Bea"},{"name":"Cem"}]},{"name":"Holk","mast":2.5}],"a/b":{"~":"odd"}}}`

func addSelective(t testing.TB, key keystore.Signer, text string, mandatory ...string) map[string]any {
	t.Helper()
	signed, err := Add(t.Context(), document(t, text), key, Options{
		Suite: ECDSASD2023, Method: "did:example:harbour#1", Created: time.Unix(1700000000, 0), Contexts: pinnedContexts(t), Mandatory: mandatory,
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func derive(t testing.TB, signed map[string]any, pointers ...string) map[string]any {
	t.Helper()
	derived, err := Derive(signed, pointers, pinnedContexts(t))
	if err != nil {
		t.Fatal(err)
	}
	return derived
}

func verifySelected(doc map[string]any, key keys.Public, contexts jsonld.Contexts) error {
	proofs, err := Proofs(doc)
	if err != nil {
		return err
	}
	return proofs[0].Verify(doc, key, contexts)
}

func TestHoldersShowWhatTheyChooseAndWhatIsMandatory(t *testing.T) {
	key, contexts := newKey(t, keys.ES256), pinnedContexts(t)
	signed := addSelective(t, key, crew, "/issuer", "/credentialSubject/ships/0/name")
	for name, test := range map[string]struct {
		pointers []string
		want     string // of the shown credentialSubject
	}{
		"nothing more":        {nil, `{"id":"did:example:ada","ships":[{"name":"Kogge"}]}`},
		"a value":             {[]string{"/credentialSubject/born"}, `{"id":"did:example:ada","born":1815,"ships":[{"name":"Kogge"}]}`},
		"a later element":     {[]string{"/credentialSubject/ships/1/mast"}, `{"id":"did:example:ada","ships":[{"name":"Kogge"},{"mast":2.5}]}`},
		"an anonymous node":   {[]string{"/credentialSubject/ships/0/crew/1"}, `{"id":"did:example:ada","ships":[{"name":"Kogge","crew":[{"name":"Cem"}]}]}`},
		"a list, whole":       {[]string{"/credentialSubject/rank"}, `{"id":"did:example:ada","rank":["first","second"],"ships":[{"name":"Kogge"}]}`},
		"escaped names":       {[]string{"/credentialSubject/a~1b/~0"}, `{"id":"did:example:ada","ships":[{"name":"Kogge"}],"a/b":{"~":"odd"}}`},
		"the same twice":      {[]string{"/issuer", "/issuer", "/credentialSubject/ships/0/name"}, `{"id":"did:example:ada","ships":[{"name":"Kogge"}]}`},
		"an object and in it": {[]string{"/credentialSubject/ships/1", "/credentialSubject/ships/1/mast"}, `{"id":"did:example:ada","ships":[{"name":"Kogge"},{"name":"Holk","mast":2.5}]}`},
		"one of its types":    {[]string{"/type/1"}, `{"id":"did:example:ada","ships":[{"name":"Kogge"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			derived := derive(t, signed, test.pointers...)
			if d := cmp.Diff(document(t, test.want), derived["credentialSubject"]); d != "" {
				t.Error(d)
			}
			if err := verifySelected(derived, key.Public(), contexts); err != nil {
				t.Error(err)
			}
			if derived["validFrom"] != nil || derived["issuer"] != "did:example:harbour" || len(derived["type"].([]any)) != 2 {
				t.Errorf("shown: %v", derived)
			}
		})
	}
	all := derive(t, signed, "")
	if err := verifySelected(all, key.Public(), contexts); err != nil {
		t.Error(err)
	}
	delete(all, "proof")
	if d := cmp.Diff(document(t, crew), all); d != "" {
		t.Error(d)
	}
}

func TestWhatCannotBeShownApartIsRefused(t *testing.T) {
	contexts := pinnedContexts(t)
	signed := addSelective(t, newKey(t, keys.ES256), crew, "/issuer")
	for name, pointers := range map[string][]string{
		"half of a list":          {"/credentialSubject/rank/0"},
		"no such member":          {"/credentialSubject/nothing"},
		"no such element":         {"/credentialSubject/ships/2"},
		"element with a zero":     {"/credentialSubject/ships/01"},
		"no pointer":              {"credentialSubject"},
		"bad escape":              {"/credentialSubject/a~2b"},
		"into a text":             {"/issuer/x"},
		"one of several is wrong": {"/credentialSubject", "/credentialSubject/nothing"},
		"too many":                slices.Repeat([]string{"/issuer"}, 2000),
		"very deep":               {strings.Repeat("/credentialSubject", 5000)},
	} {
		if _, err := Derive(signed, pointers, contexts); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := Derive(addSelective(t, newKey(t, keys.ES256), crew), nil, contexts); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing at all: %v", err)
	}
	for name, change := range map[string]func(map[string]any){
		"another value":  func(d map[string]any) { d["validFrom"] = "2027-01-01T00:00:00Z" },
		"a value added":  func(d map[string]any) { d["more"] = "x" },
		"a value less":   func(d map[string]any) { delete(d, "validFrom") },
		"derived before": func(d map[string]any) { maps.Copy(d, derive(t, signed)) },
		"no proof":       func(d map[string]any) { delete(d, "proof") },
		"two of them":    func(d map[string]any) { d["proof"] = []any{d["proof"], d["proof"]} },
	} {
		doc := maps.Clone(signed)
		change(doc)
		if _, err := Derive(doc, []string{""}, contexts); err == nil {
			t.Errorf("%s: derived", name)
		}
	}
}

func TestSigningSelectivelyHasBounds(t *testing.T) {
	key, contexts := newKey(t, keys.ES256), pinnedContexts(t)
	sign := func(text string, o Options) error {
		o.Suite, o.Method, o.Contexts = ECDSASD2023, "did:example:harbour#1", contexts
		_, err := Add(t.Context(), document(t, text), key, o)
		return err
	}
	var many []string
	for i := range 1100 {
		many = append(many, fmt.Sprintf(`"m%d":"x"`, i))
	}
	inline := `{"@context":["https://www.w3.org/ns/credentials/v2",{"@vocab":"https://x.example/#"}],"id":"urn:a:b",`
	for name, test := range map[string]struct {
		text string
		o    Options
		want error
	}{
		"too many statements":     {inline + strings.Join(many, ",") + "}", Options{}, ErrMalformed},
		"too many pointers":       {crew, Options{Mandatory: slices.Repeat([]string{"/issuer"}, 2000)}, ErrMalformed},
		"a pointer to nothing":    {crew, Options{Mandatory: []string{"/nothing"}}, ErrMalformed},
		"half of a list":          {crew, Options{Mandatory: []string{"/credentialSubject/rank/1"}}, ErrMalformed},
		"names kept for nodes":    {inline + `"x":{"id":"urn:bnid:g1"}}`, Options{}, ErrMalformed},
		"a chain":                 {crew, Options{Previous: []string{"urn:a:1"}}, ErrMalformed},
		"a context nobody pinned": {`{"@context":"https://x.example/"}`, Options{}, ErrContext},
	} {
		if err := sign(test.text, test.o); !errors.Is(err, test.want) {
			t.Errorf("%s: error is %v, want %v", name, err, test.want)
		}
	}
	if _, err := Add(t.Context(), document(t, crew), newKey(t, keys.ES384), Options{Suite: ECDSASD2023, Contexts: contexts}); !errors.Is(err, ErrMalformed) {
		t.Errorf("a P-384 key: %v", err)
	}
}

// Every bit of the proof value is signed, or is the one way to write it; every member that is shown is signed.
func TestNothingOfAShownCredentialCanChange(t *testing.T) {
	key, contexts := newKey(t, keys.ES256), pinnedContexts(t)
	derived := derive(t, addSelective(t, key, crew, "/issuer"), "/credentialSubject/ships", "/credentialSubject/born")
	proof := derived["proof"].(map[string]any)
	value := proof["proofValue"].(string)
	data, err := base64.RawURLEncoding.DecodeString(value[1:])
	if err != nil {
		t.Fatal(err)
	}
	with := func(name string, v any) map[string]any {
		out, p := maps.Clone(derived), maps.Clone(proof)
		p[name] = v
		out["proof"] = p
		return out
	}
	for i := range data {
		for _, bit := range []byte{1, 0x80} {
			changed := slices.Clone(data)
			changed[i] ^= bit
			if err := verifySelected(with("proofValue", "u"+base64.RawURLEncoding.EncodeToString(changed)), key.Public(), contexts); err == nil {
				t.Fatalf("verifies with byte %d changed", i)
			}
		}
	}
	for name, doc := range map[string]map[string]any{
		"issuer":        func() map[string]any { d := maps.Clone(derived); d["issuer"] = "did:example:eve"; return d }(),
		"member less":   func() map[string]any { d := maps.Clone(derived); delete(d, "issuer"); return d }(),
		"member more":   func() map[string]any { d := maps.Clone(derived); d["more"] = "x"; return d }(),
		"created":       with("created", "2023-11-14T22:13:21Z"),
		"method":        with("verificationMethod", "did:example:harbour#2"),
		"purpose":       with("proofPurpose", "authentication"),
		"previousProof": with("previousProof", "urn:a:1"),
	} {
		if err := verifySelected(doc, key.Public(), contexts); err == nil {
			t.Errorf("%s: verifies", name)
		}
	}
	if err := verifySelected(derived, newKey(t, keys.ES256).Public(), contexts); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if err := verifySelected(derived, newKey(t, keys.ES384).Public(), contexts); !errors.Is(err, ErrSignature) {
		t.Errorf("a P-384 key: %v", err)
	}
}

// A holder has the signatures of all statements, and may try to show them as what they are not.
func TestHoldersCannotMakeMoreOfStatements(t *testing.T) {
	key, contexts := newKey(t, keys.ES256), pinnedContexts(t)
	signed := addSelective(t, key, crew, "/issuer")
	show := func(change func(v *derivedValue, doc map[string]any)) error {
		derived := derive(t, signed, "/credentialSubject/ships")
		proofs, err := Proofs(derived)
		if err != nil {
			t.Fatal(err)
		}
		change(proofs[0].derived, derived)
		p := maps.Clone(derived["proof"].(map[string]any))
		p["proofValue"] = proofs[0].derived.encode()
		derived["proof"] = p
		return verifySelected(derived, key.Public(), contexts)
	}
	for name, change := range map[string]func(v *derivedValue, doc map[string]any){
		"the mandatory issuer withheld": func(v *derivedValue, doc map[string]any) {
			delete(doc, "issuer")
			v.mandatory = v.mandatory[:len(v.mandatory)-1]
		},
		"a mandatory statement as a chosen one": func(v *derivedValue, _ map[string]any) {
			v.statements = append(v.statements, v.statements[0])
			v.mandatory = v.mandatory[1:]
		},
		"two nodes under one label": func(v *derivedValue, _ map[string]any) { v.labels[1] = v.labels[0] },
		"labels of nodes exchanged": func(v *derivedValue, _ map[string]any) { v.labels[0], v.labels[1] = v.labels[1], v.labels[0] },
		"a label more":              func(v *derivedValue, _ map[string]any) { v.labels = append(v.labels, make([]byte, 32)) },
		"a label less":              func(v *derivedValue, _ map[string]any) { v.labels = v.labels[1:] },
		"a statement less":          func(v *derivedValue, _ map[string]any) { v.statements = v.statements[1:] },
		"an index out of range":     func(v *derivedValue, _ map[string]any) { v.mandatory = append(v.mandatory, 999) },
		"crew of another ship": func(_ *derivedValue, doc map[string]any) {
			ships := doc["credentialSubject"].(map[string]any)["ships"].([]any)
			first, second := maps.Clone(ships[0].(map[string]any)), maps.Clone(ships[1].(map[string]any))
			first["name"], second["name"] = second["name"], first["name"]
			subject := maps.Clone(doc["credentialSubject"].(map[string]any))
			subject["ships"] = []any{first, second}
			doc["credentialSubject"] = subject
		},
		"statements of another credential": func(v *derivedValue, doc map[string]any) {
			other := derive(t, addSelective(t, key, strings.ReplaceAll(crew, "Kogge", "Kraweel"), "/issuer"), "/credentialSubject/ships")
			proofs, err := Proofs(other)
			if err != nil {
				t.Fatal(err)
			}
			doc["credentialSubject"] = other["credentialSubject"]
			v.statements, v.labels = proofs[0].derived.statements, proofs[0].derived.labels
		},
		"the key of another credential": func(v *derivedValue, _ map[string]any) {
			other, err := Proofs(addSelective(t, key, crew, "/issuer"))
			if err != nil {
				t.Fatal(err)
			}
			v.key = other[0].base.key
		},
		"a key of no curve": func(v *derivedValue, _ map[string]any) { v.key = make([]byte, 35) },
	} {
		if err := show(change); err == nil {
			t.Errorf("%s: verifies", name)
		}
	}
	if err := show(func(*derivedValue, map[string]any) {}); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

func TestBadSelectiveProofValuesAreRefused(t *testing.T) {
	signature, key, label := make([]byte, 64), make([]byte, 35), make([]byte, 32)
	good := (&derivedValue{signature: signature, key: key, statements: [][]byte{signature}, labels: [][]byte{label}, mandatory: []int{0, 300}}).encode()
	if _, v, err := decodeSelective(good); err != nil || v == nil {
		t.Fatal(err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(good[1:])
	write := func(data []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(data) }
	replace := func(old, with string) string {
		text := string(raw)
		if !strings.Contains(text, old) {
			t.Fatalf("nothing to replace: %x", old)
		}
		return write([]byte(strings.Replace(text, old, with, 1)))
	}
	for name, value := range map[string]string{
		"empty":                      "",
		"base58":                     "z" + good[1:],
		"padding":                    good + "=",
		"line break":                 good[:9] + "\n" + good[9:],
		"bits after the end":         good[:len(good)-1] + string(good[len(good)-1]+1),
		"no header":                  write(raw[3:]),
		"unknown header":             replace("\xd9\x5d\x01", "\xd9\x5d\x02"),
		"cut off":                    write(raw[:len(raw)-1]),
		"more after its end":         write(append(slices.Clone(raw), 0)),
		"tagged bytes":               replace("\x85\x58\x40", "\x85\xd8\x40\x58\x40"),
		"a long head":                replace("\x85\x58\x40", "\x85\x59\x00\x40"),
		"another number of parts":    replace("\x01\x85", "\x01\x84"),
		"array without length":       replace("\x01\x85", "\x01\x9f"),
		"short signature":            replace("\x85\x58\x40", "\x85\x58\x3f"),
		"label of another node":      replace("\xa1\x00\x58\x20", "\xa1\x01\x58\x20"),
		"indexes that do not ascend": replace("\x82\x00\x19\x01\x2c", "\x82\x00\x00"),
		"index that is a text":       replace("\x82\x00\x19\x01\x2c", "\x82\x00\x60"),
		"millions of statements":     replace("\x81\x58\x40", "\x9a\x00\xff\xff\xff\x58\x40"),
		"very long":                  "u" + strings.Repeat("A", 1<<20),
	} {
		if _, _, err := decodeSelective(value); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func FuzzDecodeSelectiveProofValue(f *testing.F) {
	signature, label := make([]byte, 64), make([]byte, 32)
	f.Add((&baseValue{signature: signature, key: make([]byte, 35), hmac: label, statements: [][]byte{signature}, mandatory: []string{"/issuer"}}).encode())
	f.Add((&derivedValue{signature: signature, key: make([]byte, 35), statements: [][]byte{signature}, labels: [][]byte{label, label}, mandatory: []int{1, 30, 300}}).encode())
	f.Fuzz(func(t *testing.T, value string) {
		base, derived, err := decodeSelective(value)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error is none of this package: %v", err)
			}
			return
		}
		if base != nil && base.encode() != value {
			t.Fatalf("%q has another form", value)
		}
		if derived != nil { // a map may be written in another order
			_, again, err := decodeSelective(derived.encode())
			if d := cmp.Diff(derived, again, cmp.AllowUnexported(derivedValue{})); err != nil || d != "" {
				t.Fatalf("%q: %v %s", value, err, d)
			}
		}
	})
}

func FuzzDerive(f *testing.F) {
	key, contexts := newKey(f, keys.ES256), pinnedContexts(f)
	signed, err := json.Marshal(addSelective(f, key, crew, "/issuer"))
	if err != nil {
		f.Fatal(err)
	}
	for _, pointer := range []string{"", "/credentialSubject", "/credentialSubject/ships/0/crew/1", "/credentialSubject/rank/0", "//"} {
		f.Add(pointer, "/type")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		v, err := jcs.Parse(signed, jcs.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		derived, err := Derive(v.(map[string]any), []string{a, b}, contexts)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if err := verifySelected(derived, key.Public(), contexts); err != nil {
			t.Fatalf("%q, %q: derived and does not verify: %v", a, b, err)
		}
	})
}
