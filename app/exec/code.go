package exec

import (
	"cmp"
	"errors"
	"slices"
)

// Code is the outcome of an operation: 0 is success. The table is append-only: numbers and names are never reused,
// because codes are under consensus (`ledger.md` 6, 8) and clients branch on names.
type Code uint32

// The table. Operations: 1–39 and 100–, batches: 40–59, edge only (never a receipt): 60–99.
const (
	OK                  Code = 0
	CodeMalformed       Code = 1  // not a well-formed operation
	CodeWrongLeague     Code = 2  // signed for another league
	CodeUnknownType     Code = 3  // no such operation type
	CodeExpired         Code = 4  // exp ≤ block time; consumes nothing
	CodeTooEarly        Code = 5  // exp > block time + window; waits
	CodeDuplicate       Code = 6  // id consumed already: the first receipt stands
	CodeOverQuota       Code = 7  // DID's quota of this hour
	CodeNotAuthorised   Code = 8  // signatures are good but do not control the DID
	CodeBadSignature    Code = 9  // a signature does not verify
	CodeUnknownKey      Code = 10 // kid names no key
	CodeUnknownDID      Code = 11 // no such DID on the ledger
	CodeDeactivated     Code = 12 // the DID was deactivated
	CodeExists          Code = 13 // what would be created is there already
	CodeVersionMismatch Code = 14 // prev is not the present version
	CodeInvalidDocument Code = 15 // the DID document breaks DID Core
	CodeLimitExceeded   Code = 16 // a ledger parameter
	CodePreRotation     Code = 17 // next keys must sign, or their hashes do not match
	CodeUnknownList     Code = 18 // no such status list
	CodeIndexRange      Code = 19 // index outside the list
	CodeNotLeased       Code = 20 // index was never leased
	CodeIrreversible    Code = 21 // revocation never goes back
	CodeListFull        Code = 22 // no indices left to lease
	CodeNotCenter       Code = 23 // the DID is no active center of the league
	CodeUnknownCenter   Code = 24 // no such center
	CodeNotPermitted    Code = 25 // the league's rule table gives this right to nobody of this role
	CodeUnknownProposal Code = 26 // no such proposal
	CodeClosed          Code = 27 // the proposal is closed: decided, withdrawn, or past its voting period
	CodeDuplicateVote   Code = 28 // the center has cast this vote already
	CodeValidatorBound  Code = 29 // the validator set would be emptied, lose more than a third at once, or leave its bounds
	CodeCenterFloor     Code = 30 // the league would have fewer centers than its floor, or none whose batches it takes
	CodeKeyReused       Code = 31 // the key is, or was, in use
	CodeWrongState      Code = 32 // the thing is not in a state that allows this (revoked, suspended, superseded…)
	CodeUnknownGrant    Code = 33 // no such accreditation
	CodeScopeExceeded   Code = 34 // wider than what the authority itself holds
	CodePathBroken      Code = 35 // the authority's own accreditation is not in force
	CodeCycle           Code = 36 // the subject stands above itself
	CodeNoRecovery      Code = 37 // the DID declares no such recovery
	CodeRecoveryPending Code = 38 // a recovery is pending: cancel it or wait
	CodeUnknownSchema   Code = 39 // no such schema

	CodeBatchMalformed Code = 40 // not a well-formed batch
	CodeUnknownSponsor Code = 41 // no such center
	CodeSponsorHalted  Code = 42 // the center may not sponsor at present
	CodeSponsorSig     Code = 43 // no sponsor key of the center made the signature
	CodeBatchExpired   Code = 44 // notAfter ≤ block time, or beyond the window
	CodeBatchRepeated  Code = 45 // the same batch was seen before
	CodeBatchLimit     Code = 46 // block, center or batch limits

	CodePoolFull Code = 60 // the operation pool has no room
	CodeNotReady Code = 61 // node stopped or catching up
	CodeInternal Code = 99 // a fault of ours; details are in the log only
)

// Info describes a code: stable name, HTTP status at the edge, whether a client may retry the very same bytes later.
type Info struct {
	Name      string // kebab-case; the problem type is "https://hanse.id/problems/" + Name
	Status    int    // HTTP status
	Retryable bool
}

type row struct {
	code Code
	info Info
}

// table is ordered by code.
var table = [...]row{
	{OK, Info{"ok", 200, false}},
	{CodeMalformed, Info{"malformed", 400, false}},
	{CodeWrongLeague, Info{"wrong-league", 400, false}},
	{CodeUnknownType, Info{"unknown-type", 400, false}},
	{CodeExpired, Info{"expired", 410, false}},
	{CodeTooEarly, Info{"too-early", 425, true}},
	{CodeDuplicate, Info{"duplicate", 409, false}},
	{CodeOverQuota, Info{"over-quota", 429, true}},
	{CodeNotAuthorised, Info{"not-authorised", 403, false}},
	{CodeBadSignature, Info{"bad-signature", 403, false}},
	{CodeUnknownKey, Info{"unknown-key", 403, false}},
	{CodeUnknownDID, Info{"unknown-did", 404, false}},
	{CodeDeactivated, Info{"deactivated", 410, false}},
	{CodeExists, Info{"exists", 409, false}},
	{CodeVersionMismatch, Info{"version-mismatch", 409, false}},
	{CodeInvalidDocument, Info{"invalid-document", 400, false}},
	{CodeLimitExceeded, Info{"limit-exceeded", 400, false}},
	{CodePreRotation, Info{"pre-rotation", 403, false}},
	{CodeUnknownList, Info{"unknown-list", 404, false}},
	{CodeIndexRange, Info{"index-range", 400, false}},
	{CodeNotLeased, Info{"not-leased", 409, false}},
	{CodeIrreversible, Info{"irreversible", 409, false}},
	{CodeListFull, Info{"list-full", 409, false}},
	{CodeNotCenter, Info{"not-a-center", 403, false}},
	{CodeUnknownCenter, Info{"unknown-center", 404, false}},
	{CodeNotPermitted, Info{"not-permitted", 403, false}},
	{CodeUnknownProposal, Info{"unknown-proposal", 404, false}},
	{CodeClosed, Info{"proposal-closed", 409, false}},
	{CodeDuplicateVote, Info{"duplicate-vote", 409, false}},
	{CodeValidatorBound, Info{"validator-bound", 409, false}},
	{CodeCenterFloor, Info{"center-floor", 409, false}},
	{CodeKeyReused, Info{"key-reused", 409, false}},
	{CodeWrongState, Info{"wrong-state", 409, false}},
	{CodeUnknownGrant, Info{"unknown-accreditation", 404, false}},
	{CodeScopeExceeded, Info{"scope-exceeded", 403, false}},
	{CodePathBroken, Info{"path-broken", 409, false}},
	{CodeCycle, Info{"cycle", 409, false}},
	{CodeNoRecovery, Info{"no-recovery", 403, false}},
	{CodeRecoveryPending, Info{"recovery-pending", 409, false}},
	{CodeUnknownSchema, Info{"unknown-schema", 404, false}},

	{CodeBatchMalformed, Info{"batch-malformed", 400, false}},
	{CodeUnknownSponsor, Info{"unknown-sponsor", 403, false}},
	{CodeSponsorHalted, Info{"sponsor-halted", 403, true}},
	{CodeSponsorSig, Info{"sponsor-signature", 403, false}},
	{CodeBatchExpired, Info{"batch-expired", 410, false}},
	{CodeBatchRepeated, Info{"batch-repeated", 409, false}},
	{CodeBatchLimit, Info{"batch-limit", 413, false}},

	{CodePoolFull, Info{"pool-full", 503, true}},
	{CodeNotReady, Info{"not-ready", 503, true}},
	{CodeInternal, Info{"internal", 500, false}},
}

// Codes lists every code of the table in ascending order.
func Codes() []Code {
	codes := make([]Code, len(table))
	for i, r := range table {
		codes[i] = r.code
	}
	return codes
}

// CodeNamed returns the code with this name: the inverse of Info for clients that read problem types.
func CodeNamed(name string) (Code, bool) {
	for _, r := range table {
		if r.info.Name == name {
			return r.code, true
		}
	}
	return CodeInternal, false
}

// Info returns the row of c; an unknown code is "internal", 500.
func (c Code) Info() Info {
	i, found := slices.BinarySearchFunc(table[:], c, func(r row, c Code) int { return cmp.Compare(r.code, c) })
	if !found {
		return table[len(table)-1].info
	}
	return table[i].info
}

// String returns the code's name.
func (c Code) String() string { return c.Info().Name }

// CodeOf returns the code that err carries: OK for nil, the Code of the first *Error in its chain,
// CodeInternal for anything else.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
