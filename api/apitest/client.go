// Package apitest calls an API in tests and holds every answer against the description that the API serves.
//
//	client := apitest.New(t, server.Handler())
//	answer := client.Get(t, "/v1/league")
//	answer.Want(t, 200).JSON(t)["league"]
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Client calls one API. Headers are sent with every request.
type Client struct {
	URL     string
	Headers map[string]string
	Spec    *openapi3.T

	http *http.Client
}

// Answer is a response that was read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

var register = sync.OnceFunc(func() {
	for _, media := range []string{
		"application/did", "application/did+json", "application/did+ld+json", "application/did-resolution", "application/did-url-dereferencing",
		"application/jose+json", "application/vc", "application/vp",
	} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.JSONBodyDecoder)
	}
	for _, media := range []string{"application/jose", "text/html", "text/event-stream", "application/vc+jwt", "application/statuslist+jwt"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.PlainBodyDecoder)
	}
})

// New serves handler on loopback until the test ends.
func New(t testing.TB, handler http.Handler) *Client {
	t.Helper()
	register()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := &Client{URL: server.URL, Headers: map[string]string{}, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	data := c.send(t, c.request(t, http.MethodGet, "/openapi.json", nil)).Body
	spec, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	c.Spec = spec
	return c
}

// With returns a client that sends one header more.
func (c *Client) With(name, value string) *Client {
	other := *c
	other.Headers = map[string]string{name: value}
	for n, v := range c.Headers {
		if _, set := other.Headers[n]; !set {
			other.Headers[n] = v
		}
	}
	return &other
}

// WithToken returns a client that authenticates with an API key.
func (c *Client) WithToken(token string) *Client { return c.With("Authorization", "Bearer "+token) }

// Get calls GET on a request target (path and query, as they go over the wire).
func (c *Client) Get(t testing.TB, target string) Answer {
	t.Helper()
	return c.Do(t, http.MethodGet, target, nil)
}

// Post sends body as JSON, unless it is a []byte, which is sent as it is. The client's headers may name another content type.
func (c *Client) Post(t testing.TB, target string, body any) Answer {
	t.Helper()
	return c.Do(t, http.MethodPost, target, body)
}

// Do calls and checks the answer against the description; unknown paths are not checked.
func (c *Client) Do(t testing.TB, method, target string, body any) Answer {
	t.Helper()
	r := c.request(t, method, target, body)
	answer := c.send(t, r)
	c.check(t, r, answer)
	return answer
}

func (c *Client) request(t testing.TB, method, target string, body any) *http.Request {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.URL+target, reader)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.Headers {
		r.Header.Set(name, value)
		if strings.EqualFold(name, "Host") {
			r.Host = value
		}
	}
	return r
}

func (c *Client) send(t testing.TB, r *http.Request) Answer {
	t.Helper()
	response, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: data}
}

// check validates an answer against the operation that the request names.
func (c *Client) check(t testing.TB, r *http.Request, a Answer) {
	t.Helper()
	path, item := c.find(r)
	if item == nil || item.GetOperation(r.Method) == nil {
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r, Route: &routers.Route{Spec: c.Spec, Path: path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)},
		},
		Status: a.Status, Header: a.Header, Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if len(a.Body) == 0 {
		input.Options.ExcludeResponseBody = true
	}
	input.SetBodyBytes(a.Body)
	if err := openapi3filter.ValidateResponse(context.Background(), input); err != nil {
		t.Errorf("%s %s: the answer is not what openapi.yaml says: %v\n%s", r.Method, path, err, a.Body)
	}
}

// find matches a request with a path of the description: a template's parameter is one segment, that of identifiers the rest.
func (c *Client) find(r *http.Request) (string, *openapi3.PathItem) {
	got := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	best, literal := "", -1
	for path := range c.Spec.Paths.Map() {
		want := strings.Split(strings.TrimPrefix(path, "/"), "/")
		if n := matching(want, got); n > literal {
			best, literal = path, n
		}
	}
	if literal < 0 {
		return "", nil
	}
	return best, c.Spec.Paths.Value(best)
}

// matching counts literal segments of a match; −1: none.
func matching(want, got []string) int {
	n := 0
	for i, segment := range want {
		if segment == "{identifier}" && len(got) > i {
			return n
		}
		if i >= len(got) || (!strings.HasPrefix(segment, "{") && segment != got[i]) {
			return -1
		}
		if !strings.HasPrefix(segment, "{") {
			n++
		}
	}
	if len(want) != len(got) {
		return -1
	}
	return n
}

// Want fails the test unless the answer has this status.
func (a Answer) Want(t testing.TB, status int) Answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// WantProblem fails the test unless the answer is a problem document of this status and type (or last part of a type).
func (a Answer) WantProblem(t testing.TB, status int, kind string) map[string]any {
	t.Helper()
	a.Want(t, status)
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q, want application/problem+json: %s", got, a.Body)
	}
	problem := a.JSON(t)
	if got, _ := problem["type"].(string); got != kind && !strings.HasSuffix(got, "/"+kind) {
		t.Fatalf("problem type %q, want %q: %s", got, kind, a.Body)
	}
	return problem
}

// JSON reads the body as an object; numbers are float64.
func (a Answer) JSON(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.Body, &v); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	return v
}
