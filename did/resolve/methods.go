package resolve

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Ledger reads versions of hanse DIDs: the present one, or the one that at selects. Errors are those of did.Resolver.
type Ledger interface {
	DID(ctx context.Context, id did.DID, at did.At) (did.Version, error)
}

// Hanse resolves did:hanse on one league's ledger.
type Hanse struct {
	league string
	ledger Ledger
}

// NewHanse returns the resolver of a league's DIDs.
func NewHanse(league string, ledger Ledger) *Hanse {
	return &Hanse{league: league, ledger: ledger}
}

// Resolve reads the ledger. did.ErrInvalidDID for an identifier that no creation can have made, did.ErrNotFound for a DID
// of another league: this ledger says nothing about it.
func (h *Hanse) Resolve(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	league, _, err := did.SplitHanse(id)
	if err != nil {
		return did.Version{}, err
	}
	if league != h.league {
		return did.Version{}, fmt.Errorf("%w: league %q, this is %q", did.ErrNotFound, league, h.league)
	}
	return h.ledger.DID(ctx, id, at)
}

// Prove passes the request on to the ledger, if that can prove.
func (h *Hanse) Prove(ctx context.Context, v did.Version) ([]map[string]any, error) {
	prover, ok := h.ledger.(Prover)
	if !ok {
		return nil, ErrNoProof
	}
	return prover.Prove(ctx, v)
}

// Key resolves did:key: the DID is the key, so every answer is the same at every time and there are no version ids.
type Key struct {
	Keys *keys.Cache // nil: every key is read anew
}

// Resolve makes the document of the key. Malformed keys are did.ErrInvalidDID, other kinds of key
// keys.ErrUnsupported.
func (k Key) Resolve(_ context.Context, id did.DID, at did.At) (did.Version, error) {
	if err := checkStatic(id, "key", at); err != nil {
		return did.Version{}, err
	}
	multikey := id.ID()
	if _, err := k.Keys.ParseMultikey(multikey); err != nil {
		return did.Version{}, invalid(err)
	}
	return static(did.VerificationMethod{
		ID: string(id) + "#" + multikey, Type: did.Multikey, Controller: id, PublicKeyMultibase: multikey,
	}, signing), nil
}

// JWK resolves did:jwk: the DID is the key, so every answer is the same at every time and there are no version ids.
type JWK struct{}

// Resolve makes the document of the key. Malformed keys are did.ErrInvalidDID, and so are private ones,
// of which no error says anything but that; other kinds of key are keys.ErrUnsupported.
func (JWK) Resolve(_ context.Context, id did.DID, at did.At) (did.Version, error) {
	if err := checkStatic(id, "jwk", at); err != nil {
		return did.Version{}, err
	}
	encoded := id.ID()
	text, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return did.Version{}, fmt.Errorf("%w: did:jwk is not base64url", did.ErrInvalidDID)
	}
	v, err := jcs.Parse(text, jcs.Limits{MaxDepth: 4})
	if err != nil {
		return did.Version{}, fmt.Errorf("%w: did:jwk is not strict JSON", did.ErrInvalidDID)
	}
	jwk, ok := v.(map[string]any)
	if !ok {
		return did.Version{}, fmt.Errorf("%w: did:jwk is no JWK", did.ErrInvalidDID)
	}
	key, err := keys.ParseJWK(jwk)
	if err != nil {
		return did.Version{}, invalid(err)
	}
	relationships := signing
	if _, restricted := jwk["use"]; key.Algorithm() == keys.ES256 && !restricted {
		relationships = did.Relationships()
	}
	return static(did.VerificationMethod{
		ID: string(id) + "#0", Type: did.JSONWebKey, Controller: id, PublicKeyJWK: jwk,
	}, relationships), nil
}

var signing = []did.Relationship{
	did.Authentication, did.AssertionMethod, did.CapabilityInvocation, did.CapabilityDelegation,
}

// checkStatic checks the method of a DID that has one version only, and that no other one is asked for.
func checkStatic(id did.DID, method string, at did.At) error {
	if id.Method() != method {
		return fmt.Errorf("%w: %q", did.ErrMethodNotSupported, shorten(id.Method()))
	}
	if strings.Contains(id.ID(), ":") {
		return fmt.Errorf("%w: did:%s has one segment only", did.ErrInvalidDID, method)
	}
	if at.VersionID != "" {
		return fmt.Errorf("%w: did:%s has no versions", did.ErrNotFound, method)
	}
	return nil
}

// invalid makes an ErrInvalidDID of what is wrong with a key. Errors of did/keys contain no key material.
func invalid(err error) error {
	if errors.Is(err, keys.ErrUnsupported) {
		return err
	}
	return fmt.Errorf("%w: %w", did.ErrInvalidDID, err)
}

func static(m did.VerificationMethod, relationships []did.Relationship) did.Version {
	d := &did.Document{
		Context:            []any{did.Context},
		ID:                 m.Controller,
		VerificationMethod: []did.VerificationMethod{m},
		Relationships:      make(map[did.Relationship][]did.Reference, len(relationships)),
	}
	for _, r := range relationships {
		d.Relationships[r] = []did.Reference{{URL: m.ID}}
	}
	return did.Version{DID: m.Controller, Document: d}
}
