package statuslist

import "fmt"

// MinEntries is the least number of entries of a Bitstring list, whatever their size: the herd privacy floor of
// Bitstring Status List section 3.1.
const MinEntries = 131_072

// checkSize refuses entry sizes other than 1, 2, 4 and 8 bits.
func checkSize(size int) error {
	switch size {
	case 1, 2, 4, 8:
		return nil
	}
	return fmt.Errorf("%w: entries of %d bits", ErrVerification, size)
}

// Entries is the number of entries of size bits in a list.
func Entries(list []byte, size int) int64 { return int64(len(list)) * 8 / int64(size) }

// place checks size and index and returns the byte, and the entry's number within it.
func place(list []byte, index int64, size int) (at int64, slot int, err error) {
	if err := checkSize(size); err != nil {
		return 0, 0, err
	}
	if index < 0 || index >= Entries(list, size) {
		return 0, 0, fmt.Errorf("%w: %d of %d", ErrRange, index, Entries(list, size))
	}
	perByte := int64(8 / size)
	return index / perByte, int(index % perByte), nil
}

func mask(size int) uint64 { return 1<<size - 1 }

// Value reads entry index of a list in Bitstring order: entry 0 is in the most significant bits of the first byte. size is in
// bits: 1, 2, 4 or 8.
func Value(list []byte, index int64, size int) (uint64, error) {
	at, slot, err := place(list, index, size)
	if err != nil {
		return 0, err
	}
	return uint64(list[at]) >> (8 - size*(slot+1)) & mask(size), nil
}

// Set writes entry index of a list in Bitstring order, in place.
func Set(list []byte, index int64, size int, value uint64) error {
	at, slot, err := place(list, index, size)
	if err != nil {
		return err
	}
	if value > mask(size) {
		return fmt.Errorf("%w: value %d in %d bits", ErrVerification, value, size)
	}
	shift := 8 - size*(slot+1)
	list[at] = list[at]&^byte(mask(size)<<shift) | byte(value<<shift)
	return nil
}
