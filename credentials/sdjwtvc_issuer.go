package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/credentials/issuermeta"
	"github.com/hanse-id/hanse/did/keys"
)

// IssuerMetadata is the IssuerKeySource that asks issuers which are https URLs for their JWT VC Issuer Metadata.
type IssuerMetadata struct {
	resolver *issuermeta.Resolver
	now      func() time.Time
}

var _ IssuerKeySource = (*IssuerMetadata)(nil)

// NewIssuerMetadata returns a source that fetches through get: *fetch.Guard, because issuers are strangers' words.
func NewIssuerMetadata(get Fetcher, o issuermeta.Options) *IssuerMetadata {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return &IssuerMetadata{resolver: issuermeta.New(get, o), now: now}
}

// IssuerKey finds a key of an issuer.
func (m *IssuerMetadata) IssuerKey(ctx context.Context, issuer, kid string) (keys.Public, Evidence, error) {
	found, err := m.resolver.Key(ctx, issuer, kid)
	for _, no := range []error{issuermeta.ErrIssuer, issuermeta.ErrMalformed, issuermeta.ErrKey} {
		if errors.Is(err, no) {
			return keys.Public{}, Evidence{}, fmt.Errorf("%w: %w", ErrIssuerKey, err)
		}
	}
	if err != nil {
		return keys.Public{}, Evidence{}, err
	}
	age := int64(m.now().Sub(found.Fetched) / time.Second)
	return found.Public, Evidence{Source: found.URL, Age: max(0, age), Digest: found.Digest}, nil
}
