package resolve

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/did"
)

// Resolve resolves the DID of a DID URL (DID Resolution 4.4). versionId and versionTime of the URL count as options;
// service, serviceType and relativeRef are checked and change nothing; hl must be the hash of the document; an unknown
// parameter is FEATURE_NOT_SUPPORTED. With VerificationRelationship and a fragment, the method that the fragment names must
// be in the relationship; otherwise a fragment changes nothing. It never fails otherwise than in the result.
func Resolve(ctx context.Context, r did.Resolver, didURL string, o Options) Result {
	t, err := parseTarget(didURL, &o)
	if err != nil {
		return failed(err)
	}
	if t.url.Path != "" {
		return failed(fail(NotFound, "no method knows resources at a path"))
	}
	result := resolveTarget(ctx, r, t, o)
	if o.VerificationRelationship != "" && t.url.Fragment != "" && result.Document != nil {
		if _, err := authorizedMethod(result.Document, t, o.VerificationRelationship); err != nil {
			return failed(err)
		}
	}
	return result
}

func resolveTarget(ctx context.Context, r did.Resolver, t *target, o Options) Result {
	if o.NoCache {
		ctx = WithNoCache(ctx)
	}
	v, err := r.Resolve(ctx, t.url.DID, o.at())
	if errors.Is(err, did.ErrNoVersion) {
		return failed(&Error{Code: NotFound, Detail: noVersion(o), Err: err})
	}
	if err != nil {
		return failed(classify(err))
	}
	if v.Document != nil && v.Document.ID != t.url.DID {
		return failed(fail(InvalidDIDDocument, "the document is of another DID"))
	}
	if err := checkHash(v.Document, t.hash); err != nil {
		return failed(err)
	}
	result := Result{
		Document:         v.Document,
		Resolution:       ResolutionMetadata{ContentType: ContentType},
		DocumentMetadata: metadata(v),
		Version:          v,
	}
	if v.Document != nil && o.ExpandRelativeURLs {
		result.Document = v.Document.ExpandRelative()
	}
	if o.Proof {
		if result.DocumentMetadata.Proof, err = prove(ctx, r, v); err != nil {
			return failed(classify(err))
		}
	}
	return result
}

// noVersion says which version a DID, which exists, does not have.
func noVersion(o Options) string {
	if o.at().Time.IsZero() {
		return "the DID exists, but has no version with this versionId"
	}
	return "the DID exists, but had no version yet at this versionTime"
}

func failed(err *Error) Result { return Result{Resolution: ResolutionMetadata{Error: err}} }

// metadata says of a version what DID Resolution 4.3 wants said. Methods without versions have nothing to say.
func metadata(v did.Version) DocumentMetadata {
	m := DocumentMetadata{
		Created:       v.Created,
		Deactivated:   v.Deactivated,
		VersionID:     v.VersionID,
		NextVersionID: v.NextVersionID,
		NextUpdate:    v.NextUpdate,

		Recovery:       v.Recovery,
		Disputed:       v.Disputed,
		DuringRecovery: v.During,
	}
	if v.N > 1 {
		m.Updated = v.Updated
	}
	if v.N > 0 {
		m.CanonicalID = v.DID
	}
	return m
}

func prove(ctx context.Context, r did.Resolver, v did.Version) ([]map[string]any, error) {
	prover, ok := r.(Prover)
	if !ok {
		return nil, ErrNoProof
	}
	return prover.Prove(ctx, v)
}

// checkHash compares the document with the hl parameter: base58btc multibase of the SHA2-256 multihash of its JCS bytes.
func checkHash(d *did.Document, hl string) *Error {
	if hl == "" {
		return nil
	}
	const prefix = "\x12\x20" // SHA2-256, 32 bytes
	if hl[0] != 'z' || len(hl) > 64 {
		return fail(FeatureNotSupported, "hl is not base58btc multibase of a SHA2-256 multihash")
	}
	multihash, err := base58.Decode(hl[1:])
	if err != nil {
		return fail(InvalidDIDURL, "hl is not base58btc")
	}
	if len(multihash) != len(prefix)+sha256.Size || string(multihash[:len(prefix)]) != prefix {
		return fail(FeatureNotSupported, "hl is not a SHA2-256 multihash")
	}
	if d == nil {
		return nil
	}
	text, err := d.Canonical()
	if err != nil {
		return &Error{Code: InternalError, Detail: "the document has no canonical form", Err: err}
	}
	if digest := sha256.Sum256(text); string(multihash[len(prefix):]) != string(digest[:]) {
		return fail(NotFound, "the document has another hash")
	}
	return nil
}
