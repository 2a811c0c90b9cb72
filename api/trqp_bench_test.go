package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
)

// BenchmarkFacade shows what one request of a stranger costs: an issuer with many rights is the worst there is.
func BenchmarkFacade(b *testing.B) {
	r := startRegistry(b)
	for i := range 60 {
		r.league.Accredit(b, r.bremen, r.university.DID, trust.Issue, governance.TypeResource("T"+strconv.Itoa(i)), nil)
	}
	query, err := json.Marshal(map[string]any{"entity_id": r.school.DID, "authority_id": "test", "action": "issue", "resource": "Degree"})
	ok(b, err)
	issuer := tirBase + "/issuers/" + string(r.university.DID)
	for _, c := range []struct{ name, method, target, body string }{
		{"authorization", "POST", "/trqp/authorization", string(query)},
		{"recognition", "POST", "/trqp/recognition", string(query)},
		{"issuers", "GET", tirBase + "/issuers?page[size]=50", ""},
		{"attributes", "GET", issuer + "/attributes?page[size]=50", ""},
		{"attribute", "GET", tirBase + attributeOf(r.university.DID, r.toUniversity), ""},
		{"ten attributes", "GET", issuer + "?version=deprecated", ""},
		{"copy", "GET", r.copyURL(r.toUniversity), ""},
		{"did-configuration", "GET", didConfiguration, ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				request := httptest.NewRequest(c.method, c.target, bytes.NewBufferString(c.body))
				request.Header.Set("Content-Type", "application/json")
				answer := httptest.NewRecorder()
				r.Handler().ServeHTTP(answer, request)
				if answer.Code != http.StatusOK {
					b.Fatalf("status %d: %s", answer.Code, answer.Body)
				}
			}
		})
	}
}
