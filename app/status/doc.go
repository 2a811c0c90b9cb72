// Package status keeps credential status bits on the ledger (`ledger.md` 9): lists, leases of indices, values, and every
// change with its block time. It knows no encoding of published lists.
//
// A list is created under control of its owner DID, co-signed by its issuer where that is another DID whose
// signatures the ledger can check (a did:web is not). After that its operator keys alone lease and set. An index has a value
// only after it was leased, and a lease is never given twice.
//
// # What never goes back
//
// In a list with the purpose "revocation" an entry may leave the value 0 (valid) and, if the list has the purpose
// "suspension" too, the value 2 (suspended). Every other value is final: 1 is revoked, and what an application means by
// 3 and above must not be a way out of it. These are the values of a Token Status List (0 valid, 1 invalid, 2 suspended),
// so one list serves both encodings. Lists with both purposes need at least two bits an entry: with one bit, suspension
// would be revocation. In lists without the purpose "revocation" every change is allowed.
//
// State:
//
//	s/l/<id, 32>                         List
//	s/e/<id><start, 8 bytes>             Lease
//	s/c/<id><chunk, 4 bytes>             0x01, then 1,024 entries in W3C order; absent: all zero
//	s/h/<id><chunk, 4><height, 8 bytes>  what one block changed in a chunk
package status
