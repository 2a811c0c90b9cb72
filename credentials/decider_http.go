package credentials

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/hanse-id/hanse/did/jcs"
)

// Bounds of an HTTPDecider.
const (
	DefaultDecisionTime = 500 * time.Millisecond
	maxVerdict          = 16 << 10 // bytes of an answer
	maxAsked            = 8        // questions at a time
)

// ErrDecider says that an external policy cannot be asked as it is configured.
var ErrDecider = errors.New("external policy is not usable")

// HTTPDecider asks an HTTP service for its policy: it POSTs a DeciderQuery as JSON and expects 200 with a Verdict. Everything
// else is an error, and so a no: another status, a redirect, another media type, a member that is missing or unknown, more than
// 16 KiB, no answer within the budget. It is safe for concurrent use: eight questions are asked at a time, over connections that
// are kept, and the others wait their turn.
type HTTPDecider struct {
	turns  chan struct{} // one for each question that is being asked
	url    string
	budget time.Duration
	client *http.Client
}

// NewHTTPDecider returns a decider that asks the service at an http or https URL of the operator's choice (so it may be in a
// private network). budget bounds a whole question, connecting included and waiting for its turn not: 0 is DefaultDecisionTime, the
// most 10 s. transport may be nil: one that uses neither proxies nor anything else from the environment. Errors wrap ErrDecider.
func NewHTTPDecider(target string, budget time.Duration, transport http.RoundTripper) (*HTTPDecider, error) {
	u, err := url.Parse(target)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: %.256q is not an absolute http(s) URL", ErrDecider, target)
	case u.User != nil || u.Fragment != "":
		return nil, fmt.Errorf("%w: its URL must have neither user nor fragment", ErrDecider)
	case budget < 0 || budget > maxDecision:
		return nil, fmt.Errorf("%w: %s to decide, at most %s", ErrDecider, budget, maxDecision)
	}
	if budget == 0 {
		budget = DefaultDecisionTime
	}
	if transport == nil {
		transport = &http.Transport{MaxIdleConnsPerHost: maxAsked, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: maxVerdict, ForceAttemptHTTP2: true}
	}
	return &HTTPDecider{turns: make(chan struct{}, maxAsked), url: u.String(), budget: budget, client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}, nil
}

// Decide asks the service, once it is the question's turn; only ctx bounds the wait. Errors say what went wrong and nothing of where
// the service is.
func (d *HTTPDecider) Decide(ctx context.Context, q DeciderQuery) (Verdict, error) {
	select {
	case d.turns <- struct{}{}:
		defer func() { <-d.turns }()
	case <-ctx.Done():
		return Verdict{}, errors.New("the service could not be asked in time: other questions were before this one")
	}
	ctx, cancel := context.WithTimeout(ctx, d.budget)
	defer cancel()
	body, err := q.encode()
	if err != nil {
		return Verdict{}, errors.New("the question cannot be written")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return Verdict{}, errors.New("the question cannot be asked")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := d.client.Do(request)
	if err != nil {
		return Verdict{}, d.silence(ctx)
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, response.Body, maxVerdict) // a connection is kept only if its answer was read to the end
		_ = response.Body.Close()
	}()
	if response.StatusCode != http.StatusOK {
		return Verdict{}, fmt.Errorf("the service answered with status %d", response.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return Verdict{}, errors.New("the service did not answer in JSON")
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxVerdict+1))
	if err != nil {
		return Verdict{}, d.silence(ctx)
	}
	return readVerdict(text)
}

// silence says that no answer came, and whether time was the reason.
func (d *HTTPDecider) silence(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the service did not answer within %s", d.budget)
	}
	return errors.New("the service could not be asked")
}

// encode writes the question. Values of credentials keep the numbers that they were written with.
func (q DeciderQuery) encode() ([]byte, error) {
	report, err := json.Marshal(q.Report)
	if err != nil {
		return nil, err
	}
	credential, err := marshal(q.Credential)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{[]byte(`{"credential":`), credential, []byte(`,"report":`), report, []byte("}")}, nil), nil
}

// readVerdict reads an answer strictly: an object with accept and perhaps reason.
func readVerdict(text []byte) (Verdict, error) {
	bad := func(detail string) (Verdict, error) {
		return Verdict{}, errors.New("the service's answer " + detail)
	}
	v, err := jcs.Parse(text, jcs.Limits{MaxBytes: maxVerdict, MaxDepth: 2})
	if err != nil {
		return bad("is no strict JSON of at most 16 KiB")
	}
	object, ok := v.(map[string]any)
	if !ok {
		return bad("is no object")
	}
	var out Verdict
	for name, value := range object {
		switch name {
		case "accept":
			out.Accept, ok = value.(bool)
		case "reason":
			out.Reason, ok = value.(string)
		default:
			ok = false
		}
		if !ok {
			return bad(fmt.Sprintf("has a member %.64q that is not expected as it is", name))
		}
	}
	if _, said := object["accept"]; !said {
		return bad("says neither yes nor no")
	}
	return out, nil
}
