package issuancetest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/api/issuance"
)

// testDrawProperty draws in any order from several lists, through stores that are killed and opened again at any time
// (a second one may be open all the while), and checks against a set that no index is given twice and none is forgotten.
func testDrawProperty(t *testing.T, b Backend) {
	rapid.Check(t, func(r *rapid.T) {
		place, ctx := b.Place(t), t.Context()
		stores := []issuance.Store{b.Open(t, place)}
		type spot struct{ list, index int64 }
		given := map[spot]bool{}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			if rapid.IntRange(0, 3).Draw(r, "crash") == 0 && len(stores) < 4 {
				stores = append(stores, b.Open(t, place)) // the earlier ones are never closed: they were killed, or live on
			}
			s := rapid.SampledFrom(stores).Draw(r, "store")
			list := rapid.Int64Range(0, 1).Draw(r, "list")
			indices := rapid.SliceOfN(rapid.Int64Range(0, 40), 0, 8).Draw(r, "indices")
			fresh, err := s.Draw(ctx, [32]byte{byte(list)}, indices)
			if err != nil {
				r.Fatal(err)
			}
			got := map[int64]bool{}
			for _, index := range fresh {
				if given[spot{list, index}] {
					r.Fatalf("index %d of list %d was given twice", index, list)
				}
				given[spot{list, index}], got[index] = true, true
			}
			for _, index := range indices {
				if !given[spot{list, index}] {
					r.Fatalf("index %d of list %d is free and was not given", index, list)
				}
			}
		}
		for list := range int64(2) {
			drawn, err := stores[0].Drawn(ctx, [32]byte{byte(list)}, 0, 41)
			if err != nil {
				r.Fatal(err)
			}
			for _, index := range drawn {
				if !given[spot{list, index}] {
					r.Fatalf("index %d of list %d is drawn and was not given", index, list)
				}
			}
		}
	})
}
