package api

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

// Every benchmark here alternates, request by request, with a control that does the least a server can do for the same: an Echo
// handler with one raw signature. Both medians are reported and their ratio, "of-raw": 1 means as many requests a second.

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
	slices.Sort(mine)
	slices.Sort(raw)
	m, r := mine[len(mine)/2], raw[len(raw)/2]
	b.ReportMetric(0, "ns/op") // of both together: means nothing
	b.ReportMetric(float64(m), "ours-ns")
	b.ReportMetric(float64(r), "raw-ns")
	b.ReportMetric(float64(r)/float64(m), "of-raw")
}

// posting returns a function that posts body to a handler and wants a status. Headers come in pairs.
func posting(b *testing.B, handler http.Handler, path string, body []byte, status int, headers ...string) func() {
	return func() {
		r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != status {
			b.Fatal(w.Code, w.Body.String())
		}
	}
}

// rawServer reads a body and makes, or checks n times, a signature over as many bytes as length says.
func rawServer(b *testing.B, length, n int, sign bool) http.Handler {
	b.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	ok(b, err)
	message := make([]byte, length)
	signature := ed25519.Sign(key, message)
	e := echo.New()
	e.POST("/", func(c echo.Context) error {
		if _, err := io.ReadAll(c.Request().Body); err != nil {
			return err
		}
		for range n {
			if sign {
				signature = ed25519.Sign(key, message)
			} else if !ed25519.Verify(public, message, signature) {
				return echo.ErrInternalServerError
			}
		}
		return c.Blob(http.StatusOK, "application/json", []byte(`{"verified":true}`))
	})
	return e
}

// G12
func BenchmarkVerifyHTTP(b *testing.B) {
	for _, issuer := range []string{"demo", "eddsa-jcs-2022"} {
		c, body := benchmarkCenter(b, issuer)
		request, err := json.Marshal(map[string]any{"verifiableCredential": json.RawMessage(body)})
		ok(b, err)
		b.Run(issuer, func(b *testing.B) {
			against(b, posting(b, c.Handler(), "/credentials/verify", request, 200), posting(b, rawServer(b, 900, 1, false), "/", request, 200))
		})
	}
}

// G11: n credentials in a request; the control verifies n signatures one by one.
func BenchmarkVerifyBatchHTTP(b *testing.B) {
	for _, issuer := range []string{"demo", "eddsa-jcs-2022"} {
		c, _ := benchmarkCenter(b, issuer)
		for _, n := range []int{64, 256, 1000} {
			list := make([]json.RawMessage, n)
			for i := range list {
				issued, err := c.service.Issue(b.Context(), issuer, c.diploma(issuer, ""), issuance.IssueOptions{})
				ok(b, err)
				list[i] = issued.Body
			}
			request, err := json.Marshal(map[string]any{"verifiableCredentials": list})
			ok(b, err)
			b.Run(fmt.Sprintf("%s/n=%d", issuer, n), func(b *testing.B) {
				against(b, posting(b, c.Handler(), "/credentials/verify/batch", request, 200), posting(b, rawServer(b, 900, n, false), "/", request, 200))
			})
		}
	}
}

// G7: a status in a list, a record in the store, and the signature.
func BenchmarkIssueHTTP(b *testing.B) {
	for _, issuer := range []string{"demo", "eddsa-jcs-2022"} {
		c, _ := benchmarkCenter(b, issuer)
		_, token, err := c.opts.Keys.Create(b.Context(), auth.NewKey{Name: "bench", Scopes: []string{"admin"}})
		ok(b, err)
		request, err := json.Marshal(map[string]any{"credential": c.diploma(issuer, "")})
		ok(b, err)
		b.Run(issuer, func(b *testing.B) {
			against(b, posting(b, c.Handler(), "/issuers/"+issuer+"/credentials/issue", request, 201, "Authorization", "Bearer "+token),
				posting(b, rawServer(b, 900, 1, true), "/", request, 200))
		})
	}
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
	known := &keys.Cache{}
	resolver := resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(league.League, cached), "key": resolve.Key{Keys: known}})
	c.Server, err = New(Options{
		League: league.League, PublicURL: "https://center.example", Ledger: cached, Resolver: resolver, Issuance: c.service,
		Verifier: &credentials.Verifier{Resolver: resolver, Status: NewLedgerStatus(cached, nil), Keys: known}, Limits: Limits{Rate: -1, KeyRate: -1},
	})
	ok(b, err)
	b.Cleanup(c.Drain)
	issued, err := c.service.Issue(b.Context(), issuer, c.diploma(issuer, ""), issuance.IssueOptions{})
	ok(b, err)
	return c, issued.Body
}
