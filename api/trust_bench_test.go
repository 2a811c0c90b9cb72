package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// Shape of the registry of BenchmarkTrustPath: accreditations in all, how many levels stand above an issuer's own, and how
// many issuers one authority accredits.
const (
	benchRights   = 100_000 // about a minute to make; with -short a tenth
	benchLevels   = 4
	benchChildren = 1_000
	benchBatch    = 1_000 // operations of a block
)

// grants submits accreditations in blocks of many, and fails unless all are committed. bodies are of one authority.
func grants(b *testing.B, league *ledgertest.Ledger, authority ledgertest.Party, bodies []map[string]any) (ids []op.ID) {
	b.Helper()
	for len(bodies) > 0 {
		n := min(len(bodies), benchBatch)
		envelopes := make([][]byte, n)
		for i, body := range bodies[:n] {
			envelopes[i] = league.Sign(b, authority, "trust.accredit", body)
		}
		submissions, err := league.Submit(b.Context(), envelopes)
		ok(b, err)
		for _, s := range submissions {
			if s.Error != nil {
				b.Fatal(s.Error)
			}
			ids = append(ids, s.ID)
		}
		receipt, err := league.Receipt(b.Context(), submissions[n-1].ID)
		ok(b, err)
		if receipt.Code != exec.OK {
			b.Fatal(receipt.Code)
		}
		bodies = bodies[n:]
	}
	return ids
}

// bigRegistry has benchRights accreditations: chains of ministries below the center, and issuers below the last of each.
// It returns one issuer that is on the ledger; the others have DIDs of another method.
func bigRegistry(b *testing.B) (*ledgertest.Ledger, did.DID) {
	b.Helper()
	params := exec.DefaultParams()
	params.OpsPerDIDHour = 1 << 30
	league := ledgertest.New(b, ledgertest.Options{Params: &params})
	issuer := league.Create(b)
	rights := benchRights
	if testing.Short() {
		rights /= 10
	}
	for made, chain := 0, 0; made < rights; chain++ {
		authority, parent := league.Center, ""
		for level := range benchLevels {
			next := league.Create(b)
			body := map[string]any{
				"subject": string(next.DID), "action": "accredit", "resource": string(diploma),
				"limits": map[string]any{"depth": int64(benchLevels - 1 - level)},
			}
			if parent != "" {
				body["parent"] = parent
			}
			authority, parent = next, grants(b, league, authority, []map[string]any{body})[0].String()
			made++
		}
		bodies := make([]map[string]any, min(benchChildren, rights-made))
		for i := range bodies {
			subject := fmt.Sprintf("did:web:issuer-%d-%d.example", chain, i)
			if chain == 0 && i == 0 {
				subject = string(issuer.DID)
			}
			bodies[i] = map[string]any{"subject": subject, "action": "issue", "resource": string(diploma), "parent": parent}
		}
		grants(b, league, authority, bodies)
		made += len(bodies)
	}
	league.Block(b) // as an idle league does: a view reads the record of the last block
	return league, issuer.DID
}

// BenchmarkTrustPath compares, over one registry, resolving an issuer, asking for its path of five accreditations, doing both,
// and finding the path below the API (control). On two cores of a shared machine, 100,000 accreditations:
//
//	resolve         44 µs   15 kB   103 allocations
//	path           403 µs   90 kB   809 allocations
//	resolve+path   440 µs  105 kB   912 allocations
//	find           331 µs   68 kB   677 allocations
func BenchmarkTrustPath(b *testing.B) {
	league, issuer := bigRegistry(b)
	server, err := New(Options{
		League: league.League, PublicURL: "https://center.example", Ledger: league, Limits: Limits{Rate: -1},
		Resolver: resolve.NewHanse(league.League, league),
	})
	ok(b, err)
	resolving := identifier(issuer.String())
	path := "/v1/trust/path?" + url.Values{"issuer": {string(issuer)}, "type": {"Diploma"}}.Encode()
	get := func(b *testing.B, targets ...string) {
		b.ReportAllocs()
		for b.Loop() {
			for _, target := range targets {
				w := httptest.NewRecorder()
				server.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		}
	}
	b.Run("resolve", func(b *testing.B) { get(b, resolving) })
	b.Run("path", func(b *testing.B) { get(b, path) })
	b.Run("resolve+path", func(b *testing.B) { get(b, resolving, path) })
	b.Run("find", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if found := findPath(b, league, issuer); !found.Held || len(found.Hops) != benchLevels+2 {
				b.Fatalf("%+v", found)
			}
		}
	})
}

func findPath(b *testing.B, league *ledgertest.Ledger, issuer did.DID) (path *trust.Path) {
	b.Helper()
	ok(b, league.Read(b.Context(), func(v *app.View) (err error) {
		path, err = trust.Find(v.Reader(), v.Head().Time, trust.Question{Subject: issuer, Action: trust.Issue, Resource: diploma})
		return err
	}))
	return path
}
