package credentials

import (
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
)

// baseType is the type every credential has.
const baseType = "VerifiableCredential"

// Enveloped credentials and limits of lists.
const (
	envelopedType = "EnvelopedVerifiableCredential"
	maxItems      = 1000 // of any list the data model defines
)

// model is what the data model says of a credential that satisfies it.
type model struct {
	base       string // contextV2 or contextV1
	id         string
	types      []string
	issuer     string
	subjects   []string // ids, "" for a subject without one
	validFrom  time.Time
	validUntil time.Time
}

// checkModel checks a credential against VC Data Model 2.0, or 1.1 where its first context says so. The error is a
// *ProblemError with the pointer of the first member that breaks a rule.
func checkModel(credential map[string]any, contexts *Contexts) (*model, error) {
	m := &model{}
	var err error
	if m.base, err = contexts.checkContext(credential); err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(credential) {
		if strings.HasPrefix(name, "@") && name != "@context" {
			return nil, malformed(point("", name), "keyword is not allowed here")
		}
		if isNested(credential[name]) && name != "@context" && name != "proof" {
			if err := contexts.checkEmbedded(credential[name]); err != nil {
				return nil, within(err, point("", name))
			}
		}
	}
	for _, check := range []func(map[string]any) error{
		m.checkID, m.checkType, m.checkIssuer, m.checkSubject, m.checkTexts, m.checkValidity, m.checkTyped, checkRelated,
	} {
		if err := check(credential); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *model) checkID(c map[string]any) error {
	v, ok := c["id"]
	if !ok {
		return nil
	}
	if m.id, ok = v.(string); !ok || !isURL(m.id) {
		return malformed("/id", "must be one URL")
	}
	return nil
}

func (m *model) checkType(c map[string]any) error {
	list, ok := texts(c["type"])
	if !ok || len(list) > maxItems {
		return malformed("/type", "must be one or more types")
	}
	if !slices.Contains(list, baseType) {
		return malformed("/type", "must include "+baseType)
	}
	for i, t := range list {
		if strings.ContainsAny(t, " \t\r\n") || strings.Contains(t, ":") && !isURL(t) {
			return malformed(point("/type", i), "must be a term or a URL")
		}
	}
	m.types = list
	return checkNoEnvelope(list)
}

// checkNoEnvelope refuses what calls itself an envelope as well: nobody would look at what its id holds.
func checkNoEnvelope(types []string) error {
	for _, name := range []string{envelopedType, envelopedPresented} {
		if slices.Contains(types, name) {
			return malformed("/type", "must not include "+name+": what is signed is the content, and no envelope")
		}
	}
	return nil
}

func (m *model) checkIssuer(c map[string]any) error {
	v, ok := c["issuer"]
	if !ok {
		return malformed("/issuer", "missing")
	}
	switch v := v.(type) {
	case string:
		if !isURL(v) {
			return malformed("/issuer", "must be a URL, or an object with a URL as id")
		}
	case map[string]any:
		if id, ok := v["id"].(string); !ok || !isURL(id) {
			return malformed("/issuer/id", "must be one URL")
		}
		if err := checkNames(v, "/issuer"); err != nil {
			return err
		}
	default:
		return malformed("/issuer", "must be a URL, or an object with a URL as id")
	}
	m.issuer = idOf(v)
	return nil
}

func (m *model) checkSubject(c map[string]any) error {
	list, many, ok := objects(c["credentialSubject"])
	if !ok || len(list) > maxItems {
		return malformed("/credentialSubject", "must be an object or a list of objects")
	}
	for i, subject := range list {
		pointer := "/credentialSubject"
		if many {
			pointer = point(pointer, i)
		}
		if len(subject) == 0 {
			return malformed(pointer, "must not be empty")
		}
		if err := checkOptionalID(subject, pointer); err != nil {
			return err
		}
		m.subjects = append(m.subjects, idOf(subject))
	}
	return nil
}

func checkOptionalID(object map[string]any, pointer string) error {
	v, ok := object["id"]
	if !ok {
		return nil
	}
	if s, ok := v.(string); !ok || !isURL(s) {
		return malformed(point(pointer, "id"), "must be one URL")
	}
	return nil
}

func (m *model) checkTexts(c map[string]any) error { return checkNames(c, "") }

// checkNames checks name and description: a string, a language value object, or a list of these (section 4.6 and 11.1).
func checkNames(c map[string]any, pointer string) error {
	for _, name := range []string{"name", "description"} {
		v, ok := c[name]
		if !ok {
			continue
		}
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, item := range list {
			if !isLanguageValue(item) {
				return malformed(point(pointer, name), "must be a string or a language value object")
			}
		}
	}
	return nil
}

func isLanguageValue(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		_, ok = v.(string)
		return ok
	}
	if _, ok := m["@value"].(string); !ok {
		return false
	}
	for name, v := range m {
		if _, ok := v.(string); !ok || !slices.Contains([]string{"@value", "@language", "@direction"}, name) {
			return false
		}
	}
	return true
}

// checkValidity checks validFrom and validUntil, in 1.1 issuanceDate and expirationDate.
func (m *model) checkValidity(c map[string]any) error {
	from, until := "validFrom", "validUntil"
	if m.base == contextV1 {
		from, until = "issuanceDate", "expirationDate"
		if _, ok := c[from]; !ok {
			return malformed("/issuanceDate", "missing")
		}
	}
	for _, f := range []struct {
		name string
		to   *time.Time
	}{{from, &m.validFrom}, {until, &m.validUntil}} {
		v, ok := c[f.name]
		if !ok {
			continue
		}
		t, ok := dataintegrity.ParseTime(v)
		if !ok {
			return malformed(point("", f.name), "must be a date and time with time zone")
		}
		*f.to = t
	}
	if !m.validFrom.IsZero() && !m.validUntil.IsZero() && m.validUntil.Before(m.validFrom) {
		return malformed(point("", until), "is before "+from)
	}
	return nil
}

// checkTyped checks the members whose objects must say what they are.
func (m *model) checkTyped(c map[string]any) error {
	for _, name := range []string{"credentialStatus", "credentialSchema", "evidence", "termsOfUse", "refreshService"} {
		v, ok := c[name]
		if !ok {
			continue
		}
		list, many, ok := objects(v)
		if !ok || len(list) > maxItems {
			return malformed(point("", name), "must be an object or a list of objects")
		}
		for i, object := range list {
			pointer := point("", name)
			if many {
				pointer = point(pointer, i)
			}
			if _, ok := texts(object["type"]); !ok {
				return malformed(point(pointer, "type"), "missing")
			}
			if _, has := object["id"]; !has && name == "credentialSchema" {
				return malformed(point(pointer, "id"), "missing")
			}
			if err := checkOptionalID(object, pointer); err != nil {
				return err
			}
		}
	}
	return nil
}
