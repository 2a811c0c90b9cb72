package op_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/op"
)

var b64 = base64.RawURLEncoding

// compact joins a header, a payload and a signature of zeros: decoding verifies nothing.
func compact(header, payload string) []byte {
	return fmt.Appendf(nil, "%s.%s.%s", b64.EncodeToString([]byte(header)), b64.EncodeToString([]byte(payload)), zeros)
}

var zeros = b64.EncodeToString(make([]byte, 64))

const (
	header  = `{"alg":"EdDSA","kid":"did:example:a#k","typ":"hanse-op+jws"}`
	payload = `{"body":{},"by":"did:example:a","exp":1800000000,"league":"test","nonce":"AQIDBAUGBwgJCgsMDQ4PEA","type":"did.update"}`
)

func general(signatures ...string) []byte {
	return fmt.Appendf(nil, `{"payload":"%s","signatures":[%s]}`, b64.EncodeToString([]byte(payload)), strings.Join(signatures, ","))
}

func signature(kid string) string {
	h := strings.Replace(header, "did:example:a#k", kid, 1)
	return fmt.Sprintf(`{"protected":"%s","signature":"%s"}`, b64.EncodeToString([]byte(h)), zeros)
}

// refused decodes envelope and wants an *Error that points to pointer.
func refused(t *testing.T, envelope []byte, pointer string) {
	t.Helper()
	o, err := op.Decode(envelope)
	e, ok := errors.AsType[*op.Error](err)
	switch {
	case err == nil:
		t.Errorf("accepted: %.200s", envelope)
	case !ok:
		t.Errorf("%v is a %T", err, err)
	case o != nil:
		t.Error("an operation beside an error")
	case e.Pointer != pointer:
		t.Errorf("pointer %q, want %q (%s)", e.Pointer, pointer, e.Reason)
	case e.Reason == "":
		t.Error("no reason given")
	}
}

func TestDecodeReadsEveryMember(t *testing.T) {
	d := draft()
	envelope := signed(t, d, ed(1))
	o := decoded(t, envelope)
	got := op.Draft{League: o.League, Type: o.Type, By: o.By, Exp: o.Exp, Nonce: o.Nonce, Body: o.Body}
	if diff := cmp.Diff(d, got); diff != "" {
		t.Error(diff)
	}
	if o.ID != op.PayloadID(o.Payload) || !bytes.Equal(o.Envelope, envelope) {
		t.Error("id or envelope are not those of the bytes")
	}
	if s := o.Signatures[0]; s.KID != kidOf(ed(1)) || !s.Check(ed(1).Public()).Verify() {
		t.Error("signature does not verify")
	}
}

func TestDecodeReadsSeveralSignaturesInOrder(t *testing.T) {
	signers := []op.Signer{ed(1), ec(1), ed(2), ed(3)}
	envelope := signed(t, draft(), signers...)
	if envelope[0] != '{' {
		t.Fatalf("not General JSON: %.40s", envelope)
	}
	o := decoded(t, envelope)
	if len(o.Signatures) != len(signers) {
		t.Fatalf("%d signatures", len(o.Signatures))
	}
	for i, s := range o.Signatures {
		if i > 0 && o.Signatures[i-1].KID.String() >= s.KID.String() {
			t.Error("not sorted by kid")
		}
		for _, signer := range signers {
			if s.KID == kidOf(signer) && !s.Check(signer.Public()).Verify() {
				t.Errorf("signature of %s does not verify", s.KID)
			}
		}
	}
}

func TestAddingASignatureKeepsTheID(t *testing.T) {
	one, two := decoded(t, signed(t, draft(), ed(1))), decoded(t, signed(t, draft(), ed(1), ed(2)))
	if one.ID != two.ID {
		t.Errorf("%s became %s", one.ID, two.ID)
	}
}

// reliability (3) 1
func TestEmptyTinyAndOversizedOperationsAreRefused(t *testing.T) {
	refused(t, nil, "")
	refused(t, []byte{}, "")
	for b := range 256 {
		refused(t, []byte{byte(b)}, "")
	}
	refused(t, bytes.Repeat([]byte("a"), op.MaxEnvelopeBytes+1), "")
	big := strings.Replace(payload, `{}`, `{"x":"`+strings.Repeat("x", op.MaxPayloadBytes)+`"}`, 1)
	refused(t, compact(header, big), "/payload")
}

func TestPayloadOfExactlyTheLimitIsAccepted(t *testing.T) {
	fill := strings.Repeat("x", op.MaxPayloadBytes-len(payload)-len(`"x":""`))
	full := strings.Replace(payload, `{}`, `{"x":"`+fill+`"}`, 1)
	if o := decoded(t, compact(header, full)); len(o.Payload) != op.MaxPayloadBytes {
		t.Errorf("payload has %d bytes", len(o.Payload))
	}
	refused(t, compact(header, strings.Replace(full, "xx", "xxx", 1)), "/payload")
}

// reliability (3) 2
func TestNonCanonicalPayloadsAreRefused(t *testing.T) {
	swap := func(from, to string) string { return strings.Replace(payload, from, to, 1) }
	for name, p := range map[string]string{
		"space":             swap(`"exp":`, `"exp": `),
		"newline at end":    payload + "\n",
		"trailing bytes":    payload + "{}",
		"reordered members": `{"by":"did:example:a","body":{},"exp":1800000000,"league":"test","nonce":"AQIDBAUGBwgJCgsMDQ4PEA","type":"did.update"}`,
		"escaped letter":    swap(`test`, "\\u0074est"),
		"escaped slash":     swap(`{}`, `{"x":"a\/b"}`),
		"leading zero":      swap(`1800000000`, `01800000000`),
		"plus sign":         swap(`1800000000`, `+1800000000`),
		"fraction":          swap(`1800000000`, `1800000000.0`),
		"exponent":          swap(`1800000000`, `18e8`),
		"negative zero":     swap(`{}`, `{"x":-0}`),
		"UTF-8 BOM":         "\ufeff" + payload,
		"invalid UTF-8":     swap(`{}`, "{\"x\":\"\xff\"}"),
		"overlong UTF-8":    swap(`{}`, "{\"x\":\"\xc0\xaf\"}"),
		"not an object":     `["payload"]`,
		"null":              `null`,
		"empty":             ``,
	} {
		t.Run(name, func(t *testing.T) { refused(t, compact(header, p), "/payload") })
	}
}

func TestUnknownMissingAndOddlyCasedMembersAreRefused(t *testing.T) {
	swap := func(from, to string) []byte { return compact(header, strings.Replace(payload, from, to, 1)) }
	refused(t, swap(`"type":`, `"typ":`), "/type")
	refused(t, swap(`,"league":"test"`, ``), "/league")
	refused(t, swap(`"body":`, `"Body":`), "/body")
	refused(t, swap(`,"type"`, `,"extra":1,"type"`), "/payload") // not in order
	refused(t, swap(`"type":"did.update"`, `"type":"did.update","x":1`), "/payload")
	refused(t, swap(`"body":{}`, `"BODY":{},"body":{}`), "/payload")
}

// reliability (3) 3
func TestDuplicateMembersAreRefused(t *testing.T) {
	twice := func(text, member string) string { return strings.Replace(text, member, member+","+member, 1) }
	refused(t, compact(header, twice(payload, `"body":{}`)), "/payload")
	refused(t, compact(header, strings.Replace(payload, `{}`, `{"a":1,"a":1}`, 1)), "/payload")
	refused(t, compact(header, strings.Replace(payload, `{}`, "{\"a\":1,\"\\u0061\":1}", 1)), "/payload")
	refused(t, compact(twice(header, `"alg":"EdDSA"`), payload), "/protected")
	g := string(general(signature("did:example:a#a"), signature("did:example:a#b")))
	refused(t, []byte(strings.Replace(g, `{"payload"`, `{"payload":"AA","payload"`, 1)), "")
}

func TestMembersOfWrongTypeOrValueAreRefused(t *testing.T) {
	for _, c := range []struct{ from, to, pointer string }{
		{`"test"`, `7`, "/league"},
		{`"test"`, `""`, "/league"},
		{`"test"`, `"Test"`, "/league"},
		{`"did.update"`, `"update"`, ""},
		{`"did.update"`, `"did..update"`, "/type"},
		{`"did.update"`, `"DID.update"`, "/type"},
		{`"did.update"`, `"did.update."`, "/type"},
		{`"did.update"`, `""`, "/type"},
		{`"did.update"`, `null`, "/type"},
		{`"did:example:a"`, `"example"`, "/by"},
		{`"did:example:a"`, `"did:example:a#k"`, "/by"},
		{`"did:example:a"`, `["did:example:a"]`, "/by"},
		{`"did:example:a"`, `true`, "/by"},
		{`1800000000`, `"1800000000"`, "/exp"},
		{`1800000000`, `0`, "/exp"},
		{`1800000000`, `-1`, "/exp"},
		{`"AQIDBAUGBwgJCgsMDQ4PEA"`, `"AQIDBAUGBwgJCgsMDQ4P"`, "/nonce"},
		{`"AQIDBAUGBwgJCgsMDQ4PEA"`, `"AQIDBAUGBwgJCgsMDQ4PEB"`, "/nonce"}, // trailing bits
		{`"AQIDBAUGBwgJCgsMDQ4PEA"`, `"AQIDBAUGBwgJCgsMDQ4PEA=="`, "/nonce"},
		{`"AQIDBAUGBwgJCgsMDQ4PEA"`, `16`, "/nonce"},
		{`{}`, `[]`, "/body"},
		{`{}`, `null`, "/body"},
		{`{}`, `"{}"`, "/body"},
	} {
		if c.pointer == "" {
			decoded(t, compact(header, strings.Replace(payload, c.from, c.to, 1)))
			continue
		}
		refused(t, compact(header, strings.Replace(payload, c.from, c.to, 1)), c.pointer)
	}
}

func TestProtectedHeadersHaveExactlyThreeMembers(t *testing.T) {
	swap := func(from, to string) []byte { return compact(strings.Replace(header, from, to, 1), payload) }
	for _, c := range []struct{ from, to, pointer string }{
		{`"EdDSA"`, `"none"`, "/protected/alg"},
		{`"EdDSA"`, `"eddsa"`, "/protected/alg"},
		{`"EdDSA"`, `"HS256"`, "/protected/alg"},
		{`"EdDSA"`, `""`, "/protected/alg"},
		{`"EdDSA"`, `["EdDSA"]`, "/protected"},
		{`"EdDSA"`, `1`, "/protected/alg"},
		{`"alg":"EdDSA",`, ``, "/protected/alg"},
		{`"hanse-op+jws"`, `"JWT"`, "/protected/typ"},
		{`"hanse-op+jws"`, `"application/hanse-op+jws"`, "/protected/typ"},
		{`"typ":`, `"Typ":`, "/protected/typ"},
		{`"alg":"EdDSA"`, `"alg":"EdDSA","b64":false,"crit":"b64"`, "/protected"},
		{`"alg":"EdDSA"`, `"alg":"EdDSA","jwk":"x"`, "/protected"},
		{`"did:example:a#k"`, `"#k"`, "/protected/kid"},
		{`"did:example:a#k"`, `"did:example:a"`, "/protected/kid"},
		{`"did:example:a#k"`, `"did:example:a#"`, "/protected/kid"},
		{`"did:example:a#k"`, `"https://example.org/#k"`, "/protected/kid"},
		{`"did:example:a#k"`, `"../../etc/passwd"`, "/protected/kid"},
		{`"did:example:a#k"`, `"did:example:` + strings.Repeat("a", op.MaxProtectedBytes) + `#k"`, "/protected"},
	} {
		refused(t, swap(c.from, c.to), c.pointer)
	}
	refused(t, compact(`[]`, payload), "/protected/typ")
	refused(t, compact(``, payload), "/protected")
}

func TestHeaderMembersMayStandInAnyOrder(t *testing.T) {
	decoded(t, compact(`{ "typ":"hanse-op+jws", "kid":"did:example:a#k", "alg":"ES256" }`, payload))
}

func TestBase64IsStrict(t *testing.T) {
	good := string(compact(header, payload))
	parts := strings.Split(good, ".")
	join := func(i int, part string) []byte {
		changed := append([]string(nil), parts...)
		changed[i] = part
		return []byte(strings.Join(changed, "."))
	}
	for i, pointer := range []string{"/protected", "/payload", "/signature"} {
		for _, junk := range []string{"=", "==", "\n", "\r\n", " ", "+", "/", "\x00", "é"} {
			refused(t, join(i, parts[i]+junk), pointer)
			refused(t, join(i, junk+parts[i]), pointer)
			refused(t, join(i, parts[i][:8]+junk+parts[i][8:]), pointer)
		}
		refused(t, join(i, parts[i]+"A"), pointer)
	}
	// 64 bytes end in a character with four unused bits.
	refused(t, join(2, zeros[:len(zeros)-1]+"B"), "/signature")
	refused(t, join(2, ""), "/signature")
	refused(t, []byte(parts[0]+"."+parts[1]), "")
	refused(t, []byte(good+".AA"), "")
	refused(t, bytes.Repeat([]byte("."), 100_000), "")
}

func TestGeneralSerializationIsStrict(t *testing.T) {
	a, b, c := signature("did:example:a#a"), signature("did:example:a#b"), signature("did:example:b#a")
	decoded(t, general(a, b, c))
	swap := func(from, to string) []byte { return []byte(strings.Replace(string(general(a, b)), from, to, 1)) }
	refused(t, general(), "/signatures")
	refused(t, general(a), "/signatures") // one signature has one form: compact
	refused(t, general(b, a), "/signatures/1/protected/kid")
	refused(t, general(a, a), "/signatures/1/protected/kid")
	refused(t, general(a, `null`), "/signatures/1")
	refused(t, general(a, `{}`), "/signatures/1")
	refused(t, general(a, strings.Replace(b, `{`, `{"header":{},`, 1)), "")
	refused(t, general(a, strings.Replace(b, `{`, `{"header":"x",`, 1)), "/signatures/1")
	refused(t, general(a, strings.Replace(b, `"signature"`, `"Signature"`, 1)), "/signatures/1")
	refused(t, general(a, strings.Replace(b, zeros, zeros[2:], 1)), "/signatures/1/signature")
	refused(t, swap(`{"payload"`, `{"Payload"`), "/payload")
	refused(t, swap(`"signatures":[`, `"signature":[`), "/signatures")
	refused(t, swap(`{"payload"`, `{"header":"x","payload"`), "")
	refused(t, append(general(a, b), "{}"...), "")
	refused(t, []byte(`{`), "")
	refused(t, []byte(`{"payload":1,"signatures":[]}`), "/payload")
	refused(t, []byte(`{"payload":"","signatures":"x"}`), "/signatures")
	refused(t, swap(b64.EncodeToString([]byte(payload)), "not base64!"), "/payload")
	var many []string
	for i := range op.MaxSignatures + 1 {
		many = append(many, signature(fmt.Sprintf("did:example:a#%02d", i)))
	}
	decoded(t, general(many[:op.MaxSignatures]...))
	refused(t, general(many...), "/signatures")
	mixed := strings.Replace(header, "hanse-op+jws", "JWT", 1)
	refused(t, general(a, fmt.Sprintf(`{"protected":"%s","signature":"%s"}`, b64.EncodeToString([]byte(mixed)), zeros)), "/signatures/1/protected/typ")
}

// reliability (3) 4: the id is that of the payload alone, so a repeat is recognised whatever it is wrapped in.
func TestAReplayedOperationHasTheSameID(t *testing.T) {
	envelope := signed(t, draft(), ed(1))
	other := signed(t, draft(), ed(2))
	if a, b := decoded(t, envelope), decoded(t, other); a.ID != b.ID {
		t.Error("the same payload under another signature has another id")
	}
	d := draft()
	d.Nonce[0] ^= 1
	if a, b := decoded(t, envelope), decoded(t, signed(t, d, ed(1))); a.ID == b.ID {
		t.Error("another nonce leaves the id as it was")
	}
}

// reliability (3) 5
func TestASignatureDoesNotCarryToAnotherLeagueOrType(t *testing.T) {
	o := decoded(t, signed(t, draft(), ed(1)))
	for name, vary := range map[string]func(*op.Draft){
		"league": func(d *op.Draft) { d.League = "other" },
		"type":   func(d *op.Draft) { d.Type = "status.lease" },
		"by":     func(d *op.Draft) { d.By = "did:example:other" },
		"exp":    func(d *op.Draft) { d.Exp++ },
	} {
		d := draft()
		vary(&d)
		twin := decoded(t, signed(t, d, ed(1)))
		c := twin.Signatures[0].Check(ed(1).Public())
		c.Value = o.Signatures[0].Value
		if twin.ID == o.ID || c.Verify() {
			t.Errorf("another %s: the signature or the id carries over", name)
		}
	}
}

// reliability (3) 14
func TestUnicodeHasOneForm(t *testing.T) {
	swap := func(text string) []byte { return compact(header, strings.Replace(payload, `{}`, text, 1)) }
	for _, bad := range []string{"{\"x\":\"\x00\"}", "{\"x\":\"\\uD800\"}", "{\"x\":\"\xed\xa0\x80\"}", "{\"x\":\"\\uDC00\\uD800\"}"} {
		refused(t, swap(bad), "/payload")
	}
	nfc, nfd := decoded(t, swap("{\"x\":\"\u00e9\"}")), decoded(t, swap("{\"x\":\"e\u0301\"}"))
	if nfc.ID == nfd.ID || nfc.Body["x"] == nfd.Body["x"] {
		t.Error("texts were normalised")
	}
	bidi := decoded(t, swap("{\"x\":\"\u202e\"}"))
	if bidi.Body["x"] != "\u202e" {
		t.Error("text was changed")
	}
	for _, by := range []string{"did:example:%61", "did:example:a%2f", "did:еxample:a", "DID:example:a", "did:EXAMPLE:a"} {
		refused(t, compact(header, strings.Replace(payload, "did:example:a", by, 1)), "/by")
	}
}

// reliability (3) 15
func TestIntegersOutsideTheSafeRangeAreRefused(t *testing.T) {
	for _, bad := range []string{"9007199254740992", "-9007199254740992", "18446744073709551616", "1e400", "0.1", "1E2", "-0"} {
		refused(t, compact(header, strings.Replace(payload, `{}`, `{"x":`+bad+`}`, 1)), "/payload")
		refused(t, compact(header, strings.Replace(payload, `1800000000`, bad, 1)), "/payload")
	}
	for _, good := range []string{"9007199254740991", "-9007199254740991", "0", "-1"} {
		decoded(t, compact(header, strings.Replace(payload, `{}`, `{"x":`+good+`}`, 1)))
	}
}

// reliability (3) 18
func TestDeepTextsAreRefusedAtOnce(t *testing.T) {
	nest := func(n int) []byte {
		return compact(header, strings.Replace(payload, `{}`, `{"x":`+strings.Repeat("[", n)+strings.Repeat("]", n)+`}`, 1))
	}
	decoded(t, nest(op.MaxPayloadDepth-2)) // payload and body are two levels
	start := time.Now()
	for _, n := range []int{op.MaxPayloadDepth - 1, 1000, 10_000, 30_000} {
		refused(t, nest(n), "/payload")
	}
	refused(t, []byte(`{"payload":`+strings.Repeat("[", 60_000)), "")
	if spent := time.Since(start); spent > 5*time.Second {
		t.Errorf("took %v", spent)
	}
}
