package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serve answers one request without a network.
func (r *registry) serve(method, target, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "/", bytes.NewBufferString(body))
	request.URL, request.RequestURI = &url.URL{Path: target}, target
	if path, query, found := strings.Cut(target, "?"); found {
		request.URL = &url.URL{Path: path, RawQuery: query}
	}
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	r.Handler().ServeHTTP(answer, request)
	return answer
}

// Whatever is sent is answered or refused, never with a fault of the server; what is answered is echoed as it was sent.
func FuzzTRQPQuery(f *testing.F) {
	r := startRegistry(f)
	for _, seed := range []string{
		`{"entity_id":"` + string(r.university.DID) + `","authority_id":"test","action":"issue","resource":"Degree","context":{"time":"2026-03-01T13:00:00Z"}}`,
		`{"entity_id":"did:web:a","authority_id":"urn:hanse:league:test","action":"accredit","resource":"prefix:","context":{"jurisdiction":"DE","x":"y"}}`,
		`{"entity_id":"user-1234","authority_id":"auth-service-A","action":"issue","resource":"country:state:driverlicense"}`,
		`{"entity_id":1}`, `[]`, ``, `{"context":{"time":"0000-01-01T00:00:00Z"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, kind := range []string{"authorization", "recognition"} {
			answer := r.serve("POST", "/trqp/"+kind, body)
			switch answer.Code {
			case http.StatusOK:
				conforms(t, published(t, "trqp/"+kind+"_response.json", ""), answer.Body.Bytes())
				var sent, got map[string]any
				ok(t, json.Unmarshal([]byte(body), &sent))
				ok(t, json.Unmarshal(answer.Body.Bytes(), &got))
				for _, member := range []string{"entity_id", "authority_id", "action", "resource", "context"} {
					if object, ok := sent[member].(map[string]any); ok && len(object) == 0 {
						continue // an empty context is none
					}
					if diff := cmp.Diff(sent[member], got[member]); diff != "" {
						t.Errorf("%s (-sent +got):\n%s", member, diff)
					}
				}
			case http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge:
				conforms(t, published(t, "trqp/problem.json", ""), answer.Body.Bytes())
			default:
				t.Errorf("status %d: %s", answer.Code, answer.Body)
			}
		}
	})
}

// A page says of itself what leads to it again.
func FuzzTIRPage(f *testing.F) {
	r := startRegistry(f)
	for _, seed := range []string{"", "page[after]=1&page[size]=2", "page%5Bafter%5D=99", "page[size]=51", "page[after]=-1", "page[after]=+2", "x=y", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		answer := r.serve("GET", tirBase+"/issuers?"+query, "")
		if answer.Code == http.StatusBadRequest {
			conforms(t, published(t, "tir/schemas.json", "problem"), answer.Body.Bytes())
			return
		}
		if answer.Code != http.StatusOK {
			t.Fatalf("status %d: %s", answer.Code, answer.Body)
		}
		conforms(t, published(t, "tir/schemas.json", "issuers"), answer.Body.Bytes())
		var page TirPageView[TirIssuerLinkView]
		ok(t, json.Unmarshal(answer.Body.Bytes(), &page))
		again := r.serve("GET", strings.TrimPrefix(page.Self, "https://center.example"), "")
		if !bytes.Equal(again.Body.Bytes(), answer.Body.Bytes()) {
			t.Errorf("%q is another page than %q", page.Self, query)
		}
	})
}
