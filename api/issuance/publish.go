package issuance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

const (
	// ListTTL is how long a published list may be used without asking again.
	ListTTL = 60 * time.Second

	listValidity = time.Hour        // validUntil of a published list, from its signing
	listRenewal  = 30 * time.Minute // an unchanged list is signed again after this
)

// Publication is a status list as a signed BitstringStatusListCredential (Bitstring Status List 1.0, section 3).
type Publication struct {
	Form    credentials.Form
	Body    json.RawMessage // the document with its proof, or an EnvelopedVerifiableCredential
	Compact string          // JOSE forms: the compact serialization
	Digest  string          // of the signed list: a strong validator for its representations
	Height  int64           // of the ledger when the bits were read
	Signed  time.Time
	Until   time.Time // validUntil
	Past    bool      // the list as it was at a past time: it never changes again
}

// ElsewhereError says that another center is the home of a list: it alone signs it.
type ElsewhereError struct {
	URL string // the list's own URL
}

func (e *ElsewhereError) Error() string { return "the status list is published at " + e.URL }

// Publish returns a list signed by its issuer, now (zero time) or as it was at a past time. The signature of a list
// that has not changed is kept and used again. While the ledger cannot be read, the last signed copy is given as long
// as it is valid. Errors: ErrNotFound, ErrRequest, ErrUnavailable, *ElsewhereError.
func (s *Service) Publish(ctx context.Context, id op.ID, at time.Time) (*Publication, error) {
	list, err := readList(ctx, s.ledger, id)
	if err != nil {
		return s.published.fallback(id, at, s.opts.Now(), err)
	}
	i, err := s.publisher(ctx, list)
	if err != nil {
		return nil, err
	}
	if !at.IsZero() {
		return s.publishPast(ctx, i, list, at)
	}
	bits, head, err := s.ledger.Bits(ctx, id, timeNow)
	if err != nil {
		return s.published.fallback(id, at, s.opts.Now(), unavailable("a status list cannot be read", err))
	}
	slot := s.published.slot(id)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	now := s.opts.Now().UTC()
	if p := slot.last; p != nil {
		if head.Height < p.Height { // a read that was overtaken: never show an older list than before
			return p, nil
		}
		if bytes.Equal(bits, slot.bits) && p.Form == i.Form && now.Sub(p.Signed) < listRenewal && !now.Before(p.Signed) {
			return p, nil
		}
	}
	p, err := s.signList(ctx, i, list, bits, now, now.Add(listValidity))
	if err != nil {
		return nil, err
	}
	p.Height = head.Height
	slot.last, slot.bits = p, bits
	return p, nil
}

// publishPast signs a list as it was. It is valid at that time only: nobody can pass it off as the present list.
func (s *Service) publishPast(ctx context.Context, i *issuing, list *status.List, at time.Time) (*Publication, error) {
	at = at.UTC().Truncate(time.Second)
	switch {
	case at.After(s.opts.Now()):
		return nil, refuse(ErrRequest, "", "the timestamp is in the future")
	case at.Unix() < list.Created:
		return nil, refuse(ErrNotFound, "", "the status list did not exist at that time")
	}
	if p := s.published.past(list.ID, at); p != nil {
		return p, nil
	}
	bits, head, err := s.ledger.Bits(ctx, list.ID, at)
	if err != nil {
		return nil, unavailable("a status list cannot be read", err)
	}
	p, err := s.signList(ctx, i, list, bits, at, at.Add(ListTTL))
	if err != nil {
		return nil, err
	}
	p.Height = head.Height
	if p.Past = at.Unix() < head.Time; p.Past { // otherwise a coming block may still fall into that second
		s.published.keepPast(list.ID, at, p)
	}
	return p, nil
}

// publisher finds the configured issuer that signs a list.
func (s *Service) publisher(ctx context.Context, list *status.List) (*issuing, error) {
	stored, err := s.listOf(ctx, list.ID)
	if err != nil {
		return nil, err
	}
	if stored != nil {
		if i, err := s.issuer(stored.Issuer); err == nil && i.DID == list.Issuer {
			return i, nil
		}
	}
	if i, err := s.IssuerFor(list.Issuer, ""); err == nil && list.URL == s.listPrefix(i)+list.ID.String() {
		return s.issuer(i.Name)
	}
	if list.URL == s.opts.PublicURL+"/status-lists/"+list.ID.String() { // redirecting would come back here
		return nil, unavailable("the issuer of this status list is not configured here any more", nil)
	}
	return nil, &ElsewhereError{URL: list.URL}
}

// signList makes the status list credential.
func (s *Service) signList(ctx context.Context, i *issuing, list *status.List, bits []byte, from, until time.Time) (*Publication, error) {
	unsecured, err := statuslist.Build(statuslist.List{
		URL: list.URL, Issuer: string(list.Issuer), Purposes: list.Purposes, Bits: bits, Size: int(list.Bits),
		ValidFrom: from, ValidUntil: until, TTL: ListTTL,
	})
	if err != nil {
		return nil, fmt.Errorf("issuance: encode list %s: %w", list.ID, err)
	}
	secured, err := i.signers[i.Form].Issue(ctx, unsecured)
	if err != nil {
		return nil, unavailable("a status list cannot be signed at present", err)
	}
	return &Publication{
		Form: secured.Form, Body: secured.Body, Compact: secured.Compact, Digest: digest(secured), Signed: from, Until: until,
	}, nil
}
