package credentials

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/did/keys"
)

// The classes of bad JOSE input of the reliability table, numbers 24 to 37. Every one must give a report, never a panic, and
// ask the resolver for nothing but the issuer.

var b64 = base64.RawURLEncoding

// token assembles a compact JWS from raw header and payload, signed by the issuer's key over exactly these bytes.
func token(t testing.TB, issuer *Issuer, header, payload string) string {
	t.Helper()
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	signature, err := issuer.Signer.Sign(t.Context(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64.EncodeToString(signature)
}

func headerOf(t testing.TB, issuer *Issuer, edits map[string]any) string {
	t.Helper()
	h := map[string]any{"alg": string(issuer.Signer.Public().Algorithm()), "typ": "vc+jwt", "cty": "vc", "kid": issuer.Method}
	return string(toJSON(t, edited(h, edits)))
}

func payloadOf(t testing.TB, issuer *Issuer, edits map[string]any) string {
	t.Helper()
	return string(toJSON(t, degree(issuer.DID, edits)))
}

func TestWellFormedTokensAreAccepted(t *testing.T) {
	for _, alg := range []keys.Algorithm{keys.EdDSA, keys.ES256} {
		issuer := newIssuer(t, FormJWT, alg)
		compact := token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, nil))
		envelope := toJSON(t, map[string]any{"@context": []any{contextV2}, "id": jwtDataURL + compact, "type": envelopedType})
		for name, input := range map[string][]byte{
			"compact": []byte(compact), "with white space": []byte(" " + compact + "\n"), "JSON string": toJSON(t, compact), "enveloped": envelope,
		} {
			report, credential, err := newVerifier().Verify(t.Context(), input, VerifyOptions{})
			if err != nil || report.Decision != Accept || credential["issuer"] != issuer.DID.String() {
				t.Errorf("%s %s: %+v %v", alg, name, report, err)
			}
		}
	}
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	wantDecision(t, verify(t, newVerifier(), []byte(token(t, issuer, headerOf(t, issuer, map[string]any{"alg": "Ed25519"}), payloadOf(t, issuer, nil)))), Accept)
}

func TestBadHeadersAreRefused(t *testing.T) {
	issuer, other := newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	p256 := newIssuer(t, FormJWT, keys.ES256)
	jwk := toJSON(t, other.Signer.Public().JWK())
	for _, test := range []struct {
		name    string
		header  string
		check   CheckID
		problem string
	}{
		// 24
		{"alg none", headerOf(t, issuer, map[string]any{"alg": "none"}), CheckAlgorithm, ProblemCryptography},
		{"alg None", headerOf(t, issuer, map[string]any{"alg": "None"}), CheckAlgorithm, ProblemCryptography},
		{"alg nOnE", headerOf(t, issuer, map[string]any{"alg": "nOnE"}), CheckAlgorithm, ProblemCryptography},
		{"alg missing", headerOf(t, issuer, map[string]any{"alg": nil}), CheckAlgorithm, ProblemCryptography},
		{"alg is a list", headerOf(t, issuer, map[string]any{"alg": []any{"EdDSA"}}), CheckAlgorithm, ProblemCryptography},
		// 25, 26
		{"alg HS256", headerOf(t, issuer, map[string]any{"alg": "HS256"}), CheckAlgorithm, ProblemCryptography},
		{"alg ES384", headerOf(t, issuer, map[string]any{"alg": "ES384"}), CheckSignature, ProblemCryptography},
		{"alg of another key kind", headerOf(t, issuer, map[string]any{"alg": "ES256"}), CheckSignature, ProblemCryptography},
		// 27
		{"no kid", headerOf(t, issuer, map[string]any{"kid": nil}), CheckIssuer, ProblemCryptography},
		{"kid is a path", headerOf(t, issuer, map[string]any{"kid": "../../etc/passwd"}), CheckIssuer, ProblemCryptography},
		{"kid is SQL", headerOf(t, issuer, map[string]any{"kid": "' OR 1=1 --"}), CheckIssuer, ProblemCryptography},
		{"kid is another issuer's", headerOf(t, issuer, map[string]any{"kid": other.Method}), CheckIssuer, ProblemCryptography},
		{"kid is a URL", headerOf(t, issuer, map[string]any{"kid": "https://attacker.example/key"}), CheckIssuer, ProblemCryptography},
		{"kid is only the DID", headerOf(t, issuer, map[string]any{"kid": issuer.DID.String()}), CheckIssuer, ProblemCryptography},
		{"kid is relative", headerOf(t, issuer, map[string]any{"kid": "#key-1"}), CheckIssuer, ProblemCryptography},
		{"kid with a query", headerOf(t, issuer, map[string]any{"kid": strings.Replace(issuer.Method, "#", "?versionId=1#", 1)}), CheckIssuer, ProblemCryptography},
		{"kid names no key of the document", headerOf(t, issuer, map[string]any{"kid": issuer.DID.String() + "#other"}), CheckIssuer, ProblemCryptography},
		{"kid of a megabyte", headerOf(t, issuer, map[string]any{"kid": strings.Repeat("a", 700_000)}), CheckParse, ProblemParsing},
		{"kid is a number", headerOf(t, issuer, map[string]any{"kid": json.Number("1")}), CheckParse, ProblemParsing},
		// 29
		{"crit unknown", headerOf(t, issuer, map[string]any{"crit": []any{"exp"}, "exp": json.Number("1")}), CheckParse, ProblemParsing},
		{"crit empty", headerOf(t, issuer, map[string]any{"crit": []any{}}), CheckParse, ProblemParsing},
		{"crit lists a registered name", headerOf(t, issuer, map[string]any{"crit": []any{"alg"}}), CheckParse, ProblemParsing},
		{"crit twice the same", headerOf(t, issuer, map[string]any{"crit": []any{"b64", "b64"}, "b64": true}), CheckParse, ProblemParsing},
		{"crit is a string", headerOf(t, issuer, map[string]any{"crit": "b64"}), CheckParse, ProblemParsing},
		{"b64 false", headerOf(t, issuer, map[string]any{"b64": false}), CheckParse, ProblemParsing},
		{"b64 false in crit", headerOf(t, issuer, map[string]any{"b64": false, "crit": []any{"b64"}}), CheckParse, ProblemParsing},
		// 31
		{"duplicate header members", `{"alg":"EdDSA","alg":"EdDSA","typ":"vc+jwt","kid":"` + issuer.Method + `"}`, CheckParse, ProblemParsing},
		{"duplicate by escape", `{"alg":"EdDSA","\u0061lg":"none","typ":"vc+jwt","kid":"` + issuer.Method + `"}`, CheckParse, ProblemParsing},
		// 33
		{"compressed", headerOf(t, issuer, map[string]any{"zip": "DEF"}), CheckParse, ProblemParsing},
		// 34
		{"typ JWT", headerOf(t, issuer, map[string]any{"typ": "JWT"}), CheckParse, ProblemParsing},
		{"typ kb+jwt", headerOf(t, issuer, map[string]any{"typ": "kb+jwt"}), CheckParse, ProblemParsing},
		{"typ vp+jwt", headerOf(t, issuer, map[string]any{"typ": "vp+jwt"}), CheckParse, ProblemParsing},
		{"typ statuslist+jwt", headerOf(t, issuer, map[string]any{"typ": "statuslist+jwt"}), CheckParse, ProblemParsing},
		{"typ proof", headerOf(t, issuer, map[string]any{"typ": "openid4vci-proof+jwt"}), CheckParse, ProblemParsing},
		{"typ missing", headerOf(t, issuer, map[string]any{"typ": nil}), CheckParse, ProblemParsing},
		{"cty is a nested JWT", headerOf(t, issuer, map[string]any{"cty": "JWT"}), CheckParse, ProblemParsing},
		{"header is no object", `["EdDSA"]`, CheckParse, ProblemParsing},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := verify(t, newVerifier(), []byte(token(t, issuer, test.header, payloadOf(t, issuer, nil))))
			wantDecision(t, report, Reject)
			want(t, report, test.check, Fail, test.problem)
		})
	}
	// 28: key members are never used. A token signed by the key it carries does not verify, one signed by the issuer does.
	for name, v := range map[string]any{"jwk": parseJSON(t, jwk), "jku": "https://attacker.example/jwks", "x5u": "https://attacker.example/x", "x5c": []any{"AAAA"}} {
		h := headerOf(t, issuer, map[string]any{name: v})
		report := verify(t, newVerifier(), []byte(token(t, other, h, payloadOf(t, issuer, nil))))
		want(t, report, CheckSignature, Fail, ProblemCryptography)
		report = verify(t, newVerifier(), []byte(token(t, issuer, h, payloadOf(t, issuer, nil))))
		wantDecision(t, report, Accept)
		if c, _ := report.Check(CheckAlgorithm); len(c.Warnings) != 1 {
			t.Errorf("%s: warnings are %+v", name, c.Warnings)
		}
	}
	// 26: an Ed25519 signature under an ES256 key and the reverse.
	report := verify(t, newVerifier(), []byte(token(t, p256, headerOf(t, p256, map[string]any{"alg": "EdDSA"}), payloadOf(t, p256, nil))))
	want(t, report, CheckSignature, Fail, ProblemCryptography)
	// 37: ECDSA in DER.
	compact := token(t, p256, headerOf(t, p256, nil), payloadOf(t, p256, nil))
	cut := strings.LastIndexByte(compact, '.')
	raw, _ := b64.DecodeString(compact[cut+1:])
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		t.Fatal(err)
	}
	want(t, verify(t, newVerifier(), []byte(compact[:cut+1]+b64.EncodeToString(der))), CheckSignature, Fail, ProblemCryptography)
}

func TestBadSerializationsAreRefused(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	good := token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, nil))
	part := strings.Split(good, ".")
	last := part[2][:len(part[2])-1]
	for name, input := range map[string]string{
		"empty":             "",
		"empty signature":   part[0] + "." + part[1] + ".",
		"two parts":         part[0] + "." + part[1],
		"four parts":        good + ".",
		"JWE":               strings.Repeat("aaaa.", 4) + "aaaa",
		"a million dots":    strings.Repeat(".", 1_000_000),
		"detached payload":  part[0] + ".." + part[2],
		"padding":           good + "==",
		"line break":        part[0] + "." + part[1] + "\n." + part[2],
		"standard alphabet": part[0] + "." + part[1] + "." + strings.Repeat("+/", 43),
		"trailing bits":     part[0] + "." + part[1] + "." + last + string(nextLetter(part[2][len(part[2])-1])),
		"JSON serialization": fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q},{"protected":%q,"signature":"AAAA"}]}`,
			part[1], part[0], part[2], part[0]),
		"flattened JSON":      fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, part[1], part[0], part[2]),
		"payload no object":   token(t, issuer, headerOf(t, issuer, nil), `"x"`),
		"unencoded payload":   token(t, issuer, headerOf(t, issuer, nil), `{`),
		"duplicate claims":    token(t, issuer, headerOf(t, issuer, nil), strings.Replace(payloadOf(t, issuer, nil), "{", `{"issuer":"did:example:a",`, 1)),
		"duplicate in depth":  token(t, issuer, headerOf(t, issuer, nil), strings.Replace(payloadOf(t, issuer, nil), `"degree":{`, `"degree":{"type":"x",`, 1)),
		"deep payload":        token(t, issuer, headerOf(t, issuer, nil), strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)),
		"number out of range": token(t, issuer, headerOf(t, issuer, nil), strings.Replace(payloadOf(t, issuer, nil), "{", `{"x":1e999,`, 1)),
		"envelope with more":  fmt.Sprintf(`{"@context":["%s"],"type":"%s","id":"%s%s","name":"x"}`, contextV2, envelopedType, jwtDataURL, good),
		"envelope of text":    fmt.Sprintf(`{"@context":["%s"],"type":"%s","id":"data:text/plain,%s"}`, contextV2, envelopedType, good),
		"envelope no context": fmt.Sprintf(`{"type":"%s","id":"%s%s"}`, envelopedType, jwtDataURL, good),
		"envelope of base64":  fmt.Sprintf(`{"@context":["%s"],"type":"%s","id":"data:application/vc+jwt;base64,%s"}`, contextV2, envelopedType, good),
	} {
		t.Run(name, func(t *testing.T) {
			report := verify(t, newVerifier(), []byte(input))
			wantDecision(t, report, Reject)
			if c, _ := report.Check(CheckParse); c.Outcome != Fail || c.Problem == nil {
				t.Errorf("parse is %+v", c)
			}
		})
	}
	// 33: what is too large is refused before it is parsed.
	large := []byte(strings.Repeat("a", 50<<20))
	start := time.Now()
	report := verify(t, newVerifier(), large)
	want(t, report, CheckLimits, Fail, ProblemParsing)
	if d := time.Since(start); d > patience {
		t.Errorf("took %s", d)
	}
	report = verify(t, newVerifier(), toJSON(t, map[string]any{"@context": []any{contextV2}, "id": "data:application/dc+sd-jwt,x~", "type": envelopedType}))
	wantDecision(t, report, Reject)
	want(t, report, CheckParse, Fail, ProblemParsing)
}

// nextLetter returns another base64url letter that decodes to the same significant bits of a last group of two.
func nextLetter(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[(strings.IndexByte(alphabet, c)+1)%64]
}

func TestTimesOfATokenAreEvaluated(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	at := func(d time.Duration) json.Number { return json.Number(fmt.Sprint(noon.Add(d).Unix())) }
	for _, test := range []struct {
		name    string
		edits   map[string]any
		check   CheckID
		outcome Outcome
		problem string
	}{
		{"exp is a string", map[string]any{"exp": "1893456000"}, CheckDataModel, Fail, ProblemMalformed},
		{"exp with a fraction", map[string]any{"exp": json.Number("1893456000.5")}, CheckDataModel, Fail, ProblemMalformed},
		{"exp with an exponent", map[string]any{"exp": json.Number("1e18")}, CheckDataModel, Fail, ProblemMalformed},
		{"exp negative", map[string]any{"exp": json.Number("-1")}, CheckDataModel, Fail, ProblemMalformed},
		{"exp beyond the year 9999", map[string]any{"exp": json.Number("1000000000000000000")}, CheckDataModel, Fail, ProblemMalformed},
		{"nbf is an object", map[string]any{"nbf": map[string]any{}}, CheckDataModel, Fail, ProblemMalformed},
		{"iat in ten years", map[string]any{"iat": at(10 * 365 * 24 * time.Hour)}, CheckValidity, Fail, ProblemRange},
		{"iat within skew", map[string]any{"iat": at(60 * time.Second)}, CheckValidity, Pass, ""},
		{"iat beyond skew", map[string]any{"iat": at(61 * time.Second)}, CheckValidity, Fail, ProblemRange},
		{"nbf within skew", map[string]any{"nbf": at(60 * time.Second)}, CheckValidity, Pass, ""},
		{"nbf beyond skew", map[string]any{"nbf": at(61 * time.Second)}, CheckValidity, Fail, ProblemRange},
		{"exp now", map[string]any{"exp": at(0)}, CheckValidity, Fail, ProblemRange},
		{"exp in a second", map[string]any{"exp": at(time.Second)}, CheckValidity, Pass, ""},
		{"no exp", nil, CheckValidity, Pass, ""},
		{"validFrom within skew", map[string]any{"validFrom": "2026-11-01T12:01:00Z"}, CheckValidity, Pass, ""},
		{"validFrom beyond skew", map[string]any{"validFrom": "2026-11-01T12:01:01Z"}, CheckValidity, Fail, ProblemRange},
		{"validUntil now", map[string]any{"validUntil": "2026-11-01T12:00:00Z"}, CheckValidity, Pass, ""},
		{"validUntil a second ago", map[string]any{"validUntil": "2026-11-01T11:59:59Z"}, CheckValidity, Fail, ProblemRange},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := verify(t, newVerifier(), []byte(token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, test.edits))))
			want(t, report, test.check, test.outcome, test.problem)
		})
	}
}

func TestClaimsMustAgreeWithTheCredential(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	good := map[string]any{"iss": issuer.DID.String(), "sub": "did:example:alice", "jti": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"}
	wantDecision(t, verify(t, newVerifier(), []byte(token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, good)))), Accept)
	for name, edit := range map[string]map[string]any{
		"iss": {"iss": "did:example:other"}, "sub": {"sub": "did:example:bob"}, "jti": {"jti": "urn:uuid:other"},
	} {
		edits := maps.Clone(good)
		maps.Copy(edits, edit)
		report := verify(t, newVerifier(), []byte(token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, edits))))
		wantDecision(t, report, Reject)
		if c := want(t, report, CheckConsistency, Fail, ProblemMalformed); c.Problem.Pointer != "/"+name {
			t.Errorf("pointer is %q", c.Problem.Pointer)
		}
	}
	for _, name := range []string{"vc", "vp"} {
		edits := map[string]any{name: degree(issuer.DID, nil)}
		report := verify(t, newVerifier(), []byte(token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, edits))))
		if c := want(t, report, CheckDataModel, Fail, ProblemMalformed); c.Problem.Pointer != "/"+name {
			t.Errorf("pointer is %q", c.Problem.Pointer)
		}
	}
}
