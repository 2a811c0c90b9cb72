package cache

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
)

// entry is a value with what decides whether it may be used.
type entry struct {
	subject string
	value   []byte // empty: absent
	height  int64
}

const entryOverhead = 160 // of L1, about

func weigh(key string, e entry) uint32 {
	return uint32(min(entryOverhead+len(key)+len(e.subject)+len(e.value), 1<<31))
}

// A sealed entry is version (1) ‖ number (8, BE) ‖ HMAC-SHA256 (32) ‖ value, where number is the height of an entry or
// the expiry of a one-time value. The HMAC covers purpose, key, subject, number and value, each with its length.
const (
	sealVersion = 1
	sealHeader  = 1 + 8 + sha256.Size
)

const (
	purposeEntry = "entry"
	purposeOnce  = "once"
	purposeName  = "name"
)

// sealer keeps outsiders from writing what the cache would believe.
type sealer struct {
	key    []byte
	prefix string
}

func newSealer(key []byte, namespace string) (sealer, error) {
	if len(key) == 0 {
		key = make([]byte, minKeyBytes)
		if _, err := rand.Read(key); err != nil {
			return sealer{}, fmt.Errorf("cache key: %w", err)
		}
	}
	return sealer{key: key, prefix: "hanse:" + namespace + ":"}, nil
}

// name is the key in L2: bounded in length, and without anything that callers could put into it.
func (s sealer) name(key string) string {
	return s.prefix + base64.RawURLEncoding.EncodeToString(s.mac(purposeName, key, "", 0, nil)[:18])
}

func (s sealer) mac(purpose, key, subject string, number int64, value []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	for _, part := range [...]string{purpose, s.prefix, key, subject} {
		writeLength(h, len(part))
		h.Write([]byte(part))
	}
	writeLength(h, int(number))
	writeLength(h, len(value))
	h.Write(value)
	return h.Sum(nil)
}

func writeLength(h hash.Hash, n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

func (s sealer) seal(key string, e entry) []byte {
	return s.encode(purposeEntry, key, e.subject, e.height, e.value)
}

func (s sealer) open(key, subject string, data []byte) (entry, bool) {
	height, value, ok := s.decode(purposeEntry, key, subject, data)
	return entry{subject: subject, value: value, height: height}, ok
}

func (s sealer) encode(purpose, key, subject string, number int64, value []byte) []byte {
	data := make([]byte, 0, sealHeader+len(value))
	data = append(data, sealVersion)
	data = binary.BigEndian.AppendUint64(data, uint64(number))
	data = append(data, s.mac(purpose, key, subject, number, value)...)
	return append(data, value...)
}

func (s sealer) decode(purpose, key, subject string, data []byte) (number int64, value []byte, ok bool) {
	if len(data) < sealHeader || data[0] != sealVersion {
		return 0, nil, false
	}
	number = int64(binary.BigEndian.Uint64(data[1:]))
	value = data[sealHeader:]
	if !hmac.Equal(data[9:sealHeader], s.mac(purpose, key, subject, number, value)) {
		return 0, nil, false
	}
	return number, value, true
}
