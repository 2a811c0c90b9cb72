package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"

	"github.com/hanse-id/hanse/did/keys"
)

// Identity is what Init made or found: what a center's descriptor needs of its node.
type Identity struct {
	Validator string // Ed25519 consensus key, multikey (app.GenesisCenter.Validator)
	NodeID    string // p2p id: the part before '@' in a peer address
}

// Init makes the node's part of a home directory: validator key, node key, data directory. Keys that exist are
// kept, so it may be called again. Files are 0600, directories 0700.
func Init(dir string) (Identity, error) {
	h := home(dir)
	if err := h.prepare(); err != nil {
		return Identity{}, err
	}
	if err := missing(h.validatorKey(), func() error { return makeValidatorKey(h) }); err != nil {
		return Identity{}, fmt.Errorf("validator key: %w", err)
	}
	if err := missing(h.nodeKey(), func() error { return makeNodeKey(h) }); err != nil {
		return Identity{}, fmt.Errorf("node key: %w", err)
	}
	return ReadIdentity(dir)
}

// ReadIdentity reads what Init made. *NotInitialisedError, *ModeError.
func ReadIdentity(dir string) (Identity, error) {
	h := home(dir)
	validator, err := loadValidatorKey(h)
	if err != nil {
		return Identity{}, err
	}
	nodeKey, err := loadNodeKey(h)
	if err != nil {
		return Identity{}, err
	}
	key, err := keys.New(keys.EdDSA, validator.PubKey.Bytes())
	if err != nil {
		return Identity{}, fmt.Errorf("validator key: %w", err)
	}
	return Identity{Validator: key.Multikey(), NodeID: string(nodeKey.ID())}, nil
}

// missing calls create if there is no file at path.
func missing(path string, create func() error) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create()
	}
	return err
}

// makeValidatorKey writes the sign state first: a key without one is refused later, because signing without
// knowing what was signed before is how validators double-sign.
func makeValidatorKey(h home) error {
	pv := privval.GenFilePV(h.validatorKey(), h.signState())
	state, err := cmtjson.MarshalIndent(pv.LastSignState, "", "  ")
	if err != nil {
		return err
	}
	key, err := cmtjson.MarshalIndent(pv.Key, "", "  ")
	if err != nil {
		return err
	}
	if err := missing(h.signState(), func() error { return writeFile(h.signState(), state, 0o600) }); err != nil {
		return err
	}
	return writeFile(h.validatorKey(), key, 0o600)
}

func makeNodeKey(h home) error {
	data, err := cmtjson.Marshal(&p2p.NodeKey{PrivKey: ed25519.GenPrivKey()})
	if err != nil {
		return err
	}
	return writeFile(h.nodeKey(), data, 0o600)
}

func loadValidatorKey(h home) (*privval.FilePVKey, error) {
	data, err := readPrivate(h.validatorKey())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotInitialisedError{Home: string(h), Err: err}
	}
	if err != nil {
		return nil, err
	}
	key := &privval.FilePVKey{}
	if err := cmtjson.Unmarshal(data, key); err != nil {
		return nil, fmt.Errorf("validator key: %w", err)
	}
	if _, ok := key.PrivKey.(ed25519.PrivKey); !ok {
		return nil, fmt.Errorf("validator key: not an Ed25519 key")
	}
	key.PubKey = key.PrivKey.PubKey()
	return key, nil
}

func loadNodeKey(h home) (*p2p.NodeKey, error) {
	data, err := readPrivate(h.nodeKey())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotInitialisedError{Home: string(h), Err: err}
	}
	if err != nil {
		return nil, err
	}
	key := &p2p.NodeKey{}
	if err := cmtjson.Unmarshal(data, key); err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	if key.PrivKey == nil {
		return nil, fmt.Errorf("node key: empty")
	}
	return key, nil
}

// loadValidator opens the validator's signer. CometBFT's loader ends the process on a bad file, so both files are
// read here first.
func loadValidator(h home) (*privval.FilePV, error) {
	if _, err := loadValidatorKey(h); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(h.signState())
	if err != nil {
		return nil, fmt.Errorf("validator sign state: %w", err)
	}
	if err := cmtjson.Unmarshal(data, &privval.FilePVLastSignState{}); err != nil {
		return nil, fmt.Errorf("validator sign state: %w", err)
	}
	return privval.LoadFilePV(h.validatorKey(), h.signState()), nil
}
