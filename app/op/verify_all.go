package op

import (
	"bytes"
	"crypto/sha256"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/hanse-id/hanse/did/keys"
)

// batchSize is how many Ed25519 signatures share one equation. Larger batches are a little cheaper as long as all is
// well; smaller ones bound what a single bad signature costs its neighbours.
const batchSize = 256

// minBatch is the smallest batch that is worth an equation.
const minBatch = 3

// VerifyAll verifies many at once (Ed25519 in batches); element i of the result equals checks[i].Verify().
// A batch with a bad signature costs one batch equation more than verifying its members one by one, never more.
// VerifyAll uses one core: to use several, call it on parts of a slice.
func VerifyAll(checks []Check) []bool {
	verdicts := make([]bool, len(checks))
	batch := make([]int, 0, min(len(checks), batchSize))
	for i, c := range checks {
		if c.Alg != keys.EdDSA || c.Key.Algorithm() != keys.EdDSA || c.Key.IsZero() || len(c.Value) != signatureSize {
			verdicts[i] = c.Verify()
			continue
		}
		batch = append(batch, i)
		if len(batch) == batchSize {
			verifyBatch(checks, batch, verdicts)
			batch = batch[:0]
		}
	}
	verifyBatch(checks, batch, verdicts)
	return verdicts
}

// verifyBatch answers the checks at indices, all Ed25519.
func verifyBatch(checks []Check, indices []int, verdicts []bool) {
	if len(indices) < minBatch {
		for _, i := range indices {
			verdicts[i] = checks[i].Verify()
		}
		return
	}
	questions := make([]question, len(indices))
	transcript := sha256.New()
	for n, i := range indices {
		c := checks[i]
		questions[n] = question{key: c.Key.Bytes(), message: c.Input, signature: c.Value}
		key := c.CacheKey()
		transcript.Write(key[:])
	}
	// The equation's coefficients come from a hash of all it covers, not from the system: the result is a function of
	// the arguments, and who wants to fool it must fix everything before learning the coefficients (2^128 attempts).
	for n, ok := range verifyEquation(questions, transcript.Sum(nil)) {
		verdicts[indices[n]] = ok
	}
}

type question struct{ key, message, signature []byte }

// verifyEquation checks all questions in one equation, and one by one if that fails. seed has 32 bytes.
func verifyEquation(questions []question, seed []byte) []bool {
	verifier := ed25519.NewBatchVerifierWithCapacity(len(questions))
	for _, q := range questions {
		verifier.AddWithOptions(q.key, q.message, q.signature, zip215)
	}
	_, valid := verifier.Verify(bytes.NewReader(seed))
	return valid
}
