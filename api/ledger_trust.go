package api

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
)

// trustReader is what a LedgerTrust needs of a Ledger.
type trustReader interface {
	Read(ctx context.Context, fn func(*app.View) error) error
}

// LedgerTrust is the credentials.TrustSource of a league: whether an issuer was accredited for a credential at an instant, and
// by which path. Every type of the credential but VerifiableCredential needs a path, or a registered schema of that type that
// the credential names does; a credential without further types needs one for VerifiableCredential itself. Answers are of one
// block; one of a lower height than an answer given before is refused. It is safe for concurrent use.
type LedgerTrust struct {
	ledger trustReader
	now    func() time.Time
	seen   watermark
}

var _ credentials.TrustSource = (*LedgerTrust)(nil)

// NewLedgerTrust returns a trust source over a ledger (nil now: time.Now).
func NewLedgerTrust(ledger trustReader, now func() time.Time) *LedgerTrust {
	if now == nil {
		now = time.Now
	}
	return &LedgerTrust{ledger: ledger, now: now}
}

// Bounds of what one credential can make the ledger look up.
const (
	maxTypesAsked   = 16
	maxSchemasAsked = 4
)

// plainType is the type that every credential has.
const plainType = "VerifiableCredential"

// codeTooManyTypes is the reason of a negative answer that trust.Find does not have.
const codeTooManyTypes = "tooManyTypes"

// Accredited answers a trust question at an instant, or now. Errors mean that the ledger cannot be read, or is behind.
func (s *LedgerTrust) Accredited(ctx context.Context, q credentials.TrustQuery) (credentials.TrustResult, error) {
	if q.At.After(s.now().Add(time.Minute)) {
		return credentials.TrustResult{}, fmt.Errorf("accreditations at %s: a future time is not known", q.At.UTC().Format(time.RFC3339))
	}
	floor := s.seen.height() // before reading: a slow read may be overtaken by others, and is not older for that
	var result credentials.TrustResult
	err := s.ledger.Read(ctx, func(v *app.View) (err error) {
		head := v.Head()
		if head.Height < floor {
			return fmt.Errorf("the ledger's answer is older (height %d) than one given before (height %d)", head.Height, floor)
		}
		s.seen.raise(head.Height)
		result, err = s.find(v.Reader(), head, q)
		result.Evidence = ledgerEvidence(head, s.now())
		return err
	})
	return result, err
}

// find looks for a path for every type.
func (s *LedgerTrust) find(r exec.Reader, head app.Head, q credentials.TrustQuery) (credentials.TrustResult, error) {
	types := askedTypes(q.Types)
	if len(types) > maxTypesAsked {
		return credentials.TrustResult{Code: codeTooManyTypes, Reason: fmt.Sprintf("the credential has more than %d types", maxTypesAsked)}, nil
	}
	f := finder{reader: r, now: head.Time, question: s.question(head, q), schemas: q.Schemas[:min(len(q.Schemas), maxSchemasAsked)]}
	var result credentials.TrustResult
	for i, credentialType := range types {
		path, err := f.pathFor(credentialType)
		if err != nil {
			return credentials.TrustResult{}, err
		}
		if i == 0 || !path.Held {
			result = credentials.TrustResult{Accredited: path.Held, Code: string(path.Why), Reason: path.Detail, Path: trustHops(path)}
		}
		if !path.Held {
			return result, nil
		}
	}
	return result, nil
}

// askedTypes are the types that need a path, each once.
func askedTypes(all []string) []string {
	var types []string
	for _, t := range all {
		if t != plainType && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	if len(types) == 0 {
		return []string{plainType}
	}
	return types
}

func (s *LedgerTrust) question(head app.Head, q credentials.TrustQuery) trust.Question {
	at := int64(0)
	if !q.At.IsZero() {
		at = q.At.Unix()
	}
	validity := int64((q.Validity + time.Second - 1) / time.Second)
	if q.Validity < 0 {
		validity = -1
	}
	return trust.Question{
		Subject: q.Issuer, Action: trust.Issue, At: instantOf(head, at, s.now()), Centers: q.Centers, Jurisdiction: q.Jurisdiction,
		Validity: validity, MaxDepth: int64(q.MaxDepth),
	}
}

// finder asks for the types of one credential.
type finder struct {
	reader   exec.Reader
	now      int64
	question trust.Question
	schemas  []string // digests that the credential names
}

// pathFor is the path for a credential type or, where there is none, for a schema of that type.
func (f *finder) pathFor(credentialType string) (*trust.Path, error) {
	if credentialType == credentials.AccreditationType {
		if path, err := f.membership(); err != nil || path != nil {
			return path, err
		}
	}
	res, err := governance.ParseResource(string(governance.TypeResource(credentialType)))
	if err != nil { // nobody can be accredited for it
		return &trust.Path{Why: trust.NoAccreditation, Detail: err.Error(), At: f.question.At}, nil //nolint:nilerr // that is the answer
	}
	path, err := f.find(res)
	if err != nil || path.Held {
		return path, err
	}
	for _, digest := range f.schemas {
		schema, err := trust.GetSchema(f.reader, digest)
		if err != nil {
			return nil, err
		}
		if schema == nil || schema.Type != credentialType {
			continue // a schema that the issuer only names must not stand for another type
		}
		if status := schema.StatusAt(f.question.At); status == "" || status == trust.SchemaWithdrawn {
			continue
		}
		if other, err := f.find(governance.Resource("schema:" + digest)); err != nil || other.Held {
			return other, err
		}
	}
	return path, nil
}

// membership is the path of a center for copies of accreditations: every active center serves them, and they say nothing that
// the ledger does not. nil where the issuer is no such center, or none that is accepted.
func (f *finder) membership() (*trust.Path, error) {
	q := f.question
	center, err := governance.At(f.reader, q.Subject, q.At)
	if err != nil || center == nil || center.Status != governance.Active {
		return nil, err
	}
	accepted := len(q.Centers) == 0 || slices.Contains(q.Centers, q.Subject)
	res := governance.TypeResource(credentials.AccreditationType)
	for i := 0; i < len(q.Centers) && !accepted; i++ {
		if accepted, _, err = trust.Recognises(f.reader, string(q.Centers[i]), string(q.Subject), res, q.At); err != nil {
			return nil, err
		}
	}
	if !accepted {
		return nil, nil
	}
	league, err := governance.League(f.reader)
	return &trust.Path{Held: true, At: q.At, Hops: []trust.Hop{{
		Authority: governance.LeagueURI(league), Subject: q.Subject, Action: trust.Issue, Resource: res, State: trust.Active,
		ValidFrom: center.Since, ValidUntil: center.Until, Height: center.Height,
	}}}, err
}

func (f *finder) find(res governance.Resource) (*trust.Path, error) {
	q := f.question
	q.Resource = res
	return trust.Find(f.reader, max(f.now, q.At), q)
}

func trustHops(p *trust.Path) []credentials.TrustHop {
	hops := make([]credentials.TrustHop, len(p.Hops))
	for i, h := range p.Hops {
		hops[i] = credentials.TrustHop{
			ID: idText(h.ID), Authority: h.Authority, Subject: string(h.Subject), Action: string(h.Action), Type: string(h.Resource),
			State: string(h.State), ValidFrom: timeOrNone(h.ValidFrom), ValidUntil: timeOrNone(h.ValidUntil), Reason: string(h.Reason),
			Height: h.Height,
		}
	}
	return hops
}

// watermark is the highest ledger height that an answer stood on. It is safe for concurrent use.
type watermark struct{ highest atomic.Int64 }

func (w *watermark) height() int64 { return w.highest.Load() }

func (w *watermark) raise(height int64) {
	for {
		seen := w.highest.Load()
		if height <= seen || w.highest.CompareAndSwap(seen, height) {
			return
		}
	}
}
