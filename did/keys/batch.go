package keys

import "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

// batchSize is how many Ed25519 signatures share one equation. Larger batches are a little cheaper as long as all is well;
// smaller ones bound what a single bad signature costs its neighbours.
const batchSize = 256

// minBatch is the smallest batch that is worth an equation.
const minBatch = 3

// Question asks whether a signature is the key's over a message.
type Question struct {
	Key       Public
	Message   []byte // what the algorithm takes: ECDSA hashes it
	Signature []byte // in JOSE form
}

// Verify answers as Public.Verify does.
func (q Question) Verify() bool { return q.Key.Verify(q.Message, q.Signature) }

// VerifyAll answers many questions at once: element i of the result equals questions[i].Verify(), by the same rule. Ed25519
// signatures share equations; where one does not hold, its members are looked at one by one, so that a bad signature costs
// its neighbours one equation more than without a batch, never more. It uses one core: to use several, call it on parts of
// a slice.
func VerifyAll(questions []Question) []bool {
	verdicts := make([]bool, len(questions))
	batch := make([]int, 0, min(len(questions), batchSize))
	for i, q := range questions {
		if q.Key.alg != EdDSA || q.Key.IsZero() || len(q.Signature) != ed25519.SignatureSize {
			verdicts[i] = q.Verify()
			continue
		}
		batch = append(batch, i)
		if len(batch) == batchSize {
			verifyBatch(questions, batch, verdicts)
			batch = batch[:0]
		}
	}
	verifyBatch(questions, batch, verdicts)
	return verdicts
}

// verifyBatch answers the questions at indices, all Ed25519, in one equation with random coefficients: that it holds by
// chance has a probability of 2^-128.
func verifyBatch(questions []Question, indices []int, verdicts []bool) {
	if len(indices) < minBatch {
		for _, i := range indices {
			verdicts[i] = questions[i].Verify()
		}
		return
	}
	// Preparing keys that are used once costs more than it saves, and in a batch of more than 94 it would be for nothing.
	verifier := ed25519.NewBatchVerifierWithCapacity(len(indices)).ForceNoPublicKeyExpansion()
	for _, i := range indices {
		q := questions[i]
		verifier.AddWithOptions(ed25519.PublicKey(q.Key.raw), q.Message, q.Signature, rfc8032)
	}
	_, valid := verifier.Verify(nil)
	for n, i := range indices {
		verdicts[i] = valid[n]
	}
}
