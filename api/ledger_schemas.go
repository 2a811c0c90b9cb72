package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/schema"
)

// LedgerSchemas is the credentials.SchemaSource of a center: the schemas of its directory, and those that are registered on the ledger
// by their digest. The ledger has no documents: they are in the directory, or fetched from the URL under which they are registered,
// where that is allowed, and only if their bytes have the digest. It is safe for concurrent use.
type LedgerSchemas struct {
	ledger  trustReader
	files   *credentials.SchemaFiles // nil: none
	fetcher credentials.Fetcher      // nil: nothing is fetched
	now     func() time.Time

	mu   sync.Mutex
	kept map[string][]byte // fetched, by digest: they never change
}

var _ credentials.SchemaSource = (*LedgerSchemas)(nil)

// maxKeptSchemas bounds the schemas that are kept after they were fetched.
const maxKeptSchemas = 128

// NewLedgerSchemas returns a schema source over a ledger. files and fetcher may be nil; fetcher is the guard of every outbound request,
// and its presence the operator's word that schemas may be fetched.
func NewLedgerSchemas(ledger trustReader, files *credentials.SchemaFiles, fetcher credentials.Fetcher) *LedgerSchemas {
	if files == nil {
		files = &credentials.SchemaFiles{}
	}
	return &LedgerSchemas{ledger: ledger, files: files, fetcher: fetcher, now: time.Now, kept: map[string][]byte{}}
}

// Schema finds a schema: in the directory by digest or URL, on the ledger by digest. What is in the directory is known whatever the
// ledger says, and has its evidence from there where it is registered and not withdrawn.
func (s *LedgerSchemas) Schema(ctx context.Context, q credentials.SchemaQuery) (credentials.Schema, error) {
	found, err := s.files.Schema(ctx, q)
	known := err == nil
	if known && q.Digest == "" {
		return found, nil
	}
	digest, ok := sha256Digest(q.Digest)
	if !ok || known && found.Digest != digest {
		return found, err
	}
	registered, evidence, lookup := s.registered(ctx, digest)
	if known { // anybody may register, and withdraw, what is in a directory elsewhere: the directory is enough
		if lookup == nil && registered != nil && registered.Status != trust.SchemaWithdrawn {
			evidence.Digest = digest
			found.Evidence = evidence
		}
		return found, nil
	}
	switch {
	case lookup != nil:
		return credentials.Schema{}, fmt.Errorf("the ledger cannot be read: %w", lookup)
	case registered == nil:
		return credentials.Schema{}, err
	case registered.Status == trust.SchemaWithdrawn:
		return credentials.Schema{}, fmt.Errorf("%w: its owner withdrew %s", credentials.ErrSchemaUnknown, digest)
	}
	evidence.Digest = digest
	if s.fetcher == nil {
		return credentials.Schema{}, fmt.Errorf("%w: it is registered as %.256s and not at hand here", credentials.ErrSchemaUnknown, registered.ID)
	}
	document, err := s.fetch(ctx, registered.ID, digest)
	return credentials.Schema{ID: registered.ID, Document: document, Digest: digest, Evidence: evidence}, err
}

// registered looks a digest up on the ledger; nil if nobody registered it.
func (s *LedgerSchemas) registered(ctx context.Context, digest string) (found *trust.Schema, e credentials.Evidence, err error) {
	err = s.ledger.Read(ctx, func(v *app.View) (err error) {
		found, err = trust.GetSchema(v.Reader(), digest)
		e = ledgerEvidence(v.Head(), s.now())
		return err
	})
	return found, e, err
}

// fetch gets a document from where it is registered; one that has another digest is not the schema.
func (s *LedgerSchemas) fetch(ctx context.Context, url, digest string) ([]byte, error) {
	s.mu.Lock()
	document, has := s.kept[digest]
	s.mu.Unlock()
	if has {
		return document, nil
	}
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return nil, fmt.Errorf("%w: it is registered as %.256s, which nobody can fetch", credentials.ErrSchemaUnknown, url)
	}
	answer, err := s.fetcher.Get(ctx, url, "application/schema+json, application/json;q=0.9")
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, fmt.Errorf("%.256q answers with status %d", url, answer.Status)
	}
	if len(answer.Body) > schema.MaxBytes {
		return nil, fmt.Errorf("%.256q has more than %d bytes", url, schema.MaxBytes)
	}
	if schema.Digest(answer.Body) != digest {
		return nil, errors.New("what its URL answers has another digest than is registered")
	}
	s.keep(digest, answer.Body)
	return answer.Body, nil
}

func (s *LedgerSchemas) keep(digest string, document []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxKeptSchemas {
		for one := range s.kept { // any: what is still needed is fetched again
			delete(s.kept, one)
			break
		}
	}
	s.kept[digest] = document
}

// sha256Digest is the one SHA-256 digest that SRI metadata names: schemas are registered by that.
func sha256Digest(sri string) (string, bool) {
	text, _, _ := strings.Cut(strings.TrimSpace(sri), "?")
	encoded, ok := strings.CutPrefix(text, "sha256-")
	sum, err := base64.StdEncoding.Strict().DecodeString(encoded)
	return text, ok && err == nil && len(sum) == sha256.Size
}
