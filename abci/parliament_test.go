package abci_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/types"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
)

// parliament drives the application of one center through blocks in which its league changes, and keeps the validator sets
// that CometBFT would have.
type parliament struct {
	*center
	rt    *rapid.T
	users []*localnet.User
	next  *types.ValidatorSet // of the height after the next one, as CometBFT calls it
	fresh int                 // validator keys made so far
	past  []string            // validator keys that were in use
	joins int                 // centers that were admitted, and members that were removed
	outs  int
	turns int // keys that were replaced
	caps  int // suspensions by evidence
}

func (p *parliament) state() (centers []governance.Center, open []governance.Proposal, set []governance.Validator) {
	view, err := p.machine.View(0)
	if err != nil {
		p.rt.Fatal(err)
	}
	defer view.Close()
	if centers, err = governance.AllCenters(view.Reader()); err != nil {
		p.rt.Fatal(err)
	}
	if open, _, err = governance.Proposals(view.Reader(), governance.Open, 0, 100); err != nil {
		p.rt.Fatal(err)
	}
	if set, err = governance.Validators(view.Reader()); err != nil {
		p.rt.Fatal(err)
	}
	return centers, open, set
}

// newKey is a validator key that nobody had.
func (p *parliament) newKey() string {
	p.fresh++
	public := ed25519.GenPrivKeyFromSecret(fmt.Appendf(nil, "validator %d", p.fresh)).PubKey()
	key, err := keys.New(keys.EdDSA, public.Bytes())
	if err != nil {
		p.rt.Fatal(err)
	}
	return key.Multikey()
}

// proposal draws something that the league may decide about its centers.
func (p *parliament) proposal(centers []governance.Center) (kind string, content map[string]any) {
	kind = rapid.SampledFrom([]string{
		"center.admit", "center.admit", "center.suspend", "center.reinstate", "center.reinstate", "center.remove", "center.rotate",
	}).Draw(p.rt, "kind")
	if kind == "center.admit" {
		return kind, p.plan.Nodes[rapid.IntRange(4, len(p.plan.Nodes)-1).Draw(p.rt, "newcomer")].Admission()
	}
	content = map[string]any{"center": string(rapid.SampledFrom(centers).Draw(p.rt, "center").DID)}
	if kind == "center.rotate" {
		content["validator"] = p.newKey()
	}
	return kind, content
}

// operations draws what the centers do in the next block.
func (p *parliament) operations() (envelopes [][]byte) {
	centers, open, _ := p.state()
	do := func(u *localnet.User, kind string, body map[string]any) {
		envelope, err := u.Operation(kind, body, p.now)
		if err != nil {
			p.rt.Fatal(err)
		}
		envelopes = append(envelopes, envelope)
	}
	user := func(c governance.Center) *localnet.User {
		return p.users[slices.IndexFunc(p.users, func(u *localnet.User) bool { return u.DID == c.DID })]
	}
	for _, c := range centers {
		if c.Status != governance.Active {
			continue
		}
		for _, item := range open {
			if rapid.IntRange(0, 9).Draw(p.rt, "votes") < 8 {
				do(user(c), "league.vote", map[string]any{"proposal": item.Number, "choice": "yes"})
			}
		}
		switch rapid.IntRange(0, 11).Draw(p.rt, "acts") {
		case 0, 1:
			kind, content := p.proposal(centers)
			do(user(c), "league.propose", map[string]any{"kind": kind, "content": content})
		case 2:
			do(user(c), "center.update", map[string]any{"prev": c.N, "validator": p.newKey()})
		}
	}
	return envelopes
}

// evidence draws validators that misbehaved, sometimes by keys that they no longer have.
func (p *parliament) evidence() (list []abcitypes.Misbehavior) {
	for range max(0, rapid.IntRange(-8, 2).Draw(p.rt, "evidence")) {
		key := rapid.SampledFrom(p.past).Draw(p.rt, "culprit")
		list = append(list, abcitypes.Misbehavior{
			Type: abcitypes.MisbehaviorType_DUPLICATE_VOTE, Height: 1, Validator: abcitypes.Validator{Address: addressOf(p.rt, key)},
		})
	}
	return list
}

func addressOf(t interface{ Fatal(...any) }, multikey string) crypto.Address {
	key, err := keys.ParseMultikey(multikey)
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.PubKey(key.Bytes()).Address()
}

// seal makes a batch of an active center.
func (p *parliament) seal(envelopes [][]byte) [][]byte {
	centers, _, _ := p.state()
	if len(envelopes) == 0 {
		return nil
	}
	for _, n := range p.plan.Nodes {
		if !slices.ContainsFunc(centers, func(c governance.Center) bool { return c.DID == n.DID && c.Sponsoring() }) {
			continue
		}
		var nonce [16]byte
		_, _ = rand.Read(nonce[:])
		tx, err := op.SealBatch(context.Background(), league, n.DID, nonce, p.now.Unix()+60, envelopes, n.Sponsor)
		if err != nil {
			p.rt.Fatal(err)
		}
		return [][]byte{tx}
	}
	p.rt.Fatal("no center may sponsor")
	return nil
}

// block executes a drawn block, and lets CometBFT's validator set follow it.
func (p *parliament) block() {
	before, _, _ := p.state()
	misbehaved, txs := p.evidence(), p.seal(p.operations())
	req := &abcitypes.RequestFinalizeBlock{Height: p.height + 1, Time: p.now, Txs: txs, Misbehavior: misbehaved}
	res, err := p.FinalizeBlock(context.Background(), req)
	if err != nil {
		p.rt.Fatal(err)
	}
	if _, err := p.Commit(context.Background(), &abcitypes.RequestCommit{}); err != nil {
		p.rt.Fatal(err)
	}
	for _, tx := range res.TxResults {
		if tx.Code != 0 {
			p.rt.Fatalf("batch refused: %s", exec.Code(tx.Code))
		}
	}
	p.height++
	p.now = p.now.Add(time.Second)
	p.seconds.Store(p.now.Unix())
	p.follow(res.ValidatorUpdates)
	p.count(before)
}

// follow is CometBFT's updateState (state/execution.go), and what must hold of it.
func (p *parliament) follow(list []abcitypes.ValidatorUpdate) {
	for i, u := range list {
		if u.Power < 0 || i > 0 && slices.Compare(list[i-1].PubKey.GetEd25519(), u.PubKey.GetEd25519()) == 0 {
			p.rt.Fatalf("height %d: update %d: %v", p.height, i, u)
		}
	}
	updates, err := types.PB2TM.ValidatorUpdates(list)
	if err != nil {
		p.rt.Fatal(err)
	}
	was := p.next
	p.next = was.Copy()
	if len(updates) > 0 {
		if err := p.next.UpdateWithChangeSet(updates); err != nil {
			p.rt.Fatalf("height %d: CometBFT refuses the updates: %v", p.height, err)
		}
	}
	p.next.IncrementProposerPriority(1)
	if err := p.next.ValidateBasic(); err != nil {
		p.rt.Fatalf("height %d: %v", p.height, err)
	}
	p.same()
	p.bounded(was)
}

// same compares CometBFT's set with the ledger's.
func (p *parliament) same() {
	centers, _, set := p.state()
	if len(set) != p.next.Size() || !slices.Equal(set, governance.Wanted(centers)) {
		p.rt.Fatalf("height %d: %d validators on the ledger, %d in CometBFT", p.height, len(set), p.next.Size())
	}
	for _, v := range set {
		_, got := p.next.GetByAddress(addressOf(p.rt, v.Key))
		if got == nil || got.VotingPower != v.Power {
			p.rt.Fatalf("height %d: validator %s: %v, want power %d", p.height, v.Key, got, v.Power)
		}
	}
}

// bounded checks that no more than a third of the power left at once. One or two validators cannot keep that: of them, one
// may replace its key or leave.
func (p *parliament) bounded(was *types.ValidatorSet) {
	var lost int64
	leaving := 0
	for _, v := range was.Validators {
		_, now := p.next.GetByAddress(v.Address)
		power := int64(0)
		if now != nil {
			power = now.VotingPower
		}
		if power < v.VotingPower {
			lost += v.VotingPower - power
			leaving++
		}
	}
	if 3*lost > was.TotalVotingPower() && (was.Size() > 2 || leaving > 1) {
		p.rt.Fatalf("height %d: %d of %d power left in one block", p.height, lost, was.TotalVotingPower())
	}
}

// count notes what happened, so that the test can tell whether it has seen anything.
func (p *parliament) count(before []governance.Center) {
	now, _, _ := p.state()
	for _, c := range now {
		if !slices.Contains(p.past, c.Validator) {
			p.past = append(p.past, c.Validator)
		}
		i := slices.IndexFunc(before, func(b governance.Center) bool { return b.DID == c.DID })
		switch {
		case i < 0:
			p.joins++
		case c.Status == governance.Removed && before[i].Status != governance.Removed:
			p.outs++
		case c.Validator != before[i].Validator:
			p.turns++
		case c.Status == governance.Suspended && c.Cause == "evidence" && before[i].Status == governance.Active:
			p.caps++
		}
	}
}
