package governance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// Center is one version of a member of the league.
type Center struct {
	Name      string   `json:"name"`
	DID       did.DID  `json:"did"`
	Validator string   `json:"validator"` // Ed25519 consensus key, multikey
	Power     int64    `json:"power"`     // of its validator while it is active
	Sponsors  []string `json:"sponsors"`  // Ed25519 sponsor keys, multikeys
	API       string   `json:"api"`       // public URL of its API
	Halted    bool     `json:"halted"`    // its batches are refused

	Status   CenterStatus `json:"status"`
	N        int64        `json:"n"`        // version of this record, from 1
	Since    int64        `json:"since"`    // block time of this version, unix seconds; 0: genesis
	Height   int64        `json:"height"`   // of this version; 0: genesis
	Cause    string       `json:"cause"`    // what made this version: "genesis", "proposal/7", "evidence", "center"
	Evidence int64        `json:"evidence"` // how often consensus evidence named one of its validator keys
	Until    int64        `json:"until"`    // block time of the next version; 0: this is the present one

	Standing       int64 `json:"standing"`       // block time since which it has had this Status, through later versions; 0: genesis
	StandingHeight int64 `json:"standingHeight"` // the same as a height
}

// CenterStatus says what a center may do.
type CenterStatus string

// Active centers validate, sponsor, vote and accredit. Suspended ones are members without power; removed ones were members.
const (
	Active    CenterStatus = "active"
	Suspended CenterStatus = "suspended"
	Removed   CenterStatus = "removed"
)

// What can make a version of a center, beside proposals.
const (
	causeGenesis  = "genesis"
	causeEvidence = "evidence"
	causeCenter   = "center" // its own center.update
)

const centerPrefix = "g/c/"

// CenterKey is the state key of a center's present record.
func CenterKey(h op.CenterHash) []byte { return append([]byte(centerPrefix), h[:]...) }

// Sponsoring reports whether the league takes batches of c at present.
func (c *Center) Sponsoring() bool { return c.Status == Active && !c.Halted }

// SponsorKeys decodes the keys that may sign c's batches.
func (c *Center) SponsorKeys() ([]keys.Public, error) {
	out := make([]keys.Public, len(c.Sponsors))
	for i, text := range c.Sponsors {
		key, err := keys.ParseMultikey(text)
		if err != nil {
			return nil, fmt.Errorf("sponsor key of %s: %w", c.Name, err)
		}
		out[i] = key
	}
	return out, nil
}

// ByHash reads the present record of the center whose DID hashes to h, a removed one's too; nil if there never was one.
func ByHash(r exec.Reader, h op.CenterHash) (*Center, error) { return readCenter(r, CenterKey(h)) }

// Get reads a center's present record, a removed one's too; nil if it never was one.
func Get(r exec.Reader, d did.DID) (*Center, error) { return ByHash(r, op.HashCenter(d)) }

func readCenter(r exec.Reader, key []byte) (*Center, error) {
	data := r.Get(key)
	if data == nil {
		return nil, nil
	}
	return decodeCenter(data)
}

// RequireCenter says that d is an active center: CodeNotCenter otherwise.
func RequireCenter(r exec.Reader, d did.DID) (*Center, error) {
	c, err := Get(r, d)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return nil, exec.Errorf(exec.CodeNotCenter, "%s: no center of the league", d)
	case c.Status != Active:
		return nil, exec.Errorf(exec.CodeNotCenter, "%s: %s", c.Name, c.Status)
	}
	return c, nil
}

// AllCenters lists the present records of all centers by name, removed ones too.
func AllCenters(r exec.Reader) ([]Center, error) {
	var list []Center
	for _, data := range r.Range([]byte(centerPrefix), exec.PrefixEnd(centerPrefix)) {
		c, err := decodeCenter(data)
		if err != nil {
			return nil, err
		}
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Center) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Centers lists the members by name: active and suspended centers.
func Centers(r exec.Reader) ([]Center, error) {
	list, err := AllCenters(r)
	return slices.DeleteFunc(list, func(c Center) bool { return c.Status == Removed }), err
}

// PutCenter writes c's present record as it is, without a version and without the indexes: see Found and replace.
func PutCenter(s exec.Store, c Center) error { return putCenter(s, CenterKey(op.HashCenter(c.DID)), c) }

func putCenter(s exec.Store, key []byte, c Center) error {
	m := map[string]any{
		"name": c.Name, "did": string(c.DID), "validator": c.Validator, "power": c.Power, "api": c.API,
		"sponsors": object.Texts(c.Sponsors),
		"status":   string(c.Status), "n": c.N, "since": c.Since, "height": c.Height, "cause": c.Cause,
		"standing": c.Standing, "standingHeight": c.StandingHeight,
	}
	if c.Halted {
		m["halted"] = true
	}
	if c.Evidence > 0 {
		m["evidence"] = c.Evidence
	}
	if c.Until > 0 {
		m["until"] = c.Until
	}
	data, err := jcs.Encode(m)
	if err != nil {
		return fmt.Errorf("center %s: %w", c.Name, err)
	}
	s.Set(key, data)
	return nil
}

// DecodeCenter reads a record from its state value (JCS JSON), as a proof carries it.
func DecodeCenter(value []byte) (*Center, error) { return decodeCenter(value) }

func decodeCenter(data []byte) (*Center, error) {
	m, err := object.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("center: %w", err)
	}
	c := &Center{
		Name:      m.String("name"),
		DID:       did.DID(m.String("did")),
		Validator: m.String("validator"),
		Power:     m.Int("power"),
		Sponsors:  m.Strings("sponsors"),
		API:       m.String("api"),
		Halted:    m.OptTrue("halted"),
		Status:    CenterStatus(m.String("status")),
		N:         m.Int("n"),
		Since:     m.Int("since"),
		Height:    m.Int("height"),
		Cause:     m.String("cause"),
		Evidence:  m.OptInt("evidence", 0),
		Until:     m.OptInt("until", 0),

		Standing: m.Int("standing"), StandingHeight: m.Int("standingHeight"),
	}
	if c.Status != Active && c.Status != Suspended && c.Status != Removed {
		m.Fail("status", "unknown")
	}
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("center: %w", err)
	}
	return c, nil
}
