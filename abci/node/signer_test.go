package node

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/hanse-id/hanse/did/keys"
)

const chain = "signer-test"

// publicOf is the consensus key of a multikey.
func publicOf(t *testing.T, multikey string) crypto.PubKey {
	t.Helper()
	key, err := keys.ParseMultikey(multikey)
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.PubKey(key.Bytes())
}

// setOf is a validator set of these keys and of another center's.
func setOf(t *testing.T, multikeys ...string) *types.ValidatorSet {
	t.Helper()
	list := []*types.Validator{types.NewValidator(ed25519.GenPrivKeyFromSecret([]byte("other")).PubKey(), 1)}
	for _, key := range multikeys {
		list = append(list, types.NewValidator(publicOf(t, key), 1))
	}
	return types.NewValidatorSet(list)
}

// signing is a signer of a home, with the validator set that it is told.
type signing struct {
	*signer
	set *types.ValidatorSet
	err error
}

func newSigning(t *testing.T, dir string) *signing {
	t.Helper()
	s := &signing{}
	var err error
	s.signer, err = newSigner(home(dir), func() (*types.ValidatorSet, error) { return s.set, s.err }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *signing) wants(t *testing.T, multikey string) {
	t.Helper()
	got, err := s.GetPubKey()
	if err != nil {
		t.Fatal(err)
	}
	if want := publicOf(t, multikey); !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Fatalf("signs with %X, want %X", got.Address(), want.Address())
	}
}

// prevote is an unsigned prevote of a key for a block.
func prevote(t *testing.T, multikey string, height int64, block string) *cmtproto.Vote {
	t.Helper()
	id := types.BlockID{Hash: bytes.Repeat([]byte(block), 32), PartSetHeader: types.PartSetHeader{Total: 1, Hash: bytes.Repeat([]byte{1}, 32)}}
	return &cmtproto.Vote{
		Type: cmtproto.PrevoteType, Height: height, BlockID: id.ToProto(), Timestamp: time.Unix(1_800_000_000, 0).UTC(),
		ValidatorAddress: publicOf(t, multikey).Address(),
	}
}

func newHome(t *testing.T) (dir, first string) {
	t.Helper()
	dir = t.TempDir()
	identity, err := Init(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, identity.Validator
}

func nextKey(t *testing.T, dir string, used ...string) string {
	t.Helper()
	key, err := NewValidatorKey(dir, used)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestPreparedKeyIsGivenBackUntilItIsUsed(t *testing.T) {
	dir, first := newHome(t)
	second := nextKey(t, dir, first)
	if again := nextKey(t, dir, first); again != second {
		t.Fatal("another key was made")
	}
	third := nextKey(t, dir, first, second)
	got, err := ValidatorKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0] != first || third == second || third == first {
		t.Fatalf("keys %v", got)
	}
	identity, err := ReadIdentity(dir)
	if err != nil || identity.Validator != first {
		t.Fatalf("%+v %v", identity, err)
	}
	if again, err := Init(dir); err != nil || again != identity {
		t.Fatalf("%+v %v", again, err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewValidatorKey(t.TempDir(), nil); err == nil {
		t.Error("key for a home that was never initialised")
	} else if _, ok := errors.AsType[*NotInitialisedError](err); !ok {
		t.Error(err)
	}
}

// The files of a key that has left the validator set may go.
func TestOldKeyMayBeDeleted(t *testing.T) {
	dir, first := newHome(t)
	second := nextKey(t, dir, first)
	running := newSigning(t, dir)
	running.set = setOf(t, second)
	running.wants(t, second)
	old := home(dir).firstValidator()
	remove(t, old.key)
	remove(t, old.state)
	running.wants(t, second)
	identity, err := Init(dir)
	if err != nil || identity.Validator != second {
		t.Fatalf("%+v %v", identity, err)
	}
	if third := nextKey(t, dir, first, second); third == first {
		t.Error("the old key is back")
	}
	restarted := newSigning(t, dir)
	restarted.set = setOf(t, second)
	restarted.wants(t, second)
}

func TestSignerFollowsTheValidatorSet(t *testing.T) {
	dir, first := newHome(t)
	s := newSigning(t, dir)
	s.wants(t, first) // no block yet
	s.set = setOf(t, first)
	s.wants(t, first)

	second := nextKey(t, dir, first) // while the node runs
	s.wants(t, first)
	s.set = setOf(t, second)
	s.wants(t, second)
	s.set = setOf(t)
	s.wants(t, second) // suspended: nothing is signed, any key will do
	s.set = setOf(t, second)
	s.wants(t, second)

	restarted := newSigning(t, dir)
	restarted.set = setOf(t, second)
	restarted.wants(t, second)

	s.err = errors.New("disk")
	if _, err := s.GetPubKey(); !errors.Is(err, s.err) {
		t.Errorf("error %v", err)
	}
}

func TestEachKeyHasASignStateOfItsOwn(t *testing.T) {
	dir, first := newHome(t)
	second := nextKey(t, dir, first)
	s := newSigning(t, dir)
	sign := func(key string, height int64, block string) error {
		return s.SignVote(chain, prevote(t, key, height, block))
	}
	for height := int64(5); height < 8; height++ {
		if err := sign(first, height, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := sign(second, 7, "b"); err != nil { // another validator: no conflict
		t.Fatal(err)
	}
	for range 2 {
		for _, key := range []string{first, second} {
			if err := sign(key, 7, "c"); err == nil {
				t.Fatalf("%s signed twice", key)
			}
			if err := sign(key, 6, "a"); err == nil {
				t.Fatalf("%s went back", key)
			}
		}
		s = newSigning(t, dir) // what was signed is on disk
	}
	if err := sign(first, 7, "a"); err != nil {
		t.Error("the same vote again:", err)
	}
	stranger, err := multikeyOf(ed25519.GenPrivKeyFromSecret([]byte("other")).PubKey())
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(stranger, 9, "a"); err == nil {
		t.Error("vote of another validator signed")
	}
}

func TestProposalIsSignedWithTheKeyInEffect(t *testing.T) {
	dir, first := newHome(t)
	second := nextKey(t, dir, first)
	s := newSigning(t, dir)
	id := types.BlockID{Hash: bytes.Repeat([]byte{1}, 32), PartSetHeader: types.PartSetHeader{Total: 1, Hash: bytes.Repeat([]byte{1}, 32)}}
	for height, key := range []string{1: first, 2: first, 3: second} {
		if height == 0 {
			continue
		}
		s.set = setOf(t, key)
		s.wants(t, key)
		p := types.NewProposal(int64(height), 0, -1, id).ToProto()
		if err := s.SignProposal(chain, p); err != nil {
			t.Fatal(err)
		}
		if !publicOf(t, key).VerifySignature(types.ProposalSignBytes(chain, p), p.Signature) {
			t.Errorf("height %d: signed with another key", height)
		}
	}
}

func TestKeyFilesThatCannotBeTrusted(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, key, state string)
		want   string
	}{
		"no sign state":   {func(t *testing.T, _, state string) { remove(t, state) }, "sign state"},
		"bad sign state":  {func(t *testing.T, _, state string) { overwrite(t, state, "{") }, "sign state"},
		"bad key":         {func(t *testing.T, key, _ string) { overwrite(t, key, "{}") }, "validator key"},
		"open to others":  {func(t *testing.T, key, _ string) { mode(t, key, 0o644) }, "mode 0644"},
		"renamed":         {func(t *testing.T, key, _ string) { rename(t, key, strings.Repeat("AB", 20)) }, "is the key of address"},
		"copied as first": {func(t *testing.T, key, _ string) { copyFirst(t, key) }, "another file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, first := newHome(t)
			running := newSigning(t, dir)
			running.set = setOf(t, first)
			second := nextKey(t, dir, first)
			files := home(dir).validatorAt(publicOf(t, second).Address().String())
			test.change(t, files.key, files.state)
			_, err := newSigner(home(dir), running.next, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v", err)
			}
			running.set = setOf(t, second) // the running node keeps what it has
			running.wants(t, first)
			if err := running.SignVote(chain, prevote(t, first, 3, "a")); err != nil {
				t.Error(err)
			}
		})
	}
}

// A power cut between the two files leaves a sign state without a key, which is nobody's.
func TestPreparingAKeyMayEndHalfway(t *testing.T) {
	dir, first := newHome(t)
	lost := home(dir).validatorAt(nextAddress(t, dir, first))
	remove(t, lost.key)
	second := nextKey(t, dir, first)
	s := newSigning(t, dir)
	s.set = setOf(t, second)
	s.wants(t, second)
	if len(s.keys) != 2 {
		t.Fatalf("%d keys", len(s.keys))
	}
}

func nextAddress(t *testing.T, dir, first string) string {
	t.Helper()
	return publicOf(t, nextKey(t, dir, first)).Address().String()
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, path, address string) {
	t.Helper()
	if err := os.Rename(path, filepath.Join(filepath.Dir(path), validatorKeyName+"_"+address+".json")); err != nil {
		t.Fatal(err)
	}
}

func copyFirst(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, filepath.Join(filepath.Dir(path), validatorKeyName+".json"), string(data))
}
