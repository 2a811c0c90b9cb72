package statuslist

import "errors"

// What can be wrong with a list. Errors of this package wrap exactly one of these; they are the problem types of Bitstring
// Status List section 3.5.
var (
	ErrVerification = errors.New("status list is not valid")   // STATUS_VERIFICATION_ERROR
	ErrLength       = errors.New("status list has wrong size") // STATUS_LIST_LENGTH_ERROR
	ErrRange        = errors.New("status index out of range")  // RANGE_ERROR
)
