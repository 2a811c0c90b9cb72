package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

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

// SetStatus sets or clears a status purpose ("revocation", "suspension") of an issued credential; it returns when the
// change is committed on the ledger.
func (c *Client) SetStatus(ctx context.Context, credentialID, purpose string, on bool) error {
	_, err := c.call(ctx, Request{Method: http.MethodPost, Path: "/credentials/status"}, map[string]any{
		"credentialId":     credentialID,
		"credentialStatus": map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": purpose},
		"status":           on,
	}, nil)
	return err
}
