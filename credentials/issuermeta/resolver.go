package issuermeta

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/credentials/remote"
	"github.com/hanse-id/hanse/did/keys"
)

// Options of a Resolver; zero values are the defaults of package remote.
type Options = remote.Options

// patience is how old metadata may be in which a key is missed before it is asked for again: issuers add keys.
const patience = 30 * time.Second

// errNoDocument says that there is no metadata, or no JWK Set, in which the key could be.
var errNoDocument = fmt.Errorf("%w", ErrKey)

// Resolver finds issuers' keys and keeps what it fetched. It is safe for concurrent use.
type Resolver struct{ documents *remote.Documents }

// New returns a Resolver that fetches through get: *fetch.Guard, because issuers are strangers' words.
func New(get remote.Getter, o Options) *Resolver {
	return &Resolver{documents: remote.New(get, o)}
}

// Found is a key with what it stands on.
type Found struct {
	Public  keys.Public
	URL     string    // where the key stood
	Digest  string    // SHA-256 of that document, hexadecimal
	Fetched time.Time // when it was fetched
}

// Key finds the key of an issuer with an id (kid); without an id, its only key. Errors wrap ErrIssuer, ErrMalformed or ErrKey where
// the answer is no.
func (r *Resolver) Key(ctx context.Context, issuer, id string) (Found, error) {
	found, err := r.key(ctx, issuer, id, time.Hour)
	missing := errors.Is(err, ErrKey) || errors.Is(err, ErrMalformed)
	if missing && !errors.Is(err, errNoDocument) { // a server that has just said no is not asked again
		return r.key(ctx, issuer, id, patience)
	}
	return found, err
}

// key looks in documents that are younger than age.
func (r *Resolver) key(ctx context.Context, issuer, id string, age time.Duration) (Found, error) {
	url, err := WellKnown(issuer)
	if err != nil {
		return Found{}, err
	}
	document, err := r.document(ctx, url, age)
	if err != nil {
		return Found{}, err
	}
	m, err := Parse(document.Body, issuer)
	if err != nil {
		return Found{}, err
	}
	set := m.Keys
	if m.JWKSURI != "" {
		if document, err = r.document(ctx, m.JWKSURI, age); err != nil {
			return Found{}, err
		}
		if set, err = ParseKeys(document.Body); err != nil {
			return Found{}, err
		}
	}
	key, err := set.Find(id)
	if err != nil {
		return Found{}, err
	}
	sum := sha256.Sum256(document.Body)
	return Found{Public: key, URL: document.URL, Digest: hex.EncodeToString(sum[:]), Fetched: document.Fetched}, nil
}

// document says of what is not there, or must not be fetched, that the issuer has no such key.
func (r *Resolver) document(ctx context.Context, url string, age time.Duration) (remote.Document, error) {
	d, err := r.documents.Younger(ctx, url, age)
	if errors.Is(err, remote.ErrAbsent) || errors.Is(err, remote.ErrRefused) || errors.Is(err, remote.ErrTooLarge) {
		return d, fmt.Errorf("%w: %w", errNoDocument, err)
	}
	return d, err
}
