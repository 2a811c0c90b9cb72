package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
)

// Issue asks an issuer of the center to issue a credential. options may be nil. The same idempotency key with the same
// body gives the same credential again; empty: none.
func (c *Client) Issue(ctx context.Context, issuer string, credential json.RawMessage, options map[string]any, idempotencyKey string) (json.RawMessage, error) {
	r := Request{Method: http.MethodPost, Path: "/issuers/" + url.PathEscape(issuer) + "/credentials/issue"}
	if idempotencyKey != "" {
		r.Header = map[string]string{"Idempotency-Key": idempotencyKey}
	}
	in := map[string]any{"credential": credential}
	if options != nil {
		in["options"] = options
	}
	var out struct {
		VerifiableCredential json.RawMessage `json:"verifiableCredential"`
	}
	_, err := c.call(ctx, r, in, &out)
	return out.VerifiableCredential, err
}

// Verification is the answer of POST /credentials/verify.
type Verification struct {
	Verified       bool                  `json:"verified"`
	ProblemDetails []credentials.Problem `json:"problemDetails,omitempty"`
	Report         *credentials.Report   `json:"report,omitempty"`
	Credential     json.RawMessage       `json:"credential,omitempty"`
	Raw            json.RawMessage       `json:"-"`
}

// Verify asks the center to verify a secured credential (a JSON object, or a JSON string with a compact form) and to
// say what every check found. options may add at, checks, policy.
func (c *Client) Verify(ctx context.Context, credential json.RawMessage, options map[string]any) (*Verification, error) {
	all := map[string]any{"report": "full", "returnProblemDetails": true}
	for name, value := range options {
		all[name] = value
	}
	out := &Verification{}
	answer, err := c.call(ctx, Request{Method: http.MethodPost, Path: "/credentials/verify"},
		map[string]any{"verifiableCredential": credential, "options": all}, out)
	if err != nil {
		return nil, err
	}
	out.Raw = answer.Body
	return out, nil
}

// BatchVerification is the answer of POST /credentials/verify/batch.
type BatchVerification struct {
	Verified bool          `json:"verified"` // all are
	Results  []BatchResult `json:"results"`  // in the order of the request
	Bad      []int         `json:"bad"`      // indexes of those that are not verified
}

// BatchResult is the verdict on one credential of a batch.
type BatchResult struct {
	Index          int                   `json:"index"`
	Verified       bool                  `json:"verified"`
	ProblemDetails []credentials.Problem `json:"problemDetails,omitempty"`
	Report         *credentials.Report   `json:"report,omitempty"`
}

// VerifyBatch asks the center to verify up to credentials.MaxBatch secured credentials with the same options: at, checks,
// policy and report.
func (c *Client) VerifyBatch(ctx context.Context, list []json.RawMessage, options map[string]any) (*BatchVerification, error) {
	all := map[string]any{"returnProblemDetails": true}
	for name, value := range options {
		all[name] = value
	}
	out := &BatchVerification{}
	_, err := c.call(ctx, Request{Method: http.MethodPost, Path: "/credentials/verify/batch"},
		map[string]any{"verifiableCredentials": list, "options": all}, out)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// StatusRequest names a status of an issued credential and what it shall be. The credential is named by CredentialID (and
// Issuer where several used the same one), or by the list and index of its status entry.
type StatusRequest struct {
	CredentialID string      `json:"credentialId,omitempty"`
	Issuer       string      `json:"issuer,omitempty"` // name of the issuer at the center
	Entry        StatusEntry `json:"credentialStatus"`
	On           bool        `json:"status"`
}

// StatusEntry is a status entry (Bitstring Status List 1.0, section 2.1). List and Index belong together.
type StatusEntry struct {
	Type    string `json:"type"` // "BitstringStatusListEntry", also where it is empty
	Purpose string `json:"statusPurpose,omitempty"`
	Index   string `json:"statusListIndex,omitempty"`
	List    string `json:"statusListCredential,omitempty"`
}

// StatusChange is what became of a status change.
type StatusChange struct {
	// State is app.Committed when the ledger has the change, app.Accepted while it is only journaled: the credential has
	// its old status until the operation's receipt says committed.
	State     app.ReceiptState
	Operation op.ID           // zero if the status was so already
	Raw       json.RawMessage // the center's answer
}

// SetStatus sets or clears a status purpose ("revocation", "suspension") of an issued credential. A nil error alone does not
// mean that the change is committed: see StatusChange.State, and Operation for what became of it since.
func (c *Client) SetStatus(ctx context.Context, credentialID, purpose string, on bool) (*StatusChange, error) {
	return c.ChangeStatus(ctx, StatusRequest{CredentialID: credentialID, Entry: StatusEntry{Purpose: purpose}, On: on})
}

// ChangeStatus is SetStatus for a credential that is named otherwise than by its id alone.
func (c *Client) ChangeStatus(ctx context.Context, change StatusRequest) (*StatusChange, error) {
	if change.Entry.Type == "" {
		change.Entry.Type = "BitstringStatusListEntry"
	}
	var said struct {
		ID        op.ID `json:"id"`        // while it is pending
		Operation op.ID `json:"operation"` // when it is committed
	}
	answer, err := c.call(ctx, Request{Method: http.MethodPost, Path: "/credentials/status"}, change, &said)
	if err != nil {
		return nil, err
	}
	switch answer.Status {
	case http.StatusOK:
		return &StatusChange{State: app.Committed, Operation: said.Operation, Raw: answer.Body}, nil
	case http.StatusAccepted:
		if said.ID == (op.ID{}) {
			said.ID = operationAt(answer.Header.Get("Location"))
		}
		return &StatusChange{State: app.Accepted, Operation: said.ID, Raw: answer.Body}, nil
	}
	return nil, fmt.Errorf("answer of /credentials/status has the unexpected status %d", answer.Status)
}

// operationAt reads the operation id at the end of a receipt's URL; zero if there is none.
func operationAt(location string) op.ID {
	id, err := op.ParseID(location[strings.LastIndexByte(location, '/')+1:])
	if err != nil {
		return op.ID{}
	}
	return id
}
