package jcs

import (
	"bytes"
	"encoding/json"
)

// Marshal writes v as encoding/json does, members in order of their names and numbers as they are, but without the escapes for
// HTML that encoding/json adds and without a line's end. It is not the canonical form: that is Encode.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
