package keystore

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

const (
	identityFile = "identity.age"
	keySuffix    = ".key"

	defaultWorkFactor = 18 // about a second
	maxWorkFactor     = 22
)

// Options say how a File store is opened.
type Options struct {
	Passphrase Passphrase // required
	WorkFactor int        // log2 of scrypt's N for a new store; 0: 18, about a second. 10 is enough for passphrases of 128 random bits
}

func (o Options) validate() error {
	if o.Passphrase == nil {
		return errors.New("keystore options: no passphrase")
	}
	if o.WorkFactor != 0 && (o.WorkFactor < 10 || o.WorkFactor > maxWorkFactor) {
		return fmt.Errorf("keystore options: work factor %d, 10 to %d expected", o.WorkFactor, maxWorkFactor)
	}
	return nil
}

func (o Options) passphrase() (string, error) {
	p, err := o.Passphrase()
	if err != nil {
		return "", err
	}
	if len(p) == 0 {
		return "", fmt.Errorf("%w: empty", ErrPassphrase)
	}
	return string(p), nil
}

// File is a Store in a folder of its own: one sealed file a key, and the sealed identity that opens them. Several processes
// may use the folder. Make one with Create, Open or OpenOrCreate; Close it at the end.
type File struct {
	path     string
	root     *os.Root
	identity *age.X25519Identity
}

// Create makes a keystore in a folder, which is made too (mode 0700) if its parent exists. fs.ErrExist if there is one.
func Create(path string, o Options) (*File, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(path, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("keystore: %w", err)
	}
	f, err := openRoot(path)
	if err != nil {
		return nil, err
	}
	if err := f.makeIdentity(o); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Open opens a keystore. ErrNoKeystore if there is none, ErrPassphrase if the passphrase does not open it, ErrPermissions
// if others than the owner may use its files; the error says which chmod helps.
func Open(path string, o Options) (*File, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	f, err := openRoot(path)
	if err != nil {
		return nil, err
	}
	if err := f.openIdentity(o); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// OpenOrCreate opens the keystore in a folder, or makes one there if there is none.
func OpenOrCreate(path string, o Options) (*File, error) {
	f, err := Open(path, o)
	if !errors.Is(err, ErrNoKeystore) {
		return f, err
	}
	f, err = Create(path, o)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return Open(path, o)
	}
	return f, err
}

// Close gives the folder back. Signers that were handed out still work.
func (f *File) Close() error { return f.root.Close() }

func openRoot(path string) (*File, error) {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s", ErrNoKeystore, path)
	}
	if err != nil {
		return nil, fmt.Errorf("keystore: %w", err)
	}
	info, err := root.Stat(".")
	if err == nil {
		err = checkMode(info, path, dirMode)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keystore: %w", err), root.Close())
	}
	return &File{path: path, root: root}, nil
}

// Generate makes a key and its file.
func (f *File) Generate(ctx context.Context, name string, alg keys.Algorithm) (Signer, error) {
	key, err := GeneratePrivate(alg)
	if err != nil {
		return nil, err
	}
	return f.Import(ctx, name, key)
}

// Import writes a key's file. It never replaces one.
func (f *File) Import(ctx context.Context, name string, key *Private) (Signer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	content, err := jcs.Encode(map[string]any{
		"alg": string(key.public.Algorithm()), "key": base64.RawURLEncoding.EncodeToString(key.secret.raw), "name": name,
	})
	if err != nil {
		return nil, err
	}
	sealed, err := seal(content, f.identity.Recipient(),
		fmt.Sprintf("hanse private key %q (%s), sealed with age to the identity of this keystore.", name, key.public.Algorithm()),
		"Public key: "+key.public.Multikey())
	if err != nil {
		return nil, err
	}
	if err := f.write(name+keySuffix, sealed); errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w: %s", ErrExists, name)
	} else if err != nil {
		return nil, fmt.Errorf("key %s: %w", name, err)
	}
	return key, nil
}

// Signer opens a key's file.
func (f *File) Signer(ctx context.Context, name string) (Signer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	sealed, err := f.read(name + keySuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", name, err)
	}
	key, err := f.unseal(name, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, f.join(name+keySuffix))
	}
	return key, nil
}

// unseal reads what Import wrote. The name is inside as well, so that files cannot change places.
func (f *File) unseal(name string, sealed []byte) (*Private, error) {
	content, err := open(sealed, f.identity)
	if err != nil {
		return nil, err
	}
	v, err := jcs.ParseCanonical(content, jcs.Limits{})
	if err != nil {
		return nil, err
	}
	members, _ := v.(map[string]any)
	if members["name"] != name {
		return nil, errors.New("key of another name")
	}
	alg, _ := members["alg"].(string)
	encoded, _ := members["key"].(string)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, err
	}
	return NewPrivate(keys.Algorithm(alg), raw)
}

// Names lists the names in order. It opens no file.
func (f *File) Names(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("keystore: %w", err)
	}
	names := []string{}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), keySuffix); ok && checkName(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (f *File) join(name string) string { return filepath.Join(f.path, name) }

func (f *File) write(name string, data []byte) error {
	return writeNew(f.root, name, data, "."+rand.Text()+".tmp")
}

func (f *File) read(name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := checkFile(file, f.join(name)); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSealed+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSealed {
		return nil, fmt.Errorf("%w: %s is too large", ErrDamaged, f.join(name))
	}
	return data, nil
}
