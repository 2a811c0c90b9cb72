package resolve

import (
	"encoding/json"
	"time"

	"github.com/hanse-id/hanse/did"
)

// ContentType is the media type of DID documents (DID Core 1.1 6).
const ContentType = "application/did"

// LegacyContext is the context of results in the form before 2025.
const LegacyContext = "https://w3id.org/did-resolution/v1"

// Result is a DID resolution result (DID Resolution 9).
type Result struct {
	Document         *did.Document      `json:"didDocument"` // null on error, and for a deactivated DID unless a version was asked for
	Resolution       ResolutionMetadata `json:"didResolutionMetadata"`
	DocumentMetadata DocumentMetadata   `json:"didDocumentMetadata"`

	Version did.Version `json:"-"` // as the resolver returned it; zero on error
}

// ResolutionMetadata is about the resolution (DID Resolution 4.2).
type ResolutionMetadata struct {
	ContentType string `json:"contentType,omitempty"` // application/did; empty on error
	Error       *Error `json:"error,omitempty"`
}

// DocumentMetadata is about the document (DID Resolution 4.3). Times are whole seconds, UTC; zero members are left out.
// Recovery, Disputed and DuringRecovery are hanse's own members, which that section allows.
type DocumentMetadata struct {
	Created       time.Time
	Updated       time.Time // left out for the first version
	Deactivated   bool
	VersionID     string
	NextVersionID string
	NextUpdate    time.Time
	CanonicalID   did.DID
	EquivalentID  []did.DID
	Proof         []map[string]any

	Recovery       *did.Recovery // "recovery": one is pending, which will replace the DID's control unless it is cancelled
	Disputed       string        // "disputed": version id of the recovery that superseded this version without recognising it
	DuringRecovery string        // "duringRecovery": operation id of the recovery that was pending when this version was made
}

// MarshalJSON writes the times in RFC 3339 without fractions.
func (m DocumentMetadata) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Created       string           `json:"created,omitempty"`
		Updated       string           `json:"updated,omitempty"`
		Deactivated   bool             `json:"deactivated,omitempty"`
		VersionID     string           `json:"versionId,omitempty"`
		NextVersionID string           `json:"nextVersionId,omitempty"`
		NextUpdate    string           `json:"nextUpdate,omitempty"`
		CanonicalID   did.DID          `json:"canonicalId,omitempty"`
		EquivalentID  []did.DID        `json:"equivalentId,omitempty"`
		Proof         []map[string]any `json:"proof,omitempty"`

		Recovery       *recovery `json:"recovery,omitempty"`
		Disputed       string    `json:"disputed,omitempty"`
		DuringRecovery string    `json:"duringRecovery,omitempty"`
	}{
		datetime(m.Created), datetime(m.Updated), m.Deactivated, m.VersionID, m.NextVersionID,
		datetime(m.NextUpdate), m.CanonicalID, m.EquivalentID, m.Proof,
		recoveryOf(m.Recovery), m.Disputed, m.DuringRecovery,
	})
}

// recovery is the JSON form of a pending recovery.
type recovery struct {
	Operation string          `json:"operation"`
	Base      string          `json:"base"`
	Started   string          `json:"started"`
	Due       string          `json:"due"`
	By        did.RecoveredBy `json:"by"`
}

func recoveryOf(r *did.Recovery) *recovery {
	if r == nil {
		return nil
	}
	return &recovery{r.Operation, r.Base, datetime(r.Started), datetime(r.Due), r.By}
}

func datetime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Err returns the error of the result, nil if the resolution succeeded.
func (r Result) Err() error {
	if r.Resolution.Error == nil {
		return nil
	}
	return r.Resolution.Error
}

// Status returns the HTTP status of the result: 200, 410 for a deactivated DID, or that of the error.
func (r Result) Status() int { return status(r.Resolution.Error, r.DocumentMetadata.Deactivated) }

func status(err *Error, deactivated bool) int {
	switch {
	case err != nil:
		return err.Status()
	case deactivated:
		return 410
	}
	return 200
}

// Legacy returns the result in the form before 2025: with a context, and an error that is a name. It marshals to JSON.
func (r Result) Legacy() any {
	type metadata struct {
		ContentType string `json:"contentType,omitempty"`
		Error       string `json:"error,omitempty"`
	}
	m := metadata{ContentType: r.Resolution.ContentType}
	if err := r.Resolution.Error; err != nil {
		m.Error = err.Legacy()
	}
	return struct {
		Context          string           `json:"@context"`
		Document         *did.Document    `json:"didDocument"`
		Resolution       metadata         `json:"didResolutionMetadata"`
		DocumentMetadata DocumentMetadata `json:"didDocumentMetadata"`
	}{LegacyContext, r.Document, m, r.DocumentMetadata}
}

// DereferenceResult is a DID URL dereferencing result (DID Resolution 10).
type DereferenceResult struct {
	Dereferencing   ResolutionMetadata `json:"dereferencingMetadata"`
	Content         any                `json:"contentStream"` // document, method, service or list of URLs; null on error
	ContentMetadata DocumentMetadata   `json:"contentMetadata"`

	URLs    []string    `json:"-"` // where Content is a list of service endpoint URLs: never empty then; nil otherwise
	Version did.Version `json:"-"` // as the resolver returned it; zero on error
}

// Err returns the error of the result, nil if the dereferencing succeeded.
func (r DereferenceResult) Err() error {
	if r.Dereferencing.Error == nil {
		return nil
	}
	return r.Dereferencing.Error
}

// Status returns the HTTP status of the result: 200, 303 where the content is service endpoint URLs, 410 for a deactivated
// DID, or that of the error.
func (r DereferenceResult) Status() int {
	if code := status(r.Dereferencing.Error, r.ContentMetadata.Deactivated); code != 200 || r.URLs == nil {
		return code
	}
	return 303
}
