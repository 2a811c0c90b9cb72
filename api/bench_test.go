package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// fixedResolver answers from memory: what a warm cache does.
type fixedResolver struct{ version did.Version }

func (f fixedResolver) Resolve(context.Context, did.DID, did.At) (did.Version, error) {
	return f.version, nil
}

// BenchmarkResolve compares resolution with a warm resolver (hot), from the ledger (cold), and an Echo handler that returns
// the same bytes (control).
func BenchmarkResolve(b *testing.B) {
	league := ledgertest.New(b, ledgertest.Options{})
	p := league.Create(b)
	version, err := league.DID(b.Context(), p.DID, did.At{})
	if err != nil {
		b.Fatal(err)
	}
	target := identifier(p.DID.String())
	open := func(resolver did.Resolver) http.Handler {
		server, err := New(Options{League: "test", PublicURL: "https://center.example", Ledger: league, Resolver: resolver, Limits: Limits{Rate: -1}})
		if err != nil {
			b.Fatal(err)
		}
		return server.Handler()
	}
	hot := open(fixedResolver{version})
	w := httptest.NewRecorder()
	hot.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	control := echo.New()
	control.GET(identifiersPath+"*", func(c echo.Context) error { return c.Blob(200, mediaResolution, w.Body.Bytes()) })
	for name, handler := range map[string]http.Handler{
		"hot": hot, "cold": open(resolve.NewHanse("test", league)), "control": control,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := httptest.NewRequest(http.MethodGet, target, nil)
			for b.Loop() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
