package issuance_test

import (
	"database/sql"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
)

// olderStore makes a store as the first version of the schema had it.
func olderStore(t *testing.T) (place string) {
	t.Helper()
	place = sqlite{}.Place(t)
	script, err := os.ReadFile("testdata/schema-1.sql")
	must(t, err)
	must(t, os.WriteFile(place, nil, 0o600))
	db, err := sql.Open("sqlite", place)
	must(t, err)
	_, err = db.ExecContext(t.Context(), string(script))
	must(t, err)
	must(t, db.Close())
	return place
}

func TestAStoreOfTheFirstSchemaIsTakenOver(t *testing.T) {
	s := sqlite{}.Open(t, olderStore(t))
	ctx, list := t.Context(), [32]byte{1}
	same(t, s.Identity(), "FIRST")
	issuers, err := s.Issuers(ctx)
	must(t, err)
	same(t, len(issuers), 1)
	same(t, issuers[0].Retain, true)
	must(t, issuers[0].Validate())
	records, err := s.Records(ctx, "urn:uuid:1")
	must(t, err)
	same(t, records[0].Entries, []issuance.Entry{{Purpose: "revocation", List: list, Index: 7}})
	fresh, err := s.Draw(ctx, list, []int64{7, 8})
	must(t, err)
	same(t, fresh, []int64{8})
	held, err := s.ClaimKey(ctx, issuance.Claim{Token: "other"}, time.Unix(1_700_000_000, 0))
	must(t, err)
	if held == nil || string(held.Answer) != "\x02" {
		t.Errorf("the answer of an earlier request: %+v", held)
	}
	one := issuance.Template{Name: "a", Issuer: "demo"}
	must(t, s.PutTemplate(ctx, one))
	_, err = s.AddJob(ctx, issuance.Job{ID: "j", State: issuance.JobRunning, Created: time.Unix(1, 0)}, nil)
	must(t, err)
	by, err := s.EntriesOf(ctx, []string{"urn:uuid:1"})
	must(t, err)
	same(t, len(by), 1)
}

// Processes that share a store are started together after an upgrade.
func TestAStoreIsTakenOverByManyAtATime(t *testing.T) {
	for range 5 {
		place := olderStore(t)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				s, err := issuance.OpenSQLite(t.Context(), place)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
}
