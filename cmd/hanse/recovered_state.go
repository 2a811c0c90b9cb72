package main

import (
	"errors"
	"net/url"
	"slices"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// recoveredState is the body of a did.recover without who it is for: the version to go on from, and the document then.
func recoveredState(a *actor) (map[string]any, error) {
	ctx := a.cmd.Context()
	record, err := a.client.Record(ctx, a.did)
	if err != nil {
		return nil, err
	}
	base, document := a.text("base"), record.Document
	if base == "" || base == record.VersionID {
		base = record.VersionID
	} else if document, err = documentOf(a, base); err != nil {
		return nil, err
	}
	body := map[string]any{"prev": base}
	if record.Recovery != nil {
		body["recovery"] = record.Recovery.Value()
	}
	if file := a.text("document"); file != "" {
		body["document"], err = readDocument(a.cmd, file)
		return body, err
	}
	key, err := keyNamed(a, a.text("new-key"))
	if err != nil {
		return nil, err
	}
	body["document"] = withControl(document, key).Value()
	return body, nil
}

// documentOf is the document that a DID had in a version.
func documentOf(a *actor, version string) (*did.Document, error) {
	result, err := a.client.Resolve(a.cmd.Context(), string(a.did), url.Values{"versionId": {version}})
	if err != nil {
		return nil, hinted(err, "'hanse did resolve %s' shows the present version; --base takes one of its ids", a.did)
	}
	value, err := jcs.ParseIntegers(result.Document, jcs.Limits{})
	if err != nil {
		return nil, err
	}
	return did.DocumentFromValue(value)
}

// keyNamed is a multikey, or the public key of a name in the user's keystore.
func keyNamed(a *actor, text string) (keys.Public, error) {
	if key, err := keys.ParseMultikey(text); err == nil {
		return key, nil
	}
	if text == "" {
		return keys.Public{}, usage(errors.New("the new control key is missing"), "give --new-key, or a whole document with --document")
	}
	store, err := openUserKeystore(a.cmd, false)
	if err != nil {
		return keys.Public{}, err
	}
	defer store.Close()
	signer, err := userSigner(a.cmd, store, text)
	if err != nil {
		return keys.Public{}, err
	}
	return signer.Public(), nil
}

// withControl returns a copy of doc which key alone controls: it replaces the methods and controllers that did.
func withControl(doc *did.Document, key keys.Public) *did.Document {
	fresh := did.VerificationMethod{
		ID: string(doc.ID) + "#" + freshFragment(doc), Type: did.Multikey, Controller: doc.ID, PublicKeyMultibase: key.Multikey(),
	}
	copied := doc.Clone()
	lost := map[string]bool{}
	for _, m := range doc.MethodsFor(did.CapabilityInvocation) {
		lost[doc.Absolute(m.ID)] = true
	}
	copied.Controller = nil
	copied.VerificationMethod = slices.DeleteFunc(copied.VerificationMethod, func(m did.VerificationMethod) bool { return lost[doc.Absolute(m.ID)] })
	copied.VerificationMethod = append(copied.VerificationMethod, fresh)
	for relationship, refs := range copied.Relationships {
		kept := slices.DeleteFunc(refs, func(r did.Reference) bool {
			return r.Embedded != nil && lost[doc.Absolute(r.Embedded.ID)] || r.Embedded == nil && lost[doc.Absolute(r.URL)]
		})
		if len(kept) < len(refs) {
			kept = append(kept, did.Reference{URL: fresh.ID})
		}
		copied.Relationships[relationship] = kept
	}
	if len(copied.Relationships[did.CapabilityInvocation]) == 0 {
		if copied.Relationships == nil {
			copied.Relationships = map[did.Relationship][]did.Reference{}
		}
		copied.Relationships[did.CapabilityInvocation] = []did.Reference{{URL: fresh.ID}}
	}
	return copied
}
