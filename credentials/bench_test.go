package credentials

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

// Every benchmark here alternates, operation by operation, with a control: the raw signature over as many bytes (crypto/ed25519,
// crypto/ecdsa; secp256k1, which the standard library lacks, with our own keys). Both medians are reported and their ratio, "of-raw":
// 1 means as many operations a second as raw signatures. A warm key and no status: what the library adds is what differs.

// against alternates ours and control for as long as the benchmark runs.
func against(b *testing.B, ours, control func()) {
	b.Helper()
	var mine, raw []time.Duration
	for b.Loop() {
		start := time.Now()
		ours()
		middle := time.Now()
		control()
		mine, raw = append(mine, middle.Sub(start)), append(raw, time.Since(middle))
	}
	m, r := median(mine), median(raw)
	b.ReportMetric(0, "ns/op") // of both together: means nothing
	b.ReportMetric(float64(m), "ours-ns")
	b.ReportMetric(float64(r), "raw-ns")
	b.ReportMetric(float64(r)/float64(m), "of-raw")
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// rawSigner returns functions that make and check a raw signature of a kind over n bytes.
func rawSigner(b *testing.B, alg keys.Algorithm, n int) (sign, verify func()) {
	b.Helper()
	message := bytes.Repeat([]byte("m"), n)
	must := func(good bool, err error) {
		if err != nil || !good {
			b.Fatal("control fails: ", err)
		}
	}
	switch alg {
	case keys.EdDSA:
		public, private, err := ed25519.GenerateKey(nil)
		must(true, err)
		signature := ed25519.Sign(private, message)
		return func() { ed25519.Sign(private, message) }, func() { must(ed25519.Verify(public, message, signature), nil) }
	case keys.ES256, keys.ES384:
		c := map[keys.Algorithm]elliptic.Curve{keys.ES256: elliptic.P256(), keys.ES384: elliptic.P384()}[alg]
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		must(true, err)
		digest := func() []byte {
			h := alg.Hash().New()
			h.Write(message)
			return h.Sum(nil)
		}
		signature, err := ecdsa.SignASN1(rand.Reader, key, digest())
		must(true, err)
		return func() {
				_, err := ecdsa.SignASN1(rand.Reader, key, digest())
				must(true, err)
			}, func() {
				must(ecdsa.VerifyASN1(&key.PublicKey, digest(), signature), nil)
			}
	}
	key, _, _ := newKey(b, alg)
	signature, err := key.Sign(b.Context(), message)
	must(true, err)
	return func() {
		_, err := key.Sign(b.Context(), message)
		must(true, err)
	}, func() { must(key.Public().Verify(message, signature), nil) }
}

// benchSample is what is issued and verified: about a kilobyte, with a status.
func benchSample(i *Issuer) map[string]any {
	if i.Form.Claims() {
		return person(nil)
	}
	return degree(i.DID, map[string]any{"credentialStatus": map[string]any{
		"id": listURL + "#7", "type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": listURL}})
}

// signedBytes is how many bytes a form signs: those of a token, or two digests.
func signedBytes(s *Secured) int {
	if !s.Form.Enveloping() {
		return 64
	}
	return max(len(s.Compact), len(s.COSE))
}

// everyKind runs a benchmark for each form and kind of key.
func everyKind(b *testing.B, run func(b *testing.B, i *Issuer, secured *Secured)) {
	for _, form := range Forms() {
		for _, alg := range form.Algorithms() {
			i := newIssuer(b, form, alg)
			secured := issue(b, i, benchSample(i))
			secured.Form = form
			b.Run(string(form)+"/"+string(alg), func(b *testing.B) { run(b, i, secured) })
		}
	}
}

// G6, G9
func BenchmarkIssue(b *testing.B) {
	everyKind(b, func(b *testing.B, i *Issuer, secured *Secured) {
		c := benchSample(i)
		sign, _ := rawSigner(b, i.Signer.Public().Algorithm(), signedBytes(secured))
		against(b, func() {
			if _, err := i.Issue(b.Context(), c); err != nil {
				b.Fatal(err)
			}
		}, sign)
	})
}

// G8: the control signs, makes ten salts and hashes ten disclosures.
func BenchmarkIssueTenDisclosures(b *testing.B) {
	i := newIssuer(b, FormSDJWTVC, keys.EdDSA)
	claims := map[string]any{}
	for n := range 10 {
		claims[fmt.Sprintf("claim_%d", n)] = "some value"
	}
	c := person(claims)
	for n := range 10 {
		i.Disclosable = append(i.Disclosable, fmt.Sprintf("/claim_%d", n))
	}
	secured := issue(b, i, c)
	secured.Form = FormSDJWTVC
	if n := bytes.Count([]byte(secured.Compact), []byte("~")); n != 11 {
		b.Fatalf("%d disclosures", n-1)
	}
	sign, _ := rawSigner(b, keys.EdDSA, signedBytes(secured))
	disclosure := bytes.Repeat([]byte("d"), 64)
	against(b, func() {
		if _, err := i.Issue(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}, func() {
		sign()
		for range 10 {
			salt := make([]byte, 16)
			_, _ = rand.Read(salt)
			sha256.Sum256(disclosure)
		}
	})
}

// G10
func BenchmarkVerify(b *testing.B) {
	everyKind(b, func(b *testing.B, i *Issuer, secured *Secured) {
		_, check := rawSigner(b, i.Signer.Public().Algorithm(), signedBytes(secured))
		v := benchVerifier()
		against(b, func() {
			report, _, err := v.Verify(b.Context(), secured.Body, VerifyOptions{})
			if err != nil || report.Decision != Accept {
				b.Fatal(report, err)
			}
		}, check)
	})
}

func benchVerifier() *Verifier {
	v := newVerifier()
	v.Keys = &keys.Cache{}
	v.Resolver = resolve.NewRouter(map[string]did.Resolver{"key": resolve.Key{Keys: v.Keys}})
	v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{}, nil })
	return v
}

// G11: n credentials of as many issuers; the control is n raw verifications.
func BenchmarkVerifyBatch(b *testing.B) {
	for _, form := range []Form{FormJWT, FormCOSE, FormEdDSAJCS} {
		for _, n := range []int{64, 256, 1000} {
			inputs := make([][]byte, n)
			var length int
			for k := range inputs {
				i := newIssuer(b, form, keys.EdDSA)
				secured := issue(b, i, benchSample(i))
				secured.Form = form
				inputs[k], length = secured.Body, signedBytes(secured)
			}
			b.Run(fmt.Sprintf("%s/n=%d", form, n), func(b *testing.B) {
				_, check := rawSigner(b, keys.EdDSA, length)
				v := benchVerifier()
				against(b, func() {
					for _, result := range v.VerifyBatch(b.Context(), inputs, VerifyOptions{}) {
						if !result.Report.Verified() {
							b.Fatal(result.Report)
						}
					}
				}, func() {
					for range n {
						check()
					}
				})
			})
		}
	}
}

// BenchmarkCanonicalForm compares the canonical JSON of a credential with one hash over it.
func BenchmarkCanonicalForm(b *testing.B) {
	i := newIssuer(b, FormEdDSAJCS, keys.EdDSA)
	c := benchSample(i)
	data, err := jcs.EncodeFractions(c)
	if err != nil {
		b.Fatal(err)
	}
	against(b, func() {
		if _, err := jcs.EncodeFractions(c); err != nil {
			b.Fatal(err)
		}
	}, func() { sha256.Sum256(data) })
}

// BenchmarkReadJSON compares the strict reader with encoding/json.
func BenchmarkReadJSON(b *testing.B) {
	i := newIssuer(b, FormEdDSAJCS, keys.EdDSA)
	data := issue(b, i, benchSample(i)).Body
	against(b, func() {
		if _, err := jcs.Parse(data, jcs.Limits{}); err != nil {
			b.Fatal(err)
		}
	}, func() {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			b.Fatal(err)
		}
	})
}
