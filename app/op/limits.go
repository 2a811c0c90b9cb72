package op

// Limits of the formats themselves. Ledger parameters may be lower, never higher.
const (
	MaxPayloadBytes   = 64 << 10  // the JSON text of a payload
	MaxPayloadDepth   = 16        // objects and arrays; the payload itself is one level
	MaxEnvelopeBytes  = 128 << 10 // a whole JWS
	MaxProtectedBytes = 2 << 10   // the JSON text of one protected header
	MaxSignatures     = 16        // of one operation
	MaxTypeBytes      = 64        // an operation type

	MaxBatchBytes  = 512 << 10 // a whole transaction
	MaxBatchRaw    = 2 << 20   // its decompressed frame
	MaxBatchOps    = 1024      // operations in it
	MaxBatchWindow = 8 << 20   // the window its zstd frame may ask for

	maxInteger = 1<<53 - 1
)
