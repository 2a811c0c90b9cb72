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
	Next        []string  // SHA-256 hashes of the next control keys' multikeys, base64url; empty: no pre-rotation
	Recovery    *Recovery // who may recover the DID; nil: nobody
	Created     int64     // block time of version 1, unix seconds; 0: genesis
	Updated     int64     // block time of this version
	Height      int64     // of this version
	Deactivated bool      // the deactivation itself; Select sets it on older versions of a deactivated DID too
	NextVersion string    // superseded versions only
	NextUpdate  int64     // block time of NextVersion
	Recovered   int64     // number of the last version that a recovery made, this one included; 0: none
	During      string    // operation id of the recovery that was pending when this version was made; empty: none
	// RecoveryFrom is the block time before which no recovery by this version's declaration takes effect, because until then
	// one by the declaration that it replaced may be started; 0: none was replaced.
	RecoveryFrom int64

	// What Select says of the DID and of the version, which stands in records of their own.
	Pending  *Pending // the DID's recovery under way; nil: none
	Disputed string   // version id of the recovery that superseded this version without recognising it; empty: none did
}

const (
	recordPrefix    = "i/r/"
	versionPrefix   = "i/v/"
	quotaPrefix     = "i/q/"
	pendingPrefix   = "i/p/"
	recoveredPrefix = "i/d/"
	startsPrefix    = "i/s/"
)

// Key is the state key of the present record of d: what a proof of presence or absence of a DID names.
func Key(d did.DID) []byte { return append([]byte(recordPrefix), d...) }

// VersionKey is the state key of superseded version n of d.
func VersionKey(d did.DID, n int64) []byte { return numbered(versionPrefix, d, n) }

// numbered makes the key of a record that belongs to version n of d: in byte order, versions come by number.
func numbered(prefix string, d did.DID, n int64) []byte {
	key := append([]byte(prefix), d...)
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
		m["recovery"] = r.Recovery.Value()
	}
	if r.Deactivated {
		m["deactivated"] = true
	}
	if r.NextVersion != "" {
		m["nextVersionId"] = r.NextVersion
		m["nextUpdate"] = r.NextUpdate
	}
	if r.Recovered != 0 {
		m["recovered"] = r.Recovered
	}
	if r.During != "" {
		m["during"] = r.During
	}
	if r.RecoveryFrom != 0 {
		m["recoveryFrom"] = r.RecoveryFrom
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
	m, err := parseRecord(data)
	if err != nil {
		return nil, err
	}
	r := &Record{
		DID:          did.DID(m.String("did")),
		N:            m.Int("n"),
		VersionID:    m.String("versionId"),
		Threshold:    m.Int("threshold"),
		Next:         m.OptStrings("next"),
		Created:      m.Int("created"),
		Updated:      m.Int("updated"),
		Height:       m.Int("height"),
		Deactivated:  m.OptTrue("deactivated"),
		NextVersion:  m.OptString("nextVersionId"),
		NextUpdate:   m.OptInt("nextUpdate", 0),
		Recovered:    m.OptInt("recovered", 0),
		During:       m.OptString("during"),
		RecoveryFrom: m.OptInt("recoveryFrom", 0),
	}
	recovery, document := m.OptObject("recovery"), m.OptObject("document")
	if err := m.Done(); err != nil {
		return nil, err
	}
	if recovery != nil {
		if r.Recovery, err = readDeclaration(recovery, "/recovery"); err != nil {
			return nil, err
		}
	}
	if document != nil {
		if r.Document, err = did.DocumentFromValue(document); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parseRecord returns a reader over a state record that holds a document.
func parseRecord(data []byte) (*object.Reader, error) {
	value, err := jcs.ParseIntegers(data, recordLimits)
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("record is not an object")
	}
	return object.New(members, ""), nil
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
