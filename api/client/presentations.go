package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/hanse-id/hanse/credentials"
)

// PresentationVerification is the answer of POST /presentations/verify.
type PresentationVerification struct {
	Verified       bool                            `json:"verified"` // the presentation and every credential inside
	ProblemDetails []credentials.Problem           `json:"problemDetails,omitempty"`
	Report         *credentials.PresentationReport `json:"report,omitempty"`
	Raw            json.RawMessage                 `json:"-"`
}

// VerifyPresentation asks the center to verify a presentation (a JSON object, or a JSON string with a token) with every credential
// inside, and to say what every check found. options may add challenge, domain, at, checks, policy, mediaType.
func (c *Client) VerifyPresentation(ctx context.Context, presentation json.RawMessage, options map[string]any) (*PresentationVerification, error) {
	all := map[string]any{"report": "full", "returnProblemDetails": true}
	for name, value := range options {
		all[name] = value
	}
	out := &PresentationVerification{}
	answer, err := c.call(ctx, Request{Method: http.MethodPost, Path: "/presentations/verify"},
		map[string]any{"verifiablePresentation": presentation, "options": all}, out)
	if err != nil {
		return nil, err
	}
	out.Raw = answer.Body
	return out, nil
}

// Challenge asks the center for a challenge: for one presentation, within 5 minutes.
func (c *Client) Challenge(ctx context.Context) (string, error) {
	var out struct {
		Challenge string `json:"challenge"`
	}
	_, err := c.call(ctx, Request{Method: http.MethodPost, Path: "/challenges"}, nil, &out)
	return out.Challenge, err
}
