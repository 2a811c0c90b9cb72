package op_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

func TestDraftsThatDecodeWouldRefuseAreRefused(t *testing.T) {
	for pointer, vary := range map[string]func(*op.Draft){
		"/nonce":   func(d *op.Draft) { d.Nonce = [16]byte{} },
		"/league":  func(d *op.Draft) { d.League = "No League" },
		"/type":    func(d *op.Draft) { d.Type = "Create" },
		"/by":      func(d *op.Draft) { d.By = "nobody" },
		"/exp":     func(d *op.Draft) { d.Exp = 0 },
		"/body":    func(d *op.Draft) { d.Body = map[string]any{"x": 1.5} },
		"/payload": func(d *op.Draft) { d.Body = map[string]any{"x": json.Number("1.5")} },
	} {
		d := draft()
		vary(&d)
		_, err := d.Payload()
		if e, ok := errors.AsType[*op.Error](err); !ok || e.Pointer != pointer && e.Pointer != "/body" {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestADraftWithoutBodyHasAnEmptyOne(t *testing.T) {
	d := draft()
	d.Body = nil
	if o := decoded(t, signed(t, d, ed(1))); o.Body == nil || len(o.Body) != 0 {
		t.Errorf("body %v", o.Body)
	}
}

func TestAssembleRefusesWhatDecodeWould(t *testing.T) {
	payload := must(draft().Payload())
	a := must(op.Sign(t.Context(), payload, kidOf(ed(1)), ed(1)))
	short := a
	short.Value = a.Value[:63]
	foreign := a
	foreign.Input = op.SigningInput(a.Alg, a.KID, []byte("{}"))
	bare := a
	bare.KID.Fragment = ""
	bare.Input = nil
	wild := a
	wild.KID.Fragment = "\xff"
	wild.Input = nil
	for name, signatures := range map[string][]op.Signature{
		"none": nil, "repeated": {a, a}, "short": {short}, "foreign": {foreign}, "bare kid": {bare}, "wild kid": {wild},
	} {
		if _, err := op.Assemble(payload, signatures); err == nil {
			t.Errorf("%s: assembled", name)
		}
	}
}

func TestSignaturesOfES256AreMadeWithLowS(t *testing.T) {
	for i := range 16 {
		d := draft()
		d.Nonce[0] = byte(i)
		o := decoded(t, signed(t, d, ec(1)))
		if isHigh(o.Signatures[0].Value) || !o.Signatures[0].Check(ec(1).Public()).Verify() {
			t.Errorf("nonce %d: high S, or does not verify", i)
		}
	}
}

func TestNormalizeSMakesHighSignaturesAcceptable(t *testing.T) {
	for _, signers := range [][]op.Signer{{ec(1)}, {ec(1), ed(1), ec(2)}} {
		low := signed(t, draft(), signers...)
		o := decoded(t, low)
		for i, s := range o.Signatures {
			if s.Alg == keys.ES256 {
				o.Signatures[i].Value = highS(s.Value)
			}
		}
		high := must(op.Assemble(o.Payload, o.Signatures))
		if bytes.Equal(high, low) {
			t.Fatal("nothing was made high")
		}
		got, err := op.NormalizeS(high)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(low), string(got)); diff != "" {
			t.Error(diff)
		}
		if decoded(t, high).ID != decoded(t, got).ID {
			t.Error("the id changed")
		}
	}
}

func TestNormalizeSReturnsWhatIsLowAsItIs(t *testing.T) {
	envelope := signed(t, draft(), ed(1), ec(1))
	loose := bytes.Replace(envelope, []byte(`{"payload"`), []byte(`{ "payload"`), 1)
	for _, e := range [][]byte{envelope, loose, signed(t, draft(), ed(1))} {
		if got := must(op.NormalizeS(e)); !bytes.Equal(got, e) {
			t.Errorf("changed to %s", got)
		}
	}
	if _, err := op.NormalizeS([]byte("x")); err == nil {
		t.Error("accepted what is no operation")
	}
}

func TestIDsHaveOneText(t *testing.T) {
	id := op.PayloadID([]byte("x"))
	text := id.String()
	if got := must(op.ParseID(text)); got != id {
		t.Errorf("%s became %s", id, got)
	}
	var back op.ID
	if err := json.Unmarshal(must(json.Marshal(id)), &back); err != nil || back != id {
		t.Errorf("%s became %s: %v", id, back, err)
	}
	last := text[:42]
	for _, bad := range []string{"", last, text + "A", text + "=", last + "B", "+" + text[1:], text[:20] + "\n" + text[20:]} {
		if _, err := op.ParseID(bad); err == nil {
			t.Errorf("%q is an id", bad)
		}
	}
}

// genValue draws JSON values that consensus allows.
func genValue(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Int64Range(-1<<53+1, 1<<53-1).AsAny(),
		rapid.StringOfN(rapid.RuneFrom([]rune("aä\"\\\u2028\U0001f600/<\n ")), 0, 8, -1).AsAny(),
		rapid.Bool().AsAny(),
		rapid.Just[any](nil),
	}
	if depth > 0 {
		leaves = append(leaves,
			rapid.SliceOfN(genValue(depth-1), 0, 3).AsAny(),
			rapid.Custom(func(t *rapid.T) any { return genObject(depth-1).Draw(t, "object") }))
	}
	return rapid.OneOf(leaves...)
}

func genObject(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.StringOfN(rapid.RuneFrom([]rune("abÄ\U0001f600\ufb33")), 1, 4, -1), genValue(depth), 0, 4)
}

func TestWhatIsAssembledDecodesToTheSame(t *testing.T) {
	all := []op.Signer{ed(1), ed(2), ed(3), ec(1), ec(2)}
	rapid.Check(t, func(rt *rapid.T) {
		d := op.Draft{
			League: rapid.StringMatching(`[a-z]([a-z0-9-]{0,10}[a-z0-9])?`).Draw(rt, "league"),
			Type:   rapid.StringMatching(`[a-z]{1,5}(\.[a-z]{1,5}){0,2}`).Draw(rt, "type"),
			By:     did.DID("did:example:" + rapid.StringMatching(`[a-zA-Z0-9]{1,10}`).Draw(rt, "by")),
			Exp:    rapid.Int64Range(1, 1<<53-1).Draw(rt, "exp"),
			Nonce:  nonce,
			Body:   genObject(4).Draw(rt, "body"),
		}
		var signers []op.Signer
		for _, s := range all {
			if rapid.Bool().Draw(rt, "signs") {
				signers = append(signers, s)
			}
		}
		if len(signers) == 0 {
			signers = all[:1]
		}
		envelope := signed(t, d, signers...)
		o := decoded(t, envelope)
		got := op.Draft{League: o.League, Type: o.Type, By: o.By, Exp: o.Exp, Nonce: o.Nonce, Body: o.Body}
		if diff := cmp.Diff(d, got); diff != "" {
			rt.Fatal(diff)
		}
		if again := must(op.Assemble(o.Payload, o.Signatures)); !bytes.Equal(again, envelope) {
			rt.Fatalf("%s\nbecame\n%s", envelope, again)
		}
	})
}
