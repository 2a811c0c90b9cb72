package keystore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
	"github.com/hanse-id/hanse/did/keystore/keystoretest"
)

var options = keystore.Options{Passphrase: keystore.Fixed([]byte("correct horse battery staple")), WorkFactor: 10}

func create(t *testing.T) (*keystore.File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keystore")
	store, err := keystore.Create(path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, path
}

func TestMemory(t *testing.T) {
	keystoretest.Run(t, func(*testing.T) keystore.Importer { return keystore.NewMemory() })
}

func TestFile(t *testing.T) {
	keystoretest.Run(t, func(t *testing.T) keystore.Importer {
		store, _ := create(t)
		return store
	})
}

func TestFileKeepsKeysAcrossOpening(t *testing.T) {
	store, path := create(t)
	made, err := store.Generate(t.Context(), "key", keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keystore.OpenOrCreate(path, options)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	found, err := again.Signer(t.Context(), "key")
	if err != nil || found.Public() != made.Public() {
		t.Errorf("got %v, %v", found, err)
	}
	if _, err := keystore.Create(path, options); !errors.Is(err, fs.ErrExist) {
		t.Errorf("creating it again: got %v", err)
	}
}

func TestManyMayCreateOneKeystore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keystore")
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			store, err := keystore.OpenOrCreate(path, options)
			if err != nil {
				t.Error(err)
				return
			}
			defer store.Close()
			if _, err := store.Generate(t.Context(), fmt.Sprint(i), keys.EdDSA); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	store, err := keystore.Open(path, options)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i := range 4 {
		if _, err := store.Signer(t.Context(), fmt.Sprint(i)); err != nil {
			t.Error(err)
		}
	}
}

func TestFileSaysWhatIsWrongWithOpening(t *testing.T) {
	_, path := create(t)
	wrong := keystore.Options{Passphrase: keystore.Fixed([]byte("wrong"))}
	if _, err := keystore.Open(path, wrong); !errors.Is(err, keystore.ErrPassphrase) {
		t.Errorf("wrong passphrase: got %v", err)
	}
	if _, err := keystore.Open(path, keystore.Options{Passphrase: keystore.Fixed(nil)}); !errors.Is(err, keystore.ErrPassphrase) {
		t.Errorf("empty passphrase: got %v", err)
	}
	if _, err := keystore.Open(path, keystore.Options{}); err == nil {
		t.Error("no passphrase was accepted")
	}
	if _, err := keystore.Open(path, keystore.Options{Passphrase: options.Passphrase, WorkFactor: 40}); err == nil {
		t.Error("a work factor of 40 was accepted")
	}
	if _, err := keystore.Open(filepath.Join(path, "absent"), options); !errors.Is(err, keystore.ErrNoKeystore) {
		t.Errorf("absent: got %v", err)
	}
	if _, err := keystore.Open(t.TempDir(), options); err == nil {
		t.Error("an empty folder was opened")
	}
	broken := errors.New("no terminal")
	if _, err := keystore.Open(path, keystore.Options{Passphrase: func() ([]byte, error) { return nil, broken }}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	store, path := create(t)
	if _, err := store.Generate(t.Context(), "key", keys.EdDSA); err != nil {
		t.Fatal(err)
	}
	mode := func(path string) fs.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	key, identity := filepath.Join(path, "key.key"), filepath.Join(path, "identity.age")
	if mode(path) != 0o700 || mode(key) != 0o600 || mode(identity) != 0o600 {
		t.Errorf("modes %o, %o, %o", mode(path), mode(key), mode(identity))
	}
	refused := func(target string, wide, right fs.FileMode, open func() error) {
		t.Helper()
		if err := os.Chmod(target, wide); err != nil {
			t.Fatal(err)
		}
		err := open()
		if !errors.Is(err, keystore.ErrPermissions) || !strings.Contains(err.Error(), "chmod") || !strings.Contains(err.Error(), target) {
			t.Errorf("%s with mode %o: got %v", target, wide, err)
		}
		if err := os.Chmod(target, right); err != nil {
			t.Fatal(err)
		}
		if err := open(); err != nil {
			t.Errorf("%s with mode %o: got %v", target, right, err)
		}
	}
	reopen := func() error {
		s, err := keystore.Open(path, options)
		if err == nil {
			err = s.Close()
		}
		return err
	}
	refused(path, 0o755, 0o700, reopen)
	refused(identity, 0o644, 0o600, reopen)
	refused(identity, 0o660, 0o400, reopen)
	refused(key, 0o640, 0o600, func() error { _, err := store.Signer(t.Context(), "key"); return err })
}

func TestFilesSayWhatTheyAreAndNothingElse(t *testing.T) {
	store, path := create(t)
	key, err := keystore.NewPrivate(keys.EdDSA, []byte("a seed that nobody ever may see!"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Import(t.Context(), "key", key); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(path, "key.key"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# hanse private key \"key\" (EdDSA)") || !strings.Contains(string(text), key.Public().Multikey()) {
		t.Errorf("got %s", text)
	}
	if strings.Contains(string(text), "a seed") || strings.Contains(string(text), "YSBzZWVk") {
		t.Errorf("the seed shows: %s", text)
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 2 {
		t.Errorf("temporary files are left: %v, %v", entries, err)
	}
}

func TestDamagedFilesAreNoticed(t *testing.T) {
	store, path := create(t)
	for _, name := range []string{"a", "b"} {
		if _, err := store.Generate(t.Context(), name, keys.EdDSA); err != nil {
			t.Fatal(err)
		}
	}
	a := filepath.Join(path, "a.key")
	original, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(filepath.Join(path, "b.key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": nil, "comments only": []byte("# hanse"), "truncated": original[:len(original)-60],
		"another key's file": other, "huge": make([]byte, 1<<20), "garbage": []byte("garbage\n"),
		"a bit flipped": []byte(strings.Replace(string(original), "\n", "\nA", 3)),
	} {
		if err := os.WriteFile(a, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Signer(t.Context(), "a"); !errors.Is(err, keystore.ErrDamaged) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(path, "identity.age"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keystore.Open(path, options); !errors.Is(err, keystore.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestKeysOfOtherStoresAreNotAccepted(t *testing.T) {
	store, path := create(t)
	foreign, foreignPath := create(t)
	if _, err := foreign.Generate(t.Context(), "key", keys.EdDSA); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(foreignPath, "key.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "key.key"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Signer(t.Context(), "key"); !errors.Is(err, keystore.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestLinksOutOfTheFolderAreNotFollowed(t *testing.T) {
	store, path := create(t)
	outside := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "x.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Signer(t.Context(), "x"); err == nil || errors.Is(err, keystore.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestPassphraseFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passphrase")
	write := func(text string, mode fs.FileMode) keystore.Passphrase {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return keystore.FromFile(path)
	}
	for text, want := range map[string]string{"secret": "secret", "secret\n": "secret", "secret\r\nx": "secret", " s ": " s "} {
		if got, err := write(text, 0o600)(); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "\nsecret", strings.Repeat("a", 5000)} {
		if got, err := write(text, 0o600)(); err == nil {
			t.Errorf("%d bytes: got %q", len(text), got)
		}
	}
	if _, err := write("secret", 0o644)(); !errors.Is(err, keystore.ErrPermissions) || strings.Contains(err.Error(), "secret\"") {
		t.Errorf("got %v", err)
	}
	if _, err := keystore.FromFile(path + "x")(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := keystore.FromFile(t.TempDir())(); err == nil {
		t.Error("a folder was read")
	}
}
