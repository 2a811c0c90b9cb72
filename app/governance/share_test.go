package governance

import "testing"

// However large the league, less than a third of its centers cannot take every place for proposals.
func TestAMinorityCannotKeepOthersFromProposing(t *testing.T) {
	for limit := int64(8); limit <= 256; limit++ {
		for active := int64(1); active <= 128; active++ {
			one, minority := share(limit, active), (active-1)/3
			if one < 1 || one > (limit+7)/8 {
				t.Fatalf("limit %d, %d centers: a share of %d", limit, active, one)
			}
			if limit >= active/3+1 && minority*one >= limit {
				t.Fatalf("limit %d: %d of %d centers take %d each, all", limit, minority, active, one)
			}
		}
	}
}
