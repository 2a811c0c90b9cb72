package trust_test

import (
	"fmt"
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
)

// What reads a chain is bounded for each block like chunks of status lists: the rest is refused without a receipt, and can be
// sent again.
func TestABlockReadsABoundedNumberOfChains(t *testing.T) {
	s := apptest.Run(t, apptest.Options{
		Params: func(p *exec.Params) { p.MaxBlockChunks = 16 },
	}, `
		create U keys=u by u
		accredit P as=center-1 subject=U action=accredit resource=prefix:Example depth=1
	`)
	for i, want := range []exec.Code{exec.OK, exec.CodeOverQuota} {
		var envelopes [][]byte
		for n := range 2 {
			body := map[string]any{"subject": "did:example:s", "action": "issue", "resource": fmt.Sprintf("type:Example%d-%d", i, n), "parent": s.Grants["P"].String()}
			envelopes = append(envelopes, s.Sign(s.Draft("trust.accredit", s.DIDs["U"], body), apptest.Signed(s.DIDs["U"], "u")...))
		}
		r := s.Block(s.Batch(0, envelopes...))
		if got := r.Txs[0].Ops[i]; got.Code != want {
			t.Errorf("operation %d: %s, want %s", i, got.Code, want)
		}
	}
}
