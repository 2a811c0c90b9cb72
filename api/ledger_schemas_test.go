package api

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did/fetch"
)

const (
	diplomaID     = "https://schemas.example/diploma"
	diplomaSchema = `{"$id":"https://schemas.example/diploma","required":["credentialSubject"]}`
)

// shelf answers fetches, and counts them.
type shelf struct {
	documents map[string]string
	asked     int
}

func (s *shelf) Get(_ context.Context, url, _ string) (*fetch.Response, error) {
	s.asked++
	text, ok := s.documents[url]
	switch {
	case !ok:
		return &fetch.Response{URL: url, Status: http.StatusNotFound}, nil
	case text == "down":
		return nil, &fetch.Error{URL: url, Kind: fetch.Unavailable, Reason: "no answer"}
	}
	return &fetch.Response{URL: url, Status: http.StatusOK, Body: []byte(text)}, nil
}

// register puts a schema on the ledger.
func (d *diet) register(t *testing.T, id, document string) string {
	t.Helper()
	digest := schema.Digest([]byte(document))
	d.league.Act(t, d.aachen, "schema.register", map[string]any{"digest": digest, "id": id, "version": "1", "type": "Diploma"})
	return digest
}

func filesOf(t *testing.T, documents ...string) *credentials.SchemaFiles {
	t.Helper()
	dir := t.TempDir()
	for n, text := range documents {
		ok(t, os.WriteFile(filepath.Join(dir, string(rune('a'+n))+".json"), []byte(text), 0o600))
	}
	files, err := credentials.OpenSchemaFiles(dir)
	ok(t, err)
	return files
}

func TestRegisteredSchemasAreFoundByTheirDigest(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	digest := d.register(t, diplomaID, diplomaSchema)
	wide := sha512.Sum384([]byte(diplomaSchema))
	other := schema.Digest([]byte(`{}`))
	mirror := &shelf{documents: map[string]string{diplomaID: diplomaSchema}}
	for name, test := range map[string]struct {
		files   *credentials.SchemaFiles
		fetcher credentials.Fetcher
		query   credentials.SchemaQuery
		source  string // of the evidence; "": not found
		unknown bool   // or unavailable
	}{
		"in the directory, registered":   {filesOf(t, diplomaSchema), nil, credentials.SchemaQuery{ID: diplomaID, Digest: digest}, sourceLedger, false},
		"in the directory, by URL":       {filesOf(t, diplomaSchema), nil, credentials.SchemaQuery{ID: diplomaID}, "configuration", false},
		"in the directory, wider digest": {filesOf(t, diplomaSchema), nil, credentials.SchemaQuery{ID: "urn:x", Digest: "sha384-" + base64.StdEncoding.EncodeToString(wide[:])}, "configuration", false},
		"in the directory, unregistered": {filesOf(t, `{"$id":"https://a.example/x"}`), nil, credentials.SchemaQuery{ID: "https://a.example/x", Digest: schema.Digest([]byte(`{"$id":"https://a.example/x"}`))}, "configuration", false},
		"nowhere":                        {nil, mirror, credentials.SchemaQuery{ID: diplomaID, Digest: other}, "", true},
		"nowhere, without digest":        {nil, mirror, credentials.SchemaQuery{ID: diplomaID}, "", true},
		"not fetched unasked":            {nil, nil, credentials.SchemaQuery{ID: diplomaID, Digest: digest}, "", true},
		"fetched":                        {nil, mirror, credentials.SchemaQuery{ID: "https://elsewhere.example/", Digest: digest}, sourceLedger, false},
		"gone":                           {nil, &shelf{}, credentials.SchemaQuery{Digest: digest}, "", false},
		"exchanged":                      {nil, &shelf{documents: map[string]string{diplomaID: `{}`}}, credentials.SchemaQuery{Digest: digest}, "", false},
		"down":                           {nil, &shelf{documents: map[string]string{diplomaID: "down"}}, credentials.SchemaQuery{Digest: digest}, "", false},
		"too large":                      {nil, &shelf{documents: map[string]string{diplomaID: strings.Repeat(" ", schema.MaxBytes+1)}}, credentials.SchemaQuery{Digest: digest}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := NewLedgerSchemas(d.league, test.files, test.fetcher).Schema(t.Context(), test.query)
			if test.source == "" {
				if err == nil || errors.Is(err, credentials.ErrSchemaUnknown) != test.unknown {
					t.Fatalf("error is %v", err)
				}
				return
			}
			ok(t, err)
			if got.Evidence.Source != test.source || (got.Evidence.Height > 0) != (test.source == sourceLedger) || schema.Digest(got.Document) != got.Digest {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestFetchedSchemasAreKept(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	digest := d.register(t, diplomaID, diplomaSchema)
	mirror := &shelf{documents: map[string]string{diplomaID: diplomaSchema}}
	source := NewLedgerSchemas(d.league, nil, mirror)
	for range 3 {
		_, err := source.Schema(t.Context(), credentials.SchemaQuery{Digest: digest})
		ok(t, err)
	}
	if mirror.asked != 1 {
		t.Errorf("fetched %d times", mirror.asked)
	}
	d.league.Act(t, d.aachen, "schema.status", map[string]any{"digest": digest, "status": "withdrawn"})
	if _, err := source.Schema(t.Context(), credentials.SchemaQuery{Digest: digest}); !errors.Is(err, credentials.ErrSchemaUnknown) {
		t.Errorf("a schema that was withdrawn: error is %v", err)
	}
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, "diploma.json"), []byte(diplomaSchema), 0o600))
	files, err := credentials.OpenSchemaFiles(dir)
	ok(t, err)
	got, err := NewLedgerSchemas(d.league, files, nil).Schema(t.Context(), credentials.SchemaQuery{Digest: digest})
	if err != nil || got.Evidence.Source == sourceLedger || schema.Digest(got.Document) != digest {
		t.Errorf("one of the directory that another withdrew: %+v, %v", got, err)
	}
	for n := range maxKeptSchemas + 5 {
		source.keep(schema.Digest([]byte{byte(n), byte(n >> 8)}), nil)
	}
	if len(source.kept) > maxKeptSchemas {
		t.Errorf("%d documents are kept", len(source.kept))
	}
}

func TestWithoutTheLedgerTheDirectoryIsEnough(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	digest := d.register(t, diplomaID, diplomaSchema)
	d.league.SetDown(true)
	_, err := NewLedgerSchemas(d.league, filesOf(t, diplomaSchema), nil).Schema(t.Context(), credentials.SchemaQuery{Digest: digest})
	ok(t, err)
	if _, err := NewLedgerSchemas(d.league, nil, nil).Schema(t.Context(), credentials.SchemaQuery{Digest: digest}); err == nil || errors.Is(err, credentials.ErrSchemaUnknown) {
		t.Errorf("an outage reads as absence: %v", err)
	}
}
