package op

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// A batch is a CometBFT transaction (`ledger.md` 5), integers big-endian:
//
//	"HB1" ‖ league (32) ‖ center (32) ‖ nonce (16) ‖ notAfter (8) ‖ count (4) ‖ rawLen (4) ‖ zstd(frame) ‖ signature (64)
const (
	batchMagic      = "HB1"
	batchHeaderSize = len(batchMagic) + 32 + 32 + 16 + 8 + 4 + 4
	minFrameSize    = 4 + 1 // an operation in the frame: length, at least one byte
)

// ErrBatchTooLarge says that envelopes do not fit into one batch: split them.
var ErrBatchTooLarge = errors.New("batch above the limits of the format")

// BatchSigner is a Signer that holds a sponsor key.
type BatchSigner = Signer

// CenterHash is SHA-256 of a center's DID: how batches name it.
type CenterHash [sha256.Size]byte

// HashCenter returns the center hash of d.
func HashCenter(d did.DID) CenterHash { return sha256.Sum256([]byte(d)) }

// Header is a batch envelope before decompression.
type Header struct {
	League   [32]byte // SHA-256 of the league id: HashLeague
	Center   CenterHash
	Nonce    [16]byte
	NotAfter int64 // unix seconds
	Count    uint32
	RawLen   uint32
	Hash     [32]byte // SHA-256 of the whole transaction
	tx       []byte
}

// DecodeHeader reads the fixed part of a transaction without decompressing anything; *Error if malformed or above the
// format's limits. The header keeps tx: it must not change afterwards.
func DecodeHeader(tx []byte) (*Header, error) {
	switch {
	case len(tx) > MaxBatchBytes:
		return nil, refuse("", "batch has %d bytes, at most %d are allowed", len(tx), MaxBatchBytes)
	case len(tx) <= batchHeaderSize+signatureSize:
		return nil, refuse("", "batch has %d bytes and is cut short", len(tx))
	case string(tx[:len(batchMagic)]) != batchMagic:
		return nil, refuse("", "batch does not begin with %q", batchMagic)
	}
	h := &Header{tx: tx, Hash: sha256.Sum256(tx)}
	rest := tx[len(batchMagic):]
	rest = rest[copy(h.League[:], rest):]
	rest = rest[copy(h.Center[:], rest):]
	rest = rest[copy(h.Nonce[:], rest):]
	notAfter := binary.BigEndian.Uint64(rest)
	h.Count = binary.BigEndian.Uint32(rest[8:])
	h.RawLen = binary.BigEndian.Uint32(rest[12:])
	switch {
	case notAfter == 0 || notAfter > maxInteger:
		return nil, refuse("", "batch notAfter %d is no time", notAfter)
	case h.Count == 0 || h.Count > MaxBatchOps:
		return nil, refuse("", "batch has %d operations, 1 to %d are allowed", h.Count, MaxBatchOps)
	case h.RawLen < h.Count*minFrameSize || h.RawLen > MaxBatchRaw:
		return nil, refuse("", "batch of %d operations with %d raw bytes, at most %d are allowed", h.Count, h.RawLen, MaxBatchRaw)
	}
	h.NotAfter = int64(notAfter)
	return h, nil
}

// Size is the length of the whole transaction in bytes.
func (h *Header) Size() int { return len(h.tx) }

// SponsorCheck returns the question whether key signed the envelope.
func (h *Header) SponsorCheck(key keys.Public) Check {
	end := len(h.tx) - signatureSize
	return Check{Key: key, Alg: keys.EdDSA, Input: h.tx[:end], Value: h.tx[end:]}
}

// VerifySponsor checks the sponsor's signature over the envelope. Sponsors have Ed25519 keys only.
func (h *Header) VerifySponsor(key keys.Public) bool { return h.SponsorCheck(key).Verify() }

// Open decompresses and splits the frame: envelopes in order, exactly Count of them and RawLen bytes in all.
// Memory is bounded by RawLen. Check the sponsor's signature first.
func (h *Header) Open() ([][]byte, error) {
	raw, err := decompress(h.tx[batchHeaderSize:len(h.tx)-signatureSize], int(h.RawLen))
	if err != nil {
		return nil, err
	}
	return splitFrame(raw, int(h.Count))
}

func splitFrame(raw []byte, count int) ([][]byte, error) {
	envelopes := make([][]byte, 0, count)
	for len(raw) > 0 {
		if len(raw) < minFrameSize || len(envelopes) == count {
			return nil, refuse("", "batch frame holds more than its %d operations", count)
		}
		size := binary.BigEndian.Uint32(raw)
		raw = raw[4:]
		if size == 0 || uint64(size) > uint64(len(raw)) {
			return nil, refuse("", "batch operation %d has %d bytes of %d that are left", len(envelopes), size, len(raw))
		}
		envelopes = append(envelopes, raw[:size:size])
		raw = raw[size:]
	}
	if len(envelopes) != count {
		return nil, refuse("", "batch frame holds %d operations, not %d", len(envelopes), count)
	}
	return envelopes, nil
}

// SealBatch makes a transaction out of envelopes, signed by a sponsor key of center. nonce makes the bytes of a
// re-offered batch new; notAfter is in unix seconds. ErrBatchTooLarge if the envelopes do not fit.
func SealBatch(ctx context.Context, league string, center did.DID, nonce [16]byte, notAfter int64, envelopes [][]byte, sponsor BatchSigner) ([]byte, error) {
	frame, err := joinFrame(envelopes)
	if err != nil {
		return nil, err
	}
	if sponsor.Public().Algorithm() != keys.EdDSA {
		return nil, refuse("", "sponsor key is not Ed25519")
	}
	leagueHash, centerHash := HashLeague(league), HashCenter(center)
	tx := make([]byte, 0, batchHeaderSize+len(frame)/2+signatureSize)
	tx = append(tx, batchMagic...)
	tx = append(tx, leagueHash[:]...)
	tx = append(tx, centerHash[:]...)
	tx = append(tx, nonce[:]...)
	tx = binary.BigEndian.AppendUint64(tx, uint64(notAfter))
	tx = binary.BigEndian.AppendUint32(tx, uint32(len(envelopes)))
	tx = binary.BigEndian.AppendUint32(tx, uint32(len(frame)))
	tx = compress(tx, frame)
	if len(tx)+signatureSize > MaxBatchBytes {
		return nil, ErrBatchTooLarge
	}
	signature, err := sponsor.Sign(ctx, tx)
	if err != nil {
		return nil, err
	}
	tx = append(tx, signature...)
	if h, err := DecodeHeader(tx); err != nil {
		return nil, err
	} else if len(signature) != signatureSize || len(h.tx) != len(tx) {
		return nil, refuse("", "sponsor signature has %d bytes", len(signature))
	}
	return tx, nil
}

func joinFrame(envelopes [][]byte) ([]byte, error) {
	size := 0
	for i, e := range envelopes {
		if len(e) == 0 {
			return nil, refuse("", "batch operation %d is empty", i)
		}
		size += 4 + len(e)
	}
	if len(envelopes) > MaxBatchOps || size > MaxBatchRaw {
		return nil, ErrBatchTooLarge
	}
	frame := make([]byte, 0, size)
	for _, e := range envelopes {
		frame = binary.BigEndian.AppendUint32(frame, uint32(len(e)))
		frame = append(frame, e...)
	}
	return frame, nil
}
