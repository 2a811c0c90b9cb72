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

// Center is a member of the league.
type Center struct {
	Name      string   `json:"name"`
	DID       did.DID  `json:"did"`
	Validator string   `json:"validator"` // Ed25519 consensus key, multikey
	Power     int64    `json:"power"`
	Sponsors  []string `json:"sponsors"` // Ed25519 sponsor keys, multikeys
	API       string   `json:"api"`      // public URL of its API
	Halted    bool     `json:"halted"`   // its batches are refused
}

const centerPrefix = "g/c/"

// CenterKey is the state key of a center's record.
func CenterKey(h op.CenterHash) []byte { return append([]byte(centerPrefix), h[:]...) }

// ByHash reads the center whose DID hashes to h; nil if there is none.
func ByHash(r exec.Reader, h op.CenterHash) (*Center, error) {
	data := r.Get(CenterKey(h))
	if data == nil {
		return nil, nil
	}
	return decodeCenter(data)
}

// Centers lists all centers by name.
func Centers(r exec.Reader) ([]Center, error) {
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

// PutCenter writes c's record.
func PutCenter(s exec.Store, c Center) error {
	m := map[string]any{
		"name": c.Name, "did": string(c.DID), "validator": c.Validator, "power": c.Power, "api": c.API,
		"sponsors": object.Texts(c.Sponsors),
	}
	if c.Halted {
		m["halted"] = true
	}
	data, err := jcs.Encode(m)
	if err != nil {
		return fmt.Errorf("center %s: %w", c.Name, err)
	}
	s.Set(CenterKey(op.HashCenter(c.DID)), data)
	return nil
}

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
	}
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("center: %w", err)
	}
	return c, nil
}
