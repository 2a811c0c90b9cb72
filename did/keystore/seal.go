package keystore

import (
	"bytes"
	"fmt"
	"io"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// maxSealed bounds what is opened; sealed keys have about 600 bytes.
const maxSealed = 16 << 10

// seal encrypts data, as text beneath comment lines that say what the file is. Comments are not protected: whatever counts is
// inside.
func seal(data []byte, recipient age.Recipient, comments ...string) ([]byte, error) {
	var out bytes.Buffer
	for _, c := range comments {
		fmt.Fprintf(&out, "# %s\n", c)
	}
	text := armor.NewWriter(&out)
	w, err := age.Encrypt(text, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := text.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// open decrypts what seal made.
func open(sealed []byte, identity age.Identity) ([]byte, error) {
	for bytes.HasPrefix(sealed, []byte("#")) {
		_, rest, ok := bytes.Cut(sealed, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("%w: nothing but comments", ErrDamaged)
		}
		sealed = rest
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identity)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxSealed))
}
