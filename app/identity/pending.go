package identity

import (
	"fmt"

	"github.com/hanse-id/hanse/app/due"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// Pending is a recovery under way: public, and cancellable until Due. A DID has at most one.
type Pending struct {
	DID      did.DID
	ID       op.ID  // the operation that started it (the proposal's, where the league did)
	League   bool   // started by the league: any control key vetoes it
	Proposal int64  // the league's: number of the proposal; 0 otherwise
	Base     string // version id that it continues from: later versions become disputed
	Started  int64  // block time
	Height   int64
	Due      int64 // block time from which on it takes effect
	// What it makes of the DID.
	Document  *did.Document
	Threshold int64
	Next      []string
	Recovery  *Recovery

	item int64 // number of its calendar item
}

// PendingKey is the state key of a pending recovery: what a proof of it, or of its absence, names.
func PendingKey(d did.DID) []byte { return append([]byte(pendingPrefix), d...) }

// PendingOf reads the recovery of d that is under way, nil if there is none. An error means that the state is corrupt.
func PendingOf(r exec.Reader, d did.DID) (*Pending, error) {
	data := r.Get(PendingKey(d))
	if data == nil {
		return nil, nil
	}
	p, err := decodePending(data)
	if err != nil {
		return nil, fmt.Errorf("recovery of %s: %w", d, err)
	}
	return p, nil
}

// ref is how the calendar names a recovery.
func (p *Pending) ref() string { return string(p.DID) + "#" + p.ID.String() }

// entry is the recovery's place in the calendar.
func (p *Pending) entry() due.Item {
	return due.Item{At: p.Due, N: p.item, Kind: RecoveryDue, Ref: p.ref()}
}

// drop ends a recovery: nothing of it is left but the receipts.
func (p *Pending) drop(s exec.Store) {
	s.Delete(PendingKey(p.DID))
	due.Drop(s, p.entry())
}

func (p *Pending) by() did.RecoveredBy {
	if p.League {
		return did.RecoveredByLeague
	}
	return did.RecoveredBySet
}

func (p *Pending) encode() ([]byte, error) {
	m := map[string]any{
		"did":       string(p.DID),
		"operation": p.ID.String(),
		"base":      p.Base,
		"started":   p.Started,
		"height":    p.Height,
		"due":       p.Due,
		"item":      p.item,
		"document":  p.Document.Value(),
		"threshold": p.Threshold,
	}
	if p.League {
		m["proposal"] = p.Proposal
	}
	if len(p.Next) > 0 {
		m["next"] = object.Texts(p.Next)
	}
	if p.Recovery != nil {
		m["recovery"] = p.Recovery.Value()
	}
	data, err := jcs.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("recovery of %s: %w", p.DID, err)
	}
	return data, nil
}

// decodePending reads what encode wrote.
func decodePending(data []byte) (*Pending, error) {
	m, err := parseRecord(data)
	if err != nil {
		return nil, err
	}
	p := &Pending{
		DID:       did.DID(m.String("did")),
		ID:        readID(m, "operation"),
		League:    m.Has("proposal"),
		Proposal:  m.OptInt("proposal", 0),
		Base:      m.String("base"),
		Started:   m.Int("started"),
		Height:    m.Int("height"),
		Due:       m.Int("due"),
		Threshold: m.Int("threshold"),
		Next:      m.OptStrings("next"),
		item:      m.Int("item"),
	}
	recovery, document := m.OptObject("recovery"), m.Object("document")
	if err := m.Done(); err != nil {
		return nil, err
	}
	if recovery != nil {
		if p.Recovery, err = readDeclaration(recovery, "/recovery"); err != nil {
			return nil, err
		}
	}
	if p.Document, err = did.DocumentFromValue(document); err != nil {
		return nil, err
	}
	return p, nil
}

// readID reads an operation id.
func readID(m *object.Reader, name string) op.ID {
	id, err := op.ParseID(m.String(name))
	if err != nil {
		m.Fail(name, "not an operation id")
	}
	return id
}
