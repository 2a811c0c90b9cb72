package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Issuer reads how an issuer of the center is configured. It needs an administrator's key.
func (c *Client) Issuer(ctx context.Context, name string) (json.RawMessage, error) {
	var out json.RawMessage
	_, err := c.call(ctx, Request{Method: http.MethodGet, Path: issuerPath(name)}, nil, &out)
	return out, err
}

// PutIssuer makes an issuer of the center, or changes one, while the center runs, and returns it as it is configured now. It needs an
// administrator's key.
func (c *Client) PutIssuer(ctx context.Context, name string, configuration json.RawMessage) (json.RawMessage, error) {
	var out json.RawMessage
	_, err := c.call(ctx, Request{Method: http.MethodPut, Path: issuerPath(name)}, configuration, &out)
	return out, err
}

func issuerPath(name string) string { return "/v1/issuers/" + url.PathEscape(name) }
