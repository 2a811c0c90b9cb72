package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/hanse-id/hanse/app/op"
)

// StatusJob is how far a bulk change of statuses is.
type StatusJob struct {
	ID          string       `json:"id"`
	State       string       `json:"state"` // "running", "done"
	Issuer      string       `json:"issuer,omitempty"`
	Total       int          `json:"total"`
	Done        int          `json:"done"`
	FailedTotal int          `json:"failedTotal"`
	Failed      []JobFailure `json:"failed"` // the first 100
	Operations  []op.ID      `json:"operations"`
	Height      int64        `json:"height,omitempty"`
	Created     string       `json:"created"`
	Finished    string       `json:"finished,omitempty"`
}

// JobFailure is a change of a StatusJob that could not be made.
type JobFailure struct {
	Change       int    `json:"change"` // its place in the request, from 0
	CredentialID string `json:"credentialId,omitempty"`
	Reason       string `json:"reason"`
}

// BulkStatus asks for one status of up to 100,000 credentials. Issuer may be empty where the key is for all issuers.
type BulkStatus struct {
	Issuer        string   `json:"issuer,omitempty"`
	CredentialIDs []string `json:"credentialIds"`
	Purpose       string   `json:"statusPurpose,omitempty"`
	On            bool     `json:"status"`
}

// SetStatusBulk hands a bulk change over: the job is stored when it returns, and done when its State says so. The same request with
// the same idempotency key is the same job; without a key ("") until it is finished.
func (c *Client) SetStatusBulk(ctx context.Context, bulk BulkStatus, idempotencyKey string) (*StatusJob, error) {
	return c.bulk(ctx, bulk, idempotencyKey)
}

// SetStatusBulkRaw is SetStatusBulk for a body that was written elsewhere (POST /credentials/status/bulk).
func (c *Client) SetStatusBulkRaw(ctx context.Context, body json.RawMessage, idempotencyKey string) (*StatusJob, error) {
	return c.bulk(ctx, body, idempotencyKey)
}

func (c *Client) bulk(ctx context.Context, in any, idempotencyKey string) (*StatusJob, error) {
	r := Request{Method: http.MethodPost, Path: "/credentials/status/bulk"}
	if idempotencyKey != "" {
		r.Header = map[string]string{"Idempotency-Key": idempotencyKey}
	}
	out := &StatusJob{}
	if _, err := c.call(ctx, r, in, out); err != nil {
		return nil, err
	}
	return out, nil
}

// StatusJob reads how far a bulk change is.
func (c *Client) StatusJob(ctx context.Context, id string) (*StatusJob, error) {
	out := &StatusJob{}
	if err := c.get(ctx, "/credentials/status/bulk/"+url.PathEscape(id), nil, out); err != nil {
		return nil, err
	}
	return out, nil
}
