package op_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew: a change of it is a change of the format")

// vectors is testdata/vectors.json: enough to write an implementation in another language against.
type vectors struct {
	About      string            `json:"about"`
	Keys       []keyVector       `json:"keys"`
	Create     createVector      `json:"create"`
	Operations []operationVector `json:"operations"`
	Batches    []batchVector     `json:"batches"`
}

type keyVector struct {
	Name      string         `json:"name"`
	Alg       keys.Algorithm `json:"alg"`
	Secret    string         `json:"secret"`    // hex: Ed25519 seed, P-256 scalar
	Public    string         `json:"public"`    // hex: 32 bytes, 33 bytes compressed
	Multikey  string         `json:"multikey"`  // publicKeyMultibase
	DIDKeyURL string         `json:"didKeyUrl"` // what kid is where the key stands for itself
}

type createVector struct {
	League string          `json:"league"`
	Body   json.RawMessage `json:"body"`
	JCS    string          `json:"jcs"`
	DID    did.DID         `json:"did"`
}

type operationVector struct {
	Name       string            `json:"name"`
	Payload    string            `json:"payload"`
	ID         op.ID             `json:"id"`
	Signatures []signatureVector `json:"signatures"`
	Envelope   string            `json:"envelope"`
}

type signatureVector struct {
	Key       string `json:"key"` // name of a key above
	Protected string `json:"protected"`
	Input     string `json:"signingInput"`
	Value     string `json:"signature"`  // base64url
	Verdict   string `json:"verdictKey"` // hex
}

type batchVector struct {
	Name       string   `json:"name"`
	League     string   `json:"league"`
	LeagueHash string   `json:"leagueHash"` // hex
	Center     did.DID  `json:"center"`
	CenterHash string   `json:"centerHash"` // hex
	Nonce      string   `json:"nonce"`      // hex
	NotAfter   int64    `json:"notAfter"`
	Sponsor    string   `json:"sponsor"` // name of a key above
	Operations []string `json:"operations"`
	Frame      string   `json:"frame"` // base64url, before compression
	Tx         string   `json:"tx"`    // base64url; an encoder of yours may compress differently
	Hash       string   `json:"hash"`  // hex
}

type namedSigner struct {
	name   string
	secret []byte
	op.Signer
}

var vectorSigners = []namedSigner{
	{"ed25519-1", bytes.Repeat([]byte{1}, 32), ed(1)},
	{"ed25519-2", bytes.Repeat([]byte{2}, 32), ed(2)},
	{"p256-1", bytes.Repeat([]byte{1}, 32), ec(1)},
	{"sponsor", bytes.Repeat([]byte{9}, 32), ed(9)},
}

func signerNamed(name string) op.Signer {
	for _, s := range vectorSigners {
		if s.name == name {
			return s
		}
	}
	panic(name)
}

func makeVectors(t *testing.T) vectors {
	v := vectors{About: "Golden vectors of hanse operations and batches. Texts are as they are on the wire; binary values are hex or base64url as named."}
	for _, s := range vectorSigners {
		public := s.Public()
		v.Keys = append(v.Keys, keyVector{s.name, public.Algorithm(), hex.EncodeToString(s.secret), hex.EncodeToString(public.Bytes()), public.Multikey(), public.DIDKeyURL()})
	}
	body := map[string]any{
		"document": map[string]any{
			"verificationMethod": []any{
				map[string]any{"id": "#key-1", "type": "Multikey", "publicKeyMultibase": ed(1).Public().Multikey()},
				map[string]any{"id": "#key-2", "type": "Multikey", "publicKeyMultibase": ec(1).Public().Multikey()},
			},
			"capabilityInvocation": []any{"#key-1", "#key-2"},
			"assertionMethod":      []any{"#key-1"},
		},
		"threshold": int64(2),
		"salt":      "AQIDBAUGBwgJCgsMDQ4PEA",
	}
	canonical := must(jcs.Encode(body))
	id := must(op.CreatedDID(league, body))
	v.Create = createVector{league, canonical, string(canonical), id}

	create := op.Draft{League: league, Type: "did.create", By: id, Exp: 1_800_000_000, Nonce: nonce, Body: body}
	key1 := did.URL{DID: id, Fragment: "key-1"}
	key2 := did.URL{DID: id, Fragment: "key-2"}
	unicode := draft()
	unicode.Body = map[string]any{"€": "\u0001\u007f\"\\/é😀\u2028", "😀": int64(-9007199254740991), "\ufb33": []any{nil, true, map[string]any{}}}
	v.Operations = []operationVector{
		v.sign(t, "one Ed25519 signature", draft(), signing{"ed25519-1", kidOf(ed(1))}),
		v.sign(t, "one ES256 signature", draft(), signing{"p256-1", kidOf(ec(1))}),
		v.sign(t, "two signatures", create, signing{"ed25519-1", key1}, signing{"p256-1", key2}),
		v.sign(t, "three signatures", draft(), signing{"ed25519-2", kidOf(ed(2))}, signing{"p256-1", kidOf(ec(1))}, signing{"ed25519-1", kidOf(ed(1))}),
		v.sign(t, "order of members and escapes", unicode, signing{"ed25519-1", kidOf(ed(1))}),
	}
	v.Batches = []batchVector{
		v.seal(t, "one operation", v.Operations[0].Envelope),
		v.seal(t, "all of them", v.Operations[0].Envelope, v.Operations[1].Envelope, v.Operations[2].Envelope, v.Operations[3].Envelope, v.Operations[4].Envelope),
	}
	return v
}

type signing struct {
	key string
	kid did.URL
}

func (v *vectors) sign(t *testing.T, name string, d op.Draft, by ...signing) operationVector {
	payload := must(d.Payload())
	out := operationVector{Name: name, Payload: string(payload), ID: op.PayloadID(payload)}
	var signatures []op.Signature
	for _, b := range by {
		signer := signerNamed(b.key)
		s := must(op.Sign(t.Context(), payload, b.kid, signer))
		signatures = append(signatures, s)
		verdict := s.Check(signer.Public()).CacheKey()
		out.Signatures = append(out.Signatures, signatureVector{
			Key:       b.key,
			Protected: string(op.Protected(s.Alg, s.KID)),
			Input:     string(s.Input),
			Value:     b64.EncodeToString(s.Value),
			Verdict:   hex.EncodeToString(verdict[:]),
		})
	}
	out.Envelope = string(must(op.Assemble(payload, signatures)))
	return out
}

func (v *vectors) seal(t *testing.T, name string, operations ...string) batchVector {
	leagueHash, centerHash := op.HashLeague(league), op.HashCenter(center)
	var envelopes [][]byte
	for _, o := range operations {
		envelopes = append(envelopes, []byte(o))
	}
	tx := sealed(t, envelopes...)
	h := must(op.DecodeHeader(tx))
	return batchVector{
		Name: name, League: league, LeagueHash: hex.EncodeToString(leagueHash[:]),
		Center: center, CenterHash: hex.EncodeToString(centerHash[:]),
		Nonce: hex.EncodeToString(nonce[:]), NotAfter: notAfter, Sponsor: "sponsor", Operations: operations,
		Frame: b64.EncodeToString(rawFrame(operations...)), Tx: b64.EncodeToString(tx), Hash: hex.EncodeToString(h.Hash[:]),
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	var v vectors
	if err := json.Unmarshal(must(os.ReadFile("testdata/vectors.json")), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// What is made today is what was always made. Compressed bytes are left out: they may differ and mean the same.
func TestFormatsAreThoseOfTheVectors(t *testing.T) {
	made := makeVectors(t)
	if *update {
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(made); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/vectors.json", out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept := readVectors(t)
	kept.Create.Body, made.Create.Body = nil, nil
	for i := range made.Batches {
		kept.Batches[i].Tx, kept.Batches[i].Hash = "", ""
		made.Batches[i].Tx, made.Batches[i].Hash = "", ""
	}
	if diff := cmp.Diff(kept, made); diff != "" {
		t.Error(diff)
	}
}

func TestVectorsDecodeAndVerify(t *testing.T) {
	v := readVectors(t)
	for _, o := range v.Operations {
		got := decoded(t, []byte(o.Envelope))
		if got.ID != o.ID || string(got.Payload) != o.Payload || len(got.Signatures) != len(o.Signatures) {
			t.Errorf("%s: decoded to %+v", o.Name, got)
		}
		verified := 0
		for _, s := range got.Signatures {
			for _, want := range o.Signatures {
				if string(s.Input) == want.Input && s.Check(signerNamed(want.Key).Public()).Verify() {
					verified++
				}
			}
		}
		if verified != len(o.Signatures) {
			t.Errorf("%s: %d of %d signatures verify", o.Name, verified, len(o.Signatures))
		}
	}
	for _, b := range v.Batches {
		tx := must(base64.RawURLEncoding.DecodeString(b.Tx))
		h := must(op.DecodeHeader(tx))
		if hex.EncodeToString(h.Hash[:]) != b.Hash || hex.EncodeToString(h.League[:]) != b.LeagueHash || hex.EncodeToString(h.Center[:]) != b.CenterHash {
			t.Errorf("%s: header %+v", b.Name, h)
		}
		envelopes := must(open(tx))
		var texts []string
		for _, e := range envelopes {
			texts = append(texts, string(e))
		}
		if diff := cmp.Diff(b.Operations, texts); diff != "" {
			t.Errorf("%s: %s", b.Name, diff)
		}
	}
	body := must(jcs.ParseIntegers(v.Create.Body, jcs.Limits{})).(map[string]any)
	if id := must(op.CreatedDID(v.Create.League, body)); id != v.Create.DID {
		t.Errorf("created DID is %s", id)
	}
}
