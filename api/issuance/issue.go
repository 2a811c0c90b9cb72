package issuance

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/credentials"
)

// maxCredentialID bounds a credentialId, in bytes.
const maxCredentialID = 1024

// IssueOptions say how a credential is issued. The zero value uses the issuer's configuration.
type IssueOptions struct {
	// CredentialID addresses the credential later, all its copies; empty: the credential's own id, if it has one.
	CredentialID string
	// Form asks for one of the issuer's forms; empty: its default, or the template's.
	Form credentials.Form
	// Template names a template of the issuer: what is issued is then made of {"claims", "subject"?, "id"?} instead of a credential.
	Template string
	// Mandatory are JSON pointers of what the holder must show (ecdsa-sd-2023).
	Mandatory []string
	// Disclosable are JSON pointers of what the holder may withhold (SD-JWT forms); nil: the form's default. Decoys hide their number.
	Disclosable []string
	Decoys      int
	// Copies is how many of the same credential are made, each with status entries of its own, 1 to 100; 0: one, and not as a list.
	Copies int
	// Holders get one copy each, bound to their key; Copies is then 0 or their number.
	Holders []Holder
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
	Body     json.RawMessage // the document with its proof, an EnvelopedVerifiableCredential, or an SD-JWT VC as a string; copies: the list of these
	Copies   bool            // Body is a list
	Entries  []Entry         // of all copies, one after the other; empty when Replayed
	Replayed bool            // the answer of an earlier request with the same Idempotency-Key
}

// Issue validates, gives a status, signs and records a credential, or copies of it. credential is not modified; its values are those
// of jcs.Parse. With a template it is what the template makes a credential of, and for dc+sd-jwt {claims, vct, disclosable}. Errors:
// the sentinels of this package, or a *credentials.ProblemError where the data model is broken.
func (s *Service) Issue(ctx context.Context, issuerName string, credential map[string]any, opts IssueOptions) (*Issued, error) {
	i, err := s.issuer(issuerName)
	if err != nil {
		return nil, err
	}
	if opts.Idempotency == nil {
		return s.issue(ctx, issuerName, credential, opts, nil)
	}
	claim, answer, err := s.claim(ctx, i, *opts.Idempotency)
	if answer != nil {
		answer.Copies = opts.copies()
	}
	if err != nil || answer != nil {
		return answer, err
	}
	issued, err := s.issue(ctx, issuerName, credential, opts, claim)
	if err != nil {
		if undo := s.store.ReleaseClaim(context.WithoutCancel(ctx), *claim); undo != nil {
			s.opts.Log.Warn("idempotency claim stays until it expires", "error", undo)
		}
		return nil, err
	}
	return issued, nil
}

func (s *Service) issue(ctx context.Context, issuerName string, credential map[string]any, opts IssueOptions, claim *Claim) (*Issued, error) {
	j, indices, err := s.prepare(ctx, issuerName, credential, opts)
	if err != nil {
		return nil, err
	}
	signed, err := j.sign(ctx, indices)
	if err != nil {
		return nil, err
	}
	record := Record{
		Issuer: issuerName, ID: j.id, Form: j.signer.Form, Digest: j.digest(signed), Issued: s.opts.Now().UTC(), Entries: entries(j, indices),
	}
	body, err := j.body(signed)
	if err != nil {
		return nil, err
	}
	if j.retain {
		record.Credential = s.seal.Seal(body, "credential")
	}
	if claim != nil {
		claim.Answer = s.seal.Seal(body, answerLabel(*claim))
		claim.Expires = s.opts.Now().Add(answerLife)
	}
	switch err := s.store.Complete(ctx, record, claim); {
	case errors.Is(err, ErrDuplicate):
		return nil, refuse(ErrDuplicate, j.idAt, "issuer "+issuerName+" has issued a credential with this id before")
	case errors.Is(err, ErrInFlight):
		return nil, refuse(ErrInFlight, "", "another request took this idempotency key over")
	case errors.Is(err, ErrExists):
		return nil, fmt.Errorf("issuance: %w", err) // an index twice: a broken invariant, and nothing was released
	case err != nil:
		return nil, unavailable("the issuance store cannot be written", err)
	}
	return &Issued{Form: record.Form, Body: body, Copies: j.list, Entries: record.Entries}, nil
}

// prepare plans an issuance and takes its indices. Where that meant waiting for the ledger, the issuer, its key, the template or the
// accreditation may have changed in the meantime: then it is planned again, so that what is signed is what holds when it is signed.
func (s *Service) prepare(ctx context.Context, issuerName string, credential map[string]any, opts IssueOptions) (*job, [][]drawn, error) {
	for {
		i, err := s.issuer(issuerName)
		if err != nil {
			return nil, nil, err
		}
		j, err := s.plan(ctx, i, credential, opts)
		if err != nil {
			return nil, nil, err
		}
		indices, waited, err := takeAll(ctx, j)
		if err != nil || !waited {
			return j, indices, err
		}
		j.giveBack(indices)
	}
}

// NamedIssuer returns the DID or URL that a credential names as its issuer, or the iss of what an SD-JWT VC is made of; ErrInvalid if
// it names none.
func NamedIssuer(credential map[string]any) (string, error) {
	if claims, ok := credential["claims"].(map[string]any); ok && credential["issuer"] == nil {
		if iss, _ := claims["iss"].(string); iss != "" {
			return iss, nil
		}
		return "", refuse(ErrInvalid, "/claims/iss", "iss must be given: the issuer's DID")
	}
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

// takeAll takes an index for each purpose of each copy. Where that means waiting for the ledger, the credential is checked first: what
// will be refused need not wait.
func takeAll(ctx context.Context, j *job) (all [][]drawn, waited bool, err error) {
	all = make([][]drawn, len(j.copies))
	for n := range j.copies {
		for _, d := range j.draws {
			one, ok, err := d.take(ctx)
			if err == nil && !ok {
				if err = j.signer.CheckIssuable(j.copies[n]); err == nil {
					waited = true
					one, err = d.wait(ctx)
				}
			}
			if err != nil {
				j.giveBack(all)
				return nil, false, err
			}
			all[n] = append(all[n], one)
		}
	}
	return all, waited, nil
}

// giveBack returns indices that were surely not used: nothing was signed with them.
func (j *job) giveBack(indices [][]drawn) {
	for _, copied := range indices {
		for n, one := range copied {
			j.draws[n].giveBack(one)
		}
	}
}

func entries(j *job, indices [][]drawn) []Entry {
	all := make([]Entry, 0, len(indices)*len(j.draws))
	for _, copied := range indices {
		for n, one := range copied {
			all = append(all, Entry{Purpose: j.draws[n].purpose, List: one.list.ID, Index: one.index})
		}
	}
	return all
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
