package did

import (
	"strconv"
	"strings"
)

// maxFragment bounds the names of keys and services on a ledger.
const maxFragment = 128

// Expand turns a ledger document (no id, relative references "#key-1") into the absolute document of id,
// with the DID context first if none is given, and validates it. value is what jcs.ParseIntegers returned.
//
// On a ledger more is refused than DID Core refuses, because every byte is kept for ever and compared for ever: unknown
// members, embedded methods, methods of other controllers, keys that hanse does not know, references that do not resolve,
// and anything but printable ASCII, so that no two texts look or normalise alike. Updates may name the DID they belong to,
// in `id` and in absolute references. The error is a *DocumentError.
func Expand(value any, id DID) (*Document, error) {
	if err := checkASCII(value); err != nil {
		return nil, err
	}
	d, err := DocumentFromValue(value)
	if err != nil {
		return nil, err
	}
	if d.ID != "" && d.ID != id {
		return nil, at("of another DID", "id")
	}
	d.ID = id
	for name := range d.Extra {
		return nil, at("unknown member", name)
	}
	if len(d.Context) == 0 {
		d.Context = []any{Context}
	}
	for i, c := range d.Context {
		if _, ok := c.(string); !ok {
			return nil, at("no URL", "@context", strconv.Itoa(i))
		}
	}
	for i := range d.VerificationMethod {
		if m := &d.VerificationMethod[i]; m.Controller == "" {
			m.Controller = id
		}
	}
	d = d.ExpandRelative()
	if err := d.validate(true); err != nil {
		return nil, err
	}
	return d, nil
}

// checkLedgerMethod checks what a ledger asks of a method beyond DID Core.
func (d *Document) checkLedgerMethod(m *VerificationMethod) error {
	if err := d.checkOwn(m.ID); err != nil {
		return err
	}
	if m.Controller != d.ID {
		return at("of another DID", "controller")
	}
	for name := range m.Extra {
		return at("unknown member", name)
	}
	if m.Type != Multikey && m.Type != JSONWebKey {
		return at("neither Multikey nor JsonWebKey", "type")
	}
	if key, err := m.Key(); err == nil && !key.Algorithm().OnLedger() {
		return at("a key of a kind that the ledger does not take: Ed25519 or P-256 expected")
	}
	for name, v := range m.PublicKeyJWK {
		switch name {
		case "kty", "crv", "x", "y", "kid", "alg", "use":
		default:
			return at("unknown member", "publicKeyJwk", name)
		}
		if _, ok := v.(string); !ok {
			return at("string expected", "publicKeyJwk", name)
		}
	}
	return nil
}

func (d *Document) checkLedgerService(s *Service) error {
	if err := d.checkOwn(s.ID); err != nil {
		return err
	}
	for name := range s.Extra {
		return at("unknown member", name)
	}
	return nil
}

// checkOwn checks an absolute id: the DID itself and a fragment of letters, digits and "-._~".
func (d *Document) checkOwn(id string) error {
	fragment, ok := strings.CutPrefix(id, string(d.ID)+"#")
	if !ok {
		return at("not a fragment of this DID", "id")
	}
	if len(fragment) > maxFragment {
		return at("fragment of more than 128 characters", "id")
	}
	for i := range len(fragment) {
		if !isUnreserved(fragment[i]) {
			return at("fragment is not letters, digits and -._~", "id")
		}
	}
	return nil
}

// checkASCII refuses strings and member names that are not printable ASCII.
func checkASCII(v any) error {
	switch v := v.(type) {
	case string:
		if !isPrintable(v) {
			return at("not printable ASCII")
		}
	case []any:
		for i, item := range v {
			if err := checkASCII(item); err != nil {
				return under(err, strconv.Itoa(i))
			}
		}
	case map[string]any:
		for name, item := range v {
			if !isPrintable(name) {
				return at("member name is not printable ASCII")
			}
			if err := checkASCII(item); err != nil {
				return under(err, name)
			}
		}
	}
	return nil
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return false
		}
	}
	return true
}
