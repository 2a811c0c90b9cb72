package statuslist

import "testing"

// Appendix C of draft-ietf-oauth-status-list-21 (C.1 and C.2): lists of 2^20 entries, with every entry that is not 0.
var appendix = []struct {
	size int
	lst  string
	set  map[int64]uint64
}{
	{1, "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogE" +
		"AAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
		"AAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAA" +
		"A7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAA" +
		"ACAZC8L2AEb", map[int64]uint64{
		0: 1, 1993: 1, 25460: 1, 159495: 1, 495669: 1, 554353: 1, 645645: 1, 723232: 1, 854545: 1, 934534: 1, 1000345: 1,
	}},
	{2, "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGV" +
		"IAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5WwIAAAAAA" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAA" +
		"AAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAA" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9S" +
		"wIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw", map[int64]uint64{
		0: 1, 1993: 2, 25460: 1, 159495: 3, 495669: 1, 554353: 1, 645645: 2, 723232: 1, 854545: 1, 934534: 2, 1000345: 3,
	}},
}

// Reliability table 64: a list read in the wrong order of bits would not have these entries set.
func TestTheDraftsOwnListsDecodeToTheirValues(t *testing.T) {
	for _, v := range appendix {
		list := decompressed(t, v.lst, v.size)
		if n := Entries(list, v.size); n != 1<<20 {
			t.Fatalf("%d entries", n)
		}
		set := 0
		for i := range Entries(list, v.size) {
			got, err := Value(list, i, v.size)
			if err != nil || got != v.set[i] {
				t.Fatalf("%d bits: entry %d is %d (%v), want %d", v.size, i, got, err, v.set[i])
			}
			if got != 0 {
				set++
			}
		}
		if set != len(v.set) {
			t.Errorf("%d bits: %d entries are set, want %d", v.size, set, len(v.set))
		}
	}
}
