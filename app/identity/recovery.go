package identity

import (
	"errors"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Recovery (`ledger.md` 4, DESIGN.md): whoever a record declares for the loss of its keys may replace its control, after a
// public delay in which present control may say that nothing is lost.

// Recover is a validated did.recover: body {prev, document, threshold?, next?, recovery?}, by the DID to recover, signed by
// its recovery set. prev is the last version that the recoverers recognise. A value belongs to one execution.
type Recover struct{ start }

// ValidateRecover checks the bytes of a did.recover. Errors are *exec.Error.
func ValidateRecover(o *op.Operation) (*Recover, error) {
	m := object.New(o.Body, "/body")
	prev := m.String("prev")
	if err := inLeague(o); err != nil {
		return nil, err
	}
	t, err := readTarget(m, "/body", o.League, o.By)
	if err != nil {
		return nil, err
	}
	return &Recover{start{target: *t, prev: prev}}, nil
}

// maxStarts bounds the recoveries that a set starts from one version in a day of block time. They are exempt from the DID's
// quota, so that a thief cannot use that up; and each costs present control a signature to cancel.
const maxStarts = 4

// Authorize asks for the recovery set of the version that prev names. Whatever would refuse the start does so here, before
// its id is consumed: recoveries are exempt from quotas, and refused ones must not leave receipts.
func (x *Recover) Authorize(env *exec.Env) error {
	if err := x.check(env, false); err != nil {
		return err
	}
	if err := authorize(env, x.base.recoverers()); err != nil {
		return err
	}
	n, err := counted(env.Store, startsKey(x.did, x.base.N), day, env.Block.Time)
	if err != nil {
		return err
	}
	if n >= maxStarts {
		return exec.Errorf(exec.CodeOverQuota, "%s: %d recoveries were started from version %d today", x.did, n, x.base.N)
	}
	return nil
}

// Apply makes the recovery pending.
func (x *Recover) Apply(env *exec.Env) error {
	if err := countOne(env.Store, startsKey(x.did, x.base.N), day, env.Block.Time); err != nil {
		return err
	}
	return x.begin(env, &Pending{ID: env.Op.ID})
}

func startsKey(d did.DID, base int64) []byte { return numbered(startsPrefix, d, base) }

// start is a recovery that somebody wants to begin: by the recovery set, or by the league.
type start struct {
	target
	prev string

	present, base *Record  // by check
	replaced      *Pending // the one that this one ends
}

// check says whether the recovery may begin now, and leaves what it read for begin. It does not ask who wants it.
func (s *start) check(env *exec.Env, league bool) (err error) {
	if s.present, err = active(env.Store, s.did); err != nil {
		return err
	}
	if s.base, err = s.find(env.Store); err != nil {
		return err
	}
	delay := s.base.Recovery.delay(league)
	switch {
	case delay == 0 && league:
		return exec.Errorf(exec.CodeNoRecovery, "%s: version %d does not name the league", s.did, s.base.N).At(s.at + "/prev")
	case delay == 0:
		return exec.Errorf(exec.CodeNoRecovery, "%s: version %d declares no recovery set", s.did, s.base.N).At(s.at + "/prev")
	case s.base.N < s.present.N && env.Block.Time >= s.base.NextUpdate+delay:
		return exec.Errorf(exec.CodeVersionMismatch, "prev %q: superseded more than %d seconds ago", s.prev, delay).At(s.at + "/prev")
	case s.base.N < s.present.Recovered:
		return exec.Errorf(exec.CodeVersionMismatch, "prev %q: below version %d, which a recovery made", s.prev, s.present.Recovered).
			At(s.at + "/prev")
	}
	if err := s.checkLimits(env.Params); err != nil {
		return err
	}
	if err := s.checkDeclaration(env.Params, s.base.Recovery, false); err != nil {
		return err
	}
	return s.checkPending(env)
}

// find reads the version that prev names.
func (s *start) find(r exec.Reader) (*Record, error) {
	base, err := byID(r, s.present, s.prev)
	if errors.Is(err, did.ErrNoVersion) {
		return nil, exec.Errorf(exec.CodeVersionMismatch, "prev %q: no such version", s.prev).At(s.at + "/prev")
	}
	return base, err
}

// checkPending allows one recovery at a time. One from an earlier version ends a pending one from a later version: the later
// may be what a thief declared, who must not be able to occupy the place.
func (s *start) checkPending(env *exec.Env) error {
	p, err := PendingOf(env.Store, s.did)
	if err != nil || p == nil {
		return err
	}
	if number, _ := versionNumber(p.Base); s.base.N >= number || env.Block.Time >= p.Due {
		return exec.Errorf(exec.CodeRecoveryPending, "%s: recovery %s is pending until %d", s.did, p.ID, p.Due)
	}
	s.replaced = p
	return nil
}

// begin makes the recovery pending, with p's ID, League and Proposal. No recovery takes effect while one by an earlier
// declaration may still be started: otherwise a thief could declare a set and a short delay of his own, and be the first.
func (s *start) begin(env *exec.Env, p *Pending) error {
	p.DID, p.Base, p.Started, p.Height = s.did, s.base.VersionID, env.Block.Time, env.Block.Height
	p.Document, p.Threshold, p.Next, p.Recovery = s.document, s.threshold, s.next, s.recovery
	p.Due = max(p.Started+s.base.Recovery.delay(p.League), s.base.RecoveryFrom)
	if s.replaced != nil {
		s.replaced.drop(env.Store)
		s.replaced.emit(env, eventCancelled, exec.Attribute{Name: "replacedBy", Value: p.ID.String()})
	}
	item, err := due.Put(env.Store, p.Due, RecoveryDue, p.ref())
	if err != nil {
		return err
	}
	p.item = item.N
	data, err := p.encode()
	if err != nil {
		return err
	}
	env.Store.Set(PendingKey(p.DID), data)
	p.emit(env, eventStarted, exec.Attribute{Name: "base", Value: p.Base}, exec.Attribute{Name: "due", Value: strconv.FormatInt(p.Due, 10)})
	return nil
}

// recoveryFrom is the block time from which on recoveries by what declares next may take effect, if a version that declares
// it replaces r at block time now.
func (r *Record) recoveryFrom(now int64, next *Recovery) int64 {
	from := r.RecoveryFrom
	if r.Recovery != nil && !r.Recovery.same(next) {
		from = max(from, now+max(r.Recovery.Delay, r.Recovery.League))
	}
	if from <= now {
		return 0
	}
	return from
}

// RecoveryDue is the kind of this module's calendar items; FireRecovery serves one.
const RecoveryDue = "recovery"

// The events of recoveries. All have the attributes recovery (operation id) and by (set, league).
const (
	eventStarted   = "did.recovery.started"   // base, due
	eventCancelled = "did.recovery.cancelled" // reason, or replacedBy
	eventRecovered = "did.recovered"          // versionId, base
)

func (p *Pending) emit(env *exec.Env, event string, more ...exec.Attribute) {
	env.Emit(exec.Event{Type: event, Subjects: []string{exec.SubjectDID(p.DID)}, Attributes: append(p.attributes(), more...)})
}

func (p *Pending) attributes() []exec.Attribute {
	return []exec.Attribute{{Name: "recovery", Value: p.ID.String()}, {Name: "by", Value: string(p.by())}}
}

// FireRecovery lets the recovery that a calendar item names take effect: a new version continues from its base, and the
// versions in between are disputed. It asks nobody: whoever could object had until now. env.Op is nil.
func FireRecovery(env *exec.Env, ref string) error {
	d, id, _ := strings.Cut(ref, "#")
	p, err := PendingOf(env.Store, did.DID(d))
	if err != nil || p == nil || p.ID.String() != id {
		return err // a cancelled one takes its item along: Check reports an item that leads nowhere
	}
	present, err := active(env.Store, p.DID)
	if err != nil {
		return err
	}
	base, _ := versionNumber(p.Base)
	r := &Record{
		DID: p.DID, Document: p.Document, Threshold: p.Threshold, Next: p.Next, Recovery: p.Recovery,
		Updated: env.Block.Time, Height: env.Block.Height, Recovered: present.N + 1,
	}
	p.drop(env.Store)
	more := append(p.attributes(), exec.Attribute{Name: "base", Value: p.Base})
	if err := supersede(env, present, r, p.ID, eventRecovered, more...); err != nil {
		return err
	}
	e := &recovered{did: p.DID, n: r.N, by: r.VersionID, base: base, id: p.ID}
	data, err := e.encode()
	if err != nil {
		return err
	}
	env.Store.Set(recoveredKey(e.did, e.n), data)
	return nil
}
