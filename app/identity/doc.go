// Package identity is the DID registry: it creates, updates, deactivates and recovers did:hanse records, keeps every version
// for ever, and decides who controls a DID (`ledger.md` 3, 4, 7; DESIGN.md: who can do what with which keys).
//
// Each operation type has a struct whose value is a validated body (ValidateCreate, ValidateUpdate, ValidateDeactivate,
// ValidateRecover, ValidateCancel: bytes only), with the two steps that follow: Authorize (signatures against state) and
// Apply (writes the record). A recovery takes effect by the calendar (FireRecovery), and the league starts one by proposal
// (ReadKind). Other modules ask Authorize whether an operation's signatures control a DID, and read records with Get and
// Select; they never touch the storage of this package.
//
//	create, err := identity.ValidateCreate(operation)
//	if err == nil { err = create.Authorize(env) }
//	if err == nil { err = create.Apply(env) }
//	record, err := identity.Select(store, id, did.At{Time: then})
//
// State:
//
//	i/r/<did>                    present record
//	i/v/<did> 0x00 <n, 8 bytes>  superseded version n, written once, when superseded
//	i/q/<did>                    operations of the present hour of block time
//	i/p/<did>                    recovery under way
//	i/d/<did> 0x00 <n, 8 bytes>  recovery that made version n: which versions it disputes
//	i/s/<did> 0x00 <n, 8 bytes>  recoveries started from version n on this day of block time
package identity
