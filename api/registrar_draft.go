package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// draft makes the operation that a request asks for, with the keys that may sign it.
func (s *Server) draft(ctx context.Context, r *registration, k kind) (*job, error) {
	switch k {
	case kindCreate:
		return s.draftCreate(ctx, r)
	case kindUpdate:
		return s.draftUpdate(ctx, r)
	}
	return s.draftDeactivate(ctx, r)
}

func (s *Server) draftCreate(ctx context.Context, r *registration) (*job, error) {
	if r.options["keys"] != nil {
		return nil, badMember("/options/keys", "only a deactivation reveals keys")
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	body := map[string]any{"document": r.document, "salt": base64.RawURLEncoding.EncodeToString(salt)}
	setOptions(body, r.options)
	id, err := op.CreatedDID(s.opts.League, body)
	if err != nil {
		return nil, err
	}
	document, err := expand(r.document, id)
	if err != nil {
		return nil, err
	}
	j := &job{kind: kindCreate, did: id, document: document, n: 1}
	if err := j.addKeys(document.MethodsFor(did.CapabilityInvocation)); err != nil {
		return nil, err
	}
	return j, s.seal(ctx, j, "did.create", body)
}

func (s *Server) draftUpdate(ctx context.Context, r *registration) (*job, error) {
	if r.options["keys"] != nil {
		return nil, badMember("/options/keys", "only a deactivation reveals keys; an update carries them in the document")
	}
	present, err := s.presentRecord(ctx, r.did)
	if err != nil {
		return nil, err
	}
	value, err := applyChanges(present.Document.Value(), present.DID, r.changes)
	if err != nil {
		return nil, err
	}
	document, err := expand(value, present.DID)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"prev": present.VersionID, "document": value}
	keepOptions(body, present)
	setOptions(body, r.options)
	j := &job{kind: kindUpdate, did: present.DID, document: document, n: present.N + 1}
	if err := s.addSigners(ctx, j, present, revealedBy(document, present.Next)); err != nil {
		return nil, err
	}
	return j, s.seal(ctx, j, "did.update", body)
}

func (s *Server) draftDeactivate(ctx context.Context, r *registration) (*job, error) {
	for name := range r.options {
		if name != "keys" {
			return nil, badMember("/options/"+name, "a deactivation sets nothing")
		}
	}
	present, err := s.presentRecord(ctx, r.did)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"prev": present.VersionID}
	setOptions(body, r.options)
	revealed := []did.VerificationMethod{}
	for _, k := range array(r.options["keys"]) {
		multikey := text(k)
		revealed = append(revealed, did.VerificationMethod{ID: string(present.DID) + "#" + multikey, Type: "Multikey", PublicKeyMultibase: multikey})
	}
	j := &job{kind: kindDeactivate, did: present.DID, n: present.N + 1}
	if err := s.addSigners(ctx, j, present, revealed); err != nil {
		return nil, err
	}
	return j, s.seal(ctx, j, "did.deactivate", body)
}

// presentRecord reads the present record of a did:hanse: the newest version, which the ledger's last block may have made.
func (s *Server) presentRecord(ctx context.Context, text string) (*identity.Record, error) {
	id, err := s.ledgerDID(text)
	if err != nil {
		return nil, err
	}
	version, err := s.opts.Ledger.DID(ctx, id, did.At{})
	if err != nil {
		return nil, ledgerError(err)
	}
	if version.Deactivated {
		return nil, exec.Errorf(exec.CodeDeactivated, "%s is deactivated", id)
	}
	record, _, err := s.record(ctx, id, identity.Key(id))
	if err != nil && !errors.Is(err, did.ErrNotFound) {
		return nil, err
	}
	if record == nil || record.VersionID != version.VersionID { // proofs trail the last block by one
		return nil, unavailable("the DID changed a moment ago; try again", nil)
	}
	return record, nil
}

// seal gives the draft its expiry and nonce and fixes its payload, which is what gets signed.
func (s *Server) seal(ctx context.Context, j *job, kind string, body map[string]any) error {
	params, err := s.opts.Ledger.Params(ctx)
	if err != nil {
		return ledgerError(err)
	}
	draft := op.Draft{League: s.opts.League, Type: kind, By: j.did, Body: body}
	draft.Exp = s.opts.Now().Unix() + params.WindowSeconds*9/10 // the rest is for clocks that differ
	_, _ = rand.Read(draft.Nonce[:])
	if j.payload, err = draft.Payload(); err != nil {
		return err
	}
	j.id = op.PayloadID(j.payload)
	if len(j.requests) == 0 {
		return badMember("/didDocument/capabilityInvocation", "no key controls this DID: nobody could sign")
	}
	return nil
}

// addSigners asks for the signatures that can count: revealed next keys if there are any, otherwise the DID's own
// control keys and those of its controllers.
func (s *Server) addSigners(ctx context.Context, j *job, present *identity.Record, revealed []did.VerificationMethod) error {
	if len(revealed) > 0 {
		return j.addKeys(revealed)
	}
	if err := j.addKeys(present.Document.MethodsFor(did.CapabilityInvocation)); err != nil {
		return err
	}
	for _, controller := range present.Document.Controller {
		version, err := s.opts.Ledger.DID(ctx, controller, did.At{})
		if errors.Is(err, did.ErrNotFound) || (err == nil && (version.Deactivated || version.Document == nil)) {
			continue
		}
		if err != nil {
			return ledgerError(err)
		}
		if err := j.addKeys(version.Document.MethodsFor(did.CapabilityInvocation)); err != nil {
			return err
		}
	}
	return nil
}

// revealedBy lists the control keys of document whose hashes next announces.
func revealedBy(document *did.Document, next []string) []did.VerificationMethod {
	var revealed []did.VerificationMethod
	for _, method := range document.MethodsFor(did.CapabilityInvocation) {
		if key, err := method.Key(); err == nil && slices.Contains(next, identity.NextHash(key)) {
			revealed = append(revealed, method)
		}
	}
	return revealed
}

// expand checks a document against DID Core and the ledger's rules, naming the bad member.
func expand(value map[string]any, id did.DID) (*did.Document, error) {
	document, err := did.Expand(value, id)
	if err == nil {
		return document, nil
	}
	e := &Error{Name: "invalid-document", Status: 400, Pointer: "/didDocument", Detail: err.Error(), Err: err}
	if bad, ok := errors.AsType[*did.DocumentError](err); ok {
		e.Pointer += bad.Pointer
	}
	return nil, e
}

// setOptions copies what the request sets into an operation body; keepOptions what an update leaves as it is.
func setOptions(body, options map[string]any) {
	for name, value := range options {
		if value == nil {
			delete(body, name)
			continue
		}
		body[name] = value
	}
}

func keepOptions(body map[string]any, present *identity.Record) {
	if present.Threshold > 1 {
		body["threshold"] = present.Threshold
	}
	if len(present.Next) > 0 {
		next := make([]any, len(present.Next))
		for i, hash := range present.Next {
			next[i] = hash
		}
		body["next"] = next
	}
	if recovery := present.Recovery.Value(); recovery != nil {
		body["recovery"] = recovery
	}
}

// applyChanges applies the steps of an update to the document of id.
func applyChanges(document map[string]any, id did.DID, changes []documentChange) (map[string]any, error) {
	for i, change := range changes {
		if change.operation == setDocument {
			document = change.document
			continue
		}
		for name, value := range change.document {
			if name == "id" || name == "@context" {
				continue
			}
			items, ok := value.([]any)
			present, isList := document[name].([]any)
			if !ok || (document[name] != nil && !isList) {
				return nil, badMember(fmt.Sprintf("/didDocument/%d/%s", i, escapePointer(name)), "only lists can be added to or removed from")
			}
			document[name] = changeList(present, items, id, change.operation)
			if len(document[name].([]any)) == 0 {
				delete(document, name)
			}
		}
	}
	return document, nil
}

// changeList adds items to a list, or removes them; items are the same if they are equal texts or have the same id, relative
// ("#key-1") or absolute.
func changeList(list, items []any, id did.DID, operation string) []any {
	out := slices.Clone(list)
	for _, item := range items {
		name := itemName(item, id)
		out = slices.DeleteFunc(out, func(other any) bool { return name != "" && itemName(other, id) == name })
		if operation == addToDocument {
			out = append(out, item)
		}
	}
	return out
}

func itemName(item any, id did.DID) string {
	name := text(item)
	if name == "" {
		name = text(object(item)["id"])
	}
	if strings.HasPrefix(name, "#") {
		return string(id) + name
	}
	return name
}

// addKeys adds a signing request for each method.
func (j *job) addKeys(methods []did.VerificationMethod) error {
	for _, method := range methods {
		key, err := method.Key()
		if err != nil {
			return badMember("/didDocument/verificationMethod", method.ID+" holds no key that hanse knows")
		}
		kid, err := did.ParseURL(method.ID)
		if err != nil {
			return err
		}
		j.add(kid, key)
	}
	return nil
}

func (j *job) add(kid did.URL, key keys.Public) {
	if len(j.requests) < op.MaxSignatures && !slices.ContainsFunc(j.requests, func(w wanted) bool { return w.kid == kid }) {
		j.requests = append(j.requests, wanted{kid: kid, key: key})
	}
}
