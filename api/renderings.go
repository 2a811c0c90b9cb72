package api

import (
	"fmt"

	"github.com/maypok86/otter/v2"

	"github.com/hanse-id/hanse/did/resolve"
)

// maxRenderings bounds the memory of renderings, in bytes.
const maxRenderings = 32 << 20

// renderings keeps representations of resolution results that were written before. A key names everything that the bytes
// depend on, so nothing ever needs to be invalidated: whether a version is the present one is asked of the resolver each time.
type renderings struct {
	cache *otter.Cache[renderingKey, rendering]
}

// rendering is a result in a representation.
type rendering struct {
	media string
	body  []byte
	tag   string
}

// renderingKey names a version of a record as its metadata show it.
type renderingKey struct {
	media, did, versionID, nextVersionID string
	recovery, disputed                   string // operation id of what is pending, version id of what disputes it
	deactivated, document                bool
}

func newRenderings() (*renderings, error) {
	cache, err := otter.New(&otter.Options[renderingKey, rendering]{
		MaximumWeight: maxRenderings,
		Weigher: func(k renderingKey, r rendering) uint32 {
			return uint32(len(r.body) + len(k.did) + len(k.versionID) + len(k.nextVersionID) + 256)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("api renderings: %w", err)
	}
	return &renderings{cache: cache}, nil
}

// of returns the representation of a result, from memory where its bytes are settled.
func (r *renderings) of(media string, result resolve.Result) (rendering, error) {
	v := result.Version
	if result.Err() != nil || v.VersionID == "" || len(result.DocumentMetadata.Proof) > 0 || result.Document != v.Document {
		return render(media, result)
	}
	key := renderingKey{
		media: media, did: string(v.DID), versionID: v.VersionID, nextVersionID: v.NextVersionID, disputed: v.Disputed,
		deactivated: v.Deactivated, document: v.Document != nil,
	}
	if v.Recovery != nil {
		key.recovery = v.Recovery.Operation
	}
	if known, ok := r.cache.GetIfPresent(key); ok {
		return known, nil
	}
	made, err := render(media, result)
	if err == nil {
		r.cache.Set(key, made)
	}
	return made, err
}
