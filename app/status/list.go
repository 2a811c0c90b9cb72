package status

import (
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// ChunkEntries is the number of entries in one chunk record.
const ChunkEntries = 1024

// MinSize is the smallest list: a shorter one would say too much about who holds an index (Bitstring Status List 1.0, 6.1).
const MinSize = 131_072

// The purposes of Bitstring Status List 1.0, section 2.1.
const (
	Revocation = "revocation"
	Suspension = "suspension"
	Refresh    = "refresh"
	Message    = "message"
)

// List is a status list's record. Its id is the id of the operation that created it.
type List struct {
	ID        op.ID
	Issuer    did.DID  // who signs the published list
	Owner     did.DID  // whose control created it (the issuer, or the center that sponsors a did:key/jwk/web issuer)
	Operators []string // multikeys of the keys that alone may lease and set
	Purposes  []string // "revocation", "suspension", …
	Size      int64    // entries, ≥ 131,072
	Bits      int64    // 1, 2, 4, 8
	URL       string   // immutable: the body's url (a prefix ending in "/status-lists/") + the list id
	Next      int64    // first index that no lease covers
	Created   int64    // block time, unix seconds
	Height    int64    // of the creation
}

// Lease is a range of indices given to a replica.
type Lease struct {
	List    op.ID
	Start   int64
	Count   int64
	Replica string
	Height  int64
}

const (
	listPrefix    = "s/l/"
	leasePrefix   = "s/e/"
	chunkPrefix   = "s/c/"
	historyPrefix = "s/h/"
)

// Key is the state key of a list's record.
func Key(id op.ID) []byte { return append([]byte(listPrefix), id[:]...) }

func leaseKey(id op.ID, start int64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(leasePrefix), id[:]...), uint64(start))
}

func (l *List) encode() ([]byte, error) {
	return jcs.Encode(map[string]any{
		"id":        l.ID.String(),
		"issuer":    string(l.Issuer),
		"owner":     string(l.Owner),
		"operators": object.Texts(l.Operators),
		"purposes":  object.Texts(l.Purposes),
		"size":      l.Size,
		"bits":      l.Bits,
		"url":       l.URL,
		"next":      l.Next,
		"created":   l.Created,
		"height":    l.Height,
	})
}

func decodeList(data []byte) (*List, error) {
	m, err := object.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("status list: %w", err)
	}
	id, err := op.ParseID(m.String("id"))
	if err != nil {
		return nil, fmt.Errorf("status list: %w", err)
	}
	l := &List{
		ID:        id,
		Issuer:    did.DID(m.String("issuer")),
		Owner:     did.DID(m.String("owner")),
		Operators: m.Strings("operators"),
		Purposes:  m.Strings("purposes"),
		Size:      m.Int("size"),
		Bits:      m.Int("bits"),
		URL:       m.String("url"),
		Next:      m.Int("next"),
		Created:   m.Int("created"),
		Height:    m.Int("height"),
	}
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("status list %s: %w", id, err)
	}
	return l, nil
}

func (l *List) put(s exec.Store) error {
	data, err := l.encode()
	if err != nil {
		return fmt.Errorf("status list %s: %w", l.ID, err)
	}
	s.Set(Key(l.ID), data)
	return nil
}

func (l *Lease) put(s exec.Store) error {
	data, err := jcs.Encode(map[string]any{"count": l.Count, "replica": l.Replica, "height": l.Height})
	if err != nil {
		return fmt.Errorf("lease of %s: %w", l.List, err)
	}
	s.Set(leaseKey(l.List, l.Start), data)
	return nil
}

func decodeLease(key, data []byte) (*Lease, error) {
	if len(key) != len(leasePrefix)+len(op.ID{})+8 {
		return nil, fmt.Errorf("lease %x: short key", key)
	}
	m, err := object.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("lease %x: %w", key, err)
	}
	l := &Lease{Count: m.Int("count"), Replica: m.String("replica"), Height: m.Int("height")}
	copy(l.List[:], key[len(leasePrefix):])
	l.Start = int64(binary.BigEndian.Uint64(key[len(key)-8:]))
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("lease %x: %w", key, err)
	}
	return l, nil
}
