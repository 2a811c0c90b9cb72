// Package statuslist encodes W3C Bitstring Status Lists 1.0: entry 0 is in the most significant bits of the first byte, and the
// text is gzip in base64url with the multibase prefix "u". The package also builds and opens the credential that carries a
// list (Build, Open) and remembers how new the lists were that were seen (Watermark).
//
// The IETF Token Status List (Token, as JWT and CWT) holds the same values in the opposite order and with another compression.
package statuslist
