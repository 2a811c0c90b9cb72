package app

import (
	"fmt"
	"math/bits"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
)

// Proposal is what a block may contain: raw transactions at a proposed time, over the committed state of height−1.
type Proposal struct {
	Height   int64
	Time     int64 // unix seconds
	MaxBytes int64 // CometBFT's limit for Prepare; 0 when checking
	Txs      [][]byte
}

// judge decides, transaction by transaction, what a block may contain (`ledger.md` 6). Prepare builds with it,
// CheckProposal checks with it, Execute repeats it. It depends on the proposal and on the committed state of H−1 only.
// Refused transactions count for nothing: what is left after leaving them out is accepted as it is.
type judge struct {
	app    *App
	state  exec.Reader // committed state of H−1
	params exec.Params
	league [32]byte
	time   int64

	bytes, raw, ops, batches int64

	centers map[op.CenterHash]*tally
	seen    map[[32]byte]bool
}

// tally is what one center has in the block so far.
type tally struct {
	center   *governance.Center
	sponsors []keys.Public

	raw, ops, batches int64
	chunks            int64 // of status lists, while executing
}

// ruling is what judge says of one transaction: OK with its operations, or the code that refuses it.
type ruling struct {
	code   exec.Code
	header *op.Header // nil if it cannot be decoded
	tally  *tally
	ops    []*op.Operation // nil entries: not decodable
}

func newJudge(a *App, state exec.Reader, time int64) *judge {
	params, err := governance.Params(state)
	intact(err)
	league, err := governance.League(state)
	intact(err)
	return &judge{
		app: a, state: state, params: params, league: op.HashLeague(league), time: time,
		centers: map[op.CenterHash]*tally{}, seen: map[[32]byte]bool{},
	}
}

// rule judges one transaction, cheap checks first: nothing is decompressed before the sponsor's signature is good.
func (j *judge) rule(tx []byte) ruling {
	h, err := op.DecodeHeader(tx)
	if err != nil {
		return ruling{code: exec.CodeBatchMalformed}
	}
	r := ruling{header: h}
	if r.code = j.admissible(h); r.code != exec.OK {
		return r
	}
	r.tally = j.tally(h.Center)
	if r.code = j.sponsored(h, r.tally); r.code != exec.OK {
		return r
	}
	if r.ops, err = j.app.batches.open(h); err != nil {
		r.code = exec.CodeBatchMalformed
	}
	return r
}

// admissible checks what the header says.
func (j *judge) admissible(h *op.Header) exec.Code {
	switch {
	case h.League != j.league:
		return exec.CodeBatchMalformed
	case h.NotAfter <= j.time || h.NotAfter > j.time+j.params.WindowSeconds:
		return exec.CodeBatchExpired
	case j.seen[h.Hash] || j.state.Get(batchKey(h.Hash)) != nil:
		return exec.CodeBatchRepeated
	}
	return exec.OK
}

// sponsored checks the center behind a batch: known, not halted, room left, signature.
func (j *judge) sponsored(h *op.Header, t *tally) exec.Code {
	switch {
	case t.center == nil || t.center.Status == governance.Removed:
		return exec.CodeUnknownSponsor
	case !t.center.Sponsoring():
		return exec.CodeSponsorHalted
	case !j.fits(h, t):
		return exec.CodeBatchLimit
	}
	for _, key := range t.sponsors { // asked of the verdict cache: Prepare, CheckProposal and Execute see the same batches
		if j.app.verify(h.SponsorCheck(key)) {
			return exec.OK
		}
	}
	return exec.CodeSponsorSig
}

func (j *judge) fits(h *op.Header, t *tally) bool {
	size, raw, ops := int64(h.Size()), int64(h.RawLen), int64(h.Count)
	p := &j.params
	return size <= p.MaxBatchBytes && raw <= p.MaxBatchRaw && ops <= p.MaxBatchOps &&
		j.bytes+size <= p.MaxBlockBytes && j.raw+raw <= p.MaxBlockRaw && j.ops+ops <= p.MaxBlockOps &&
		t.raw+raw <= p.MaxCenterBlockRaw && t.ops+ops <= p.MaxCenterBlockOps &&
		j.batches < p.MaxBlockBatches && t.batches < p.MaxCenterBlockBatches
}

func (j *judge) tally(h op.CenterHash) *tally {
	if t := j.centers[h]; t != nil {
		return t
	}
	t := &tally{}
	var err error
	t.center, err = governance.ByHash(j.state, h)
	intact(err)
	if t.center != nil {
		t.sponsors, err = t.center.SponsorKeys()
		intact(err)
	}
	j.centers[h] = t
	return t
}

// take counts an accepted transaction.
func (j *judge) take(r ruling) {
	size, raw, ops := int64(r.header.Size()), int64(r.header.RawLen), int64(r.header.Count)
	j.bytes, j.raw, j.ops = j.bytes+size, j.raw+raw, j.ops+ops
	r.tally.raw, r.tally.ops = r.tally.raw+raw, r.tally.ops+ops
	j.batches, r.tally.batches = j.batches+1, r.tally.batches+1
	j.seen[r.header.Hash] = true
}

// early reports whether r carries an operation that has to wait: after a halt the first block has a time before it, and
// nothing is refused for that (`ledger.md` 2). Only Prepare asks: contents never reject a proposal.
func (j *judge) early(r ruling) bool {
	for _, o := range r.ops {
		if o != nil && o.Exp > j.time+j.params.WindowSeconds {
			return true
		}
	}
	return false
}

// Prepare returns the transactions of p, in order, that a block may contain and that fit MaxBytes as CometBFT counts
// (0: no limit); CheckProposal of these always accepts. Batches with operations that are too early are left for later.
// Storage faults panic with *exec.StorageError.
func (a *App) Prepare(p Proposal) [][]byte {
	state, done, err := a.committed()
	intact(err)
	defer done()
	j := newJudge(a, state, p.Time)
	var txs [][]byte
	used := int64(0)
	for _, tx := range p.Txs {
		cost := protoSize(tx)
		if p.MaxBytes > 0 && used+cost > p.MaxBytes {
			continue
		}
		if r := j.rule(tx); r.code == exec.OK && !j.early(r) {
			j.take(r)
			used += cost
			txs = append(txs, tx)
		}
	}
	return txs
}

// protoSize is what a transaction takes in CometBFT's block data: tag, length as varint, bytes.
func protoSize(tx []byte) int64 {
	n := int64(len(tx))
	return 1 + int64(bits.Len64(uint64(n)|1)+6)/7 + n
}

// ProposalError says which transaction of a proposal is the first that no block may contain, and why.
type ProposalError struct {
	Index int
	Code  exec.Code
}

func (e *ProposalError) Error() string {
	return fmt.Sprintf("transaction %d: %s", e.Index, e.Code.Info().Name)
}

// CheckProposal says why p must be rejected (*ProposalError, ErrHeight); nil accepts. The contents of operations never
// reject. Storage faults panic with *exec.StorageError: an outage is no reason to reject.
func (a *App) CheckProposal(p Proposal) error {
	if last := a.store.Version(); p.Height != last+1 {
		return fmt.Errorf("%w: height %d after %d", ErrHeight, p.Height, last)
	}
	state, done, err := a.committed()
	intact(err)
	defer done()
	j := newJudge(a, state, p.Time)
	for i, tx := range p.Txs {
		r := j.rule(tx)
		if r.code != exec.OK {
			return &ProposalError{Index: i, Code: r.code}
		}
		j.take(r)
	}
	return nil
}
