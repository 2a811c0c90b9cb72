package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

// Record reads the present ledger record of a did:hanse: document, version, threshold, next and recovery. It is the value that
// the resolver's proof carries. ErrNotFound (package did) if the DID does not exist.
func (c *Client) Record(ctx context.Context, id did.DID) (*identity.Record, error) {
	result, err := c.Resolve(ctx, id.String(), url.Values{"proof": {"true"}})
	if err != nil {
		return nil, err
	}
	var proofs []struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal(result.Metadata.Proof, &proofs); err != nil || len(proofs) == 0 {
		return nil, fmt.Errorf("%s: the center gave no proof of the record", id)
	}
	value, err := base64.RawURLEncoding.DecodeString(proofs[0].Value)
	if err != nil {
		return nil, fmt.Errorf("%s: record in the proof: %w", id, err)
	}
	record, err := identity.Decode(value)
	if err != nil {
		return nil, fmt.Errorf("%s: record in the proof: %w", id, err)
	}
	if record.DID != id {
		return nil, fmt.Errorf("the center answered with the record of %s for %s", record.DID, id)
	}
	return record, nil
}
