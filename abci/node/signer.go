package node

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// signer signs with whichever of the home's validator keys is in the validator set of the height to be decided next.
// CometBFT asks for the public key again after every block that consensus commits (block sync leaves it the last one), so a
// key that a center.update replaced is followed by the new one at exactly the height at which the set changes, without a
// restart. A center has one key in a set; each key has its own sign state on disk, so none can sign two things for one step.
type signer struct {
	home home
	next func() (*types.ValidatorSet, error) // of the next height; nil: no block is stored yet
	log  *slog.Logger

	mu      sync.Mutex
	keys    []*privval.FilePV // as the files had them, first one first
	present *privval.FilePV   // what GetPubKey answered last
	member  bool              // whether that was in the set
}

var _ types.PrivValidator = (*signer)(nil)

// newSigner loads the home's validator keys.
func newSigner(h home, next func() (*types.ValidatorSet, error), log *slog.Logger) (*signer, error) {
	s := &signer{home: h, next: next, log: log}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.present = s.keys[0]
	return s, nil
}

// load takes up keys that it does not have yet. One that it has keeps the sign state it is at.
func (s *signer) load() error {
	files, err := s.home.validators()
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return noValidatorKey(string(s.home))
	}
	var list []*privval.FilePV
	for _, f := range files {
		private, err := f.read()
		if err != nil {
			return err
		}
		address := private.PubKey().Address()
		if find(list, address) != nil {
			return fmt.Errorf("validator key %s: stands in another file too, with another sign state", f.key)
		}
		pv := find(s.keys, address)
		if pv == nil {
			if pv, err = f.load(); err != nil {
				return err
			}
		}
		list = append(list, pv)
	}
	s.keys = list
	return nil
}

// find finds the key of an address; nil if there is none.
func find(keys []*privval.FilePV, address crypto.Address) *privval.FilePV {
	for _, pv := range keys {
		if bytes.Equal(pv.GetAddress(), address) {
			return pv
		}
	}
	return nil
}

// GetPubKey is the key that this node signs the next height with. Where none is in the validator set it does not matter
// which: nothing is signed.
func (s *signer) GetPubKey() (crypto.PubKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, err := s.next()
	if err != nil {
		return nil, fmt.Errorf("validator set: %w", err)
	}
	if set == nil {
		return s.present.GetPubKey()
	}
	pv := s.in(set)
	if pv == nil { // one that was prepared while the node ran may be
		if err := s.load(); err != nil {
			s.log.Error("validator keys cannot be read", "err", err)
		}
		pv = s.in(set)
	}
	s.choose(pv)
	return s.present.GetPubKey()
}

// in finds the key that a validator set has; nil if it has none of them.
func (s *signer) in(set *types.ValidatorSet) *privval.FilePV {
	for _, pv := range s.keys {
		if set.HasAddress(pv.GetAddress()) {
			return pv
		}
	}
	return nil
}

// choose remembers the key, and says what changed.
func (s *signer) choose(pv *privval.FilePV) {
	if pv == nil {
		if s.member {
			s.log.Warn("no validator key of this home is in the validator set: this node signs nothing", "address", s.present.GetAddress().String())
		}
		s.member = false
		return
	}
	if pv != s.present || !s.member {
		s.log.Info("validator key in effect", "address", pv.GetAddress().String())
	}
	s.present, s.member = pv, true
}

// SignVote signs with the key that the vote names.
func (s *signer) SignVote(chainID string, vote *cmtproto.Vote) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pv := find(s.keys, vote.ValidatorAddress)
	if pv == nil {
		return fmt.Errorf("vote names validator %X, which is no key of this home", vote.ValidatorAddress)
	}
	return pv.SignVote(chainID, vote)
}

// SignProposal signs with the key of the present height: a proposal names none, and its signature is checked against the
// validator set.
func (s *signer) SignProposal(chainID string, proposal *cmtproto.Proposal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.present.SignProposal(chainID, proposal)
}

// String names the key in use; CometBFT logs its validator.
func (s *signer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.present.String()
}
