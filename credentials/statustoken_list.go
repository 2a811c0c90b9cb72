package credentials

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/cose"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// This file has the tokens of Token Status Lists (draft-ietf-oauth-status-list, section 5): how one is signed, and how one is opened.

// maxListToken bounds the bytes of a list's token, as they are fetched.
const maxListToken = 32 << 20

// StatusToken signs a Token Status List: statuslist.TokenType gives a compact JWT, statuslist.TokenCWTType a CWT. The key is named
// as i.Method; whose it is says that, and no iss (as the drafts since 2024 have it).
func (i *Issuer) StatusToken(ctx context.Context, t statuslist.Token, kind string) ([]byte, error) {
	if i.Signer == nil || !strings.HasPrefix(i.Method, i.DID.String()+"#") {
		return nil, fmt.Errorf("%w: a status list needs a key of %q", ErrIssuer, i.DID)
	}
	switch kind {
	case statuslist.TokenType:
		claims, err := t.Claims()
		if err != nil {
			return nil, err
		}
		compact, err := jose.Sign(ctx, claims, i.Signer, jose.SignOptions{Type: kind, KeyID: i.Method})
		return []byte(compact), err
	case statuslist.TokenCWTType:
		payload, err := t.CBOR()
		if err != nil {
			return nil, err
		}
		return cose.Sign(ctx, payload, i.Signer, cose.SignOptions{Type: kind, KeyID: i.Method})
	}
	return nil, fmt.Errorf("%w: no status list token is called %.64q", ErrIssuer, kind)
}

// openedToken is the token of a list before its signature was checked.
type openedToken struct {
	list   *statuslist.Token
	kid    string
	verify func(keys.Public) error
}

// openListToken reads a JWT or a CWT. A credential, a key binding or whatever else is signed is none: its typ says so.
func openListToken(body []byte) (*openedToken, error) {
	if len(body) > 0 && body[0] == coseTag {
		m, err := cose.Parse(body, cose.Limits{MaxBytes: maxListToken})
		if err == nil {
			err = errors.Join(checkCWTType(m), m.CheckAlgorithm())
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", statuslist.ErrVerification, err)
		}
		list, err := statuslist.OpenCBOR(m.Payload)
		return &openedToken{list: list, kid: m.KeyID, verify: m.Verify}, err
	}
	t, err := jose.Parse(strings.TrimSpace(string(body)), jose.Limits{MaxBytes: maxListToken})
	if err == nil {
		err = errors.Join(t.CheckType(statuslist.TokenType), t.CheckAlgorithm())
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", statuslist.ErrVerification, err)
	}
	list, err := statuslist.OpenClaims(t.Payload)
	return &openedToken{list: list, kid: t.KeyID, verify: t.Verify}, err
}

// checkCWTType takes the media type and its short form (RFC 9596 section 2): the drafts have used both.
func checkCWTType(m *cose.Message) error {
	if m.Type == strings.TrimPrefix(statuslist.TokenCWTType, "application/") {
		return nil
	}
	return m.CheckType(statuslist.TokenCWTType)
}

// readTokenList verifies and decodes the token of a list (section 8.3): its sub is the entry's URI, its key the credential's issuer's,
// and the instant lies within its validity.
func (v *Verifier) readTokenList(ctx context.Context, q StatusQuery, body []byte) (*keptList, error) {
	t, err := openListToken(body)
	if err != nil {
		return nil, StatusError(err)
	}
	switch {
	case t.list.URI != q.Entry.List:
		err = fmt.Errorf("%w: sub is not %.128q", statuslist.ErrVerification, q.Entry.List)
	case t.list.Issuer != "" && t.list.Issuer != q.Issuer.String():
		err = fmt.Errorf("%w: list is issued by %.128q, not %.128q", statuslist.ErrVerification, t.list.Issuer, q.Issuer)
	}
	if err != nil {
		return nil, StatusError(err)
	}
	r := v.newRun(VerifyOptions{At: q.At})
	key, err := r.listKey(ctx, q.Issuer, t.kid)
	if err != nil {
		return nil, err
	}
	if err := t.verify(key); err != nil {
		return nil, StatusError(fmt.Errorf("%w: %w", statuslist.ErrVerification, err))
	}
	if err := r.checkListTime(t.list); err != nil {
		return nil, err
	}
	return &keptList{token: true, digest: sha256.Sum256(t.list.Bits), List: statuslist.List{
		URL: t.list.URI, Issuer: q.Issuer.String(), Bits: t.list.Bits, Size: t.list.Size,
		ValidFrom: t.list.IssuedAt, ValidUntil: t.list.Expires, TTL: t.list.TTL,
	}}, nil
}

// listKey finds the key of a list's token as that of a credential is found: in the issuer's DID document at the instant, or in the
// metadata of an issuer that is a URL.
func (r *run) listKey(ctx context.Context, issuer did.DID, kid string) (keys.Public, error) {
	if strings.HasPrefix(kid, "#") && strings.HasPrefix(issuer.String(), "did:") {
		kid = issuer.String() + kid
	}
	r.opened = &opened{claims: true, proofs: []proof{{pointer: "kid", method: kid}}}
	r.model = &model{issuer: issuer.String()}
	c := r.checkIssuer(ctx)
	switch {
	case c.Outcome == Pass && len(r.issuer) == 1:
		return r.issuer[0], nil
	case c.Outcome == Fail:
		return keys.Public{}, statusError(ProblemStatusVerification, fmt.Errorf("%w: %s", statuslist.ErrVerification, problemText(c.Problem)))
	}
	return keys.Public{}, statusError(ProblemStatusRetrieval, fmt.Errorf("status list cannot be verified: %s", problemText(c.Problem)))
}

func problemText(p *Problem) string {
	if p == nil {
		return "no key"
	}
	return strings.TrimSuffix(p.Title+": "+p.Detail, ": ")
}

// checkListTime checks that the instant of the verification lies within a list's validity. One of another time than the past one that
// was asked for is no answer, neither way.
func (r *run) checkListTime(t *statuslist.Token) error {
	end := t.Expires
	if !end.IsZero() {
		end = end.Add(-time.Nanosecond) // at exp itself a token is no longer accepted
	}
	for _, p := range []period{{"iat", t.IssuedAt, time.Time{}}, {"exp", time.Time{}, end}} {
		problem := p.check(r.at, r.Skew)
		switch {
		case problem == nil:
		case !r.opts.At.IsZero():
			return statusError(ProblemStatusRetrieval, fmt.Errorf("the list at hand is not the one of that time: %s", problemText(problem)))
		default:
			return statusError(ProblemStatusVerification, fmt.Errorf("%w: %s", statuslist.ErrVerification, problemText(problem)))
		}
	}
	return nil
}
