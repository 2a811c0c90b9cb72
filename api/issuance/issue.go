package issuance

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/hanse-id/hanse/credentials"
)

// maxCredentialID bounds a credentialId, in bytes.
const maxCredentialID = 1024

// IssueOptions say how a credential is issued. The zero value uses the issuer's configuration.
type IssueOptions struct {
	// CredentialID addresses the credential later; empty: the credential's own id, if it has one.
	CredentialID string
	// Form asks for one of the issuer's forms; empty: its default.
	Form credentials.Form
	// Idempotency makes a repeated request return the first answer; nil: every call issues.
	Idempotency *Idempotency
}

// Idempotency names a request: the same principal, key and request give the same credential for 24 h.
type Idempotency struct {
	Principal string // who asks: keys of different principals are different keys
	Key       string
	Request   []byte // the exact bytes that must be the same
}

// Issued is a credential as it was issued.
type Issued struct {
	Form     credentials.Form
	Body     json.RawMessage // the document with its proof, or an EnvelopedVerifiableCredential
	Entries  []Entry         // empty when Replayed
	Replayed bool            // the answer of an earlier request with the same Idempotency-Key
}

// Issue validates, gives a status, signs and records a credential. credential is not modified; its values are those of
// jcs.Parse. Errors: the sentinels of this package, or a *credentials.ProblemError where the data model is broken.
func (s *Service) Issue(ctx context.Context, issuerName string, credential map[string]any, opts IssueOptions) (*Issued, error) {
	i, err := s.issuer(issuerName)
	if err != nil {
		return nil, err
	}
	if opts.Idempotency == nil {
		return s.issue(ctx, i, credential, opts, nil)
	}
	claim, answer, err := s.claim(ctx, i, *opts.Idempotency)
	if err != nil || answer != nil {
		return answer, err
	}
	issued, err := s.issue(ctx, i, credential, opts, claim)
	if err != nil {
		if undo := s.store.ReleaseClaim(context.WithoutCancel(ctx), *claim); undo != nil {
			s.opts.Log.Warn("idempotency claim stays until it expires", "error", undo)
		}
		return nil, err
	}
	return issued, nil
}

func (s *Service) issue(ctx context.Context, i *issuing, credential map[string]any, opts IssueOptions, claim *Claim) (*Issued, error) {
	signer, id, err := s.accept(ctx, i, credential, opts)
	if err != nil {
		return nil, err
	}
	indices, err := takeAll(ctx, i, func() error { return signer.CheckIssuable(credential) })
	if err != nil {
		return nil, err
	}
	secured, err := signer.Issue(ctx, withStatus(credential, i, indices))
	if err != nil {
		if _, ok := errors.AsType[*credentials.ProblemError](err); ok { // refused before it was signed
			giveBackAll(i, indices)
			return nil, err
		}
		return nil, unavailable("the issuer's key cannot be used at present", err)
	}
	record := Record{
		Issuer: i.Name, ID: id, Form: secured.Form, Digest: digest(secured), Issued: s.opts.Now().UTC(), Entries: entries(i, indices),
	}
	if i.Retain {
		record.Credential = s.seal.Seal(secured.Body, "credential")
	}
	if claim != nil {
		claim.Answer = s.seal.Seal(secured.Body, answerLabel(*claim))
		claim.Expires = s.opts.Now().Add(answerLife)
	}
	switch err := s.store.Complete(ctx, record, claim); {
	case errors.Is(err, ErrDuplicate):
		return nil, refuse(ErrDuplicate, "/id", "issuer "+i.Name+" has issued a credential with this id before")
	case errors.Is(err, ErrInFlight):
		return nil, refuse(ErrInFlight, "", "another request took this idempotency key over")
	case errors.Is(err, ErrExists):
		return nil, fmt.Errorf("issuance: %w", err) // an index twice: a broken invariant, and nothing was released
	case err != nil:
		return nil, unavailable("the issuance store cannot be written", err)
	}
	return &Issued{Form: secured.Form, Body: secured.Body, Entries: record.Entries}, nil
}

// accept makes the checks that come before the data model: who is named, how the credential will be addressed, in which
// form, and that it claims no status of ours.
func (s *Service) accept(ctx context.Context, i *issuing, credential map[string]any, opts IssueOptions) (*credentials.Issuer, string, error) {
	named, err := NamedIssuer(credential)
	if err != nil {
		return nil, "", err
	}
	if named != string(i.DID) {
		return nil, "", refuse(ErrForeignIssuer, "/issuer", "issuer "+i.Name+" is "+string(i.DID)+" and signs for nobody else")
	}
	form := opts.Form
	if form == "" {
		form = i.Form
	}
	signer := i.signers[form]
	if signer == nil {
		return nil, "", refuse(ErrRequest, "", "issuer "+i.Name+" does not make "+string(form))
	}
	id := opts.CredentialID
	if id == "" {
		id, _ = credential["id"].(string) // what else stands there breaks the data model
	}
	if len(id) > maxCredentialID {
		return nil, "", refuse(ErrRequest, "", "a credentialId has at most "+strconv.Itoa(maxCredentialID)+" bytes")
	}
	for n, entry := range statusEntries(credential["credentialStatus"]) {
		named, _ := entry["statusListCredential"].(string)
		ours, err := s.ownList(ctx, i.Issuer, named)
		if err != nil {
			return nil, "", err
		}
		if ours {
			return nil, "", refuse(ErrInvalid, "/credentialStatus/"+strconv.Itoa(n), "status entries of this center's lists are written by this center only")
		}
	}
	return signer, id, nil
}

// NamedIssuer returns the DID or URL that a credential names as its issuer; ErrInvalid if it names none.
func NamedIssuer(credential map[string]any) (string, error) {
	switch issuer := credential["issuer"].(type) {
	case string:
		if issuer != "" {
			return issuer, nil
		}
	case map[string]any:
		if id, _ := issuer["id"].(string); id != "" {
			return id, nil
		}
	}
	return "", refuse(ErrInvalid, "/issuer", "issuer must be given: the issuer's DID, or an object with it as id")
}

// takeAll takes an index for each purpose. Where that means waiting for the ledger, check is asked first: what will be
// refused need not wait.
func takeAll(ctx context.Context, i *issuing, check func() error) ([]drawn, error) {
	indices := make([]drawn, 0, len(i.draws))
	for _, d := range i.draws {
		one, ok, err := d.take(ctx)
		if err == nil && !ok {
			if err = check(); err == nil {
				one, err = d.wait(ctx)
			}
		}
		if err != nil {
			giveBackAll(i, indices)
			return nil, err
		}
		indices = append(indices, one)
	}
	return indices, nil
}

func giveBackAll(i *issuing, indices []drawn) {
	for n, one := range indices {
		i.draws[n].giveBack(one)
	}
}

func entries(i *issuing, indices []drawn) []Entry {
	all := make([]Entry, len(indices))
	for n, one := range indices {
		all[n] = Entry{Purpose: i.draws[n].purpose, List: one.list.ID, Index: one.index}
	}
	return all
}

// withStatus returns a copy of credential whose status entries are the caller's, then ours.
func withStatus(credential map[string]any, i *issuing, indices []drawn) map[string]any {
	if len(indices) == 0 {
		return credential
	}
	var all []any
	switch given := credential["credentialStatus"].(type) {
	case nil:
	case []any:
		all = append(all, given...)
	default:
		all = append(all, given)
	}
	for n, one := range indices {
		all = append(all, map[string]any{
			"type":                 "BitstringStatusListEntry",
			"statusPurpose":        i.draws[n].purpose,
			"statusListIndex":      strconv.FormatInt(one.index, 10),
			"statusListCredential": one.list.URL,
		})
	}
	full := maps.Clone(credential)
	if full["credentialStatus"] = any(all); len(all) == 1 {
		full["credentialStatus"] = all[0]
	}
	return full
}

// statusEntries lists the entries of a credentialStatus member; what is no object is left to the data model.
func statusEntries(value any) (all []map[string]any) {
	switch v := value.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		for _, one := range v {
			entry, _ := one.(map[string]any)
			all = append(all, entry)
		}
	}
	return all
}

// digest identifies a secured credential: SHA-256 of the compact form, or of the document as it was returned.
func digest(secured *credentials.Secured) string {
	text := []byte(secured.Compact)
	if len(text) == 0 {
		text = secured.Body
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
