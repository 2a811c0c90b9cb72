package resolve_test

import (
	"context"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

const (
	hanseID = "did:hanse:lubeck:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"
	gone    = "did:hanse:lubeck:QmPc38XPfYy2yozhwvbY7yEhA1G2gN5ns4vGpPv5jRSaSA"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// ledger is a small ledger that behaves: versions by id and time, deactivated DIDs, outages.
type ledger struct {
	versions map[did.DID][]did.Version
	down     error
}

func newLedger() *ledger {
	l := &ledger{versions: map[did.DID][]did.Version{}}
	l.add(hanseID, 2, false)
	l.add(gone, 1, true)
	return l
}

// add makes n versions, one a day.
func (l *ledger) add(id did.DID, n int, deactivated bool) {
	for i := 1; i <= n; i++ {
		v := did.Version{
			DID: id, N: int64(i), VersionID: fmt.Sprintf("%d-op", i), Created: epoch, Updated: epoch.AddDate(0, 0, i-1),
			Deactivated: deactivated, Height: 42, Document: document(id, i),
		}
		if i < n {
			v.NextVersionID, v.NextUpdate = fmt.Sprintf("%d-op", i+1), epoch.AddDate(0, 0, i)
		}
		l.versions[id] = append(l.versions[id], v)
	}
}

func document(id did.DID, n int) *did.Document {
	return &did.Document{
		Context: []any{did.Context},
		ID:      id,
		VerificationMethod: []did.VerificationMethod{
			{ID: "#key-1", Type: did.Multikey, Controller: id, PublicKeyMultibase: edKey},
			{ID: string(id) + "#key-2", Type: did.Multikey, Controller: id, PublicKeyMultibase: ecKey},
		},
		Relationships: map[did.Relationship][]did.Reference{
			did.AssertionMethod: {{URL: "#key-1"}}, did.Authentication: {{URL: string(id) + "#key-2"}},
		},
		Service: []did.Service{
			{ID: "#files", Type: []string{"Files"}, Endpoint: fmt.Sprintf("https://files.example/v%d/base?x=1", n)},
			{ID: "#many", Type: []string{"Files", "Many"}, Endpoint: []any{"https://a.example", map[string]any{"uri": "x"}, "http://b.example/b"}},
			{ID: "#map", Type: []string{"Map"}, Endpoint: map[string]any{"uri": "https://a.example"}},
			{ID: "#local", Type: []string{"Local"}, Endpoint: "file:///etc/passwd"},
			{ID: "#script", Type: []string{"Local"}, Endpoint: "javascript:alert(1)"},
			{ID: "#did", Type: []string{"DID"}, Endpoint: "did:example:other"},
			{ID: "#page", Type: []string{"Page"}, Endpoint: "https://a.example/#top"},
			{ID: "https://a.example/named", Type: []string{"Named"}, Endpoint: "https://named.example/"},
		},
	}
}

func (l *ledger) DID(_ context.Context, id did.DID, at did.At) (did.Version, error) {
	if l.down != nil {
		return did.Version{}, l.down
	}
	versions := l.versions[id]
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		switch {
		case at.VersionID != "" && v.VersionID != at.VersionID, !at.Time.IsZero() && v.Updated.After(at.Time):
			continue
		case v.Deactivated && at == did.At{}:
			v.Document = nil
		}
		return v, nil
	}
	if len(versions) > 0 {
		return did.Version{}, did.ErrNoVersion
	}
	return did.Version{}, did.ErrNotFound
}

// Prove makes something that looks like a proof.
func (l *ledger) Prove(_ context.Context, v did.Version) ([]map[string]any, error) {
	return []map[string]any{{"type": "Test", "height": v.Height}}, nil
}

func newRouter(l *ledger) *resolve.Router {
	if l == nil {
		l = newLedger()
	}
	return resolve.NewRouter(map[string]did.Resolver{
		"hanse": resolve.NewHanse("lubeck", l), "key": resolve.Key{}, "jwk": resolve.JWK{},
	})
}
