package exec

import "fmt"

// Params are the ledger parameters: state, from genesis, changed by governance later. Bounds and defaults: ParamSpecs.
type Params struct {
	WindowSeconds     int64 `json:"windowSeconds"`     // operation and batch expiry window, seconds
	MaxBatchBytes     int64 `json:"maxBatchBytes"`     // encoded bytes of a batch
	MaxBatchRaw       int64 `json:"maxBatchRaw"`       // bytes of a batch's decompressed frame
	MaxBatchOps       int64 `json:"maxBatchOps"`       // operations of a batch
	MaxBlockBytes     int64 `json:"maxBlockBytes"`     // sum of encoded batches
	MaxBlockRaw       int64 `json:"maxBlockRaw"`       // sum of raw bytes: also bounds the signatures of a block
	MaxBlockOps       int64 `json:"maxBlockOps"`       // such that a block of cache misses verifies in under a second
	MaxCenterBlockOps int64 `json:"maxCenterBlockOps"` // operations a block and center
	MaxCenterBlockRaw int64 `json:"maxCenterBlockRaw"` // raw bytes a block and center
	OpsPerDIDHour     int64 `json:"opsPerDidHour"`     // successful authorisations per DID and hour of block time
	BeginBlockItems   int64 `json:"beginBlockItems"`   // bound of begin-of-block work
	MaxKeys           int64 `json:"maxKeys"`           // verification methods of a document
	MaxServices       int64 `json:"maxServices"`       // services of a document
	MaxControllers    int64 `json:"maxControllers"`    // controllers of a document
	MaxAlsoKnownAs    int64 `json:"maxAlsoKnownAs"`    // alsoKnownAs of a document
	MaxDocumentBytes  int64 `json:"maxDocumentBytes"`  // JCS bytes of a document
	MaxStatusSet      int64 `json:"maxStatusSet"`      // indices of one status.set
	MaxListSize       int64 `json:"maxListSize"`       // entries of a status list
}

// ParamSpec is one parameter: its JSON name and the values it may take, both ends included.
type ParamSpec struct {
	Name              string
	Default, Min, Max int64
	field             func(*Params) *int64
}

// paramSpecs is ordered as the struct is. Maxima of batches are those of the wire format (app/op).
//
// maxBlockOps and maxBlockRaw together keep a block of nothing but verdict cache misses under one second on two cores
// (reference: 31 µs an Ed25519 signature alone, 18 µs in batches, about 80 µs for P-256, 10 µs to decode an operation).
// The worst single-signature block is 16,384 × 90 µs / 2 = 0.74 s. An operation may carry 16 signatures, so operations
// alone bound nothing; but one more signature takes 340 bytes or more in General JSON, hence at most 18,500 of them in
// 6 MiB: 18,500 × 90 µs / 2 = 0.83 s.
var paramSpecs = [...]ParamSpec{
	{"windowSeconds", 600, 60, 24 * 3600, func(p *Params) *int64 { return &p.WindowSeconds }},
	{"maxBatchBytes", 512 << 10, 64 << 10, 512 << 10, func(p *Params) *int64 { return &p.MaxBatchBytes }},
	{"maxBatchRaw", 2 << 20, 128 << 10, 2 << 20, func(p *Params) *int64 { return &p.MaxBatchRaw }},
	{"maxBatchOps", 1024, 1, 1024, func(p *Params) *int64 { return &p.MaxBatchOps }},
	{"maxBlockBytes", 4 << 20, 512 << 10, 32 << 20, func(p *Params) *int64 { return &p.MaxBlockBytes }},
	{"maxBlockRaw", 6 << 20, 2 << 20, 64 << 20, func(p *Params) *int64 { return &p.MaxBlockRaw }},
	{"maxBlockOps", 16384, 1, 131072, func(p *Params) *int64 { return &p.MaxBlockOps }},
	{"maxCenterBlockOps", 8192, 1, 131072, func(p *Params) *int64 { return &p.MaxCenterBlockOps }},
	{"maxCenterBlockRaw", 3 << 20, 2 << 20, 64 << 20, func(p *Params) *int64 { return &p.MaxCenterBlockRaw }},
	{"opsPerDidHour", 3600, 1, 1 << 30, func(p *Params) *int64 { return &p.OpsPerDIDHour }},
	{"beginBlockItems", 4096, 16, 1 << 20, func(p *Params) *int64 { return &p.BeginBlockItems }},
	{"maxKeys", 20, 1, 100, func(p *Params) *int64 { return &p.MaxKeys }},
	{"maxServices", 10, 0, 100, func(p *Params) *int64 { return &p.MaxServices }},
	{"maxControllers", 10, 0, 100, func(p *Params) *int64 { return &p.MaxControllers }},
	{"maxAlsoKnownAs", 10, 0, 100, func(p *Params) *int64 { return &p.MaxAlsoKnownAs }},
	{"maxDocumentBytes", 16 << 10, 1 << 10, 48 << 10, func(p *Params) *int64 { return &p.MaxDocumentBytes }},
	{"maxStatusSet", 10_000, 1, 10_000, func(p *Params) *int64 { return &p.MaxStatusSet }},
	{"maxListSize", 1 << 20, 1 << 17, 1 << 27, func(p *Params) *int64 { return &p.MaxListSize }},
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
	} {
		if pair.a > pair.b {
			return fmt.Errorf("parameter %s: %d is above %s, %d", pair.small, pair.a, pair.large, pair.b)
		}
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
		v, ok := value[s.Name].(int64)
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
