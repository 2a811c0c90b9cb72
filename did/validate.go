package did

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/did/keys"
)

// Validate checks d against DID Core 5: identifiers, unique ids, URIs, key material. Keys of kinds that hanse does not
// know are accepted, malformed ones and private ones are not. The error is a *DocumentError.
func (d *Document) Validate() error { return d.validate(false) }

func (d *Document) validate(ledger bool) error {
	if reason := checkDID(string(d.ID)); reason != "" {
		return at(reason, "id")
	}
	if err := d.checkContext(); err != nil {
		return err
	}
	if err := checkSet(d.AlsoKnownAs, "alsoKnownAs", checkURI); err != nil {
		return err
	}
	if err := checkSet(d.Controller, "controller", func(c DID) string { return checkDID(string(c)) }); err != nil {
		return err
	}
	ids := make(map[string]bool, len(d.VerificationMethod)+len(d.Service)) // true: a method
	for i := range d.VerificationMethod {
		if err := d.checkMethod(&d.VerificationMethod[i], ids, ledger); err != nil {
			return under(err, "verificationMethod", strconv.Itoa(i))
		}
	}
	for _, r := range relationships {
		if err := d.checkRelationship(d.Relationships[r], ids, ledger); err != nil {
			return under(err, string(r))
		}
	}
	for i := range d.Service {
		if err := d.checkService(&d.Service[i], ids, ledger); err != nil {
			return under(err, "service", strconv.Itoa(i))
		}
	}
	return nil
}

// checkContext: where there is a context, that of DID Core comes first (DID Core 6.3.1).
func (d *Document) checkContext() error {
	if d.Context == nil {
		return nil
	}
	if len(d.Context) == 0 || d.Context[0] != Context && d.Context[0] != ContextV1 {
		return at("first context is not "+Context, "@context")
	}
	for i, c := range d.Context[1:] {
		switch c := c.(type) {
		case map[string]any:
		case string:
			if reason := checkURI(c); reason != "" {
				return at(reason, "@context", strconv.Itoa(i+1))
			}
		default:
			return at("neither URL nor object", "@context", strconv.Itoa(i+1))
		}
	}
	return nil
}

// checkSet checks every item, and that none is there twice.
func checkSet[S ~string](items []S, name string, check func(S) string) error {
	seen := make(map[S]struct{}, len(items))
	for i, item := range items {
		if reason := check(item); reason != "" {
			return at(reason, name, strconv.Itoa(i))
		}
		if _, twice := seen[item]; twice {
			return at("given twice", name, strconv.Itoa(i))
		}
		seen[item] = struct{}{}
	}
	return nil
}

func (d *Document) checkMethod(m *VerificationMethod, ids map[string]bool, ledger bool) error {
	if err := d.claim(m.ID, ids, true); err != nil {
		return err
	}
	if m.Type == "" {
		return at("missing", "type")
	}
	if reason := checkDID(string(m.Controller)); reason != "" {
		return at(reason, "controller")
	}
	for name := range m.Extra {
		if strings.HasPrefix(name, "private") || strings.HasPrefix(name, "secret") {
			return at("private key material", name)
		}
	}
	if ledger {
		if err := d.checkLedgerMethod(m); err != nil {
			return err
		}
	}
	return checkKey(m, ledger)
}

// checkKey checks the key material of a method. Kinds that hanse does not know are refused on a ledger only.
func checkKey(m *VerificationMethod, ledger bool) error {
	multikey, jwk := m.PublicKeyMultibase != "", m.PublicKeyJWK != nil
	switch {
	case multikey && jwk:
		return at("publicKeyMultibase and publicKeyJwk together")
	case m.Type == Multikey && !multikey:
		return at("missing", "publicKeyMultibase")
	case m.Type == JSONWebKey && !jwk:
		return at("missing", "publicKeyJwk")
	}
	_, err := m.Key()
	if err == nil || errors.Is(err, keys.ErrUnsupported) && !ledger {
		return nil
	}
	name := "publicKeyMultibase"
	if jwk {
		name = "publicKeyJwk"
	}
	return at(err.Error(), name)
}

// claim checks the id of a method or a service: a DID URL, absolute or relative, that nothing else in the document has.
func (d *Document) claim(id string, ids map[string]bool, method bool) error {
	if _, err := ParseReference(id, d.ID); err != nil {
		return at("no DID URL", "id")
	}
	absolute := d.Absolute(id)
	if _, taken := ids[absolute]; taken {
		return at("given twice", "id")
	}
	ids[absolute] = method
	return nil
}

func (d *Document) checkRelationship(refs []Reference, ids map[string]bool, ledger bool) error {
	seen := make(map[string]struct{}, len(refs))
	for i, ref := range refs {
		index := strconv.Itoa(i)
		if ref.Embedded != nil {
			if ledger {
				return at("embedded verification method", index)
			}
			if err := d.checkMethod(ref.Embedded, ids, false); err != nil {
				return under(err, index)
			}
			continue
		}
		if _, err := ParseReference(ref.URL, d.ID); err != nil {
			return at("no DID URL", index)
		}
		absolute := d.Absolute(ref.URL)
		if _, twice := seen[absolute]; twice {
			return at("given twice", index)
		}
		seen[absolute] = struct{}{}
		if ledger && !ids[absolute] {
			return at("no verification method of this document", index)
		}
	}
	return nil
}

func (d *Document) checkService(s *Service, ids map[string]bool, ledger bool) error {
	if err := d.checkServiceID(s.ID, ids); err != nil {
		return err
	}
	if len(s.Type) == 0 {
		return at("missing", "type")
	}
	if err := checkSet(s.Type, "type", checkName); err != nil {
		return err
	}
	if ledger {
		if err := d.checkLedgerService(s); err != nil {
			return err
		}
	}
	if list, ok := s.Endpoint.([]any); ok && len(list) == 0 {
		return at("missing", "serviceEndpoint")
	}
	return checkEndpoint(s.Endpoint, true)
}

// checkServiceID: services are named by any URI in general, mostly by a DID URL of the document; DID Core 1.1 makes it optional.
func (d *Document) checkServiceID(id string, ids map[string]bool) error {
	if id == "" {
		return nil
	}
	if isRelative(id) || strings.HasPrefix(id, "did:") {
		return d.claim(id, ids, false)
	}
	if reason := checkURI(id); reason != "" {
		return at(reason, "id")
	}
	if _, taken := ids[id]; taken {
		return at("given twice", "id")
	}
	ids[id] = false
	return nil
}

func checkEndpoint(v any, lists bool) error {
	switch v := v.(type) {
	case string:
		if reason := checkURI(v); reason != "" {
			return at(reason, "serviceEndpoint")
		}
		return nil
	case map[string]any:
		return nil
	case []any:
		if !lists {
			break
		}
		for i, item := range v {
			if err := checkEndpoint(item, false); err != nil {
				return at(fmt.Sprintf("item %d is neither URI nor object", i), "serviceEndpoint")
			}
		}
		return nil
	}
	return at("neither URI nor object", "serviceEndpoint")
}
