package statuslist

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// CredentialType is the type of a credential that carries a list; SubjectType that of its subject (Bitstring Status List
// section 2.2).
const (
	CredentialType = "BitstringStatusListCredential"
	SubjectType    = "BitstringStatusList"
)

// List is a Bitstring list with what its credential says of it.
type List struct {
	URL        string // where the list is published; the credential's id
	Issuer     string // DID
	Purposes   []string
	Bits       []byte // Bitstring order
	Size       int    // bits an entry; it is not part of the credential but of the entries that point to it
	ValidFrom  time.Time
	ValidUntil time.Time     // zero: none
	TTL        time.Duration // how long a copy may be kept; zero: not said
}

// Build writes the unsecured credential of a list (Bitstring Status List section 2.2). It is then issued like any other.
func Build(l List) (map[string]any, error) {
	if l.URL == "" || l.Issuer == "" || len(l.Purposes) == 0 {
		return nil, fmt.Errorf("%w: URL, issuer and purpose are needed", ErrVerification)
	}
	encoded, err := Encode(l.Bits, l.Size)
	if err != nil {
		return nil, err
	}
	subject := map[string]any{
		"id": l.URL + "#list", "type": SubjectType, "statusPurpose": purposes(l.Purposes), "encodedList": encoded,
	}
	if l.TTL > 0 {
		subject["ttl"] = l.TTL.Milliseconds()
	}
	c := map[string]any{
		"@context":          []any{"https://www.w3.org/ns/credentials/v2"},
		"id":                l.URL,
		"type":              []any{"VerifiableCredential", CredentialType},
		"issuer":            l.Issuer,
		"credentialSubject": subject,
	}
	if !l.ValidFrom.IsZero() {
		c["validFrom"] = l.ValidFrom.UTC().Format(time.RFC3339)
	}
	if !l.ValidUntil.IsZero() {
		c["validUntil"] = l.ValidUntil.UTC().Format(time.RFC3339)
	}
	return c, nil
}

func purposes(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	out := make([]any, len(list))
	for i, p := range list {
		out[i] = p
	}
	return out
}

// Want is what an entry says of the list it points to.
type Want struct {
	URL     string // statusListCredential
	Purpose string // statusPurpose
	Issuer  string // DID of the credential that carries the entry: the list's issuer must be the same
	Size    int    // statusSize in bits
}

// Open reads a list out of its credential, whose proof and validity the caller has verified, and checks it against the entry
// (Bitstring Status List section 3.2): type, URL, issuer, purpose, length. A list with a status of its own is refused: it
// could point to itself.
func Open(credential map[string]any, want Want) (*List, error) {
	l, err := Read(credential, want.URL, want.Issuer)
	if err != nil {
		return nil, err
	}
	if err := l.Serves(want); err != nil {
		return nil, err
	}
	l.Size = want.Size
	return l, nil
}

// Read reads the list that is published at a URL by an issuer. It is Open without the entry: see Serves. Its Size is 0.
func Read(credential map[string]any, url, issuer string) (*List, error) {
	l := &List{URL: url}
	if !slices.Contains(texts(credential["type"]), CredentialType) {
		return nil, fmt.Errorf("%w: type is not %s", ErrVerification, CredentialType)
	}
	if _, has := credential["credentialStatus"]; has {
		return nil, fmt.Errorf("%w: the list has a status of its own", ErrVerification)
	}
	if id, has := credential["id"]; has && id != url {
		return nil, fmt.Errorf("%w: list id is not %.128q", ErrVerification, url)
	}
	if l.Issuer = issuerOf(credential["issuer"]); l.Issuer == "" || l.Issuer != issuer {
		return nil, fmt.Errorf("%w: list is issued by %.128q, not %.128q", ErrVerification, l.Issuer, issuer)
	}
	subject, ok := credential["credentialSubject"].(map[string]any)
	if !ok || !slices.Contains(texts(subject["type"]), SubjectType) {
		return nil, fmt.Errorf("%w: credentialSubject is not one %s", ErrVerification, SubjectType)
	}
	l.Purposes = texts(subject["statusPurpose"])
	if err := l.readTimes(credential, subject); err != nil {
		return nil, err
	}
	encoded, _ := subject["encodedList"].(string)
	var err error
	l.Bits, err = Decode(encoded, 1)
	return l, err
}

// Serves reports why an entry cannot be one of l: URL, issuer, purpose, or fewer than MinEntries entries of its size.
func (l *List) Serves(want Want) error {
	switch {
	case l.URL != want.URL:
		return fmt.Errorf("%w: list id is not %.128q", ErrVerification, want.URL)
	case l.Issuer != want.Issuer:
		return fmt.Errorf("%w: list is issued by %.128q, not %.128q", ErrVerification, l.Issuer, want.Issuer)
	case !slices.Contains(l.Purposes, want.Purpose):
		return fmt.Errorf("%w: list is not for %.64q", ErrVerification, want.Purpose)
	}
	return checkLength(l.Bits, want.Size)
}

func (l *List) readTimes(credential, subject map[string]any) error {
	for _, f := range []struct {
		name string
		to   *time.Time
	}{{"validFrom", &l.ValidFrom}, {"validUntil", &l.ValidUntil}} {
		v, has := credential[f.name]
		if !has {
			continue
		}
		s, _ := v.(string)
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return fmt.Errorf("%w: %s is not a time", ErrVerification, f.name)
		}
		*f.to = t
	}
	switch ttl := subject["ttl"].(type) {
	case nil:
	case int64:
		return l.setTTL(ttl, nil)
	case json.Number:
		return l.setTTL(ttl.Int64())
	default:
		return l.setTTL(-1, nil)
	}
	return nil
}

func (l *List) setTTL(milliseconds int64, err error) error {
	if err != nil || milliseconds < 0 || milliseconds > 1<<40 {
		return fmt.Errorf("%w: ttl is not a number of milliseconds", ErrVerification)
	}
	l.TTL = time.Duration(milliseconds) * time.Millisecond
	return nil
}

// texts returns a string or a list of strings as a list; other things as none.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func issuerOf(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	s, _ := v.(string)
	return s
}
