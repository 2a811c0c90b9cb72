package localnet_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
	lighthttp "github.com/cometbft/cometbft/light/provider/http"
	lightdb "github.com/cometbft/cometbft/light/store/db"
	"github.com/cometbft/cometbft/privval"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cometbft/cometbft/types"

	"github.com/hanse-id/hanse/did/keys"
)

// observer watches a league through CometBFT's RPC of one node, as an outsider would.
type observer struct {
	*rpchttp.HTTP
	t   *testing.T
	url string
}

func observe(t *testing.T, url string) *observer {
	t.Helper()
	client, err := rpchttp.New(url, "/websocket")
	if err != nil {
		t.Fatal(err)
	}
	return &observer{HTTP: client, t: t, url: url}
}

// address is the consensus address of a multikey.
func address(t *testing.T, multikey string) crypto.Address {
	t.Helper()
	key, err := keys.ParseMultikey(multikey)
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.PubKey(key.Bytes()).Address()
}

// until asks again until condition holds.
func until(t *testing.T, what string, condition func(ctx context.Context) bool) {
	t.Helper()
	ctx := bounded(t)
	for !condition(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// committed waits for a block.
func (o *observer) committed(height int64) {
	o.t.Helper()
	until(o.t, "a block is committed", func(ctx context.Context) bool {
		status, err := o.Status(ctx)
		return err == nil && status.SyncInfo.LatestBlockHeight >= height
	})
}

// set is the validator set that decides a block.
func (o *observer) set(height int64) *types.ValidatorSet {
	o.t.Helper()
	perPage := 100
	var list []*types.Validator
	until(o.t, "a validator set is known", func(ctx context.Context) bool {
		res, err := o.Validators(ctx, &height, nil, &perPage)
		if err == nil {
			list = res.Validators
		}
		return err == nil
	})
	return types.NewValidatorSet(list)
}

// signers are those who signed the commit of a block.
func (o *observer) signers(height int64) map[string]bool {
	o.t.Helper()
	o.committed(height)
	res, err := o.Commit(bounded(o.t), &height)
	if err != nil {
		o.t.Fatal(err)
	}
	signed := map[string]bool{}
	for _, s := range res.Commit.Signatures {
		if s.BlockIDFlag == types.BlockIDFlagCommit {
			signed[s.ValidatorAddress.String()] = true
		}
	}
	return signed
}

// firstSigned is the first height from `from` on whose commit an address signed.
func (o *observer) firstSigned(from int64, who crypto.Address) int64 {
	o.t.Helper()
	ctx := bounded(o.t)
	for height := from; ctx.Err() == nil; height++ {
		if o.signers(height)[who.String()] {
			return height
		}
	}
	o.t.Fatalf("%s signed nothing after height %d", who, from)
	return 0
}

// changes asserts what a block changed in the validator set, and that it came into force two blocks later.
func (o *observer) changes(height int64, joined, left []string) {
	o.t.Helper()
	updates := -1
	until(o.t, "a block's results are known", func(ctx context.Context) bool { // later than the block
		res, err := o.BlockResults(ctx, &height)
		if err == nil {
			updates = len(res.ValidatorUpdates)
		}
		return err == nil
	})
	if updates != len(joined)+len(left) {
		o.t.Errorf("height %d: %d validator updates, want %d", height, updates, len(joined)+len(left))
	}
	before, after := o.set(height+1), o.set(height+2)
	for _, key := range joined {
		if who := address(o.t, key); before.HasAddress(who) || !after.HasAddress(who) {
			o.t.Errorf("%s joined: in the set of %d: %v, of %d: %v", who, height+1, before.HasAddress(who), height+2, after.HasAddress(who))
		}
	}
	for _, key := range left {
		who := address(o.t, key)
		if !before.HasAddress(who) || after.HasAddress(who) {
			o.t.Errorf("%s left: in the set of %d: %v, of %d: %v", who, height+1, before.HasAddress(who), height+2, after.HasAddress(who))
		}
		o.committed(height + 2)
		if o.signers(height + 2)[who.String()] {
			o.t.Errorf("%s signed block %d", who, height+2)
		}
	}
}

// longestGap is the longest time between two blocks, and the height of the later one.
func (o *observer) longestGap(from, to int64) (gap time.Duration, at int64) {
	o.t.Helper()
	var last time.Time
	for height := from; height <= to; height++ {
		res, err := o.Header(bounded(o.t), &height)
		if err != nil {
			o.t.Fatal(err)
		}
		if d := res.Header.Time.Sub(last); !last.IsZero() && d > gap {
			gap, at = d, height
		}
		last = res.Header.Time
	}
	return gap, at
}

// lightly verifies targets one after another with CometBFT's own light client, which trusts the block at height from and
// knows nothing else.
func lightly(t *testing.T, league string, from int64, targets []int64, option light.Option, nodes ...*observer) {
	t.Helper()
	ctx := bounded(t)
	trusted, err := nodes[0].Commit(ctx, &from)
	if err != nil {
		t.Fatal(err)
	}
	var providers []provider.Provider
	for _, o := range nodes {
		p, err := lighthttp.New(league, o.url)
		if err != nil {
			t.Fatal(err)
		}
		providers = append(providers, p)
	}
	client, err := light.NewClient(ctx, league,
		light.TrustOptions{Period: time.Hour, Height: from, Hash: trusted.Commit.BlockID.Hash},
		providers[0], providers[1:], lightdb.New(dbm.NewMemDB(), league), option, light.MaxBlockLag(patience))
	if err != nil {
		t.Fatal(err)
	}
	for _, height := range targets {
		block, err := client.VerifyLightBlockAtHeight(ctx, height, time.Now())
		if err != nil {
			t.Fatalf("light client, height %d after %d: %v", height, from, err)
		}
		have, err := nodes[0].Commit(ctx, &height)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(block.Hash(), have.Commit.BlockID.Hash) {
			t.Fatalf("light client: block %d is %X, have %X", height, block.Hash(), have.Commit.BlockID.Hash)
		}
	}
}

// doubleVote is evidence that the owner of a home's validator key voted for two blocks at a height: two votes that the key
// really signed.
func (o *observer) doubleVote(home, multikey string, height int64) types.Evidence {
	o.t.Helper()
	private := validatorKey(o.t, home, multikey)
	set := o.set(height)
	header, err := o.Header(bounded(o.t), &height)
	if err != nil {
		o.t.Fatal(err)
	}
	index, _ := set.GetByAddress(private.PubKey().Address())
	var votes []*types.Vote
	for _, block := range []byte{1, 2} {
		hash := bytes.Repeat([]byte{block}, 32)
		vote := &types.Vote{
			Type: 1, Height: height, ValidatorAddress: private.PubKey().Address(), ValidatorIndex: index, Timestamp: header.Header.Time,
			BlockID: types.BlockID{Hash: hash, PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash}},
		}
		if vote.Signature, err = private.Sign(types.VoteSignBytes(header.Header.ChainID, vote.ToProto())); err != nil {
			o.t.Fatal(err)
		}
		votes = append(votes, vote)
	}
	evidence, err := types.NewDuplicateVoteEvidence(votes[0], votes[1], header.Header.Time, set)
	if err != nil {
		o.t.Fatal(err)
	}
	return evidence
}

// validatorKey is the private key of a multikey in a home.
func validatorKey(t *testing.T, home, multikey string) crypto.PrivKey {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "config", "priv_validator_key*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var key privval.FilePVKey
		if err := cmtjson.Unmarshal(data, &key); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(key.PrivKey.PubKey().Address(), address(t, multikey)) {
			return key.PrivKey
		}
	}
	t.Fatalf("%s has no key %s", home, multikey)
	return nil
}
