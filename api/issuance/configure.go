package issuance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// maxIssuerBytes bounds an issuer's configuration.
const maxIssuerBytes = 64 << 10

// ParseIssuer reads an issuer's configuration strictly: duplicate and unknown members are refused. What is missing is Configure's to
// say.
func ParseIssuer(data []byte) (Issuer, error) {
	var i Issuer
	err := readConfiguration(data, "issuer", maxIssuerBytes, &i)
	return i, err
}

// Configure makes an issuer, or changes one, as an administrator asks for it. Without a DID a new issuer gets a did:key and a key of
// its own, of the form's first kind; a DID never changes under its name. Methods and keys must belong together, as the DID document
// says where the ledger has it, and no issuer takes the keys of another or of the center. created says that it is new. Errors:
// ErrInvalid, ErrFixed, ErrUnavailable.
func (s *Service) Configure(ctx context.Context, i Issuer) (configured Issuer, created bool, err error) {
	s.configuring.Lock() // of two that make an issuer of one name, the second finds the first
	defer s.configuring.Unlock()
	old, err := s.issuer(i.Name)
	created = err != nil
	switch {
	case !created && i.DID == "":
		i.DID = old.DID
		if i.Key == "" && i.Method == "" {
			i.Key, i.Method = old.Key, old.Method
		}
	case !created && i.DID != old.DID:
		return i, false, refuse(ErrFixed, "/did", "issuer "+i.Name+" is "+string(old.DID)+", and its DID does not change")
	case i.DID == "":
		if err := s.newIdentity(ctx, &i); err != nil {
			return i, false, err
		}
	}
	if err := i.Validate(); err != nil {
		return i, false, err
	}
	if err := s.ownKeys(i); err != nil {
		return i, false, err
	}
	if err := s.checkMethods(ctx, i); err != nil {
		return i, false, err
	}
	switch err := s.PutIssuer(ctx, i); {
	case isUnavailable(err):
		return i, false, err
	case err != nil:
		return i, false, refuse(ErrInvalid, "", strings.TrimPrefix(err.Error(), "issuance: "))
	}
	return i, created, nil
}

// newIdentity gives an issuer without a DID a key and the did:key of it. A key is never taken back, so everything else is checked
// first, with a key that nobody keeps.
func (s *Service) newIdentity(ctx context.Context, i *Issuer) error {
	algorithms := i.Form.Algorithms()
	switch {
	case !issuerName.MatchString(i.Name):
		return invalid("/name", "issuer name %.80q: want 1 to 64 of a-z, 0-9, '.', '_', '-'", i.Name)
	case len(algorithms) == 0:
		return invalid("/form", "form %.64q is not supported", i.Form)
	case i.Key != "" || i.Method != "" || len(i.Keys) > 0 || len(i.Control) > 0:
		return invalid("/did", "keys and methods belong to a DID, which is missing")
	}
	i.Key = "issuer-" + i.Name
	if len(i.Purposes) == 0 && !algorithms[0].OnLedger() {
		i.Purposes = []string{noStatus}
	}
	sample, err := keystore.GeneratePrivate(algorithms[0])
	if err != nil {
		return unavailable("no key can be made", err)
	}
	if err := i.named(sample.Public()).checkNew(sample.Public()); err != nil {
		return err
	}
	switch has, err := s.opts.Keys.Signer(ctx, i.Key); {
	case err == nil:
		return invalid("/did", "the keystore has a key %s already, of %s: name that DID, the key and its method, or name the issuer differently", i.Key, has.Public().DIDKey())
	case errors.Is(err, keystore.ErrName):
		return invalid("/name", "issuer name %.80q: no key can be named %s: %v", i.Name, i.Key, err)
	case !errors.Is(err, keystore.ErrNotFound):
		return unavailable("the keystore cannot be read", err)
	}
	signer, err := s.opts.Keys.Generate(ctx, i.Key, algorithms[0])
	if err != nil {
		return unavailable("the keystore cannot make a key", err)
	}
	*i = i.named(signer.Public())
	return nil
}

// named is an issuer under the did:key of a key, which signs all its forms.
func (i Issuer) named(key keys.Public) Issuer {
	i.DID, i.Method = did.DID(key.DIDKey()), key.DIDKeyURL()
	i.Alternatives = maps.Clone(i.Alternatives)
	for form, method := range i.Alternatives {
		if method == "" {
			i.Alternatives[form] = i.Method
		}
	}
	return i
}

// checkNew checks an issuer that has this one key.
func (i Issuer) checkNew(key keys.Public) error {
	if err := i.Validate(); err != nil {
		return err
	}
	for form, method := range i.forms() {
		if method != i.Method {
			return invalid(i.formAt(form, "/method"), "%s: a new issuer has one method, and it need not be named", form)
		}
		if !slices.Contains(form.Algorithms(), key.Algorithm()) {
			return invalid(i.formAt(form, "/form"), "form %s needs a key for one of %v, and that of a new issuer is for %s", form, form.Algorithms(), key.Algorithm())
		}
	}
	return nil
}

// ownKeys refuses keys that are the center's, or another issuer's.
func (s *Service) ownKeys(i Issuer) error {
	mine := append([]string{i.Key}, i.Control...)
	for _, key := range i.Keys {
		mine = append(mine, key)
	}
	foreign := append([]string{s.opts.Operator}, s.opts.Center.Control...)
	for _, other := range s.Issuers() {
		if other.Name == i.Name || other.DID == i.DID {
			continue
		}
		foreign = append(append(foreign, other.Key), other.Control...)
		for _, key := range other.Keys {
			foreign = append(foreign, key)
		}
	}
	for _, key := range mine {
		if slices.Contains(foreign, key) {
			return refuse(ErrInvalid, "/key", fmt.Sprintf("key %q belongs to the center or to another issuer", key))
		}
	}
	return nil
}

// checkMethods checks that the keys are those of the methods: of a did:key by itself, of a did:hanse by its document.
func (s *Service) checkMethods(ctx context.Context, i Issuer) error {
	var document *did.Document
	if i.DID.Method() == "hanse" {
		version, err := s.ledger.DID(ctx, i.DID, did.At{})
		switch {
		case errors.Is(err, did.ErrNotFound):
			return refuse(ErrInvalid, "/did", string(i.DID)+" is not registered")
		case err != nil:
			return unavailable("the ledger cannot be read", err)
		case version.Document == nil:
			return refuse(ErrInvalid, "/did", string(i.DID)+" is deactivated")
		}
		document = version.Document
	}
	for form, method := range i.forms() {
		signer, err := s.opts.Keys.Signer(ctx, i.keyFor(form))
		if err != nil {
			return refuse(ErrInvalid, "/key", fmt.Sprintf("the keystore has no usable key %q", i.keyFor(form)))
		}
		if !isMethodOf(document, i.DID, method, signer.Public()) {
			return refuse(ErrInvalid, "/method", fmt.Sprintf("%s is not the method of key %q in assertionMethod", method, i.keyFor(form)))
		}
	}
	return nil
}

// isMethodOf reports whether a method is that of a key, as far as it can be known: of other DIDs than did:hanse and did:key nobody is
// asked.
func isMethodOf(document *did.Document, id did.DID, method string, key keys.Public) bool {
	if document == nil {
		return id.Method() != "key" || string(id) == key.DIDKey() && method == key.DIDKeyURL()
	}
	for _, m := range document.MethodsFor(did.AssertionMethod) {
		if document.Absolute(m.ID) == method {
			has, err := m.Key()
			return err == nil && has == key
		}
	}
	return false
}

// Issuer finds a configured issuer by name; ErrUnknownIssuer if there is none.
func (s *Service) Issuer(name string) (Issuer, error) {
	i, err := s.issuer(name)
	if err != nil {
		return Issuer{}, err
	}
	return i.Issuer, nil
}
