package app

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// ReceiptState is what is known of an operation.
type ReceiptState string

// The states of `ledger.md` 12. The app knows committed, rejected and unknown; a pool knows accepted.
const (
	Accepted  ReceiptState = "accepted"
	Committed ReceiptState = "committed"
	Rejected  ReceiptState = "rejected" // final, with a code that is not OK
	Unknown   ReceiptState = "unknown"
)

// Receipt is what became of an operation.
type Receipt struct {
	ID     op.ID        `json:"id"`
	State  ReceiptState `json:"state"`
	Height int64        `json:"height,omitempty"`
	Index  int64        `json:"index"`          // position among the block's consumed operations
	Time   int64        `json:"time,omitempty"` // block time, unix seconds
	Code   exec.Code    `json:"code"`
	Events []exec.Event `json:"events,omitempty"`
	Oldest int64        `json:"oldest,omitempty"` // unknown: the lowest height the index covers
}
