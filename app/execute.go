package app

import (
	"errors"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
)

// execution is one block being executed. Dropping it undoes it.
type execution struct {
	app    *App
	state  *state.Block
	block  exec.Block
	params exec.Params // of H−1: changes take effect in the next block
	league string

	consumed   map[op.ID]struct{} // by this block
	forgotten  []op.ID            // ids whose window has passed
	chunks     int64              // of status lists, touched so far
	nextParams exec.Params
	result     BlockResult
}

// Execute runs a block over the committed state and keeps the outcome in memory, for Commit. It may be called again for
// the same height before that and gives the same result. An error or a panic means that the node must stop: nothing that
// a block contains causes one.
func (a *App) Execute(in BlockInput) (result *BlockResult, err error) {
	defer storageFault(&err)
	a.executed = nil
	b, err := a.begin(in.Height)
	if err != nil {
		return nil, err
	}
	x := &execution{
		app: a, state: b, block: exec.Block{Height: in.Height, Time: in.Time}, consumed: map[op.ID]struct{}{},
	}
	if err := x.run(in); err != nil {
		return nil, err
	}
	a.executed = x
	return &x.result, nil
}

func (x *execution) run(in BlockInput) (err error) {
	if x.league, err = governance.League(x.state); err != nil {
		return err
	}
	before, err := governance.Validators(x.state)
	if err != nil {
		return err
	}
	if err := x.checkVersion(); err != nil {
		return err
	}
	rulings := x.judge(in.Txs) // before anything is written: it sees the state of H−1
	if err := x.beginBlock(); err != nil {
		return err
	}
	x.calendar()
	x.misbehaviour(in.Misbehaviour)
	for _, r := range rulings {
		x.result.Txs = append(x.result.Txs, x.batch(r))
	}
	x.calendar() // what passed in this block without a delay happens in it
	x.remember()
	return x.finish(before)
}

// judge repeats what CheckProposal decides: block sync never asks that.
func (x *execution) judge(txs [][]byte) []ruling {
	j := newJudge(x.app, x.state, x.block.Time)
	x.params = j.params
	rulings := make([]ruling, len(txs))
	for i, tx := range txs {
		rulings[i] = j.rule(tx)
		if rulings[i].code == exec.OK {
			j.take(rulings[i])
		}
	}
	return rulings
}

// batch executes the operations of one transaction in order. One that fails spoils no other.
func (x *execution) batch(r ruling) TxResult {
	if r.header != nil {
		x.result.Summary.Batches = append(x.result.Summary.Batches, r.header.Hash)
	}
	if r.code != exec.OK {
		return TxResult{Code: r.code}
	}
	x.rememberBatch(r.header)
	result := TxResult{Ops: make([]OpResult, len(r.ops))}
	for i, o := range r.ops {
		if o == nil {
			result.Ops[i] = OpResult{Code: exec.CodeMalformed}
			continue
		}
		result.Ops[i] = x.operation(o, r.tally)
	}
	return result
}

// operation executes one operation. Only from the moment its signatures are good is its id consumed and its outcome
// final: what fails before changes nothing (`ledger.md` 2).
func (x *execution) operation(o *op.Operation, t *tally) OpResult {
	env := x.env(o)
	action, err := x.authorize(env)
	if err != nil {
		return OpResult{ID: o.ID, Code: codeOf(err)}
	}
	if !x.affords(action, t) {
		return OpResult{ID: o.ID, Code: exec.CodeOverQuota}
	}
	if charged(o) {
		overlay := x.state.Overlay()
		env.Store = overlay
		intact(identity.Charge(env, o.By))
		overlay.Merge()
	}
	x.consumed[o.ID] = struct{}{}
	overlay := x.state.Overlay()
	env.Store = overlay
	err = action.Apply(env)
	code := codeOf(err)
	receipt := Receipt{
		ID: o.ID, State: Rejected, Height: x.block.Height, Index: int64(len(x.result.Receipts)), Time: x.block.Time, Code: code,
	}
	if code == exec.OK {
		overlay.Merge()
		receipt.State, receipt.Events = Committed, env.Events()
	}
	x.result.Receipts = append(x.result.Receipts, receipt)
	return OpResult{ID: o.ID, Code: code, Consumed: true}
}

// affords bounds the chunks of status lists that a block touches, in all and for each center: twelve bytes of an operation
// are enough for two records, so no other limit bounds this work. What does not fit is over quota: it consumes nothing and
// can be sent again. The first of a center always fits, so that no operation is too large for ever.
func (x *execution) affords(action Action, t *tally) bool {
	c, ok := action.(interface{ Chunks() int64 })
	if !ok {
		return true
	}
	n, limit := c.Chunks(), x.params.MaxBlockChunks
	if t.chunks > 0 && (t.chunks+n > limit/2 || x.chunks+n > limit) {
		return false
	}
	t.chunks, x.chunks = t.chunks+n, x.chunks+n
	return true
}

// env is what operation o is authorised in, or nil what the league itself acts in.
func (x *execution) env(o *op.Operation) *exec.Env {
	return &exec.Env{
		Block: x.block, Store: readOnly{x.state}, Params: x.params, League: x.league, Op: o,
		Verify: x.app.verify,
	}
}

// authorize takes an operation through everything that consumes nothing.
func (x *execution) authorize(env *exec.Env) (Action, error) {
	_, again := x.consumed[env.Op.ID]
	return authorize(env, again || x.app.isConsumed(env.Op.ID))
}

// authorize is the one sequence of checks before an id is consumed, for Execute, Admit and Checks alike.
func authorize(env *exec.Env, consumed bool) (Action, error) {
	o := env.Op
	if o.League != env.League {
		return nil, exec.Errorf(exec.CodeWrongLeague, "signed for league %s", o.League).At("/league")
	}
	if consumed {
		return nil, exec.Errorf(exec.CodeDuplicate, "%s: has a receipt", o.ID)
	}
	if err := checkExpiry(o.Exp, env.Block.Time, env.Params.WindowSeconds); err != nil {
		return nil, err
	}
	action, err := validate(o)
	if err != nil {
		return nil, err
	}
	if err := action.Authorize(env); err != nil {
		return nil, err
	}
	if charged(o) {
		if err := identity.CheckQuota(env, o.By, delegated(o)); err != nil {
			return nil, err
		}
	}
	return action, nil
}

// checkExpiry asks for time < exp ≤ time + window.
func checkExpiry(exp, time, window int64) error {
	switch {
	case exp <= time:
		return exec.Errorf(exec.CodeExpired, "expired at %d, it is %d", exp, time).At("/exp")
	case exp > time+window:
		return exec.Errorf(exec.CodeTooEarly, "expires at %d, more than %d s after %d", exp, window, time).At("/exp")
	}
	return nil
}

// codeOf is the code an operation's failure carries; a failure without one is a fault of storage, and stops the node.
func codeOf(err error) exec.Code {
	if err == nil {
		return exec.OK
	}
	if _, ok := errors.AsType[*exec.Error](err); !ok {
		intact(err)
	}
	return exec.CodeOf(err)
}

// verify answers a signature question from the verdict cache, or computes and remembers it: the same answer.
func (a *App) verify(c op.Check) bool {
	if a.verdicts == nil {
		return c.Verify()
	}
	key := c.CacheKey()
	if ok, known := a.verdicts.Get(key); known {
		return ok
	}
	ok := c.Verify()
	a.verdicts.Put(key, ok)
	return ok
}

// finish computes what the block gave: validator updates, root, summary.
func (x *execution) finish(before []governance.Validator) (err error) {
	after, err := governance.Validators(x.state)
	if err != nil {
		return err
	}
	for _, v := range governance.ValidatorDiff(before, after) {
		x.result.Updates = append(x.result.Updates, ValidatorUpdate{Key: v.Key, Power: v.Power})
	}
	if x.nextParams, err = governance.Params(x.state); err != nil {
		return err
	}
	root := x.state.Root()
	x.result.AppHash = root[:]
	s := &x.result.Summary
	s.Head = Head{League: x.league, Height: x.block.Height, Time: x.block.Time, AppHash: root[:]}
	s.Ops = make([]OpResult, len(x.result.Receipts))
	for i, r := range x.result.Receipts {
		s.Ops[i] = OpResult{ID: r.ID, Code: r.Code, Consumed: true}
		s.Changed = appendSubjects(s.Changed, r.Events)
	}
	s.Changed = appendSubjects(s.Changed, x.result.Events)
	slices.Sort(s.Changed)
	s.Changed = slices.Compact(s.Changed)
	return nil
}

func appendSubjects(list []string, events []exec.Event) []string {
	for _, e := range events {
		list = append(list, e.Subjects...)
	}
	return list
}

// readOnly is a Store for steps that write nothing.
type readOnly struct{ exec.Reader }

// Set and Delete panic: a broken invariant of a module, not reachable from an operation.
func (readOnly) Set(_, _ []byte) { panic("app: write outside Apply") }
func (readOnly) Delete(_ []byte) { panic("app: delete outside Apply") }
