package issuance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/jcs"
)

// Bounds of the templates of one issuer: they are listed in one answer.
const (
	maxTemplates      = 500
	maxTemplatesBytes = 8 << 20
)

// maxTemplateFile bounds a file of templates, in bytes.
const maxTemplateFile = 8 << 20

// ReadTemplates reads a file of templates: {"templates": [{"name": …, "issuer": …, …}]}, or one template alone. Every template is
// checked by itself; New checks it against its issuer.
func ReadTemplates(path string) ([]Template, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTemplateFile+1))
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if _, err := jcs.Parse(data, jcs.Limits{MaxBytes: maxTemplateFile, MaxDepth: maxTemplateDepth}); err != nil {
		return nil, fmt.Errorf("templates: %s: %w", path, err)
	}
	items, err := templatesIn(data)
	if err != nil {
		return nil, fmt.Errorf("templates: %s: %w", path, err)
	}
	all := make([]Template, 0, len(items))
	for n, item := range items {
		t, err := ParseTemplate(item)
		if err == nil {
			err = t.Validate()
		}
		if err == nil && slices.ContainsFunc(all, func(other Template) bool { return other.Issuer == t.Issuer && other.Name == t.Name }) {
			err = fmt.Errorf("template %s of issuer %s is there twice", t.Name, t.Issuer)
		}
		if err != nil {
			return nil, fmt.Errorf("templates: %s: number %d: %w", path, n+1, err)
		}
		all = append(all, t)
	}
	return all, nil
}

// templatesIn takes a file of templates apart.
func templatesIn(data []byte) ([]json.RawMessage, error) {
	var file map[string]json.RawMessage
	if json.Unmarshal(data, &file) != nil {
		return nil, errors.New(`want {"templates": […]}, or one template`)
	}
	all, several := file["templates"]
	switch {
	case !several && (file["name"] == nil || file["issuer"] == nil):
		return nil, errors.New("want the member templates, or one template with its name and issuer")
	case !several:
		return []json.RawMessage{data}, nil
	case len(file) != 1:
		return nil, errors.New("there must be no other member beside templates")
	}
	var items []json.RawMessage
	if json.Unmarshal(all, &items) != nil {
		return nil, errors.New("templates must be a list")
	}
	return items, nil
}

// checkTemplates holds the configuration's templates against their issuers.
func (s *Service) checkTemplates() error {
	s.opts.Templates = slices.Clone(s.opts.Templates)
	for n := range s.opts.Templates {
		t := &s.opts.Templates[n]
		t.fixed = true
		i, err := s.issuer(t.Issuer)
		if err == nil {
			err = t.fits(s, i)
		}
		if err != nil {
			return fmt.Errorf("issuance: %w", err)
		}
	}
	return nil
}

// PutTemplate stores a template of an issuer, new or changed, after it was checked. created says that there was none of its name.
// ErrFixed where the configuration has one of this name.
func (s *Service) PutTemplate(ctx context.Context, t Template) (created bool, err error) {
	i, err := s.issuer(t.Issuer)
	if err != nil {
		return false, err
	}
	if _, has := s.fixedTemplate(t.Issuer, t.Name); has {
		return false, refuse(ErrFixed, "", "template "+t.Name+" is set by the configuration of this center")
	}
	if err := t.fits(s, i); err != nil {
		if _, ok := errors.AsType[*Refusal](err); ok {
			return false, err
		}
		return false, refuse(ErrInvalid, "", err.Error())
	}
	if err := t.checkKnown(ctx, s, i); err != nil {
		return false, err
	}
	s.configuring.Lock()
	defer s.configuring.Unlock()
	stored, err := s.store.Templates(ctx, t.Issuer)
	if err != nil {
		return false, unavailable("the issuance store cannot be read", err)
	}
	others := slices.DeleteFunc(slices.Clone(stored), func(other Template) bool { return other.Name == t.Name })
	if err := roomFor(t, others); err != nil {
		return false, err
	}
	if err := s.store.PutTemplate(ctx, t); err != nil {
		return false, unavailable("the issuance store cannot be written", err)
	}
	return len(others) == len(stored), nil
}

// checkKnown refuses a template whose schema would refuse every credential: one that is not known here and required, that is not what
// its digest says, or that cannot be evaluated. What a schema asks of claims is for those who issue.
func (t Template) checkKnown(ctx context.Context, s *Service, i *issuing) error {
	if t.Schema == nil {
		return nil
	}
	sample, err := t.sample(s, i)
	if err != nil {
		return err
	}
	signer := *i.signers[t.form(i)]
	signer.RequireSchema = signer.RequireSchema || t.RequireSchema
	err = signer.CheckSchemas(ctx, sample)
	problem, ok := errors.AsType[*credentials.ProblemError](err)
	switch {
	case err == nil || ok && problem.Problem.Type == credentials.ProblemSchema:
		return nil
	case ok:
		return t.wrong("/schema", "no credential could be issued: %s", problem.Problem.Detail)
	case errors.Is(err, credentials.ErrSchemaUnavailable):
		return unavailable("the template's schema cannot be had at the moment", err)
	}
	return err
}

// roomFor refuses a template that would be too much with the others of its issuer.
func roomFor(t Template, others []Template) error {
	if len(others) >= maxTemplates {
		return refuse(ErrRequest, "", fmt.Sprintf("issuer %s has %d templates, the most there may be", t.Issuer, maxTemplates))
	}
	text, err := json.Marshal(append(others, t))
	if err != nil {
		return fmt.Errorf("issuance: template %s: %w", t.Name, err)
	}
	if len(text) > maxTemplatesBytes {
		return refuse(ErrRequest, "", fmt.Sprintf("the templates of issuer %s come to more than %d bytes", t.Issuer, maxTemplatesBytes))
	}
	return nil
}

// Templates lists the templates of an issuer by name, those of the configuration included.
func (s *Service) Templates(ctx context.Context, issuer string) ([]Template, error) {
	if _, err := s.issuer(issuer); err != nil {
		return nil, err
	}
	all, err := s.store.Templates(ctx, issuer)
	if err != nil {
		return nil, unavailable("the issuance store cannot be read", err)
	}
	all = slices.DeleteFunc(all, func(t Template) bool { _, has := s.fixedTemplate(issuer, t.Name); return has })
	for _, t := range s.opts.Templates {
		if t.Issuer == issuer {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Template) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Template finds a template of an issuer; ErrNotFound if it has none of this name.
func (s *Service) Template(ctx context.Context, issuer, name string) (Template, error) {
	if t, has := s.fixedTemplate(issuer, name); has {
		return t, nil
	}
	if _, err := s.issuer(issuer); err != nil {
		return Template{}, err
	}
	t, err := s.store.Template(ctx, issuer, name)
	switch {
	case errors.Is(err, ErrNotFound):
		return Template{}, refuse(ErrNotFound, "", fmt.Sprintf("issuer %s has no template %.80q", issuer, name))
	case err != nil:
		return Template{}, unavailable("the issuance store cannot be read", err)
	}
	return t, nil
}

// DeleteTemplate forgets a stored template: what was issued with it stays as it is.
func (s *Service) DeleteTemplate(ctx context.Context, issuer, name string) error {
	t, err := s.Template(ctx, issuer, name)
	if err != nil {
		return err
	}
	if t.fixed {
		return refuse(ErrFixed, "", "template "+name+" is set by the configuration of this center")
	}
	switch err := s.store.DeleteTemplate(ctx, issuer, name); {
	case errors.Is(err, ErrNotFound):
		return refuse(ErrNotFound, "", fmt.Sprintf("issuer %s has no template %.80q", issuer, name))
	case err != nil:
		return unavailable("the issuance store cannot be written", err)
	}
	return nil
}

func (s *Service) fixedTemplate(issuer, name string) (Template, bool) {
	n := slices.IndexFunc(s.opts.Templates, func(t Template) bool { return t.Issuer == issuer && t.Name == name })
	if n < 0 {
		return Template{}, false
	}
	return s.opts.Templates[n], true
}

// checkAccredited asks whether an issuer may issue a template's credential, where the template wants that to be asked.
func (s *Service) checkAccredited(ctx context.Context, i *issuing, t Template) error {
	if !t.Accreditation {
		return nil
	}
	if s.opts.Trust == nil {
		return unavailable("template "+t.Name+" needs an accreditation, and this center has nobody to ask for it", nil)
	}
	q := credentials.TrustQuery{Issuer: i.DID, Types: append([]string{"VerifiableCredential"}, t.Types...), Validity: -1}
	if t.VCT != "" {
		q.Types = []string{t.VCT}
	}
	if t.Schema != nil && t.Schema.DigestSRI != "" {
		q.Schemas = []string{t.Schema.DigestSRI}
	}
	if t.Validity > 0 {
		q.Validity = time.Duration(t.Validity) * time.Second
	}
	result, err := s.opts.Trust.Accredited(ctx, q)
	if err != nil {
		return unavailable("the issuer's accreditation cannot be looked up", err)
	}
	return t.accredited(result)
}
