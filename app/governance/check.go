package governance

import (
	"bytes"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/jcs"
)

// Check reads everything this package keeps and reports what breaks its invariants (fsck): every record decodes, is in
// JCS form and stands under its key, and the validator set is what the centers add up to.
func Check(r exec.Reader, problem func(error)) {
	for key, data := range r.Range([]byte("g/"), exec.PrefixEnd("g/")) {
		if !jcs.IsCanonical(data) {
			problem(fmt.Errorf("%q: not in JCS form", key))
		}
	}
	if _, err := League(r); err != nil {
		problem(err)
	}
	if _, err := Params(r); err != nil {
		problem(err)
	}
	for key, data := range r.Range([]byte(centerPrefix), exec.PrefixEnd(centerPrefix)) {
		c, err := decodeCenter(data)
		if err != nil {
			problem(err)
			continue
		}
		if !bytes.Equal(key, CenterKey(op.HashCenter(c.DID))) {
			problem(fmt.Errorf("center %s: stands under another center's key", c.Name))
		}
	}
	centers, err := Centers(r)
	if err != nil {
		return // reported above
	}
	set, err := Validators(r)
	if err != nil {
		problem(err)
		return
	}
	if diff := ValidatorDiff(set, Wanted(centers)); len(diff) > 0 {
		problem(fmt.Errorf("validators: %d keys differ from the centers'", len(diff)))
	}
}
