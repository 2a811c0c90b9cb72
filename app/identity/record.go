package identity

import (
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// Record is one version of a DID's ledger record. The present version stands at key "i/r/<did>",
// superseded ones at "i/v/<did>\x00<n, 8 bytes BE>", written once when superseded. Both are JCS JSON.
type Record struct {
	DID         did.DID
	N           int64  // 1, 2, …
	VersionID   string // "<n>-<operation id>"
	Document    *did.Document
	Threshold   int64
	Next        []string       // SHA-256 hashes of the next control keys' multikeys, base64url; empty: no pre-rotation
	Recovery    map[string]any // stored and hashed now, acted on by the issue on trust
	Created     int64          // block time of version 1, unix seconds; 0: genesis
	Updated     int64          // block time of this version
	Height      int64          // of this version
	Deactivated bool           // the deactivation itself; Select sets it on older versions of a deactivated DID too
	NextVersion string         // superseded versions only
	NextUpdate  int64          // block time of NextVersion
}

const (
	recordPrefix  = "i/r/"
	versionPrefix = "i/v/"
	quotaPrefix   = "i/q/"
)

// Key is the state key of the present record of d: what a proof of presence or absence of a DID names.
func Key(d did.DID) []byte { return append([]byte(recordPrefix), d...) }

// VersionKey is the state key of superseded version n of d.
func VersionKey(d did.DID, n int64) []byte {
	key := append([]byte(versionPrefix), d...)
	return binary.BigEndian.AppendUint64(append(key, 0), uint64(n))
}

func (r *Record) encode() ([]byte, error) {
	m := map[string]any{
		"did":       string(r.DID),
		"n":         r.N,
		"versionId": r.VersionID,
		"threshold": r.Threshold,
		"created":   r.Created,
		"updated":   r.Updated,
		"height":    r.Height,
	}
	if r.Document != nil {
		m["document"] = r.Document.Value()
	}
	if len(r.Next) > 0 {
		m["next"] = object.Texts(r.Next)
	}
	if r.Recovery != nil {
		m["recovery"] = r.Recovery
	}
	if r.Deactivated {
		m["deactivated"] = true
	}
	if r.NextVersion != "" {
		m["nextVersionId"] = r.NextVersion
		m["nextUpdate"] = r.NextUpdate
	}
	data, err := jcs.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("record of %s: %w", r.DID, err)
	}
	return data, nil
}

// Decode reads a record from its state value (JCS JSON), as a proof carries it.
func Decode(value []byte) (*Record, error) { return decode(value) }

// decode reads what encode wrote. Documents were validated before they were stored and are not validated again.
func decode(data []byte) (*Record, error) {
	value, err := jcs.ParseIntegers(data, recordLimits)
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("record is not an object")
	}
	m := object.New(members, "")
	r := &Record{
		DID:         did.DID(m.String("did")),
		N:           m.Int("n"),
		VersionID:   m.String("versionId"),
		Threshold:   m.Int("threshold"),
		Next:        m.OptStrings("next"),
		Recovery:    m.OptObject("recovery"),
		Created:     m.Int("created"),
		Updated:     m.Int("updated"),
		Height:      m.Int("height"),
		Deactivated: m.OptTrue("deactivated"),
		NextVersion: m.OptString("nextVersionId"),
		NextUpdate:  m.OptInt("nextUpdate", 0),
	}
	document := m.OptObject("document")
	if err := m.Done(); err != nil {
		return nil, err
	}
	if document != nil {
		if r.Document, err = did.DocumentFromValue(document); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// recordLimits leave room for a document of the largest size a parameter allows, and its record around it.
var recordLimits = jcs.Limits{MaxBytes: 256 << 10, MaxDepth: 20}

func put(s exec.Store, key []byte, r *Record) error {
	data, err := r.encode()
	if err != nil {
		return err
	}
	s.Set(key, data)
	return nil
}
