package op

import (
	"bytes"
	"encoding/base64"
)

// base64url without padding and with zero trailing bits (RFC 4648 5, RFC 7515 2): one text for one value.
var b64 = base64.RawURLEncoding.Strict()

func encode64(b []byte) []byte {
	return b64.AppendEncode(make([]byte, 0, b64.EncodedLen(len(b))), b)
}

// decode64 refuses line breaks itself: encoding/base64 skips them.
func decode64(text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return nil, false
	}
	b, err := b64.AppendDecode(make([]byte, 0, b64.DecodedLen(len(text))), text)
	return b, err == nil
}
