package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// Cached is a Ledger that keeps DID versions, list records and list bits in a cache. It follows the ledger's blocks and
// drops what they changed. It never answers older than the ledger's own head: while a committed block has not been
// followed yet, it asks the ledger. So who has seen a receipt from this node reads what it wrote.
//
// Documents and bits that it returns are shared: they must not be modified.
type Cached struct {
	Ledger
	cache   *cache.Cache
	log     *slog.Logger
	through atomic.Int64 // blocks up to here have been followed; 0: none, nothing is cached
	decoded *otter.Cache[string, decoding]

	follow sync.Mutex    // serialises what advances through
	gap    chan struct{} // a block was missed
}

// decoding is a cached value with what it means, so that hot values are decoded once.
type decoding struct {
	raw   []byte
	value any
}

// maxDecoded bounds the memory of decoded values, in bytes. It counts bytes and not values: whoever asks for one large
// document at many times (versionTime) makes a key each time.
const maxDecoded = 64 << 20

// decodedFactor is how much larger than its text a decoded document is, about.
const decodedFactor = 10

func weighDecoding(key string, d decoding) uint32 {
	return uint32(min(256+len(key)+decodedFactor*len(d.raw), 1<<31))
}

var _ Ledger = (*Cached)(nil)

// NewCached nests a ledger in a cache. Nothing is cached until Follow runs.
func NewCached(ledger Ledger, c *cache.Cache, log *slog.Logger) *Cached {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Cached{
		Ledger: ledger, cache: c, log: log, gap: make(chan struct{}, 1),
		decoded: otter.Must(&otter.Options[string, decoding]{MaximumWeight: maxDecoded, Weigher: weighDecoding}),
	}
}

// DID reads a version of a DID. Latest and historic versions, and their absence, are cached; a request that wants no
// cache (the option noCache of DID resolution) is answered by the ledger.
func (l *Cached) DID(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	head, ok, err := l.current(ctx)
	if err != nil {
		return did.Version{}, err
	}
	if !ok || resolve.NoCache(ctx) {
		return l.Ledger.DID(ctx, id, at)
	}
	key := didKey(id, at)
	raw, height, err := l.cache.Get(ctx, key, exec.SubjectDID(id), func(ctx context.Context) ([]byte, int64, error) {
		return l.fillDID(ctx, id, at)
	})
	if err != nil {
		return did.Version{}, err
	}
	switch {
	case len(raw) == 0:
		return did.Version{}, did.ErrNotFound
	case string(raw) == noVersion:
		return did.Version{}, did.ErrNoVersion
	}
	value, err := l.decode(key, raw, func(raw []byte) (any, error) { return decodeVersion(raw) })
	if err != nil { // unreadable: the ledger knows
		return l.Ledger.DID(ctx, id, at)
	}
	v := value.(did.Version)
	v.Height = max(height, head.Height)
	return v, nil
}

// List reads a list's record.
func (l *Cached) List(ctx context.Context, id op.ID) (*status.List, int64, error) {
	head, ok, err := l.current(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return l.Ledger.List(ctx, id)
	}
	key := "list/" + id.String()
	raw, height, err := l.cache.Get(ctx, key, exec.SubjectList(id.String()), func(ctx context.Context) ([]byte, int64, error) {
		return l.fillList(ctx, id)
	})
	if err != nil {
		return nil, 0, err
	}
	if len(raw) == 0 {
		return nil, 0, did.ErrNotFound
	}
	value, err := l.decode(key, raw, func(raw []byte) (any, error) {
		var list status.List
		return list, json.Unmarshal(raw, &list)
	})
	if err != nil {
		return l.Ledger.List(ctx, id)
	}
	list := value.(status.List)
	return &list, max(height, head.Height), nil
}

// Bits reads a whole list. Present bits are cached; those of past times are read from the ledger.
func (l *Cached) Bits(ctx context.Context, id op.ID, at time.Time) ([]byte, app.Head, error) {
	head, ok, err := l.current(ctx)
	if err != nil {
		return nil, app.Head{}, err
	}
	if !ok || !at.IsZero() {
		return l.Ledger.Bits(ctx, id, at)
	}
	raw, height, err := l.cache.Get(ctx, "bits/"+id.String(), exec.SubjectList(id.String()), func(ctx context.Context) ([]byte, int64, error) {
		bits, head, err := l.Ledger.Bits(ctx, id, at)
		return bits, head.Height, err
	})
	if err != nil {
		return nil, app.Head{}, err
	}
	if height > head.Height { // filled after head was read: say so with the head of that block
		return l.Ledger.Bits(ctx, id, at)
	}
	return raw, head, nil
}

// current reads the ledger's head; ok says that the cache has followed it.
func (l *Cached) current(ctx context.Context) (head app.Head, ok bool, err error) {
	head, err = l.Ledger.Head(ctx)
	through := l.through.Load()
	return head, through > 0 && head.Height <= through, err
}

// noVersion is cached for a DID that exists and has no version of the selection (did.ErrNoVersion).
const noVersion = "-"

func (l *Cached) fillDID(ctx context.Context, id did.DID, at did.At) ([]byte, int64, error) {
	head, err := l.Ledger.Head(ctx) // before reading: absence is known at this height at least
	if err != nil {
		return nil, 0, err
	}
	v, err := l.Ledger.DID(ctx, id, at)
	if errors.Is(err, did.ErrNoVersion) {
		return []byte(noVersion), head.Height, nil
	}
	if errors.Is(err, did.ErrNotFound) {
		return nil, head.Height, nil
	}
	if err != nil {
		return nil, 0, err
	}
	raw, err := encodeVersion(v)
	return raw, v.Height, err
}

func (l *Cached) fillList(ctx context.Context, id op.ID) ([]byte, int64, error) {
	head, err := l.Ledger.Head(ctx)
	if err != nil {
		return nil, 0, err
	}
	list, height, err := l.Ledger.List(ctx, id)
	if errors.Is(err, did.ErrNotFound) || err == nil && list == nil {
		return nil, head.Height, nil
	}
	if err != nil {
		return nil, 0, err
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, 0, fmt.Errorf("list %s: %w", id, err)
	}
	return raw, height, nil
}

// decode returns what raw means, from the last time if it was the same.
func (l *Cached) decode(key string, raw []byte, read func([]byte) (any, error)) (any, error) {
	if d, ok := l.decoded.GetIfPresent(key); ok && bytes.Equal(d.raw, raw) {
		return d.value, nil
	}
	value, err := read(raw)
	if err != nil {
		return nil, err
	}
	l.decoded.Set(key, decoding{raw: raw, value: value})
	return value, nil
}

// didKey names a selection of versions. Ledger DIDs have no '?'.
func didKey(id did.DID, at did.At) string {
	switch {
	case at.VersionID != "":
		return "did/" + string(id) + "?versionId=" + at.VersionID
	case !at.Time.IsZero():
		return "did/" + string(id) + "?versionTime=" + strconv.FormatInt(at.Time.Unix(), 10)
	}
	return "did/" + string(id)
}
