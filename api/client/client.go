// Package client is the Go SDK of a center's HTTP API.
//
//	c := client.New("http://127.0.0.1:7080", client.Options{})
//	receipt, err := c.Submit(ctx, envelope, 10*time.Second)
//
// Refusals are *Problem (RFC 9457); a center that cannot be reached is ErrUnreachable.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrUnreachable says that no answer came: the request may or may not have been received.
// Repeating it is safe: operations have ids of their own, and issuing takes an Idempotency-Key.
var ErrUnreachable = errors.New("center not reachable")

// maxAnswer bounds what a center can make a client read.
const maxAnswer = 16 << 20

// Options of a Client; zero values are useful.
type Options struct {
	Token string       // API token, sent as a bearer token
	HTTP  *http.Client // default: one with a 30 s timeout
	Agent string       // User-Agent, default "hanse-client"
}

// Client talks to one center. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	agent string
	http  *http.Client
}

// New returns a client of the center at base, for example "http://127.0.0.1:7080".
func New(base string, opts Options) *Client {
	c := &Client{base: strings.TrimRight(base, "/"), token: opts.Token, agent: opts.Agent, http: opts.HTTP}
	if c.http == nil {
		c.http = &http.Client{Timeout: 30 * time.Second}
	}
	if c.agent == "" {
		c.agent = "hanse-client"
	}
	return c
}

// Base returns the URL that the client was made with.
func (c *Client) Base() string { return c.base }

// Answer is a raw HTTP answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Request is one HTTP request to a center. Path is escaped already and starts with '/'.
type Request struct {
	Method string
	Path   string
	Query  url.Values
	Header map[string]string
	Body   []byte
	Type   string // Content-Type of Body, default application/json
}

// Do sends a request and reads the whole answer, whatever its status; an error means that none came.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	target := c.base + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, target, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	c.header(req, r)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: reading the answer: %w", ErrUnreachable, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("answer of %s is larger than %d bytes", r.Path, maxAnswer)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func (c *Client) header(req *http.Request, r Request) {
	req.Header.Set("User-Agent", c.agent)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if len(r.Body) > 0 {
		contentType := r.Type
		if contentType == "" {
			contentType = "application/json"
		}
		req.Header.Set("Content-Type", contentType)
	}
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
}

// call sends JSON and decodes a JSON answer with a 2xx status into out; anything else is a *Problem.
func (c *Client) call(ctx context.Context, r Request, in, out any) (*Answer, error) {
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		r.Body = body
	}
	answer, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if answer.Status < 200 || answer.Status > 299 {
		return answer, problemOf(answer)
	}
	if out == nil || len(answer.Body) == 0 {
		return answer, nil
	}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return answer, fmt.Errorf("answer of %s is not the JSON expected: %w", r.Path, err)
	}
	return answer, nil
}
