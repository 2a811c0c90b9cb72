package issuance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// timeNow asks the ledger for the present state.
var timeNow time.Time

// statusBits are the bits an entry of a list of StatusPurpose: the values are those of a Token Status List.
const statusBits = 2

// ledgerPurposes is what a list of a purpose serves as the ledger has it, and its bits an entry.
func ledgerPurposes(purpose string) (purposes []string, bits int64) {
	if purpose == StatusPurpose {
		return []string{Revocation, Suspension}, statusBits
	}
	return []string{purpose}, 1
}

// bitAt reads one bit of a list in W3C order (index 0 is the most significant bit of byte 0).
func bitAt(bits []byte, index int64) byte {
	if index/8 >= int64(len(bits)) {
		return 0
	}
	return bits[index/8] >> (7 - index%8) & 1
}

// currentList returns the list in use, made and seen on the ledger.
func (d *draws) currentList(ctx context.Context) (*List, error) {
	last, err := d.lastList(ctx)
	if err != nil {
		return nil, err
	}
	if last == nil {
		return d.newList(ctx, 1)
	}
	if last.Ready {
		return last, nil
	}
	return d.confirm(ctx, last)
}

// nextList follows a full list.
func (d *draws) nextList(ctx context.Context, full *List) (*List, error) {
	return d.newList(ctx, full.Seq+1)
}

func (d *draws) lastList(ctx context.Context) (*List, error) {
	lists, err := d.service.store.Lists(ctx, d.issuerName())
	if err != nil {
		return nil, unavailable("the issuance store cannot be read", err)
	}
	var last *List
	for i := range lists {
		if lists[i].Purpose == d.purpose {
			last = &lists[i]
		}
	}
	return last, nil
}

// newList stores and creates a list. If another process was first, its list is used.
func (d *draws) newList(ctx context.Context, seq int64) (*List, error) {
	l, err := d.service.draftList(ctx, d.config(), d.purpose, seq)
	if err != nil {
		return nil, err
	}
	err = d.service.store.AddList(ctx, l)
	if errors.Is(err, ErrExists) {
		other, err := d.lastList(ctx)
		if err != nil || other == nil {
			return nil, err
		}
		l = *other
	} else if err != nil {
		return nil, unavailable("the issuance store cannot be written", err)
	}
	return d.confirm(ctx, &l)
}

// confirm brings a stored list onto the ledger: its operation is submitted, as often as it takes, and replaced when it
// expired without effect. Submitting the same operation twice has one effect.
func (d *draws) confirm(ctx context.Context, l *List) (*List, error) {
	s := d.service
	_, err := readList(ctx, s.ledger, l.ID)
	if errors.Is(err, ErrNotFound) {
		if l, err = d.renew(ctx, l); err != nil {
			return nil, err
		}
		_, err = s.commit(ctx, operation{ID: l.ID, Envelope: l.Envelope, Exp: l.Expires})
		err = createError(l, err)
	}
	if err != nil {
		return nil, err
	}
	if err := s.store.ListReady(ctx, l.ID); err != nil {
		return nil, unavailable("the issuance store cannot be written", err)
	}
	l.Ready = true
	return l, nil
}

// renew returns l, or a new list in its place if its operation can no longer be committed.
func (d *draws) renew(ctx context.Context, l *List) (*List, error) {
	s := d.service
	head, err := s.ledger.Head(ctx)
	if err != nil {
		return nil, unavailable("the ledger cannot be read", err)
	}
	if head.Time < l.Expires {
		return l, nil
	}
	fresh, err := s.draftList(ctx, d.config(), d.purpose, l.Seq)
	if err != nil {
		return nil, err
	}
	if err := s.store.ReplaceList(ctx, l.ID, fresh); err != nil {
		return nil, unavailable("the issuance store cannot be written", err)
	}
	return &fresh, nil
}

// draftList signs the creation of a list: its id, and so its URL, is known before anything is sent.
func (s *Service) draftList(ctx context.Context, i Issuer, purpose string, seq int64) (List, error) {
	owner, signers, err := s.listOwner(ctx, i)
	if err != nil {
		return List{}, err
	}
	operators := []any{s.operator.Public().Multikey()}
	for _, key := range s.opts.Operators {
		if key != operators[0] {
			operators = append(operators, key)
		}
	}
	prefix := s.listPrefix(i)
	purposes, bits := ledgerPurposes(purpose)
	o, err := s.operationBy(ctx, owner, "status.create", map[string]any{
		"issuer": string(i.DID), "operators": operators, "purposes": anyTexts(purposes),
		"size": s.opts.ListSize, "bits": bits, "url": prefix,
	}, signers...)
	if err != nil {
		return List{}, err
	}
	return List{
		ID: o.ID, Issuer: i.Name, Purpose: purpose, Seq: seq, URL: prefix + o.ID.String(),
		Envelope: o.Envelope, Expires: o.Exp,
	}, nil
}

func anyTexts(list []string) []any {
	out := make([]any, len(list))
	for n, text := range list {
		out[n] = text
	}
	return out
}

func (s *Service) listPrefix(i Issuer) string {
	if i.PublicURL != "" {
		return i.PublicURL + "/status-lists/"
	}
	return s.opts.PublicURL + "/status-lists/"
}

// listOwner says whose control creates an issuer's lists: its own if it has a record, else the center's, with the
// issuer's key as co-signer where the ledger can check it.
func (s *Service) listOwner(ctx context.Context, i Issuer) (did.DID, []principal, error) {
	if i.DID.Method() == "hanse" {
		signers, err := s.controllers(ctx, i.DID, i.Control)
		return i.DID, signers, err
	}
	signers, err := s.controllers(ctx, s.opts.Center.DID, s.opts.Center.Control)
	if err != nil {
		return "", nil, err
	}
	if !identity.CanSign(i.DID) {
		return s.opts.Center.DID, signers, nil
	}
	signer, err := s.opts.Keys.Signer(ctx, i.Key)
	if err != nil {
		return "", nil, unavailable(fmt.Sprintf("key %q of issuer %s cannot be used", i.Key, i.Name), err)
	}
	kid, err := did.ParseURL(i.Method)
	if err != nil {
		return "", nil, fmt.Errorf("issuance: issuer %s: method: %w", i.Name, err)
	}
	return s.opts.Center.DID, append(signers, principal{kid: kid, signer: signer}), nil
}

// createError explains why a list is not there.
func createError(l *List, err error) error {
	if pending, ok := errors.AsType[*PendingError](err); ok {
		return unavailable("the "+l.Purpose+" list of issuer "+l.Issuer+" is not on the ledger yet", pending)
	}
	if refusal, ok := errors.AsType[*exec.Error](err); ok {
		return fmt.Errorf("issuance: create the %s list of issuer %s: %w", l.Purpose, l.Issuer, refusal)
	}
	return err
}

// Prepare makes the lists and leases of all issuers, so that the first issuance need not wait. It returns when all are
// there, or why one is not.
func (s *Service) Prepare(ctx context.Context) error {
	type outcome struct{ err error }
	s.mu.RLock()
	var all []*draws
	for _, i := range s.issuers {
		all = append(all, i.draws...)
	}
	s.mu.RUnlock()
	outcomes := make(chan outcome, len(all))
	for _, d := range all {
		s.work.Go(func() {
			one, err := d.wait(ctx)
			if err == nil {
				d.giveBack(one)
			}
			outcomes <- outcome{err}
		})
	}
	var errs []error
	for range all {
		errs = append(errs, (<-outcomes).err)
	}
	return errors.Join(errs...)
}

// EnsureList makes the list of an issuer and purpose unless there is one, and returns it. created says which.
func (s *Service) EnsureList(ctx context.Context, issuerName, purpose string) (l List, created bool, err error) {
	i, err := s.issuer(issuerName)
	if err != nil {
		return List{}, false, err
	}
	for _, d := range i.draws {
		if d.purpose != purpose {
			continue
		}
		before, err := d.lastList(ctx)
		if err != nil {
			return List{}, false, err
		}
		one, err := d.wait(ctx)
		if err != nil {
			return List{}, false, err
		}
		d.giveBack(one)
		return *one.list, before == nil, nil
	}
	return List{}, false, refuse(ErrRequest, "/statusPurpose", "issuer "+issuerName+" has no status purpose "+purpose)
}

// ownList reports whether url is, or claims to be, a list of this center.
func (s *Service) ownList(ctx context.Context, i Issuer, url string) (bool, error) {
	for _, prefix := range []string{s.opts.PublicURL + "/status-lists/", s.listPrefix(i)} {
		if len(url) >= len(prefix) && url[:len(prefix)] == prefix {
			return true, nil
		}
	}
	lists, err := s.store.Lists(ctx, "")
	if err != nil {
		return false, unavailable("the issuance store cannot be read", err)
	}
	for _, l := range lists {
		if l.URL == url {
			return true, nil
		}
	}
	return false, nil
}

// listOf finds the stored list of an id; nil if this store has none.
func (s *Service) listOf(ctx context.Context, id op.ID) (*List, error) {
	lists, err := s.store.Lists(ctx, "")
	if err != nil {
		return nil, unavailable("the issuance store cannot be read", err)
	}
	for i := range lists {
		if lists[i].ID == id {
			return &lists[i], nil
		}
	}
	return nil, nil
}
