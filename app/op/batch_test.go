package op_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

const (
	center   = did.DID("did:hanse:test:center")
	notAfter = int64(1_800_000_600)
)

func sealed(t testing.TB, envelopes ...[]byte) []byte {
	t.Helper()
	tx, err := op.SealBatch(t.Context(), league, center, nonce, notAfter, envelopes, ed(9))
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// withFrame makes a batch around any frame, correctly signed.
func withFrame(count, rawLen uint32, frame []byte) []byte {
	leagueHash, centerHash := op.HashLeague(league), op.HashCenter(center)
	tx := append([]byte("HB1"), leagueHash[:]...)
	tx = append(tx, centerHash[:]...)
	tx = append(tx, nonce[:]...)
	tx = binary.BigEndian.AppendUint64(tx, uint64(notAfter))
	tx = binary.BigEndian.AppendUint32(tx, count)
	tx = binary.BigEndian.AppendUint32(tx, rawLen)
	tx = append(tx, frame...)
	return append(tx, must(ed(9).Sign(context.Background(), tx))...)
}

func rawFrame(envelopes ...string) []byte {
	var raw []byte
	for _, e := range envelopes {
		raw = binary.BigEndian.AppendUint32(raw, uint32(len(e)))
		raw = append(raw, e...)
	}
	return raw
}

func pack(raw []byte, options ...zstd.EOption) []byte {
	return must(zstd.NewWriter(nil, options...)).EncodeAll(raw, nil)
}

func open(tx []byte) ([][]byte, error) {
	h, err := op.DecodeHeader(tx)
	if err != nil {
		return nil, err
	}
	if !h.VerifySponsor(ed(9).Public()) {
		return nil, errors.New("sponsor's signature does not verify")
	}
	return h.Open()
}

func refusedBatch(t *testing.T, name string, tx []byte) {
	t.Helper()
	_, err := open(tx)
	if _, ok := errors.AsType[*op.Error](err); !ok {
		t.Errorf("%s: %v", name, err)
	}
}

func TestSealedBatchesOpen(t *testing.T) {
	envelopes := [][]byte{signed(t, draft(), ed(1)), signed(t, draft(), ed(1), ec(1)), []byte("garbage is the operation's fault")}
	tx := sealed(t, envelopes...)
	h := must(op.DecodeHeader(tx))
	if h.League != op.HashLeague(league) || h.Center != op.HashCenter(center) || h.Nonce != nonce || h.NotAfter != notAfter || h.Count != 3 {
		t.Errorf("header %+v", h)
	}
	if h.Size() != len(tx) {
		t.Errorf("size %d, want %d", h.Size(), len(tx))
	}
	if diff := cmp.Diff(envelopes, must(open(tx))); diff != "" {
		t.Error(diff)
	}
}

func TestSealThenOpenIsTheIdentity(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		envelopes := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 300), 1, 50).Draw(rt, "envelopes")
		if diff := cmp.Diff(envelopes, must(open(sealed(t, envelopes...)))); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestEveryBitOfABatchIsUnderTheSponsorsSignature(t *testing.T) {
	tx := sealed(t, []byte("one"), []byte("two"))
	for i := range tx {
		for bit := range 8 {
			changed := bytes.Clone(tx)
			changed[i] ^= 1 << bit
			h, err := op.DecodeHeader(changed)
			if err == nil && h.VerifySponsor(ed(9).Public()) {
				t.Fatalf("byte %d bit %d is not covered", i, bit)
			}
		}
	}
	if must(op.DecodeHeader(tx)).VerifySponsor(ed(8).Public()) || must(op.DecodeHeader(tx)).VerifySponsor(ec(1).Public()) {
		t.Error("verifies with another key")
	}
}

// reliability (3) 1
func TestEmptyTinyAndOversizedBatchesAreRefused(t *testing.T) {
	refusedBatch(t, "nil", nil)
	refusedBatch(t, "one byte", []byte{'H'})
	refusedBatch(t, "max+1", append([]byte("HB1"), make([]byte, op.MaxBatchBytes-2)...))
	tx := sealed(t, []byte("one"))
	for n := range len(tx) {
		if _, err := open(tx[:n]); err == nil {
			t.Errorf("%d of %d bytes are a batch", n, len(tx))
		}
	}
}

func TestHeaderFieldsOutOfRangeAreRefused(t *testing.T) {
	raw := rawFrame("one", "two")
	frame, n := pack(raw), uint32(len(raw))
	if _, err := open(withFrame(2, n, frame)); err != nil {
		t.Fatal(err)
	}
	refusedBatch(t, "no operations", withFrame(0, n, frame))
	refusedBatch(t, "too many operations", withFrame(op.MaxBatchOps+1, op.MaxBatchRaw, frame))
	refusedBatch(t, "too many raw bytes", withFrame(2, op.MaxBatchRaw+1, frame))
	refusedBatch(t, "fewer raw bytes than operations", withFrame(2, 9, frame))
	refusedBatch(t, "count is 2^32-1", withFrame(1<<32-1, n, frame))
	tx := withFrame(2, n, frame)
	for _, when := range []uint64{0, 1 << 53, 1<<64 - 1} {
		binary.BigEndian.PutUint64(tx[3+32+32+16:], when)
		refusedBatch(t, "notAfter", tx)
	}
	refusedBatch(t, "magic", append([]byte("HB2"), withFrame(2, n, frame)[3:]...))
}

// reliability (3) 2
func TestFramesThatDisagreeWithTheHeaderAreRefused(t *testing.T) {
	raw := rawFrame("one", "two")
	frame, n := pack(raw), uint32(len(raw))
	refusedBatch(t, "count too low", withFrame(1, n, frame))
	refusedBatch(t, "count too high", withFrame(3, n+5, frame))
	refusedBatch(t, "raw length too low", withFrame(2, n-1, frame))
	refusedBatch(t, "raw length too high", withFrame(2, n+1, frame))
	for name, broken := range map[string][]byte{
		"an empty operation":       append(rawFrame("onetwo"), 0, 0, 0, 0),
		"a length beyond the end":  {0, 0, 0, 1, 'a', 0, 0, 1, 0, 'b'},
		"a huge length":            {0, 0, 0, 1, 'a', 255, 255, 255, 255, 'b'},
		"half a length at the end": append(rawFrame("one"), 0, 0, 0),
	} {
		refusedBatch(t, name, withFrame(2, uint32(len(broken)), pack(broken)))
	}
}

func TestOnlyOnePlainZstdFrameIsAccepted(t *testing.T) {
	raw := rawFrame(strings.Repeat("one", 300), strings.Repeat("two", 300))
	frame, n := pack(raw), uint32(len(raw))
	skippable := []byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}
	empty := pack([]byte{}, zstd.WithZeroFrames(true))
	dictionary := bytes.Clone(frame)
	dictionary[4] |= 1
	dictionary = append(dictionary[:5:5], append([]byte{7}, dictionary[5:]...)...)
	reserved, unused := bytes.Clone(frame), bytes.Clone(frame)
	reserved[4] |= 0x08
	unused[4] |= 0x10
	for name, bad := range map[string][]byte{
		"no frame":               raw,
		"skippable frame before": append(bytes.Clone(skippable), frame...),
		"skippable frame after":  append(bytes.Clone(frame), skippable...),
		"skippable frame only":   skippable,
		"empty frame before":     append(bytes.Clone(empty), frame...),
		"empty frame after":      append(bytes.Clone(frame), empty...),
		"two frames":             append(pack(raw[:900]), pack(raw[900:])...),
		"trailing byte":          append(bytes.Clone(frame), 0),
		"cut short":              frame[:len(frame)-1],
		"dictionary":             dictionary,
		"reserved bit":           reserved,
		"unused bit":             unused,
		"magic number only":      frame[:4],
	} {
		refusedBatch(t, name, withFrame(2, n, bad))
	}
	for name, good := range map[string][]byte{
		"checksum":        pack(raw, zstd.WithEncoderCRC(true)),
		"best":            pack(raw, zstd.WithEncoderLevel(zstd.SpeedBestCompression)),
		"without size":    streamed(raw),
		"8 MiB window":    streamed(raw, zstd.WithWindowSize(op.MaxBatchWindow)),
		"stored as it is": stored(raw),
	} {
		if _, err := open(withFrame(2, n, good)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refusedBatch(t, "16 MiB window", withFrame(2, n, streamed(raw, zstd.WithWindowSize(2*op.MaxBatchWindow))))
	wrongSum := pack(raw, zstd.WithEncoderCRC(true))
	wrongSum[len(wrongSum)-1] ^= 1
	refusedBatch(t, "wrong checksum", withFrame(2, n, wrongSum))
}

// streamed compresses as a stream of unknown length, so that the frame carries a window and no size.
func streamed(raw []byte, options ...zstd.EOption) []byte {
	var out bytes.Buffer
	w := must(zstd.NewWriter(&out, append([]zstd.EOption{zstd.WithEncoderConcurrency(1)}, options...)...))
	for _, b := range raw[:10] {
		must(w.Write([]byte{b}))
		if err := w.Flush(); err != nil {
			panic(err)
		}
	}
	must(w.Write(raw[10:]))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// stored is a frame of one raw block (RFC 8878 3.1.1.2.2).
func stored(raw []byte) []byte {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0} // single segment, four bytes of size
	frame = binary.LittleEndian.AppendUint32(frame, uint32(len(raw)))
	header := uint32(len(raw))<<3 | 1
	frame = append(frame, byte(header), byte(header>>8), byte(header>>16))
	return append(frame, raw...)
}

// A frame of runs: 4 bytes in it stand for 128 KiB. It announces nothing, or a lie.
func bomb(announce bool) []byte {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd}
	if announce {
		frame = append(frame, 0xa0, 0, 0, 16, 0) // 1 MiB
	} else {
		frame = append(frame, 0x00, 0x68) // window of 8 MiB
	}
	for range 100_000 {
		frame = append(frame, 0x02, 0, 0x10, 0) // a run of 2^17, not last
	}
	return append(frame, 0x01, 0, 0)
}

func TestBombsCostBoundedMemory(t *testing.T) {
	for _, announce := range []bool{true, false} {
		tx := withFrame(1, 1<<20, bomb(announce))
		h := must(op.DecodeHeader(tx))
		_, _ = h.Open() // tables of the decoder
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			if _, err := h.Open(); err == nil {
				t.Fatal("a bomb opens")
			}
		}
		runtime.ReadMemStats(&after)
		if grown := (after.TotalAlloc - before.TotalAlloc) / 10; grown > 8<<20 {
			t.Errorf("announced %t: %d bytes allocated an attempt", announce, grown)
		}
	}
}

func TestSealRefusesWhatWouldNotFit(t *testing.T) {
	seal := func(envelopes [][]byte, sponsor op.Signer) error {
		_, err := op.SealBatch(t.Context(), league, center, nonce, notAfter, envelopes, sponsor)
		return err
	}
	random := make([]byte, 600<<10)
	must(rand.NewChaCha8([32]byte{}).Read(random))
	for name, err := range map[string]error{
		"too many":  seal(slicesOf(op.MaxBatchOps+1, []byte("x")), ed(9)),
		"too large": seal(slicesOf(3, make([]byte, 1<<20)), ed(9)),
		"too dense": seal([][]byte{random}, ed(9)),
	} {
		if !errors.Is(err, op.ErrBatchTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seal(nil, ed(9)) == nil || seal([][]byte{{}}, ed(9)) == nil || seal([][]byte{{1}}, ec(1)) == nil {
		t.Error("sealed nothing, an empty operation, or with P-256")
	}
	if _, err := op.SealBatch(t.Context(), league, center, nonce, -1, [][]byte{{1}}, ed(9)); err == nil {
		t.Error("sealed a batch that was never valid")
	}
}

func slicesOf(n int, b []byte) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}
