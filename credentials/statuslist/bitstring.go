package statuslist

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// MaxBytes caps a decompressed list: 16 MiB, 134 million entries of one bit.
const MaxBytes = 16 << 20

// maxText caps the text of a list: MaxBytes that do not compress, in base64, and some room.
const maxText = MaxBytes/3*4 + 1<<20

var base64url = base64.RawURLEncoding.Strict()

// Encode writes a list in Bitstring order as an encodedList value: gzip, base64url without padding, multibase prefix "u".
// size is in bits. ErrLength for fewer than MinEntries entries or more than MaxBytes.
func Encode(list []byte, size int) (string, error) {
	if err := checkLength(list, size); err != nil {
		return "", err
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(list); err != nil {
		return "", fmt.Errorf("%w: %w", ErrVerification, err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrVerification, err)
	}
	return "u" + base64url.EncodeToString(b.Bytes()), nil
}

// Decode reads an encodedList value. It refuses a wrong prefix, loose base64url, several gzip members, a wrong checksum,
// trailing bytes (all ErrVerification), fewer than MinEntries entries of size bits and more than MaxBytes (ErrLength).
// Memory and work are bounded by MaxBytes.
func Decode(encoded string, size int) ([]byte, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(encoded, "u")
	if !ok {
		return nil, fmt.Errorf("%w: encodedList must be multibase base64url", ErrVerification)
	}
	raw, err := decodeText(text)
	if err != nil {
		return nil, err
	}
	source := bytes.NewReader(raw) // a ByteReader: gzip takes nothing beyond its member
	r, err := gzip.NewReader(source)
	if err != nil {
		return nil, fmt.Errorf("%w: encodedList is not gzip", ErrVerification)
	}
	r.Multistream(false)
	list, err := inflate(r, source)
	if err != nil {
		return nil, err
	}
	if err := checkLength(list, size); err != nil {
		return nil, err
	}
	return list, nil
}

func checkLength(list []byte, size int) error {
	if err := checkSize(size); err != nil {
		return err
	}
	if len(list) > MaxBytes {
		return fmt.Errorf("%w: more than %d bytes", ErrLength, MaxBytes)
	}
	if n := Entries(list, size); n < MinEntries {
		return fmt.Errorf("%w: %d entries, at least %d", ErrLength, n, MinEntries)
	}
	return nil
}

func decodeText(text string) ([]byte, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("%w: text of %d bytes", ErrLength, len(text))
	}
	if strings.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("%w: list is not base64url", ErrVerification)
	}
	raw, err := base64url.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: list is not base64url", ErrVerification)
	}
	return raw, nil
}

// inflate reads r to its end, at most MaxBytes, and makes sure that nothing follows it in source.
func inflate(r io.Reader, source *bytes.Reader) ([]byte, error) {
	list, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%w: list does not decompress: %w", ErrVerification, err)
	}
	if len(list) > MaxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrLength, MaxBytes)
	}
	if source.Len() > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the compressed list", ErrVerification, source.Len())
	}
	return list, nil
}
