package credentials

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keys/keystest"
)

// oddSigner signs so that verifiers without the cofactor refuse it, or, with bad set, so that everybody does.
type oddSigner struct {
	key ed25519.PrivateKey
	bad bool
}

func (s oddSigner) Public() keys.Public {
	public, err := keys.New(keys.EdDSA, s.key[32:])
	if err != nil {
		panic(err)
	}
	return public
}

func (s oddSigner) Sign(_ context.Context, message []byte) ([]byte, error) {
	signature, err := keystest.SignMixed(s.key, message, len(message))
	if s.bad && err == nil {
		signature[63] ^= 0x10
	}
	return signature, err
}

// sample is what an issuer signs, in the shape of its form.
func sample(issuer *Issuer) map[string]any {
	if issuer.Form.Claims() {
		return person(nil)
	}
	return degree(issuer.DID, nil)
}

// manyInputs has credentials of every form, some of them spoiled, and what is no credential.
func manyInputs(t testing.TB) [][]byte {
	t.Helper()
	inputs := [][]byte{nil, []byte("nonsense"), []byte("{}"), []byte(`"a.b.c"`), bytes.Repeat([]byte("a"), 2000)}
	for _, form := range Forms() {
		for n, alg := range form.Algorithms() {
			issuer := newIssuer(t, form, alg)
			body := issue(t, issuer, sample(issuer)).Body
			spoiled := bytes.Clone(body)
			spoiled[len(spoiled)*2/3] ^= 1
			inputs = append(inputs, body, spoiled, bytes.Replace(body, []byte("1"), []byte("2"), 1+n))
		}
	}
	for n, form := range []Form{FormJWT, FormSDJWT, FormCOSE, FormEdDSAJCS, FormEdDSARDFC} {
		for _, bad := range []bool{false, true} {
			issuer := newIssuer(t, form, keys.EdDSA)
			signer := oddSigner{ed25519.NewKeyFromSeed(fmt.Appendf(nil, "%032d", n)), bad}
			issuer.Signer, issuer.DID, issuer.Method = signer, did.DID(signer.Public().DIDKey()), signer.Public().DIDKeyURL()
			inputs = append(inputs, issue(t, issuer, sample(issuer)).Body)
		}
	}
	return inputs
}

var withoutDurations = cmpopts.IgnoreFields(Check{}, "DurationMicros")

func TestABatchSaysOfEachCredentialWhatIsSaidOfItAlone(t *testing.T) {
	inputs := manyInputs(t)
	decisions := map[Decision]int{}
	for _, opts := range []VerifyOptions{{}, {Checks: []string{ChecksProof}}, {Policy: &Policy{Algorithms: []keys.Algorithm{keys.EdDSA}}}, {At: noon.AddDate(-5, 0, 0)}, {Checks: []string{"all"}}} {
		v := newVerifier()
		v.MaxBytes = 1 << 16
		prepared := *v
		prepared.Keys = &keys.Cache{}
		for i, got := range v.VerifyBatch(t.Context(), inputs, opts) {
			report, credential, err := v.Verify(t.Context(), inputs[i], opts)
			for range 3 { // a key that is seen, prepared and used says the same
				again, _, _ := prepared.Verify(t.Context(), inputs[i], opts)
				if d := cmp.Diff(report, again, withoutDurations); d != "" {
					t.Errorf("%.60q, with remembered keys: %s", inputs[i], d)
				}
			}
			decisions[report.Decision]++
			if d := cmp.Diff(report, got.Report, withoutDurations); d != "" {
				t.Errorf("%.60q: %s", inputs[i], d)
			}
			if d := cmp.Diff(credential, got.Credential); d != "" || (err == nil) != (got.Err == nil) {
				t.Errorf("%.60q: %s, %v, %v", inputs[i], d, err, got.Err)
			}
		}
	}
	if decisions[Accept] < 20 || decisions[Reject] < 20 {
		t.Errorf("not much was compared: %v", decisions)
	}
}

func TestABatchNamesTheBadOnes(t *testing.T) {
	const size = 300
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	inputs := make([][]byte, size)
	for i := range inputs {
		inputs[i] = []byte(issue(t, issuer, sample(issuer)).Compact)
		if i%97 == 13 {
			end := len(inputs[i])
			inputs[i] = append(inputs[i][:end-20:end-20], bytes.Repeat([]byte("A"), 20)...)
		}
	}
	for i, result := range newVerifier().VerifyBatch(t.Context(), inputs, VerifyOptions{}) {
		if good := i%97 != 13; result.Report.Verified() != good {
			t.Errorf("%d: %s", i, result.Report.Decision)
		}
	}
}

func TestABatchAsksForEachIssuerOnce(t *testing.T) {
	issuers := []*Issuer{newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormCOSE, keys.ES256)}
	inputs := make([][]byte, 40)
	for i := range inputs {
		issuer := issuers[i%2]
		inputs[i] = issue(t, issuer, sample(issuer)).Body
	}
	v := newVerifier()
	next, asked := v.Resolver, atomic.Int32{}
	v.Resolver = resolverFunc(func(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
		asked.Add(1)
		return next.Resolve(ctx, id, at)
	})
	for range 2 { // and each batch anew: nothing is kept
		for i, result := range v.VerifyBatch(t.Context(), inputs, VerifyOptions{}) {
			if !result.Report.Verified() {
				t.Errorf("%d: %s", i, result.Report.Decision)
			}
		}
	}
	if asked.Load() != 4 {
		t.Errorf("the resolver was asked %d times", asked.Load())
	}
	v.Resolver = resolverFunc(func(context.Context, did.DID, did.At) (did.Version, error) { return did.Version{}, errors.New("away") })
	for _, result := range v.VerifyBatch(t.Context(), inputs, VerifyOptions{}) {
		want(t, result.Report, CheckIssuer, Indeterminate, ProblemUnavailable)
	}
	v.Resolver = nil
	for _, result := range v.VerifyBatch(t.Context(), inputs, VerifyOptions{}) {
		want(t, result.Report, CheckIssuer, Indeterminate, ProblemUnavailable)
	}
}

func TestABatchIsBoundedAndEndsWithItsContext(t *testing.T) {
	v := newVerifier()
	for i, result := range v.VerifyBatch(t.Context(), make([][]byte, MaxBatch+1), VerifyOptions{}) {
		if result.Err == nil || result.Report == nil {
			t.Fatalf("%d of too many: %+v", i, result)
		}
	}
	if got := v.VerifyBatch(t.Context(), nil, VerifyOptions{}); len(got) != 0 {
		t.Errorf("nothing gives %d results", len(got))
	}
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	ended, end := context.WithCancel(t.Context())
	end()
	for _, result := range v.VerifyBatch(ended, [][]byte{issue(t, issuer, sample(issuer)).Body}, VerifyOptions{}) {
		if !errors.Is(result.Err, context.Canceled) || result.Report == nil {
			t.Errorf("%+v", result)
		}
	}
}

// FuzzBatch changes tokens and compares what is said of them alone and together.
func FuzzBatch(f *testing.F) {
	issuer := newIssuer(f, FormJWT, keys.EdDSA)
	compact := issue(f, issuer, sample(issuer)).Compact
	f.Add(compact, compact+"A", uint16(len(compact)-3), byte(1))
	f.Add(compact, strings.Replace(compact, ".", "..", 1), uint16(9), byte(64))
	f.Fuzz(func(t *testing.T, a, b string, where uint16, flip byte) {
		c := []byte(a)
		if len(c) > 0 {
			c[int(where)%len(c)] ^= flip
		}
		inputs := [][]byte{[]byte(compact), []byte(a), []byte(b), c}
		v := newVerifier()
		for i, got := range v.VerifyBatch(t.Context(), inputs, VerifyOptions{}) {
			report, _, err := v.Verify(t.Context(), inputs[i], VerifyOptions{})
			if d := cmp.Diff(report, got.Report, withoutDurations); d != "" || err != nil || got.Err != nil {
				t.Fatalf("%d: %s, %v, %v", i, d, err, got.Err)
			}
			if token, err := jose.Parse(string(inputs[i]), jose.Limits{}); err == nil && token.Compact != string(inputs[i]) {
				t.Fatal("another token was parsed")
			}
		}
	})
}
