package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Template is a credential type of an issuer, as far as lists show it.
type Template struct {
	Name  string   `json:"name"`
	Title string   `json:"title,omitempty"`
	Form  string   `json:"form,omitempty"`
	Types []string `json:"types,omitempty"`
	VCT   string   `json:"vct,omitempty"`
	Fixed bool     `json:"fixed,omitempty"` // set by the center's configuration
}

func templatesPath(issuer string) string {
	return "/v1/issuers/" + url.PathEscape(issuer) + "/templates"
}

// Templates lists the templates of an issuer by name, shortly, and whole as the center says them.
func (c *Client) Templates(ctx context.Context, issuer string) ([]Template, json.RawMessage, error) {
	var out struct {
		Items []Template `json:"items"`
	}
	answer, err := c.call(ctx, Request{Method: http.MethodGet, Path: templatesPath(issuer)}, nil, &out)
	if err != nil {
		return nil, nil, err
	}
	return out.Items, answer.Body, nil
}

// Template reads a template whole.
func (c *Client) Template(ctx context.Context, issuer, name string) (json.RawMessage, error) {
	var out json.RawMessage
	_, err := c.call(ctx, Request{Method: http.MethodGet, Path: templatesPath(issuer) + "/" + url.PathEscape(name)}, nil, &out)
	return out, err
}

// PutTemplate stores a template, and returns it as it is stored.
func (c *Client) PutTemplate(ctx context.Context, issuer, name string, template json.RawMessage) (json.RawMessage, error) {
	var out json.RawMessage
	_, err := c.call(ctx, Request{Method: http.MethodPut, Path: templatesPath(issuer) + "/" + url.PathEscape(name)}, template, &out)
	return out, err
}

// DeleteTemplate forgets a template.
func (c *Client) DeleteTemplate(ctx context.Context, issuer, name string) error {
	_, err := c.call(ctx, Request{Method: http.MethodDelete, Path: templatesPath(issuer) + "/" + url.PathEscape(name)}, nil, nil)
	return err
}

// IssueFrom asks an issuer to make a credential of a template and claims. request has claims, and may have subject and id; options may
// be nil. The answer is what the center says: one verifiableCredential, or verifiableCredentials.
func (c *Client) IssueFrom(ctx context.Context, issuer, template string, request map[string]json.RawMessage, options map[string]any, idempotencyKey string) (json.RawMessage, error) {
	all := map[string]any{"template": template}
	for name, value := range options {
		all[name] = value
	}
	in := map[string]any{"options": all}
	for name, value := range request {
		in[name] = value
	}
	r := Request{Method: http.MethodPost, Path: "/issuers/" + url.PathEscape(issuer) + "/credentials/issue"}
	if idempotencyKey != "" {
		r.Header = map[string]string{"Idempotency-Key": idempotencyKey}
	}
	answer, err := c.call(ctx, r, in, nil)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}
