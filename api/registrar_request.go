package api

import (
	"slices"

	"github.com/hanse-id/hanse/did/jcs"
)

// registration is a registrar call, read.
type registration struct {
	jobID         string
	did           string
	clientSecrets bool
	document      map[string]any // create, and update by setDidDocument
	changes       []documentChange
	signatures    map[string]string // signing request id → signature, base64url
	options       map[string]any    // threshold, next, recovery, keys: as the operation takes them
}

// documentChange is one step of an update: didDocumentOperation with the didDocument at the same place.
type documentChange struct {
	operation string
	document  map[string]any
}

// The operations on documents that an update may name (DIF Registrar, "didDocumentOperation").
const (
	setDocument        = "setDidDocument"
	addToDocument      = "addToDidDocument"
	removeFromDocument = "removeFromDidDocument"
)

// parseRegistration reads a call strictly: unknown members are named, private keys are refused unseen.
func parseRegistration(body map[string]any, k kind) (*registration, error) {
	if err := knownMembers(body, "", "jobId", "did", "options", "secret", "didDocument", "didDocumentOperation"); err != nil {
		return nil, err
	}
	r := &registration{clientSecrets: true, options: map[string]any{}}
	var err error
	if r.jobID, err = optionalString(body, "jobId"); err != nil {
		return nil, err
	}
	if r.did, err = optionalString(body, "did"); err != nil {
		return nil, err
	}
	if err := r.readOptions(body["options"]); err != nil {
		return nil, err
	}
	if err := r.readSecret(body["secret"]); err != nil {
		return nil, err
	}
	if r.jobID != "" {
		return r, nil // what the job is about was settled when it began
	}
	if len(r.signatures) > 0 {
		return nil, badMember("/jobId", "signatures belong to a job")
	}
	switch k {
	case kindCreate:
		if r.did != "" {
			return nil, badMember("/did", "the DID of a did:hanse follows from its content; leave it out")
		}
		r.document, err = creationDocument(body)
	case kindUpdate:
		r.changes, err = updateChanges(body)
	case kindDeactivate:
		if body["didDocument"] != nil || body["didDocumentOperation"] != nil {
			err = badMember("/didDocument", "a deactivation takes no document")
		}
	}
	return r, err
}

func optionalString(body map[string]any, name string) (string, error) {
	switch v := body[name].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	return "", badMember("/"+name, "a string is expected")
}

func (r *registration) readOptions(value any) error {
	if value == nil {
		return nil
	}
	options, ok := value.(map[string]any)
	if !ok {
		return badMember("/options", "an object is expected")
	}
	if err := knownMembers(options, "/options", "clientSecretMode", "threshold", "next", "recovery", "keys"); err != nil {
		return err
	}
	for name, v := range options {
		if name != "clientSecretMode" {
			r.options[name] = v
			continue
		}
		if r.clientSecrets, ok = v.(bool); !ok {
			return badMember("/options/clientSecretMode", "true or false is expected")
		}
	}
	normal, err := integers(r.options, "/options")
	if err != nil {
		return err
	}
	r.options = normal
	return nil
}

// readSecret takes signatures and nothing else.
func (r *registration) readSecret(value any) error {
	if value == nil {
		return nil
	}
	secret, ok := value.(map[string]any)
	if !ok {
		return badMember("/secret", "an object is expected")
	}
	if err := knownMembers(secret, "/secret", "signingResponse"); err != nil {
		return badMember("/secret", "only signingResponse is taken; this registrar never sees private keys")
	}
	responses, ok := secret["signingResponse"].(map[string]any)
	if !ok && secret["signingResponse"] != nil {
		return badMember("/secret/signingResponse", "an object is expected")
	}
	r.signatures = make(map[string]string, len(responses))
	for id, v := range responses {
		response, _ := v.(map[string]any)
		signature, ok := response["signature"].(string)
		if !ok {
			return badMember("/secret/signingResponse/"+escapePointer(id)+"/signature", "a base64url string is expected")
		}
		r.signatures[id] = signature
	}
	return nil
}

func creationDocument(body map[string]any) (map[string]any, error) {
	if body["didDocumentOperation"] != nil {
		return nil, badMember("/didDocumentOperation", "a creation takes none")
	}
	document, ok := body["didDocument"].(map[string]any)
	if !ok {
		return nil, badMember("/didDocument", "the document to register is expected: keys and services with relative ids (\"#key-1\")")
	}
	if document["id"] != nil && document["id"] != "" {
		return nil, badMember("/didDocument/id", "the id follows from the content; leave it out")
	}
	document, err := integers(document, "/didDocument")
	delete(document, "id")
	return document, err
}

// updateChanges pairs didDocument[] with didDocumentOperation[]; one document without an operation replaces the present one.
func updateChanges(body map[string]any) ([]documentChange, error) {
	documents, ok := body["didDocument"].([]any)
	if !ok || len(documents) == 0 || len(documents) > 20 {
		return nil, badMember("/didDocument", "an array of 1 to 20 documents is expected")
	}
	operations, ok := body["didDocumentOperation"].([]any)
	if body["didDocumentOperation"] == nil {
		operations, ok = slices.Repeat([]any{any(setDocument)}, len(documents)), true
	}
	if !ok || len(operations) != len(documents) {
		return nil, badMember("/didDocumentOperation", "one operation for each document is expected")
	}
	changes := make([]documentChange, len(documents))
	for i := range documents {
		document, isObject := documents[i].(map[string]any)
		operation, isString := operations[i].(string)
		if !isObject {
			return nil, badMember("/didDocument", "documents are objects")
		}
		if !isString || !slices.Contains([]string{setDocument, addToDocument, removeFromDocument}, operation) {
			return nil, badMember("/didDocumentOperation", "known are setDidDocument, addToDidDocument and removeFromDidDocument")
		}
		normal, err := integers(document, "/didDocument")
		if err != nil {
			return nil, err
		}
		changes[i] = documentChange{operation, normal}
	}
	return changes, nil
}

// integers turns what a request held into the values the ledger knows: a copy, with integers only.
func integers(object map[string]any, at string) (map[string]any, error) {
	data, err := jcs.Encode(object)
	if err != nil {
		return nil, badMember(at, "only integers are numbers on the ledger")
	}
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	if err != nil {
		return nil, badMember(at, err.Error())
	}
	return value.(map[string]any), nil // an object went in
}
