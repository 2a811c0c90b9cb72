package exec

import "fmt"

// Params are the ledger parameters: state, from genesis, changed by proposals of the centers. Bounds and defaults: ParamSpecs.
type Params struct {
	WindowSeconds         int64 `json:"windowSeconds"`         // operation and batch expiry window, seconds
	MaxBatchBytes         int64 `json:"maxBatchBytes"`         // encoded bytes of a batch
	MaxBatchRaw           int64 `json:"maxBatchRaw"`           // bytes of a batch's decompressed frame
	MaxBatchOps           int64 `json:"maxBatchOps"`           // operations of a batch
	MaxBlockBytes         int64 `json:"maxBlockBytes"`         // sum of encoded batches
	MaxBlockRaw           int64 `json:"maxBlockRaw"`           // sum of raw bytes: also bounds the signatures of a block
	MaxBlockOps           int64 `json:"maxBlockOps"`           // such that a block of cache misses takes about a second
	MaxCenterBlockOps     int64 `json:"maxCenterBlockOps"`     // operations a block and center
	MaxCenterBlockRaw     int64 `json:"maxCenterBlockRaw"`     // raw bytes a block and center
	MaxBlockBatches       int64 `json:"maxBlockBatches"`       // batches a block: each costs up to eight sponsor signatures
	MaxCenterBlockBatches int64 `json:"maxCenterBlockBatches"` // batches a block and center
	MaxBlockChunks        int64 `json:"maxBlockChunks"`        // chunks of status lists that a block touches; half of it a center
	OpsPerDIDHour         int64 `json:"opsPerDidHour"`         // successful authorisations per DID and hour of block time
	BeginBlockItems       int64 `json:"beginBlockItems"`       // bound of begin-of-block work
	MaxKeys               int64 `json:"maxKeys"`               // verification methods of a document
	MaxServices           int64 `json:"maxServices"`           // services of a document
	MaxControllers        int64 `json:"maxControllers"`        // controllers of a document
	MaxAlsoKnownAs        int64 `json:"maxAlsoKnownAs"`        // alsoKnownAs of a document
	MaxDocumentBytes      int64 `json:"maxDocumentBytes"`      // JCS bytes of a document
	// MaxStatusSet bounds the indices of one status.set. The default is the largest number that always fits a payload
	// (op.MaxPayloadBytes) in a list of the largest default size with values of one digit. `ledger.md` 9 allows 10,000,
	// which no payload can hold: even of the shortest indices 7,400 are too many.
	MaxStatusSet int64 `json:"maxStatusSet"`
	MaxListSize  int64 `json:"maxListSize"` // entries of a status list

	VoteNumerator         int64 `json:"voteNumerator"`         // a proposal passes with more than numerator/denominator …
	VoteDenominator       int64 `json:"voteDenominator"`       // … of the active centers; the fraction is never below one half
	VotingSeconds         int64 `json:"votingSeconds"`         // how long a proposal is open
	MaxOpenProposals      int64 `json:"maxOpenProposals"`      // undecided or waiting, at a time; a center may have one eighth of them, rounded up, fewer in large leagues
	MinCenters            int64 `json:"minCenters"`            // members below which no removal goes
	MaxCenters            int64 `json:"maxCenters"`            // members, suspended ones included
	MaxTrustDepth         int64 `json:"maxTrustDepth"`         // accreditations on a path
	OpenRecognition       int64 `json:"openRecognition"`       // 1: centers recognise each other unless they say otherwise; 0: only where they say so
	MinRecoverySeconds    int64 `json:"minRecoverySeconds"`    // shortest public delay of a recovery by a DID's own recovery set
	LeagueRecoverySeconds int64 `json:"leagueRecoverySeconds"` // shortest public delay of a recovery by the league
}

// ParamSpec is one parameter: its JSON name and the values it may take, both ends included.
type ParamSpec struct {
	Name              string
	Default, Min, Max int64
	field             func(*Params) *int64
}

// paramSpecs is ordered as the struct is. Maxima of batches are those of the wire format (app/op).
//
// maxBlockOps and maxBlockRaw together keep a block of nothing but verdict cache misses near one second on two cores. They
// are two because an operation may carry 16 signatures: small ones of one signature take 500 bytes, one signature more
// takes 270. Measured by BenchmarkWorstBlock (app), as processor time, while the machine did three times as much other work (an idle
// one is faster: compare the control). "hinted" is what committed state has the keys of, verified on both cores before
// Execute; otherwise the block itself creates the DID, and everything is verified serially:
//
//	                                   signatures  hinted   not     raw control
//	P-256, 1 signature an operation         6,594  0.72 s   0.92 s  0.35 s
//	P-256, 16 signatures                   11,184  1.01 s   1.39 s  0.50 s
//	Ed25519, 1 signature                    6,594  0.39 s   0.44 s  0.18 s
//	Ed25519, 16 signatures                 11,184  0.40 s   0.69 s  0.35 s
//	P-256, documents of 20 keys, 1 sig.     6,594  1.61 s           0.35 s
//
// What a document of 20 keys costs more is reading its record, for the hints and in Execute. One center alone can fill a
// half of the operations and two thirds of the bytes. maxBlockBatches bounds sponsor signatures: eight keys may have to be tried
// for each batch. maxBlockChunks bounds status.set, of which twelve bytes can mean two records: 16,384 records take 0.13 s over
// a small state (BenchmarkWorstStatus) and, at the 35 µs an update of `ledger.md` 10, 0.6 s over 10^6 records.
var paramSpecs = [...]ParamSpec{
	{"windowSeconds", 600, 60, 24 * 3600, func(p *Params) *int64 { return &p.WindowSeconds }},
	{"maxBatchBytes", 512 << 10, 64 << 10, 512 << 10, func(p *Params) *int64 { return &p.MaxBatchBytes }},
	{"maxBatchRaw", 2 << 20, 128 << 10, 2 << 20, func(p *Params) *int64 { return &p.MaxBatchRaw }},
	{"maxBatchOps", 1024, 1, 1024, func(p *Params) *int64 { return &p.MaxBatchOps }},
	{"maxBlockBytes", 4 << 20, 512 << 10, 32 << 20, func(p *Params) *int64 { return &p.MaxBlockBytes }},
	{"maxBlockRaw", 3 << 20, 2 << 20, 64 << 20, func(p *Params) *int64 { return &p.MaxBlockRaw }},
	{"maxBlockOps", 8192, 1, 131072, func(p *Params) *int64 { return &p.MaxBlockOps }},
	{"maxCenterBlockOps", 4096, 1, 131072, func(p *Params) *int64 { return &p.MaxCenterBlockOps }},
	{"maxCenterBlockRaw", 2 << 20, 2 << 20, 64 << 20, func(p *Params) *int64 { return &p.MaxCenterBlockRaw }},
	{"maxBlockBatches", 1024, 1, 65536, func(p *Params) *int64 { return &p.MaxBlockBatches }},
	{"maxCenterBlockBatches", 256, 1, 65536, func(p *Params) *int64 { return &p.MaxCenterBlockBatches }},
	{"maxBlockChunks", 8192, 2, 1 << 20, func(p *Params) *int64 { return &p.MaxBlockChunks }},
	{"opsPerDidHour", 3600, 1, 1 << 30, func(p *Params) *int64 { return &p.OpsPerDIDHour }},
	{"beginBlockItems", 4096, 16, 1 << 20, func(p *Params) *int64 { return &p.BeginBlockItems }},
	{"maxKeys", 20, 1, 100, func(p *Params) *int64 { return &p.MaxKeys }},
	{"maxServices", 10, 0, 100, func(p *Params) *int64 { return &p.MaxServices }},
	{"maxControllers", 10, 0, 100, func(p *Params) *int64 { return &p.MaxControllers }},
	{"maxAlsoKnownAs", 10, 0, 100, func(p *Params) *int64 { return &p.MaxAlsoKnownAs }},
	{"maxDocumentBytes", 16 << 10, 1 << 10, 48 << 10, func(p *Params) *int64 { return &p.MaxDocumentBytes }},
	{"maxStatusSet", 5_400, 1, 10_000, func(p *Params) *int64 { return &p.MaxStatusSet }},
	{"maxListSize", 1 << 20, 1 << 17, 1 << 27, func(p *Params) *int64 { return &p.MaxListSize }},
	{"voteNumerator", 2, 1, 99, func(p *Params) *int64 { return &p.VoteNumerator }},
	{"voteDenominator", 3, 2, 100, func(p *Params) *int64 { return &p.VoteDenominator }},
	{"votingSeconds", 7 * 86400, 60, 90 * 86400, func(p *Params) *int64 { return &p.VotingSeconds }},
	{"maxOpenProposals", 64, 8, 256, func(p *Params) *int64 { return &p.MaxOpenProposals }},
	{"minCenters", 1, 1, 128, func(p *Params) *int64 { return &p.MinCenters }},
	{"maxCenters", 128, 1, 128, func(p *Params) *int64 { return &p.MaxCenters }},
	{"maxTrustDepth", 8, 1, 16, func(p *Params) *int64 { return &p.MaxTrustDepth }},
	{"openRecognition", 1, 0, 1, func(p *Params) *int64 { return &p.OpenRecognition }},
	{"minRecoverySeconds", 86400, 1, 90 * 86400, func(p *Params) *int64 { return &p.MinRecoverySeconds }},
	{"leagueRecoverySeconds", 7 * 86400, 1, 365 * 86400, func(p *Params) *int64 { return &p.LeagueRecoverySeconds }},
}

// ParamSpecs lists the parameters in the order of Params: the source of defaults, bounds and documentation.
func ParamSpecs() []ParamSpec { return append([]ParamSpec(nil), paramSpecs[:]...) }

// DefaultParams returns the parameters that genesis has where nothing else is asked for.
func DefaultParams() Params {
	var p Params
	for _, s := range paramSpecs {
		*s.field(&p) = s.Default
	}
	return p
}

// Validate checks every parameter against its bounds, and that the larger limits leave room for one whole batch.
func (p Params) Validate() error {
	for _, s := range paramSpecs {
		if v := *s.field(&p); v < s.Min || v > s.Max {
			return fmt.Errorf("parameter %s: %d is not within %d and %d", s.Name, v, s.Min, s.Max)
		}
	}
	for _, pair := range [...]struct {
		small, large string
		a, b         int64
	}{
		{"maxBatchBytes", "maxBlockBytes", p.MaxBatchBytes, p.MaxBlockBytes},
		{"maxBatchRaw", "maxCenterBlockRaw", p.MaxBatchRaw, p.MaxCenterBlockRaw},
		{"maxCenterBlockRaw", "maxBlockRaw", p.MaxCenterBlockRaw, p.MaxBlockRaw},
		{"maxBatchOps", "maxCenterBlockOps", p.MaxBatchOps, p.MaxCenterBlockOps},
		{"maxCenterBlockOps", "maxBlockOps", p.MaxCenterBlockOps, p.MaxBlockOps},
		{"maxCenterBlockBatches", "maxBlockBatches", p.MaxCenterBlockBatches, p.MaxBlockBatches},
		{"minCenters", "maxCenters", p.MinCenters, p.MaxCenters},
	} {
		if pair.a > pair.b {
			return fmt.Errorf("parameter %s: %d is above %s, %d", pair.small, pair.a, pair.large, pair.b)
		}
	}
	if !Majority(p.VoteNumerator, p.VoteDenominator) {
		return fmt.Errorf("parameters voteNumerator and voteDenominator: %d/%d is not a fraction from one half to below one",
			p.VoteNumerator, p.VoteDenominator)
	}
	return nil
}

// Value returns p as JSON values with the names of the struct's tags: what state stores in JCS form.
func (p Params) Value() map[string]any {
	m := make(map[string]any, len(paramSpecs))
	for _, s := range paramSpecs {
		m[s.Name] = *s.field(&p)
	}
	return m
}

// ParseParams reads what Value returns, strictly: every member, no other, all int64, and Validate.
func ParseParams(value map[string]any) (Params, error) {
	var p Params
	for _, s := range paramSpecs {
		raw, given := value[s.Name]
		if !given {
			return Params{}, fmt.Errorf("parameter %s is missing", s.Name)
		}
		v, ok := raw.(int64)
		if !ok {
			return Params{}, fmt.Errorf("parameter %s: not an integer", s.Name)
		}
		*s.field(&p) = v
	}
	if len(value) != len(paramSpecs) {
		return Params{}, fmt.Errorf("parameters: %d members, want %d", len(value), len(paramSpecs))
	}
	return p, p.Validate()
}

// Majority reports whether numerator/denominator is a fraction from one half to below one: "more than" it is a majority.
func Majority(numerator, denominator int64) bool {
	return 2*numerator >= denominator && numerator < denominator
}
