// Package op is the wire format of operations and batches: strict decoding, limits, ids, signing input, and the one
// signature rule under consensus (`ledger.md` 1, 3, 5).
//
// Making an operation:
//
//	draft := op.Draft{League: "demo", Type: "did.create", By: id, Exp: now + 300, Nonce: nonce, Body: body}
//	envelope, err := draft.Sign(ctx, kid, signer)
//
// Reading one:
//
//	o, err := op.Decode(envelope) // everything about its bytes has been checked; no signature has
//
// Everything here is a pure function of its arguments. Random numbers come from the caller.
package op
