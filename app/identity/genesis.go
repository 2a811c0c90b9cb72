package identity

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// ValidateGenesis checks a did.create body that stands in a genesis instead of an operation: nobody signs it there,
// because the genesis itself is what the centers agree on. Errors are *exec.Error.
func ValidateGenesis(league string, body map[string]any, p exec.Params) (*Create, error) {
	created, err := op.CreatedDID(league, body)
	if err != nil {
		return nil, exec.Errorf(exec.CodeMalformed, "body: %v", err)
	}
	c, err := validateCreate(league, created, body)
	if err != nil {
		return nil, err
	}
	if err := c.checkLimits(p); err != nil {
		return nil, err
	}
	return c, c.checkDeclaration(p, nil, true)
}

// DID is the DID that c creates, Document its document.
func (c *Create) DID() did.DID            { return c.did }
func (c *Create) Document() *did.Document { return c.document }

// ApplyGenesis writes version 1 at height 0 and time 0. Its version id carries SHA-256 of the body in place of an
// operation id.
func (c *Create) ApplyGenesis(s exec.Store, body map[string]any) error {
	data, err := jcs.Encode(body)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(data)
	r := c.record(exec.Block{})
	r.VersionID = versionID(1, base64.RawURLEncoding.EncodeToString(hash[:]))
	return put(s, Key(r.DID), r)
}
