package statuslist

import (
	"fmt"
	"slices"
)

// The status types of a Token Status List (draft-ietf-oauth-status-list, section 7.1). A Bitstring list for revocation and
// suspension together has the same values.
const (
	Valid     = 0
	Invalid   = 1
	Suspended = 2
)

// The purposes (Bitstring Status List section 2.1) that status types have words for.
const (
	revocation = "revocation"
	suspension = "suspension"
)

// TokenSize is how many bits an entry of a list needs as a Token Status List: as many as it has, and two where suspension, which is 2
// there, would have to fit into one. ErrVerification for purposes that status types have no words for.
func TokenSize(size int, purposes []string) (int, error) {
	if err := checkSize(size); err != nil {
		return 0, err
	}
	for _, p := range purposes {
		if p != revocation && p != suspension {
			return 0, fmt.Errorf("%w: a list for %.64q has no form as a Token Status List", ErrVerification, p)
		}
	}
	switch {
	case len(purposes) == 0:
		return 0, fmt.Errorf("%w: a list without purpose", ErrVerification)
	case size == 1 && slices.Contains(purposes, suspension):
		return 2, nil
	}
	return size, nil
}

// TokenValue is the status type of a value of a list with these purposes. In a list of one purpose every value but 0 means that
// purpose; a list for both has status types already.
func TokenValue(value uint64, purposes []string) uint64 {
	switch {
	case value == Valid || len(purposes) > 1:
		return value
	case slices.Contains(purposes, suspension):
		return Suspended
	}
	return Invalid
}

// TokenBits makes the entries of a Token Status List out of those of a Bitstring list, both in Bitstring order. size and the result's
// are in bits. The result may be list itself. ErrVerification as for TokenSize, ErrLength where it would be larger than MaxBytes.
func TokenBits(list []byte, size int, purposes []string) (bits []byte, bitsSize int, err error) {
	if bitsSize, err = TokenSize(size, purposes); err != nil {
		return nil, 0, err
	}
	if len(purposes) > 1 || size == 1 && bitsSize == 1 {
		return list, size, nil
	}
	if len(list)*bitsSize/size > MaxBytes {
		return nil, 0, fmt.Errorf("%w: more than %d bytes", ErrLength, MaxBytes)
	}
	bits = make([]byte, len(list)*bitsSize/size)
	for i := range Entries(list, size) {
		if list[i*int64(size)/8] == 0 { // nothing is set in this byte
			continue
		}
		value, err := Value(list, i, size)
		if err != nil {
			return nil, 0, err
		}
		if err := Set(bits, i, bitsSize, TokenValue(value, purposes)); err != nil {
			return nil, 0, err
		}
	}
	return bits, bitsSize, nil
}
