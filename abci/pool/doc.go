// Package pool is a center's operation pool: the application side of CometBFT's mempool.
//
// An operation enters through Submit. It is decoded, its ES256 signatures are brought to low S, its signatures
// are verified and its authority is checked against committed state. Operations that pass are written to a
// journal, with one fsync for all that arrived within about 20 ms, and only then is anyone told "accepted".
// They leave as batches that the center's sponsor key signs; Reap hands these to CometBFT's gossip, Candidates
// to the proposer. Committed ends what a block settled; what is not settled is offered again until it expires.
//
// Batches of other centers enter through Insert, in the receive routine of the peer: only the sponsor's
// signature is checked there. Their operations are verified behind it, many at once, into the verdict cache
// that executing the block will ask. A cached verdict never changes an outcome, only its cost.
//
//	p, err := pool.New(pool.Config{Machine: application, Rules: rules, Sponsor: signer, Journal: path})
//	submissions, err := p.Submit(ctx, envelopes)
//
// Nothing here is under consensus. See ../DESIGN.md for the life cycle and the limits.
package pool
