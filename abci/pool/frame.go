package pool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// The journal is a sequence of frames, each written with one fsync:
//
//	"HJ01" ‖ length (4, BE) ‖ CRC-32C of the records (4, BE) ‖ records
//	record = 'A' ‖ length (4, BE) ‖ envelope                              an accepted operation
//	       | 'E' ‖ id (32) ‖ code (4, BE) ‖ unix seconds (8, BE)          an outcome that is no receipt
const (
	frameMagic  = "HJ01"
	frameHeader = 12
	maxFrame    = 128 << 20
	kindAccept  = 'A'
	kindEnd     = 'E'
	endLen      = 32 + 4 + 8
)

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// errFrame says that bytes are no whole frame.
var errFrame = errors.New("no whole journal frame")

// record is one journal record: an accepted operation (Envelope) or an ended one (ID, Code, At).
type record struct {
	Envelope []byte
	ID       op.ID
	Code     exec.Code
	At       int64
}

// appendFrame encodes records as one frame.
func appendFrame(dst []byte, records []record) []byte {
	start := len(dst)
	dst = append(dst, frameMagic...)
	dst = append(dst, make([]byte, 8)...)
	for _, r := range records {
		if r.Envelope != nil {
			dst = append(dst, kindAccept)
			dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.Envelope)))
			dst = append(dst, r.Envelope...)
			continue
		}
		dst = append(dst, kindEnd)
		dst = append(dst, r.ID[:]...)
		dst = binary.BigEndian.AppendUint32(dst, uint32(r.Code))
		dst = binary.BigEndian.AppendUint64(dst, uint64(r.At))
	}
	body := dst[start+frameHeader:]
	binary.BigEndian.PutUint32(dst[start+4:], uint32(len(body)))
	binary.BigEndian.PutUint32(dst[start+8:], crc32.Checksum(body, crcTable))
	return dst
}

// readFrame decodes the frame at the beginning of data and says how long it is.
func readFrame(data []byte) ([]record, int, error) {
	if len(data) < frameHeader || string(data[:4]) != frameMagic {
		return nil, 0, errFrame
	}
	length := int(binary.BigEndian.Uint32(data[4:]))
	if length == 0 || length > maxFrame || length > len(data)-frameHeader {
		return nil, 0, errFrame
	}
	body := data[frameHeader : frameHeader+length]
	if crc32.Checksum(body, crcTable) != binary.BigEndian.Uint32(data[8:]) {
		return nil, 0, errFrame
	}
	var records []record
	for len(body) > 0 {
		r, rest, err := readRecord(body)
		if err != nil {
			return nil, 0, err
		}
		records, body = append(records, r), rest
	}
	return records, frameHeader + length, nil
}

func readRecord(b []byte) (record, []byte, error) {
	kind, b := b[0], b[1:]
	switch {
	case kind == kindAccept && len(b) >= 4:
		n := int(binary.BigEndian.Uint32(b))
		if n == 0 || n > len(b)-4 {
			return record{}, nil, errFrame
		}
		return record{Envelope: b[4 : 4+n : 4+n]}, b[4+n:], nil
	case kind == kindEnd && len(b) >= endLen:
		r := record{
			Code: exec.Code(binary.BigEndian.Uint32(b[32:])),
			At:   int64(binary.BigEndian.Uint64(b[36:])),
		}
		copy(r.ID[:], b)
		return r, b[endLen:], nil
	}
	return record{}, nil, errFrame
}
