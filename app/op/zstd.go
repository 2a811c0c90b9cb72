package op

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The batch frame is exactly one zstd frame (RFC 8878). What decompress accepts is consensus: the library is pinned,
// and what it would tolerate around the frame is refused by walkFrame first.

const (
	zstdMagic     = 0xFD2FB528
	maxBlockBytes = 128 << 10
	maxFrameBytes = MaxBatchWindow
)

// coders are reused because each holds tables of some hundred kilobytes; they carry nothing from one call to the next.
var (
	decoders = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(MaxBatchWindow),
			zstd.WithDecoderMaxMemory(maxFrameBytes),
			zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			panic(err) // constant options
		}
		return d
	}}
	encoders = sync.Pool{New: func() any {
		e, err := zstd.NewWriter(nil,
			zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(MaxBatchRaw),
			zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // constant options
		}
		return e
	}}
)

// compress appends the zstd frame of raw to dst.
func compress(dst, raw []byte) []byte {
	e := encoders.Get().(*zstd.Encoder)
	defer encoders.Put(e)
	return e.EncodeAll(raw, dst)
}

// decompress returns the rawLen bytes that frame holds.
func decompress(frame []byte, rawLen int) ([]byte, error) {
	if err := walkFrame(frame, rawLen); err != nil {
		return nil, err
	}
	d := decoders.Get().(*zstd.Decoder)
	defer decoders.Put(d)
	raw, err := d.DecodeAll(frame, make([]byte, 0, rawLen))
	if err != nil {
		return nil, refuse("", "batch frame: %v", err)
	}
	if len(raw) != rawLen {
		return nil, refuse("", "batch frame holds %d bytes, not %d", len(raw), rawLen)
	}
	return raw, nil
}

// walkFrame checks the outline of a frame without decompressing: a standard magic number, no dictionary, no reserved or
// unused bit, the announced window and size, and a last block (and checksum) that ends where the frame ends.
func walkFrame(frame []byte, rawLen int) error {
	if len(frame) < 5 || binary.LittleEndian.Uint32(frame) != zstdMagic {
		return refuse("", "batch frame is no zstd frame")
	}
	descriptor := frame[4]
	rest := frame[5:]
	if descriptor&0x1b != 0 { // unused bit, reserved bit, dictionary id
		return refuse("", "batch frame uses a dictionary or reserved bits")
	}
	single := descriptor&0x20 != 0
	if !single {
		if len(rest) == 0 {
			return refuse("", "batch frame is cut short")
		}
		if base := uint64(1) << (10 + rest[0]>>3); base+base/8*uint64(rest[0]&7) > MaxBatchWindow {
			return refuse("", "batch frame asks for a window above %d bytes", MaxBatchWindow)
		}
		rest = rest[1:]
	}
	sizeBytes := [4]int{0, 2, 4, 8}[descriptor>>6]
	if single && sizeBytes == 0 {
		sizeBytes = 1
	}
	if len(rest) < sizeBytes {
		return refuse("", "batch frame is cut short")
	}
	if size, known := contentSize(rest[:sizeBytes]); known && size != uint64(rawLen) {
		return refuse("", "batch frame announces %d bytes, not %d", size, rawLen)
	}
	end := 0
	if descriptor&0x04 != 0 {
		end = 4 // checksum
	}
	return walkBlocks(rest[sizeBytes:], end)
}

func contentSize(field []byte) (size uint64, known bool) {
	switch len(field) {
	case 1:
		return uint64(field[0]), true
	case 2:
		return uint64(binary.LittleEndian.Uint16(field)) + 256, true
	case 4:
		return uint64(binary.LittleEndian.Uint32(field)), true
	case 8:
		return binary.LittleEndian.Uint64(field), true
	}
	return 0, false
}

// walkBlocks follows block headers (RFC 8878 3.1.1.2) to the last block, after which end bytes must be left.
func walkBlocks(rest []byte, end int) error {
	for {
		if len(rest) < 3 {
			return refuse("", "batch frame is cut short")
		}
		header := uint32(rest[0]) | uint32(rest[1])<<8 | uint32(rest[2])<<16
		last, kind, size := header&1 != 0, header>>1&3, int(header>>3)
		if kind == 3 || size > maxBlockBytes {
			return refuse("", "batch frame has a block of reserved type or size")
		}
		if kind == 1 { // run of one byte
			size = 1
		}
		rest = rest[3:]
		if size > len(rest) {
			return refuse("", "batch frame is cut short")
		}
		rest = rest[size:]
		if last {
			break
		}
	}
	if len(rest) != end {
		return refuse("", "batch frame is followed by %d bytes", len(rest)-end)
	}
	return nil
}
