package api

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// storedVersion is a did.Version as bytes in a cache. The height is the cache's own.
type storedVersion struct {
	DID           did.DID         `json:"did"`
	Document      json.RawMessage `json:"document,omitempty"`
	N             int64           `json:"n"`
	VersionID     string          `json:"versionId"`
	Created       int64           `json:"created"`
	Updated       int64           `json:"updated"`
	NextVersionID string          `json:"nextVersionId,omitempty"`
	NextUpdate    int64           `json:"nextUpdate,omitempty"`
	Deactivated   bool            `json:"deactivated,omitempty"`
	Recovery      *storedRecovery `json:"recovery,omitempty"`
	Disputed      string          `json:"disputed,omitempty"`
	During        string          `json:"during,omitempty"`
}

// storedRecovery is a did.Recovery as bytes in a cache.
type storedRecovery struct {
	Operation string          `json:"operation"`
	Base      string          `json:"base"`
	Started   int64           `json:"started"`
	Due       int64           `json:"due"`
	By        did.RecoveredBy `json:"by"`
}

func encodeVersion(v did.Version) ([]byte, error) {
	stored := storedVersion{
		DID: v.DID, N: v.N, VersionID: v.VersionID, Created: unix(v.Created), Updated: unix(v.Updated),
		NextVersionID: v.NextVersionID, NextUpdate: unix(v.NextUpdate), Deactivated: v.Deactivated,
		Disputed: v.Disputed, During: v.During,
	}
	if r := v.Recovery; r != nil {
		stored.Recovery = &storedRecovery{r.Operation, r.Base, unix(r.Started), unix(r.Due), r.By}
	}
	if v.Document != nil {
		document, err := v.Document.Canonical()
		if err != nil {
			return nil, fmt.Errorf("document of %s: %w", v.DID, err)
		}
		stored.Document = document
	}
	return json.Marshal(stored)
}

func decodeVersion(raw []byte) (did.Version, error) {
	var stored storedVersion
	if err := json.Unmarshal(raw, &stored); err != nil {
		return did.Version{}, fmt.Errorf("cached version: %w", err)
	}
	v := did.Version{
		DID: stored.DID, N: stored.N, VersionID: stored.VersionID, Created: fromUnix(stored.Created), Updated: fromUnix(stored.Updated),
		NextVersionID: stored.NextVersionID, NextUpdate: fromUnix(stored.NextUpdate), Deactivated: stored.Deactivated,
		Disputed: stored.Disputed, During: stored.During,
	}
	if r := stored.Recovery; r != nil {
		v.Recovery = &did.Recovery{Operation: r.Operation, Base: r.Base, Started: fromUnix(r.Started), Due: fromUnix(r.Due), By: r.By}
	}
	if stored.Document == nil {
		return v, nil
	}
	value, err := jcs.Parse(stored.Document, jcs.Limits{})
	if err != nil {
		return did.Version{}, fmt.Errorf("cached document of %s: %w", stored.DID, err)
	}
	if v.Document, err = did.DocumentFromValue(value); err != nil {
		return did.Version{}, fmt.Errorf("cached document of %s: %w", stored.DID, err)
	}
	return v, nil
}

// unix and fromUnix keep the zero time zero.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
