package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/did/keys"
)

// MaxBatch is how many credentials VerifyBatch takes at once.
const MaxBatch = 1000

// errBatch is the error of every credential of a batch that is too large.
var errBatch = fmt.Errorf("a batch has at most %d credentials", MaxBatch)

// errPanic is the error of a credential whose verification panicked: a fault of this program, or of a source it asked.
var errPanic = errors.New("the verification panicked")

// batchWorkers is how many credentials of a batch wait for others (resolvers, lists, registries) at the same time.
const batchWorkers = 8

// BatchResult is what Verify returns for one credential of a batch.
type BatchResult struct {
	Report     *Report
	Credential map[string]any
	Err        error
}

// VerifyBatch verifies many credentials as Verify does each of them: element i of the result is that of inputs[i], and the
// verdicts are the same. Cheaper is that every issuer is resolved once, and that Ed25519 signatures share equations: see
// keys.VerifyAll. A credential with a bad signature is verified once more, alone, and costs no other one its verdict. A
// verification that panics ends with an error, as one does that the context's end leaves undone; more than MaxBatch inputs are not
// verified at all, and the error of each says so.
func (v *Verifier) VerifyBatch(ctx context.Context, inputs [][]byte, opts VerifyOptions) []BatchResult {
	results := make([]BatchResult, len(inputs))
	shared := *v
	shared.Resolver = newResolved(v.Resolver)
	if len(inputs) > MaxBatch {
		for i := range results {
			results[i] = shared.newRun(opts).result(errBatch)
		}
		return results
	}
	b := &batch{results: results, runs: make([]*run, len(inputs)), accepted: make([]bool, len(inputs))}
	each(len(inputs), func(i int) {
		defer b.survive(i, &shared, opts)
		b.begin(ctx, i, &shared, inputs[i], opts)
	})
	b.settle()
	each(len(inputs), func(i int) {
		defer b.survive(i, &shared, opts)
		b.end(ctx, i)
	})
	return results
}

// batch is one VerifyBatch. Whoever works on element i is the only one that touches it.
type batch struct {
	results  []BatchResult
	runs     []*run // nil where the result is final
	accepted []bool // the issuer is, before its signature was looked at
}

// survive ends the verification of one credential that panicked: in a worker, nobody else would, and the process would end.
func (b *batch) survive(i int, v *Verifier, opts VerifyOptions) {
	if p := recover(); p != nil {
		b.runs[i] = nil
		b.results[i] = v.newRun(opts).result(fmt.Errorf("%w: %v", errPanic, p))
	}
}

// begin goes as far as can be gone without a signature. What is left when the context ends is not begun.
func (b *batch) begin(ctx context.Context, i int, v *Verifier, input []byte, opts VerifyOptions) {
	r := v.newRun(opts)
	if err := cmp.Or(opts.check(), ctx.Err()); err != nil {
		b.results[i] = r.result(err)
		return
	}
	if !r.read(input) {
		b.results[i] = r.result(nil)
		return
	}
	b.runs[i] = r
	if b.accepted[i] = r.identify(ctx); b.accepted[i] {
		r.ask()
	}
}

// end does what is left.
func (b *batch) end(ctx context.Context, i int) {
	r := b.runs[i]
	if r == nil {
		return
	}
	if err := ctx.Err(); err != nil {
		b.results[i] = r.result(err)
		return
	}
	accepted := b.accepted[i] && r.do(CheckSignature, r.checkSignature)
	b.results[i] = r.result(r.conclude(ctx, accepted))
}

// settle answers the questions of all signatures, on as many cores as there are.
func (b *batch) settle() {
	var questions []keys.Question
	var asked []*settled
	for _, r := range b.runs {
		if r == nil {
			continue
		}
		for i := range r.settled {
			if r.settled[i].asked {
				questions, asked = append(questions, r.settled[i].question), append(asked, &r.settled[i])
			}
		}
	}
	if len(questions) == 0 {
		return
	}
	parts := min(runtime.GOMAXPROCS(0), (len(questions)+batchShare-1)/batchShare)
	each(parts, func(part int) {
		from, to := part*len(questions)/parts, (part+1)*len(questions)/parts
		for i, good := range keys.VerifyAll(questions[from:to]) {
			asked[from+i].good = good
		}
	})
}

// batchShare is the fewest signatures that are worth a core of their own.
const batchShare = 64

// settled is what became of one proof of a run before its turn.
type settled struct {
	question keys.Question
	asked    bool  // the question is the batch's
	good     bool  // and the answer was yes: the proof verifies
	err      error // why there is no question
}

// ask collects the questions of the proofs that a batch can answer. Others are left for checkSignature.
func (r *run) ask() {
	r.settled = make([]settled, len(r.opened.proofs))
	for i, p := range r.opened.proofs {
		if p.question == nil || r.issuer[i].Algorithm() != keys.EdDSA {
			continue
		}
		q, err := p.question(r.issuer[i])
		r.settled[i] = settled{question: q, asked: err == nil, err: err}
	}
}

// verifyProof verifies one proof, unless a batch found it good already, or a key that is prepared does. What they did not, is
// looked at alone: so the verdict, and what is said of it, is the same as without them.
func (r *run) verifyProof(i int) error {
	if i < len(r.settled) && r.settled[i].good {
		return nil
	}
	p, key := r.opened.proofs[i], r.issuer[i]
	var err error
	switch {
	case i < len(r.settled):
		err = r.settled[i].err
	case r.Keys != nil && p.question != nil && key.Algorithm() == keys.EdDSA:
		var q keys.Question
		if q, err = p.question(key); err == nil && r.Keys.Verify(q) {
			return nil
		}
	}
	if err != nil && !errors.Is(err, dataintegrity.ErrUnsupported) {
		return err // what verify would say too, after as much work again
	}
	return p.verify(key)
}

// each calls do for 0 to n-1, a few at the same time.
func each(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, batchWorkers) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	workers.Wait()
}
