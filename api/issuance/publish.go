package issuance

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
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

// Encoding is one of the forms that a list is published in, from one truth.
type Encoding string

// The encodings.
const (
	AsCredential Encoding = ""                                // BitstringStatusListCredential in the securing form of its issuer
	AsToken      Encoding = statuslist.TokenType              // Token Status List as a JWT
	AsCWT        Encoding = Encoding(statuslist.TokenCWTType) // Token Status List as a CWT
)

// Publication is a signed status list: a BitstringStatusListCredential (Bitstring Status List 1.0, section 3), or the token of a Token
// Status List (draft-ietf-oauth-status-list, section 5).
type Publication struct {
	As      Encoding
	Form    credentials.Form // of a credential
	Body    json.RawMessage  // of a credential: the document with its proof, or an EnvelopedVerifiableCredential
	Compact string           // JOSE forms: the compact serialization
	COSE    []byte           // of a vc+cose: the message
	Token   []byte           // the compact JWT, or the CWT
	Digest  string           // of the signed list: a strong validator for its representations
	Height  int64            // of the ledger when the bits were read
	Signed  time.Time
	Until   time.Time // validUntil, exp
	Past    bool      // the list as it was at a past time: it never changes again
}

// ElsewhereError says that another center is the home of a list: it alone signs it.
type ElsewhereError struct {
	URL string // the list's own URL
}

func (e *ElsewhereError) Error() string { return "the status list is published at " + e.URL }

// Publish returns a list signed by its issuer, now (zero time) or as it was at a past time. The signature of a list
// that has not changed is kept and used again. While the ledger cannot be read, the last signed copy is given as long
// as it is valid. Errors: ErrNotFound, ErrRequest (also for a list that has no such encoding), ErrUnavailable, *ElsewhereError.
func (s *Service) Publish(ctx context.Context, id op.ID, at time.Time, as Encoding) (*Publication, error) {
	list, err := readList(ctx, s.ledger, id)
	if err != nil {
		return s.published.fallback(id, at, s.opts.Now(), as, err)
	}
	i, err := s.publisher(ctx, list)
	if err != nil {
		return nil, err
	}
	if as != AsCredential {
		if _, err := statuslist.TokenSize(int(list.Bits), list.Purposes); err != nil {
			return nil, &Refusal{Reason: ErrRequest, Detail: "this status list has no form as a Token Status List", Err: err}
		}
	}
	if !at.IsZero() {
		return s.publishPast(ctx, i, list, at, as)
	}
	bits, head, err := s.ledger.Bits(ctx, id, timeNow)
	if err != nil {
		return s.published.fallback(id, at, s.opts.Now(), as, unavailable("a status list cannot be read", err))
	}
	slot := s.published.slot(id)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	slot.read(bits, head.Height)
	now := s.opts.Now().UTC().Truncate(time.Second)
	if p := slot.last[as]; p != nil && p.Form == i.listForm(as) && now.Sub(p.Signed) < listRenewal && !now.Before(p.Signed) {
		return p, nil
	}
	p, err := s.signList(ctx, i, list, edition{bits: slot.bits, from: now, until: now.Add(listValidity), as: as})
	if err != nil {
		return nil, err
	}
	p.Height = slot.height
	slot.last[as] = p
	return p, nil
}

// publishPast signs a list as it was. It is valid at that time only: nobody can pass it off as the present list.
func (s *Service) publishPast(ctx context.Context, i *issuing, list *status.List, at time.Time, as Encoding) (*Publication, error) {
	at = at.UTC().Truncate(time.Second)
	switch {
	case at.After(s.opts.Now()):
		return nil, refuse(ErrRequest, "", "the timestamp is in the future")
	case at.Unix() < list.Created:
		return nil, refuse(ErrNotFound, "", "the status list did not exist at that time")
	}
	m := moment{list: list.ID, as: as, at: at.Unix()}
	if p := s.published.past(m); p != nil {
		return p, nil
	}
	bits, head, err := s.ledger.Bits(ctx, list.ID, at)
	if err != nil {
		return nil, unavailable("a status list cannot be read", err)
	}
	p, err := s.signList(ctx, i, list, edition{bits: bits, from: at, until: at.Add(ListTTL), as: as})
	if err != nil {
		return nil, err
	}
	p.Height = head.Height
	if p.Past = at.Unix() < head.Time; p.Past { // otherwise a coming block may still fall into that second
		s.published.keepPast(m, p)
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

// edition is what a list says from a time until another, and in which encoding.
type edition struct {
	bits        []byte
	from, until time.Time
	as          Encoding
}

// signList signs an edition of a list.
func (s *Service) signList(ctx context.Context, i *issuing, list *status.List, e edition) (*Publication, error) {
	p := &Publication{As: e.as, Signed: e.from, Until: e.until}
	var err error
	if e.as == AsCredential {
		err = i.signCredential(ctx, p, list, e)
	} else {
		err = i.signToken(ctx, p, list, e)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// signCredential makes the credential of a list.
func (i *issuing) signCredential(ctx context.Context, p *Publication, list *status.List, e edition) error {
	unsecured, err := statuslist.Build(statuslist.List{
		URL: list.URL, Issuer: string(list.Issuer), Purposes: list.Purposes, Bits: e.bits, Size: int(list.Bits),
		ValidFrom: e.from, ValidUntil: e.until, TTL: ListTTL,
	})
	if err != nil {
		return fmt.Errorf("issuance: encode list %s: %w", list.ID, err)
	}
	signer := *i.signers[i.Form]
	signer.Form = i.listForm(e.as)
	secured, err := signer.Issue(ctx, unsecured)
	if err != nil {
		return unavailable("a status list cannot be signed at present", err)
	}
	p.Form, p.Body, p.Compact, p.COSE, p.Digest = secured.Form, secured.Body, secured.Compact, secured.COSE, digest(secured)
	return nil
}

// listForm is how an issuer secures the credential of a list: as what it issues, and as a JWT where that is no document.
func (i *issuing) listForm(as Encoding) credentials.Form {
	switch {
	case as != AsCredential:
		return ""
	case i.Form.Claims():
		return credentials.FormJWT
	}
	return i.Form
}

// signToken makes the token of a list.
func (i *issuing) signToken(ctx context.Context, p *Publication, list *status.List, e edition) error {
	bits, size, err := statuslist.TokenBits(e.bits, int(list.Bits), list.Purposes)
	if err != nil {
		return fmt.Errorf("issuance: encode list %s: %w", list.ID, err)
	}
	signer := i.signers[i.Form]
	for form, other := range i.signers { // the key of those who will read it
		if form.Claims() {
			signer = other
		}
	}
	p.Token, err = signer.StatusToken(ctx, statuslist.Token{
		URI: list.URL, IssuedAt: e.from, Expires: e.until, TTL: ListTTL, Size: size, Bits: bits,
	}, string(e.as))
	if err != nil {
		return unavailable("a status list cannot be signed at present", err)
	}
	sum := sha256.Sum256(p.Token)
	p.Digest = base64.RawURLEncoding.EncodeToString(sum[:])
	return nil
}
