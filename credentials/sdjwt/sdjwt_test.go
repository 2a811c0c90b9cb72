package sdjwt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func newSigner(t testing.TB) keystore.Signer {
	t.Helper()
	s, err := keystore.NewMemory().Generate(t.Context(), "k", keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseJSON(t testing.TB, text string) map[string]any {
	t.Helper()
	v, err := jcs.Parse([]byte(text), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

const person = `{"iss":"https://issuer.example","vct":"urn:x","given_name":"John","address":{"street":"Main","country":"US","rooms":[1,2,{"no":"3"}]},
	"nationalities":["US","DE",null],"nothing":null,"a/b~c":true,"age":42.5}`

var everything = []string{"/given_name", "/address", "/address/street", "/address/rooms/2/no", "/address/rooms/2", "/nationalities/1", "/nationalities/2", "/nothing", "/a~1b~0c", "/age"}

func issued(t testing.TB, signer keystore.Signer, disclosable ...string) string {
	t.Helper()
	text, err := Issue(t.Context(), parseJSON(t, person), signer, IssueOptions{Type: "dc+sd-jwt", KeyID: "k", Disclosable: disclosable, Decoys: 2})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parsed(t testing.TB, text string) *Token {
	t.Helper()
	token, err := Parse(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func claims(t testing.TB, text string) map[string]any {
	t.Helper()
	c, err := parsed(t, text).Claims()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAllDisclosuresGiveTheClaimsBack(t *testing.T) {
	signer := newSigner(t)
	text := issued(t, signer, everything...)
	token := parsed(t, text)
	if err := token.JWT.Verify(signer.Public()); err != nil {
		t.Fatal(err)
	}
	if len(token.Disclosures) != len(everything) {
		t.Errorf("%d disclosures", len(token.Disclosures))
	}
	for _, secret := range []string{`"John"`, `"Main"`, `"rooms"`, `"DE"`} { // with quotes: digests have letters too
		data, _ := json.Marshal(token.JWT.Payload)
		if strings.Contains(string(data), secret) {
			t.Errorf("%q stands in the payload", secret)
		}
	}
	if d := cmp.Diff(parseJSON(t, person), claims(t, text)); d != "" {
		t.Error(d)
	}
}

func TestHolderShowsWhatItChooses(t *testing.T) {
	token := parsed(t, issued(t, newSigner(t), everything...))
	none, err := token.Present(nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(parseJSON(t, `{"iss":"https://issuer.example","vct":"urn:x","nationalities":["US"]}`), claims(t, none)); d != "" {
		t.Error(d)
	}
	// What stands inside something closed opens that too, and nothing beside it.
	some, err := token.Present([]string{"/address/rooms/2/no", "/nationalities/2"})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"iss":"https://issuer.example","vct":"urn:x","nationalities":["US",null],"address":{"country":"US","rooms":[1,2,{"no":"3"}]}}`
	if d := cmp.Diff(parseJSON(t, want), claims(t, some)); d != "" {
		t.Error(d)
	}
	if _, err := token.Present([]string{"/iss"}); !errors.Is(err, ErrMalformed) {
		t.Errorf("error is %v", err)
	}
}

func TestPointersThatNameNothingAreRefused(t *testing.T) {
	for _, p := range []string{"", "/", "given_name", "/no", "/nationalities/9", "/nationalities/01", "/nationalities/-1", "/given_name/x", "/_sd"} {
		if _, err := Issue(t.Context(), parseJSON(t, person), newSigner(t), IssueOptions{Type: "x", Disclosable: []string{p}}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: error is %v", p, err)
		}
	}
	for _, twice := range []string{"/age", "/nationalities/1"} {
		if _, err := Issue(t.Context(), parseJSON(t, person), newSigner(t), IssueOptions{Type: "x", Disclosable: []string{twice, twice}}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s twice: error is %v", twice, err)
		}
	}
	for _, bad := range []string{`{"_sd":[]}`, `{"a":[{"...":"x"}]}`, `{"a":{"_sd_alg":"x"}}`} {
		if _, err := Issue(t.Context(), parseJSON(t, bad), newSigner(t), IssueOptions{Type: "x"}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error is %v", bad, err)
		}
	}
}

// sealed signs a payload in which "$0", "$1"… stand for the digests of disclosures, and appends those.
func sealed(t *testing.T, payload string, disclosures ...string) string {
	t.Helper()
	hash, _ := digesterOf("")
	encoded := make([]string, len(disclosures))
	for i, d := range disclosures {
		for j := range i {
			d = strings.ReplaceAll(d, fmt.Sprintf("$%d", j), hash(encoded[j]))
		}
		encoded[i] = strict.EncodeToString([]byte(d))
		payload = strings.ReplaceAll(payload, fmt.Sprintf("$%d", i), hash(encoded[i]))
	}
	compact, err := jose.Sign(t.Context(), parseJSON(t, payload), newSigner(t), jose.SignOptions{Type: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(append([]string{compact}, encoded...), "~") + "~"
}

func TestWhatTheSpecificationRejectsIsRejected(t *testing.T) {
	name := `["salt","name","x"]`
	for label, text := range map[string]string{
		"digest twice in one array":        sealed(t, `{"_sd":["$0","$0"]}`, name),
		"digest twice in two places":       sealed(t, `{"_sd":["$0"],"a":{"_sd":["$0"]}}`, name),
		"unopened digest twice":            sealed(t, `{"_sd":["AAAA","AAAA"]}`),
		"digest twice across disclosures":  sealed(t, `{"_sd":["$0","$1"]}`, name, `["s","o",{"_sd":["$0"]}]`),
		"nothing refers to a disclosure":   sealed(t, `{"_sd":[]}`, name),
		"disclosure twice":                 sealed(t, `{"_sd":["$0"]}`, name, name),
		"claim is there":                   sealed(t, `{"_sd":["$0"],"name":1}`, name),
		"claim is opened twice":            sealed(t, `{"_sd":["$0","$1"]}`, name, `["other","name","y"]`),
		"claim named _sd":                  sealed(t, `{"_sd":["$0"]}`, `["s","_sd",[]]`),
		"claim named ...":                  sealed(t, `{"_sd":["$0"]}`, `["s","...","x"]`),
		"claim named _sd_alg at the top":   sealed(t, `{"_sd":["$0"]}`, `["s","_sd_alg","x"]`),
		"element for a claim":              sealed(t, `{"_sd":["$0"]}`, `["s","x"]`),
		"claim for an element":             sealed(t, `{"a":[{"...":"$0"}]}`, name),
		"element with other members":       sealed(t, `{"a":[{"...":"$0","b":1}]}`, `["s","x"]`),
		"... outside of an array":          sealed(t, `{"a":{"...":"x"}}`),
		"_sd is no array":                  sealed(t, `{"_sd":"x"}`),
		"digest is no string":              sealed(t, `{"_sd":[1]}`),
		"_sd_alg below the top":            sealed(t, `{"a":{"_sd_alg":"sha-256"}}`),
		"_sd_alg below the top, disclosed": sealed(t, `{"_sd":["$0"]}`, `["s","a",{"_sd_alg":"sha-256"}]`),
		"claim named _sd_alg below":        sealed(t, `{"a":{"_sd":["$0"]}}`, `["s","_sd_alg","sha-256"]`),
		"_sd_alg unknown":                  sealed(t, `{"_sd_alg":"md5"}`),
		"_sd_alg no string":                sealed(t, `{"_sd_alg":1}`),
		"disclosure of one":                sealed(t, `{}`, `["s"]`),
		"disclosure of four":               sealed(t, `{}`, `["s","a","b","c"]`),
		"disclosure is no array":           sealed(t, `{}`, `{}`),
		"salt is no string":                sealed(t, `{}`, `[1,"a","b"]`),
		"name is no string":                sealed(t, `{}`, `["s",1,"b"]`),
		"duplicate member in a disclosure": sealed(t, `{"_sd":["$0"]}`, `["s","a",{"b":1,"b":2}]`),
		"disclosure with padding":          sealed(t, `{}`) + "W10=~",
		"empty disclosure":                 sealed(t, `{}`) + "~",
		"no tilde at the end":              strings.TrimSuffix(sealed(t, `{}`), "~"),
		"disclosure without tilde":         strings.TrimSuffix(sealed(t, `{"_sd":["$0"]}`, name), "~"),
		"two key bindings":                 sealed(t, `{}`) + "e30.e30.AA~e30.e30.AA",
		"nothing":                          "",
		"tildes":                           "~~~",
	} {
		t.Run(label, func(t *testing.T) {
			token, err := Parse(text, Limits{})
			if err == nil {
				_, err = token.Claims()
			}
			if err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func TestWorkIsBounded(t *testing.T) {
	many := sealed(t, `{}`) + strings.Repeat("WyJzIiwiYSIsMV0~", 1001)
	if _, err := Parse(many, Limits{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
	if _, err := Parse(strings.Repeat("a", 2<<20)+"~", Limits{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
	// A thousand disclosures, each within the next.
	disclosures := []string{`["s","a",1]`}
	for i := range 999 {
		disclosures = append(disclosures, fmt.Sprintf(`["s","a",{"_sd":["$%d"]}]`, i))
	}
	token, err := Parse(deep(t, disclosures), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.Claims(); !errors.Is(err, ErrDisclosure) {
		t.Errorf("error is %v", err)
	}
}

// deep is sealed for many disclosures of which each names the one before.
func deep(t *testing.T, disclosures []string) string {
	hash, _ := digesterOf("")
	var encoded []string
	for i, d := range disclosures {
		if i > 0 {
			d = strings.ReplaceAll(d, fmt.Sprintf("$%d", i-1), hash(encoded[i-1]))
		}
		encoded = append(encoded, strict.EncodeToString([]byte(d)))
	}
	compact, err := jose.Sign(t.Context(), map[string]any{"_sd": []any{hash(encoded[len(encoded)-1])}}, newSigner(t), jose.SignOptions{Type: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return compact + "~" + strings.Join(encoded, "~") + "~"
}

func TestKeyBindingHoldsForOnePresentation(t *testing.T) {
	holder, now := newSigner(t), time.Unix(1_800_000_000, 0)
	token := parsed(t, issued(t, newSigner(t), everything...))
	shown, err := token.Present([]string{"/age"})
	if err != nil {
		t.Fatal(err)
	}
	binding := Binding{Audience: "https://v.example", Nonce: "n", IssuedAt: now}
	bound, err := Bind(t.Context(), shown, holder, binding)
	if err != nil {
		t.Fatal(err)
	}
	good := Expected{Audience: "https://v.example", Nonce: "n", Now: now}
	if err := parsed(t, bound).CheckBinding(holder.Public(), good); err != nil {
		t.Fatal(err)
	}
	kb := bound[strings.LastIndex(bound, "~")+1:]
	more, err := token.Present([]string{"/age", "/given_name"})
	if err != nil {
		t.Fatal(err)
	}
	for label, test := range map[string]struct {
		text     string
		key      keys.Public
		expected Expected
	}{
		"stripped":          {shown, holder.Public(), good},
		"other disclosures": {more + kb, holder.Public(), good},
		"other key":         {bound, newSigner(t).Public(), good},
		"other audience":    {bound, holder.Public(), Expected{Audience: "https://v.example/", Nonce: "n", Now: now}},
		"other nonce":       {bound, holder.Public(), Expected{Audience: good.Audience, Nonce: "m", Now: now}},
		"stale":             {bound, holder.Public(), Expected{Audience: good.Audience, Nonce: "n", Now: now.Add(6 * time.Minute)}},
		"from the future":   {bound, holder.Public(), Expected{Audience: good.Audience, Nonce: "n", Now: now.Add(-2 * time.Minute)}},
		"another typ":       {shown + other(t, holder, "vp+jwt"), holder.Public(), good},
	} {
		if err := parsed(t, test.text).CheckBinding(test.key, test.expected); !errors.Is(err, ErrBinding) {
			t.Errorf("%s: error is %v", label, err)
		}
	}
	if _, err := Bind(t.Context(), bound, holder, binding); !errors.Is(err, ErrMalformed) {
		t.Errorf("bound twice: %v", err)
	}
}

func TestAKeyBindingIsAValidJWTInAllOtherRespects(t *testing.T) {
	holder, now := newSigner(t), time.Unix(1_800_000_000, 0)
	shown := issued(t, newSigner(t), "/age")
	hash, _ := digesterOf("")
	at := func(d time.Duration) json.Number { return json.Number(fmt.Sprint(now.Add(d).Unix())) }
	for label, test := range map[string]struct {
		more map[string]any
		good bool
	}{
		"nothing more":    {nil, true},
		"unknown claims":  {map[string]any{"transaction_data_hashes": []any{"x"}}, true},
		"in its time":     {map[string]any{"nbf": at(30 * time.Second), "exp": at(time.Second)}, true},
		"expired":         {map[string]any{"exp": at(-time.Minute)}, false},
		"expires now":     {map[string]any{"exp": at(0)}, false},
		"not yet":         {map[string]any{"nbf": at(2 * time.Minute)}, false},
		"exp is a text":   {map[string]any{"exp": "tomorrow"}, false},
		"exp is null":     {map[string]any{"exp": nil}, false},
		"nbf is negative": {map[string]any{"nbf": json.Number("-1")}, false},
	} {
		payload := map[string]any{"aud": "https://v.example", "nonce": "n", "iat": at(0), "sd_hash": hash(shown)}
		for name, v := range test.more {
			payload[name] = v
		}
		kb, err := jose.Sign(t.Context(), payload, holder, jose.SignOptions{Type: bindingType})
		if err != nil {
			t.Fatal(err)
		}
		err = parsed(t, shown+kb).CheckBinding(holder.Public(), Expected{Audience: "https://v.example", Nonce: "n", Now: now})
		if test.good && err != nil || !test.good && !errors.Is(err, ErrBinding) {
			t.Errorf("%s: error is %v", label, err)
		}
	}
}

func other(t *testing.T, holder keystore.Signer, typ string) string {
	compact, err := jose.Sign(context.Background(), map[string]any{"aud": "https://v.example"}, holder, jose.SignOptions{Type: typ})
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func FuzzParse(f *testing.F) {
	signer := newSigner(f)
	text := issued(f, signer, everything...)
	f.Add(text)
	f.Add("e30.e30.AA~WyJzIiwiYSIsMV0~")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := Parse(text, Limits{})
		if err != nil {
			return
		}
		if _, err := token.Claims(); err != nil {
			return
		}
		places, err := token.Places()
		if err != nil {
			t.Fatal(err)
		}
		again, err := token.Present(places)
		if err != nil {
			t.Fatal(err)
		}
		if token.Binding == nil && len(again) != len(text) {
			t.Fatalf("%q became %q", text, again)
		}
	})
}
