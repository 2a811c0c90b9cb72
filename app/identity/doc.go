// Package identity is the DID registry: it creates, updates and deactivates did:hanse records, keeps every version for
// ever, and decides who controls a DID (`ledger.md` 3, 4, 7).
//
// Each operation type has a struct whose value is a validated body (ValidateCreate, ValidateUpdate, ValidateDeactivate:
// bytes only), with the two steps that follow: Authorize (signatures against state) and Apply (writes the record).
// Other modules ask Authorize whether an operation's signatures control a DID, and read records with Get and Select;
// they never touch the storage of this package.
//
// State:
//
//	i/r/<did>                    present record
//	i/v/<did> 0x00 <n, 8 bytes>  superseded version n, written once, when superseded
//	i/q/<did>                    operations of the present hour of block time
package identity
