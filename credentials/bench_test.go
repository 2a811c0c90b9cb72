package credentials

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Each benchmark has a control beside it in the same run: the raw signature over as many bytes (crypto/ed25519), and for Data
// Integrity over the 64 bytes that are signed there. A warm key and no status: what the library adds is what differs.

func benchCredential(i *Issuer) map[string]any {
	return degree(i.DID, map[string]any{"credentialStatus": map[string]any{
		"id": listURL + "#7", "type": EntryType, "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": listURL}})
}

func BenchmarkIssue(b *testing.B) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, form := range Forms() {
		for _, alg := range form.Algorithms() {
			i := newIssuer(b, form, alg)
			c := benchCredential(i)
			message := bytes.Repeat([]byte("m"), len(issue(b, i, c).Compact)+64)
			b.Run(string(form)+"/"+string(alg), func(b *testing.B) {
				for b.Loop() {
					if _, err := i.Issue(b.Context(), c); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(string(form)+"/"+string(alg)+"/control=signer", func(b *testing.B) {
				for b.Loop() {
					if _, err := i.Signer.Sign(b.Context(), message); err != nil {
						b.Fatal(err)
					}
				}
			})
			if alg == keys.EdDSA {
				b.Run(string(form)+"/"+string(alg)+"/control=ed25519.Sign", func(b *testing.B) {
					for b.Loop() {
						ed25519.Sign(private, message)
					}
				})
			}
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, form := range Forms() {
		for _, alg := range form.Algorithms() {
			i := newIssuer(b, form, alg)
			secured := issue(b, i, benchCredential(i))
			message := bytes.Repeat([]byte("m"), len(secured.Compact)+64)
			signature := ed25519.Sign(private, message)
			v := newVerifier()
			v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{}, nil })
			b.Run(string(form)+"/"+string(alg), func(b *testing.B) {
				for b.Loop() {
					report, _, err := v.Verify(b.Context(), secured.Body, VerifyOptions{})
					if err != nil || report.Decision != Accept {
						b.Fatal(report, err)
					}
				}
			})
			if alg == keys.EdDSA {
				b.Run(string(form)+"/"+string(alg)+"/control=ed25519.Verify", func(b *testing.B) {
					for b.Loop() {
						if !ed25519.Verify(public, message, signature) {
							b.Fatal("control does not verify")
						}
					}
				})
			}
		}
	}
}

func BenchmarkCanonicalForm(b *testing.B) {
	i := newIssuer(b, FormEdDSAJCS, keys.EdDSA)
	c := benchCredential(i)
	data, err := jcs.EncodeFractions(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("jcs", func(b *testing.B) {
		for b.Loop() {
			if _, err := jcs.EncodeFractions(c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("control=sha256", func(b *testing.B) {
		for b.Loop() {
			sha256.Sum256(data)
		}
	})
}
