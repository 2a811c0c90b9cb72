package issuance

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hanse-id/hanse/credentials"
)

// job is one issuance, thought through: nothing of it has touched an index or a key yet.
type job struct {
	signer *credentials.Issuer
	id     string           // the record's
	idAt   string           // JSON pointer to where the request says it
	retain bool             // what is issued is kept
	copies []map[string]any // what is signed, without our status
	list   bool             // the answer is a list of copies
	draws  []*draws         // where the status of each copy comes from
}

// plan makes the checks that come before the data model: who is named, how the credential will be addressed, in which form, what a
// template makes of it, for whom, and that it claims no status of ours.
func (s *Service) plan(ctx context.Context, i *issuing, credential map[string]any, opts IssueOptions) (*job, error) {
	var t Template
	if opts.Template != "" {
		var err error
		if t, err = s.Template(ctx, i.Name, opts.Template); errors.Is(err, ErrNotFound) {
			return nil, refuse(ErrNotFound, "/options/template", err.Error())
		} else if err != nil {
			return nil, err
		}
	}
	form, err := opts.form(i, t)
	if err != nil {
		return nil, err
	}
	if opts.Template != "" {
		if err := t.suits(i); err != nil { // the issuer was changed after its template
			return nil, refuse(ErrRequest, "/options/template", err.Error())
		}
		t.Form = form
		if credential, err = t.build(s, i, credential); err != nil {
			return nil, err
		}
	}
	if err := s.acceptable(ctx, i, form, credential); err != nil {
		return nil, err
	}
	j := &job{list: opts.copies(), retain: i.Retain}
	if j.signer, err = opts.signer(i, form, t); err != nil {
		return nil, err
	}
	if j.id, j.idAt, err = opts.address(form, credential); err != nil {
		return nil, err
	}
	if j.copies, err = opts.variants(form, credential); err != nil {
		return nil, err
	}
	purposes, err := t.purposes(i)
	if err != nil { // so it was here
		return nil, refuse(ErrRequest, "/options/template", err.Error())
	}
	for _, d := range i.draws {
		if slices.Contains(purposesIn(form, purposes), d.purpose) {
			j.draws = append(j.draws, d)
		}
	}
	return j, s.checkAccredited(ctx, i, t)
}

// form is the form to make: the one that is asked for, the template's, or the issuer's default.
func (o IssueOptions) form(i *issuing, t Template) (credentials.Form, error) {
	form := o.Form
	switch {
	case form == "":
		form = t.form(i)
	case t.Name != "" && form != t.form(i):
		return "", refuse(ErrRequest, "/options/format", "template "+t.Name+" makes "+string(t.form(i)))
	}
	if i.signers[form] == nil {
		at := "/options/format"
		if o.Form == "" { // the issuer was changed after its template
			at = "/options/template"
		}
		return "", refuse(ErrRequest, at, "issuer "+i.Name+" does not make "+string(form)+"; it makes "+i.makes())
	}
	return form, nil
}

// acceptable refuses a credential that names another issuer, or a status of ours.
func (s *Service) acceptable(ctx context.Context, i *issuing, form credentials.Form, credential map[string]any) error {
	if form.Claims() {
		claims, _ := credential["claims"].(map[string]any)
		if iss, has := claims["iss"]; has && iss != string(i.DID) && (iss == "" || iss != i.signers[form].URL) {
			return foreign(i, "/claims/iss")
		}
		mechanisms, _ := claims["status"].(map[string]any)
		entry, _ := mechanisms[credentials.TokenEntryType].(map[string]any)
		return s.notOurs(ctx, i, entry, "uri", "/claims/status")
	}
	named, err := NamedIssuer(credential)
	if err != nil {
		return refuse(ErrInvalid, "/issuer", "issuer must be given: "+string(i.DID)+", or an object with it as id")
	}
	if named != string(i.DID) {
		return foreign(i, "/issuer")
	}
	for n, entry := range statusEntries(credential["credentialStatus"]) {
		if err := s.notOurs(ctx, i, entry, "statusListCredential", "/credentialStatus/"+strconv.Itoa(n)); err != nil {
			return err
		}
	}
	return nil
}

func foreign(i *issuing, pointer string) error {
	return refuse(ErrForeignIssuer, pointer, "issuer "+i.Name+" is "+string(i.DID)+" and signs for nobody else")
}

// notOurs refuses an entry that names a list of this center.
func (s *Service) notOurs(ctx context.Context, i *issuing, entry map[string]any, member, pointer string) error {
	named, _ := entry[member].(string)
	if named == "" {
		return nil
	}
	ours, err := s.ownList(ctx, i.Issuer, named)
	if err == nil && ours {
		err = refuse(ErrInvalid, pointer, "status entries of this center's lists are written by this center only")
	}
	return err
}

// signer is the issuer of a form, as this request and its template want it.
func (o IssueOptions) signer(i *issuing, form credentials.Form, t Template) (*credentials.Issuer, error) {
	one := *i.signers[form]
	one.Mandatory, one.Disclosable, one.Decoys = t.Mandatory, t.Disclosable, t.Decoys
	one.RequireSchema = one.RequireSchema || t.RequireSchema
	if o.Mandatory != nil {
		one.Mandatory = o.Mandatory
	}
	if o.Disclosable != nil {
		one.Disclosable = o.Disclosable
	}
	if o.Decoys > 0 {
		one.Decoys = o.Decoys
	}
	if len(one.Mandatory) == 0 && form != credentials.FormECDSASD {
		one.Mandatory = nil
	}
	if len(one.Disclosable) == 0 && !discloses(form) {
		one.Disclosable = nil
	}
	switch {
	case one.Mandatory != nil && form != credentials.FormECDSASD:
		return nil, refuse(ErrRequest, "/options/mandatoryPointers", "only "+string(credentials.FormECDSASD)+" has mandatory pointers")
	case one.Disclosable != nil && !discloses(form):
		return nil, refuse(ErrRequest, "/options/disclosable", string(form)+" has no disclosures")
	case one.Decoys != 0 && !discloses(form):
		return nil, refuse(ErrRequest, "/options/decoys", string(form)+" has no disclosures")
	case one.Decoys < 0 || one.Decoys > maxDecoys:
		return nil, refuse(ErrRequest, "/options/decoys", fmt.Sprintf("want 0 to %d", maxDecoys))
	}
	for n, pointer := range o.Disclosable {
		if !form.MayWithhold(pointer) {
			return nil, refuse(ErrInvalid, fmt.Sprintf("/options/disclosable/%d", n), fmt.Sprintf("%.80q must not be selectively disclosed", pointer))
		}
	}
	return &one, nil
}

// address is the id that the credential is kept under, and a JSON pointer to it. What is no text there breaks the data model.
func (o IssueOptions) address(form credentials.Form, credential map[string]any) (id, at string, err error) {
	switch {
	case o.CredentialID != "":
		id, at = o.CredentialID, "/options/credentialId"
	case form.Claims():
		claims, _ := credential["claims"].(map[string]any)
		id, _ = claims["jti"].(string)
		at = "/claims/jti"
	default:
		id, _ = credential["id"].(string)
		at = "/id"
	}
	if len(id) > maxCredentialID {
		return "", "", refuse(ErrRequest, at, "a credentialId has at most "+strconv.Itoa(maxCredentialID)+" bytes")
	}
	return id, at, nil
}

// sign gives every copy its status and signs it. Indices of what was refused before it reached the key go back; once a key was used,
// the indices of that copy and of those before are lost if anything fails.
func (j *job) sign(ctx context.Context, indices [][]drawn) ([]*credentials.Secured, error) {
	signed := make([]*credentials.Secured, 0, len(j.copies))
	for n, one := range j.copies {
		secured, err := j.signOne(ctx, one, indices[n])
		if err == nil {
			signed = append(signed, secured)
			continue
		}
		_, refused := errors.AsType[*credentials.ProblemError](err)
		switch {
		case refused:
			j.giveBack(indices[n:])
			return nil, err
		case errors.Is(err, credentials.ErrSchemaUnavailable):
			j.giveBack(indices[n:])
			return nil, unavailable("a schema that the credential names cannot be read at present", err)
		}
		j.giveBack(indices[n+1:])
		return nil, unavailable("the issuer's key cannot be used at present", err)
	}
	return signed, nil
}

func (j *job) signOne(ctx context.Context, credential map[string]any, indices []drawn) (*credentials.Secured, error) {
	var status []credentials.StatusEntry
	for n, one := range indices {
		status = append(status, one.entry(j.draws[n].purpose))
	}
	full, err := j.signer.Form.WithStatus(credential, status)
	if err != nil {
		return nil, err
	}
	return j.signer.Issue(ctx, full)
}

// body is what an API returns: the one credential, or the list of copies.
func (j *job) body(signed []*credentials.Secured) (json.RawMessage, error) {
	if !j.list {
		return signed[0].Body, nil
	}
	all := make([]json.RawMessage, len(signed))
	for n, one := range signed {
		all[n] = one.Body
	}
	return json.Marshal(all)
}

// digest identifies what was issued: that of the one credential, or of the digests of its copies.
func (j *job) digest(signed []*credentials.Secured) string {
	if !j.list {
		return digest(signed[0])
	}
	all := sha256.New()
	for _, one := range signed {
		all.Write([]byte(digest(one)))
	}
	return base64.RawURLEncoding.EncodeToString(all.Sum(nil))
}
