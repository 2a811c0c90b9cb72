package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/p2p"
)

// Identity is what Init made or found: what a center's descriptor needs of its node.
type Identity struct {
	Validator string // its first Ed25519 consensus key, multikey (app.GenesisCenter.Validator); later ones: ValidatorKeys
	NodeID    string // p2p id: the part before '@' in a peer address
}

// Init makes the node's part of a home directory: validator key, node key, data directory. Keys that exist are
// kept, so it may be called again. Files are 0600, directories 0700.
func Init(dir string) (Identity, error) {
	h := home(dir)
	if err := h.prepare(); err != nil {
		return Identity{}, err
	}
	files, err := h.validators()
	if err == nil && len(files) == 0 {
		err = h.firstValidator().write(ed25519.GenPrivKey())
	}
	if err != nil {
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
	validators, err := ValidatorKeys(dir)
	if err != nil {
		return Identity{}, err
	}
	nodeKey, err := loadNodeKey(h)
	if err != nil {
		return Identity{}, err
	}
	return Identity{Validator: validators[0], NodeID: string(nodeKey.ID())}, nil
}

// missing calls create if there is no file at path.
func missing(path string, create func() error) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create()
	}
	return err
}

func makeNodeKey(h home) error {
	data, err := cmtjson.Marshal(&p2p.NodeKey{PrivKey: ed25519.GenPrivKey()})
	if err != nil {
		return err
	}
	return writeFile(h.nodeKey(), data, 0o600)
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
