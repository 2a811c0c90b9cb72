package app_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// forge makes an envelope around payload bytes as they are, signed as if they were good.
func forge(t *testing.T, payload string, s apptest.Signer) []byte {
	t.Helper()
	input := op.SigningInput(s.Key.Public().Algorithm(), s.KID, []byte(payload))
	value, err := s.Key.Sign(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(bytes.Clone(input), '.'), base64.RawURLEncoding.EncodeToString(value)...)
}

// A byzantine proposer gets anything into a block: each is a code, nothing is consumed, the state stays, the node goes on.
func TestBadOperationsInABlockAreCodes(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	good := l.Decode(create(l, "a"))
	signer := apptest.Signed(good.By, "a")[0]
	payload := string(good.Payload)
	replaced := func(old, text string) []byte {
		bad := strings.Replace(payload, old, text, 1)
		if bad == payload {
			t.Fatalf("%q is not in the payload", old)
		}
		return forge(t, bad, signer)
	}
	with := func(change func(doc, body map[string]any)) []byte {
		body := map[string]any{"document": apptest.Document("b"), "salt": apptest.Salt("b")}
		change(body["document"].(map[string]any), body)
		id, err := op.CreatedDID(apptest.Name, body)
		if err != nil {
			t.Fatal(err)
		}
		return l.Sign(l.Draft("did.create", id, body), apptest.Signed(id, "b")...)
	}
	services := func(n int, url string) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = map[string]any{"id": fmt.Sprintf("#s%d", i), "type": "Web", "serviceEndpoint": url}
		}
		return list
	}
	p256 := func(change func(s []byte) []byte) []byte {
		body := map[string]any{"document": apptest.Document("p9"), "salt": apptest.Salt("p9")}
		id, _ := op.CreatedDID(apptest.Name, body)
		e := l.Sign(l.Draft("did.create", id, body), apptest.Signed(id, "p9")...)
		cut := bytes.LastIndexByte(e, '.') + 1
		value, _ := base64.RawURLEncoding.DecodeString(string(e[cut:]))
		return append(e[:cut:cut], base64.RawURLEncoding.EncodeToString(change(value))...)
	}
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	for name, c := range map[string]struct {
		envelope []byte
		want     exec.Code
	}{
		"1: one byte":                   {[]byte("a"), exec.CodeMalformed},
		"1: above the format's limit":   {bytes.Repeat([]byte("a"), op.MaxEnvelopeBytes+1), exec.CodeMalformed},
		"2: unknown member":             {replaced(`"body"`, `"aaa":1,"body"`), exec.CodeMalformed},
		"2: members in another order":   {replaced(`"league":"test",`, ``), exec.CodeMalformed},
		"2: white space":                {replaced(`"league":"test"`, `"league": "test"`), exec.CodeMalformed},
		"2: trailing bytes":             {forge(t, payload+" ", signer), exec.CodeMalformed},
		"3: duplicate member":           {replaced(`"league":"test"`, `"league":"test","league":"test"`), exec.CodeMalformed},
		"3: member in other case":       {replaced(`"league"`, `"leaguE"`), exec.CodeMalformed},
		"5: another league":             {replaced(`"league":"test"`, `"league":"tess"`), exec.CodeWrongLeague},
		"5: another type":               {replaced(`did.create`, `did.update`), exec.CodeMalformed},
		"8: high S":                     {p256(func(s []byte) []byte { return highS(s, order) }), exec.CodeBadSignature},
		"8: r and s zero":               {p256(func(s []byte) []byte { return make([]byte, 64) }), exec.CodeBadSignature},
		"8: DER":                        {p256(func(s []byte) []byte { return append([]byte{0x30, 0x45}, s...) }), exec.CodeMalformed},
		"13: services beyond the limit": {with(func(d, _ map[string]any) { d["service"] = services(11, "https://a.example") }), exec.CodeLimitExceeded},
		"13: a long service URL": {with(func(d, _ map[string]any) {
			d["service"] = services(1, "https://a.example/"+strings.Repeat("a", 20_000))
		}), exec.CodeLimitExceeded},
		"13: duplicate fragments": {with(func(d, _ map[string]any) {
			d["verificationMethod"] = append(d["verificationMethod"].([]any), d["verificationMethod"].([]any)...)
		}), exec.CodeInvalidDocument},
		"13: another DID's id": {with(func(d, _ map[string]any) { d["id"] = "did:hanse:test:other" }), exec.CodeInvalidDocument},
		"13: another DID's key id": {with(func(d, _ map[string]any) {
			d["verificationMethod"].([]any)[0].(map[string]any)["id"] = "did:hanse:test:other#b"
		}), exec.CodeInvalidDocument},
		"14: NUL":                     {with(func(d, _ map[string]any) { d["service"] = services(1, "https://a.example/\x00") }), exec.CodeInvalidDocument},
		"14: bidi override":           {with(func(d, _ map[string]any) { d["service"] = services(1, "https://a.example/\u202e") }), exec.CodeInvalidDocument},
		"14: decomposed letters":      {with(func(d, _ map[string]any) { d["alsoKnownAs"] = []any{"https://a.example/e\u0301"} }), exec.CodeInvalidDocument},
		"14: lone surrogate":          {replaced(`"league":"test"`, `"league":"\ud800"`), exec.CodeMalformed},
		"14: percent-encoded DID":     {replaced(string(good.By), strings.Replace(string(good.By), "test", "%74est", 1)), exec.CodeMalformed},
		"15: 2^53":                    {replaced(fmt.Sprint(good.Exp), "9007199254740992"), exec.CodeMalformed},
		"15: 1e400":                   {replaced(fmt.Sprint(good.Exp), "1e400"), exec.CodeMalformed},
		"15: a fraction":              {replaced(fmt.Sprint(good.Exp), "0.1"), exec.CodeMalformed},
		"15: negative expiry":         {replaced(fmt.Sprint(good.Exp), "-1"), exec.CodeMalformed},
		"15: the largest expiry":      {replaced(fmt.Sprint(good.Exp), "9007199254740991"), exec.CodeTooEarly},
		"15: threshold overflow":      {with(func(_, b map[string]any) { b["threshold"] = int64(1)<<53 - 1 }), exec.CodeInvalidDocument},
		"15: threshold zero":          {with(func(_, b map[string]any) { b["threshold"] = int64(0) }), exec.CodeMalformed},
		"15: threshold negative":      {with(func(_, b map[string]any) { b["threshold"] = int64(-1) }), exec.CodeMalformed},
		"18: 10,000 levels":           {forge(t, strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000), signer), exec.CodeMalformed},
		"body with an unknown member": {with(func(_, b map[string]any) { b["extra"] = int64(1) }), exec.CodeMalformed},
		"salt of 15 bytes":            {with(func(_, b map[string]any) { b["salt"] = "AAAAAAAAAAAAAAAAAAAA" }), exec.CodeMalformed},
		"salt with padding":           {with(func(_, b map[string]any) { b["salt"] = b["salt"].(string) + "==" }), exec.CodeMalformed},
		"next that is no hash":        {with(func(_, b map[string]any) { b["next"] = []any{"AAAA"} }), exec.CodeMalformed},
		"next twice the same":         {with(func(_, b map[string]any) { h := apptest.MultikeyHash("n"); b["next"] = []any{h, h} }), exec.CodeMalformed},
		"empty next":                  {with(func(_, b map[string]any) { b["next"] = []any{} }), exec.CodeMalformed},
		"recovery that is no object":  {with(func(_, b map[string]any) { b["recovery"] = "me" }), exec.CodeMalformed},
		"recovery of 5 kB":            {with(func(_, b map[string]any) { b["recovery"] = map[string]any{"a": strings.Repeat("a", 5000)} }), exec.CodeMalformed},
		"unknown document member":     {with(func(d, _ map[string]any) { d["extra"] = "x" }), exec.CodeInvalidDocument},
		"a body for another DID":      {l.Sign(l.Draft("did.create", good.By, map[string]any{"document": apptest.Document("x"), "salt": apptest.Salt("x")}), signer), exec.CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := l.App.Execute(l.Input(l.Batch(0, c.envelope)))
			if err != nil {
				t.Fatal(err)
			}
			got := result.Txs[0].Ops[0]
			if got.Code != c.want || got.Consumed || len(result.Receipts) > 0 {
				t.Errorf("got %+v, want %s", got, c.want)
			}
		})
	}
	if r := l.Do(create(l, "a")); r[0].Code != exec.OK {
		t.Errorf("afterwards: %s", r[0].Code)
	}
}

func highS(value []byte, order *big.Int) []byte {
	s := new(big.Int).SetBytes(value[32:])
	s.Sub(order, s)
	return append(bytes.Clone(value[:32]), s.FillBytes(make([]byte, 32))...)
}

// spoil changes one bit of a compact envelope's signature.
func spoil(envelope []byte) []byte {
	cut := bytes.LastIndexByte(envelope, '.') + 1
	value, err := base64.RawURLEncoding.DecodeString(string(envelope[cut:]))
	if err != nil {
		panic(err)
	}
	return append(envelope[:cut:cut], base64.RawURLEncoding.EncodeToString(flip(value, 40))...)
}

// One bad operation of 256 spoils no other.
func TestOneBadOfMany(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	var envelopes [][]byte
	for i := range 256 {
		e := create(l, fmt.Sprintf("a%d", i))
		if i == 77 {
			e = spoil(e)
		}
		envelopes = append(envelopes, e)
	}
	for i, r := range l.Do(envelopes...) {
		want := exec.OK
		if i == 77 {
			want = exec.CodeBadSignature
		}
		if r.Code != want {
			t.Errorf("operation %d: %s", i, r.Code)
		}
	}
}

func FuzzExecuteNeverHalts(f *testing.F) {
	l := apptest.New(f, apptest.Options{})
	good := create(l, "a")
	f.Add(good, l.Batch(0, good))
	f.Add([]byte("{}"), []byte("HB1"))
	f.Fuzz(func(t *testing.T, envelope, tx []byte) {
		l.TB = t
		txs := [][]byte{tx}
		if len(envelope) > 0 && len(envelope) < 256<<10 {
			txs = append(txs, l.Batch(1, envelope))
		}
		p := app.Proposal{Height: 1, Time: l.Time, Txs: txs}
		prepared := l.App.Prepare(p)
		p.Txs = prepared
		if err := l.App.CheckProposal(p); err != nil {
			t.Error(err)
		}
		if _, err := l.App.Execute(l.Input(txs...)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzParseGenesis(f *testing.F) {
	data, err := apptest.Genesis(2, exec.DefaultParams()).Canonical()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"league":"a","params":{},"centers":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := app.ParseGenesis(data)
		if err != nil {
			return
		}
		again, err := g.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.ParseGenesis(again); err != nil {
			t.Error(err)
		}
		_ = g.Validate()
	})
}
