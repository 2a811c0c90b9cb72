package issuance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/issuance/issuancetest"
)

type sqlite struct{}

func (sqlite) Place(t testing.TB) string { return filepath.Join(t.TempDir(), "api.db") }

func (sqlite) Open(t testing.TB, place string) issuance.Store {
	t.Helper()
	s, err := issuance.OpenSQLite(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLiteIsAStore(t *testing.T) { issuancetest.TestStore(t, sqlite{}) }

func TestSQLiteFilesAreTheOwnersAlone(t *testing.T) {
	place := sqlite{}.Place(t)
	s := sqlite{}.Open(t, place)
	if _, err := s.Draw(t.Context(), [32]byte{1}, []int64{1}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(place + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, error %v", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %04o", filepath.Base(file), mode)
		}
	}
}

func TestSQLiteRefusesAFileThatOthersMayRead(t *testing.T) {
	place := sqlite{}.Place(t)
	if err := os.WriteFile(place, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err := issuance.OpenSQLite(t.Context(), place)
	if err == nil || !strings.Contains(err.Error(), "0640") {
		t.Fatalf("error is %v", err)
	}
}

func TestSQLiteRefusesWhatIsNoDatabase(t *testing.T) {
	place := sqlite{}.Place(t)
	if err := os.WriteFile(place, []byte(strings.Repeat("garbage ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := issuance.OpenSQLite(t.Context(), place); err == nil {
		t.Fatal("garbage was opened")
	}
}

func TestSQLiteOpensPathsWithOddNames(t *testing.T) {
	place := filepath.Join(t.TempDir(), "a b?c#d%20", "api.db")
	if err := os.Mkdir(filepath.Dir(place), 0o700); err != nil {
		t.Fatal(err)
	}
	sqlite{}.Open(t, place)
	if _, err := os.Stat(place + "-wal"); err != nil {
		t.Fatalf("the database is somewhere else: %v", err)
	}
}

func TestSQLiteAfterCloseSaysSo(t *testing.T) {
	s, err := issuance.OpenSQLite(t.Context(), sqlite{}.Place(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Draw(t.Context(), [32]byte{}, []int64{1}); err == nil {
		t.Fatal("a closed store drew an index")
	}
}
