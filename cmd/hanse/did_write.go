package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// writer changes one DID: it holds the present record, and then the signed operation.
type writer struct {
	cmd      *cobra.Command
	store    keystore.Store
	record   *identity.Record
	envelope []byte
}

// changeDID reads a DID's present record, lets build sign an operation over it, and submits that.
func changeDID(cmd *cobra.Command, id string, build func(*writer) error) error {
	parsed, err := did.Parse(id)
	if err != nil {
		return err
	}
	store, c, err := storeAndClient(cmd)
	if err != nil {
		return err
	}
	record, err := c.Record(cmd.Context(), parsed)
	if err != nil {
		return err
	}
	if record.Deactivated {
		return &cliError{Code: exitNotFound, Err: fmt.Errorf("%s is deactivated", id)}
	}
	w := &writer{cmd: cmd, store: store, record: record}
	if err := build(w); err != nil {
		return err
	}
	receipt, err := submitOrKeep(cmd, c, w.envelope)
	if err != nil {
		return err
	}
	return showChanged(cmd, parsed, record.N+1, receipt)
}

// storeAndClient opens the user's keystore and the center's API.
func storeAndClient(cmd *cobra.Command) (keystore.Store, *client.Client, error) {
	c, err := clientOf(cmd)
	if err != nil {
		return nil, nil, err
	}
	store, err := openUserKeystore(cmd, false)
	return store, c, err
}

// state is the body of an update that changes nothing yet: the complete present state.
func (w *writer) state() map[string]any {
	body := map[string]any{"prev": w.record.VersionID, "document": w.record.Document.Value()}
	if w.record.Threshold > 1 {
		body["threshold"] = w.record.Threshold
	}
	if len(w.record.Next) > 0 {
		body["next"] = anyList(w.record.Next)
	}
	if recovery := w.record.Recovery.Value(); len(recovery) > 0 {
		body["recovery"] = recovery
	}
	return body
}

func anyList(items []string) []any {
	list := make([]any, len(items))
	for i, s := range items {
		list[i] = s
	}
	return list
}

// sign makes the operation.
func (w *writer) sign(kind string, body map[string]any, kid did.URL, signer keystore.Signer) error {
	league, _, err := did.SplitHanse(w.record.DID)
	if err != nil {
		return err
	}
	d, err := draft(lifeOf(w.cmd), league, kind, w.record.DID, body)
	if err != nil {
		return err
	}
	w.envelope, err = d.Sign(w.cmd.Context(), kid, signer)
	return err
}

// methodOf is the control method of the present document that holds the named key.
func (w *writer) methodOf(name string, signer keystore.Signer) (did.URL, error) {
	method, found := controlMethod(w.record.Document, signer.Public())
	if !found {
		return method, &cliError{Code: exitNotAuthorised, Err: fmt.Errorf("key %q does not control %s", name, w.record.DID)}
	}
	return method, nil
}

func controlMethod(doc *did.Document, key keys.Public) (did.URL, bool) {
	for _, m := range doc.MethodsFor(did.CapabilityInvocation) {
		if k, err := m.Key(); err == nil && k == key {
			u, err := did.ParseURL(m.ID)
			return u, err == nil
		}
	}
	return did.URL{}, false
}

// rotate replaces the method of key by one of newKey under a fresh fragment, wherever the document refers to it.
func (w *writer) rotate(cmd *cobra.Command, key, newKey, next string) error {
	present, err := userSigner(cmd, w.store, key)
	if err != nil {
		return err
	}
	fresh, err := userSigner(cmd, w.store, newKey)
	if err != nil {
		return err
	}
	old, err := w.methodOf(key, present)
	if err != nil {
		return err
	}
	method := did.URL{DID: w.record.DID, Fragment: freshFragment(w.record.Document)}
	body := w.state()
	body["document"] = replaceMethod(w.record.Document, old.String(), did.VerificationMethod{
		ID: method.String(), Type: "Multikey", Controller: w.record.DID, PublicKeyMultibase: fresh.Public().Multikey(),
	}).Value()
	delete(body, "next")
	if next != "" {
		after, err := userSigner(cmd, w.store, next)
		if err != nil {
			return err
		}
		body["next"] = []any{identity.NextHash(after.Public())}
	}
	if len(w.record.Next) == 0 {
		return w.sign("did.update", body, old, present)
	}
	if next == "" {
		return usage(fmt.Errorf("%s uses pre-rotation", w.record.DID), "name the key after the new one with --next, so that the chain goes on")
	}
	return w.sign("did.update", body, method, fresh)
}

// freshFragment is the first "key-<n>" that the document does not use.
func freshFragment(doc *did.Document) string {
	for n := 1; ; n++ {
		fragment := fmt.Sprintf("key-%d", n)
		if _, used := doc.Method(string(doc.ID) + "#" + fragment); !used {
			return fragment
		}
	}
}

// replaceMethod returns a copy of doc with the method old replaced, also where relationships refer to it.
func replaceMethod(doc *did.Document, old string, method did.VerificationMethod) *did.Document {
	copied := doc.Clone()
	for i, m := range copied.VerificationMethod {
		if m.ID == old {
			copied.VerificationMethod[i] = method
		}
	}
	for _, refs := range copied.Relationships {
		for i := range refs {
			if refs[i].URL == old {
				refs[i].URL = method.ID
			}
		}
	}
	return copied
}
