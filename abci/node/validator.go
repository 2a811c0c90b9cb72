package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/privval"

	"github.com/hanse-id/hanse/did/keys"
)

// A home holds one validator key after Init and one more after every rotation. Each has a sign state of its own, named
// alike: a key can neither meet another key's state nor be used without one.
const (
	validatorKeyName = "priv_validator_key"
	signStateName    = "priv_validator_state"
)

// validatorFiles are the files of one validator key.
type validatorFiles struct {
	key, state string
	address    string // that the names carry; empty: the first key
}

func (h home) firstValidator() validatorFiles { return h.validatorAt("") }

func (h home) validatorAt(address string) validatorFiles {
	suffix := ".json"
	if address != "" {
		suffix = "_" + address + ".json"
	}
	return validatorFiles{
		key: h.dir("config", validatorKeyName+suffix), state: h.dir("data", signStateName+suffix), address: address,
	}
}

// validators lists the validator keys of a home: the first one, then the others by address.
func (h home) validators() ([]validatorFiles, error) {
	entries, err := os.ReadDir(h.dir("config"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []validatorFiles
	for _, e := range entries {
		rest, isKey := strings.CutPrefix(e.Name(), validatorKeyName)
		if !isKey {
			continue
		}
		address, whole := strings.CutSuffix(rest, ".json")
		if !whole || address != "" && address[0] != '_' {
			continue
		}
		list = append(list, h.validatorAt(strings.TrimPrefix(address, "_")))
	}
	slices.SortFunc(list, func(a, b validatorFiles) int { return strings.Compare(a.address, b.address) })
	return list, nil
}

// NewValidatorKey prepares the validator key that a center changes to, and returns its multikey, for a center.update.
// used lists the validator keys that the center has or had: a key that was prepared before and is none of them is given
// back, so the same call may be repeated. The node may run meanwhile. It signs with the new key from the height on at
// which the key is in the validator set, two blocks after the update, and until then with the old one; the old key's
// files may be deleted after that.
func NewValidatorKey(dir string, used []string) (string, error) {
	present, err := ValidatorKeys(dir)
	if err != nil {
		return "", err
	}
	for _, key := range present {
		if !slices.Contains(used, key) {
			return key, nil
		}
	}
	private := ed25519.GenPrivKey()
	files := home(dir).validatorAt(private.PubKey().Address().String())
	if err := files.write(private); err != nil {
		return "", fmt.Errorf("validator key: %w", err)
	}
	return multikeyOf(private.PubKey())
}

// ValidatorKeys lists the validator keys of a home as multikeys, the first one first; there is at least one.
// *NotInitialisedError, *ModeError.
func ValidatorKeys(dir string) ([]string, error) {
	files, err := home(dir).validators()
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, noValidatorKey(dir)
	}
	list := make([]string, len(files))
	for i, f := range files {
		private, err := f.read()
		if err != nil {
			return nil, err
		}
		if list[i], err = multikeyOf(private.PubKey()); err != nil {
			return nil, fmt.Errorf("%s: %w", f.key, err)
		}
	}
	return list, nil
}

func noValidatorKey(dir string) error {
	return &NotInitialisedError{Home: dir, Err: fmt.Errorf("%s: %w", home(dir).firstValidator().key, fs.ErrNotExist)}
}

// write writes a key that has signed nothing. The sign state comes first: a key without one is refused later, because
// signing without knowing what was signed before is how validators double-sign.
func (f validatorFiles) write(private ed25519.PrivKey) error {
	pv := privval.NewFilePV(private, f.key, f.state)
	state, err := cmtjson.MarshalIndent(pv.LastSignState, "", "  ")
	if err != nil {
		return err
	}
	key, err := cmtjson.MarshalIndent(pv.Key, "", "  ")
	if err != nil {
		return err
	}
	if err := missing(f.state, func() error { return writeFile(f.state, state, 0o600) }); err != nil {
		return err
	}
	return writeFile(f.key, key, 0o600)
}

// read reads the private key and compares it with the address in the file's name.
func (f validatorFiles) read() (ed25519.PrivKey, error) {
	data, err := readPrivate(f.key)
	if err != nil {
		return nil, err
	}
	file := &privval.FilePVKey{}
	if err := cmtjson.Unmarshal(data, file); err != nil {
		return nil, fmt.Errorf("validator key %s: %w", filepath.Base(f.key), err)
	}
	private, ok := file.PrivKey.(ed25519.PrivKey)
	if !ok {
		return nil, fmt.Errorf("validator key %s: not an Ed25519 key", filepath.Base(f.key))
	}
	if address := private.PubKey().Address().String(); f.address != "" && f.address != address {
		return nil, fmt.Errorf("validator key %s: is the key of address %s", filepath.Base(f.key), address)
	}
	return private, nil
}

// load opens the key for signing. CometBFT's loader ends the process on a bad file, so both files are read here first.
func (f validatorFiles) load() (*privval.FilePV, error) {
	if _, err := f.read(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(f.state)
	if err != nil {
		return nil, fmt.Errorf("validator sign state: %w", err)
	}
	if err := cmtjson.Unmarshal(data, &privval.FilePVLastSignState{}); err != nil {
		return nil, fmt.Errorf("validator sign state %s: %w", filepath.Base(f.state), err)
	}
	return privval.LoadFilePV(f.key, f.state), nil
}

func multikeyOf(public crypto.PubKey) (string, error) {
	key, err := keys.New(keys.EdDSA, public.Bytes())
	if err != nil {
		return "", err
	}
	return key.Multikey(), nil
}
