// Package statuslist encodes status lists: the W3C Bitstring Status List 1.0 and the IETF Token Status List. They hold the
// same values in opposite order, compressed differently:
//
//	            entry 0 is in the      compression   text
//	Bitstring   most significant bits  gzip          multibase "u" + base64url
//	Token       least significant bits zlib          base64url
//
// Inside hanse bits are kept in Bitstring order, FromBitstring turns them over. The package also builds and opens the
// credential that carries a Bitstring list (Build, Open) and remembers how new the lists were that were seen (Watermark).
package statuslist
