package client

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Problem is a refusal (RFC 9457). Branch on Type or Code, never on text.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Instance  string `json:"instance,omitempty"`
	Pointer   string `json:"pointer,omitempty"`   // JSON pointer to the bad member
	Parameter string `json:"parameter,omitempty"` // the bad query parameter or header
	Code      int64  `json:"code,omitempty"`      // ledger code, where one is to blame
	Retryable bool   `json:"retryable,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if p.Pointer != "" {
		text += " (at " + p.Pointer + ")"
	}
	return fmt.Sprintf("%s [%d %s]", text, p.Status, http.StatusText(p.Status))
}

// problemOf reads a problem document; any other body becomes one.
func problemOf(a *Answer) *Problem {
	p := &Problem{}
	if json.Unmarshal(a.Body, p) != nil || p.Title == "" && p.Detail == "" {
		p = &Problem{Type: "about:blank", Title: http.StatusText(a.Status), Detail: excerpt(a.Body)}
	}
	p.Status = a.Status
	if p.RequestID == "" {
		p.RequestID = a.Header.Get("X-Request-Id")
	}
	return p
}

func excerpt(body []byte) string {
	const most = 200
	if len(body) > most {
		return string(body[:most]) + "…"
	}
	return string(body)
}
