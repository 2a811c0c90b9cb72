package api

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// BenchmarkVerify verifies with keys and statuses from a warm cache, through the library and over the HTTP handler; the
// control beside it is one raw Ed25519 verification of as many bytes.
func BenchmarkVerify(b *testing.B) {
	for _, issuer := range []string{"demo", "eddsa-jcs-2022"} {
		c, body := benchmarkCenter(b, issuer)
		b.Run(issuer, func(b *testing.B) {
			for b.Loop() {
				report, _, err := c.opts.Verifier.Verify(b.Context(), body, credentials.VerifyOptions{})
				if err != nil || report.Decision != credentials.Accept {
					b.Fatal(report, err)
				}
			}
		})
		request, err := json.Marshal(map[string]any{"verifiableCredential": json.RawMessage(body)})
		ok(b, err)
		b.Run(issuer+"-http", func(b *testing.B) {
			handler := c.Handler()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "/credentials/verify", bytes.NewReader(request))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Body.String())
				}
			}
		})
	}
	b.Run("control-verify", func(b *testing.B) {
		public, key, err := ed25519.GenerateKey(nil)
		ok(b, err)
		message := make([]byte, 900)
		signature := ed25519.Sign(key, message)
		for b.Loop() {
			if !ed25519.Verify(public, message, signature) {
				b.Fatal("not verified")
			}
		}
	})
}

// benchmarkCenter is a center whose reads are cached, with a credential of an issuer.
func benchmarkCenter(b *testing.B, issuer string) (*issuingCenter, []byte) {
	b.Helper()
	league := ledgertest.New(b, ledgertest.Options{})
	c := &issuingCenter{center: &center{league: league}, issuers: map[string]did.DID{}}
	c.service = c.startIssuance(b, league)
	store, err := cache.New(cache.Options{})
	ok(b, err)
	cached := NewCached(league, store, nil)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cached.Follow(ctx)
	}()
	b.Cleanup(func() {
		stop()
		<-done
		_ = store.Close()
	})
	resolver := resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(league.League, cached), "key": resolve.Key{}})
	c.Server, err = New(Options{
		League: league.League, PublicURL: "https://center.example", Ledger: cached, Resolver: resolver, Issuance: c.service,
		Verifier: &credentials.Verifier{Resolver: resolver, Status: NewLedgerStatus(cached, nil)}, Limits: Limits{Rate: -1},
	})
	ok(b, err)
	b.Cleanup(c.Drain)
	issued, err := c.service.Issue(b.Context(), issuer, c.diploma(issuer, ""), issuance.IssueOptions{})
	ok(b, err)
	return c, issued.Body
}
