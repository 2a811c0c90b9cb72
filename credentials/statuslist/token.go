package statuslist

import (
	"bytes"
	"compress/zlib"
	"fmt"
)

// EncodeToken writes a list in Token order (see FromBitstring) as a `lst` value: zlib, base64url without padding
// (Token Status List section 4.1). Such a list may have any length up to MaxBytes.
func EncodeToken(list []byte, size int) (string, error) {
	if err := checkSize(size); err != nil {
		return "", err
	}
	if len(list) > MaxBytes {
		return "", fmt.Errorf("%w: more than %d bytes", ErrLength, MaxBytes)
	}
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrVerification, err)
	}
	if _, err := w.Write(list); err != nil {
		return "", fmt.Errorf("%w: %w", ErrVerification, err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrVerification, err)
	}
	return base64url.EncodeToString(b.Bytes()), nil
}

// DecodeToken reads a `lst` value. It refuses loose base64url, a wrong checksum, a preset dictionary and trailing bytes
// (ErrVerification), and more than MaxBytes (ErrLength).
func DecodeToken(lst string, size int) ([]byte, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	raw, err := decodeText(lst)
	if err != nil {
		return nil, err
	}
	source := bytes.NewReader(raw)
	r, err := zlib.NewReader(source)
	if err != nil {
		return nil, fmt.Errorf("%w: lst is not zlib", ErrVerification)
	}
	return inflate(r, source)
}
