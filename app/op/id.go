package op

import "crypto/sha256"

// ID is an operation id: SHA-256 of the payload bytes. Text form: base64url without padding, 43 characters.
type ID [sha256.Size]byte

// PayloadID returns the id of the operation with this payload.
func PayloadID(payload []byte) ID { return sha256.Sum256(payload) }

// ParseID reads the text form strictly; an *Error otherwise.
func ParseID(s string) (ID, error) {
	var id ID
	b, ok := decode64([]byte(s))
	if !ok || len(b) != len(id) {
		return ID{}, refuse("", "operation id %.64q is not 32 bytes of base64url", s)
	}
	copy(id[:], b)
	return id, nil
}

// String returns the text form.
func (id ID) String() string { return string(encode64(id[:])) }

// MarshalText returns the text form.
func (id ID) MarshalText() ([]byte, error) { return encode64(id[:]), nil }

// UnmarshalText reads the text form strictly.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
