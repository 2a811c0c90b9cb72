package pool

import (
	"encoding/binary"
	"testing"

	"github.com/hanse-id/hanse/app/op"
)

func verdictKey(n int) op.VerdictKey {
	var k op.VerdictKey
	binary.LittleEndian.PutUint64(k[:], uint64(n)*0x9e3779b97f4a7c15)
	return k
}

func TestVerdictsRememberGoodAndBad(t *testing.T) {
	v := NewVerdicts(0)
	v.Put(verdictKey(1), true)
	v.Put(verdictKey(2), false)
	for n, want := range map[int][2]bool{1: {true, true}, 2: {false, true}, 3: {false, false}} {
		if ok, known := v.Get(verdictKey(n)); ok != want[0] || known != want[1] {
			t.Errorf("%d: ok %v known %v", n, ok, known)
		}
	}
}

func TestVerdictsAreBoundedAndKeepWhatIsAskedFor(t *testing.T) {
	v := NewVerdicts(4096)
	v.Put(verdictKey(0), true)
	for n := 1; n < 100_000; n++ {
		v.Put(verdictKey(n), true)
		if _, known := v.Get(verdictKey(0)); !known {
			t.Fatalf("forgot a verdict in use after %d others", n)
		}
	}
	if n := v.Len(); n > 2*4096 {
		t.Fatalf("%d verdicts", n)
	}
}

func TestFloodOfBadSignaturesDoesNotPushOutGoodOnes(t *testing.T) {
	v := NewVerdicts(4096)
	for n := range 1000 {
		v.Put(verdictKey(n), true)
	}
	for n := 1000; n < 200_000; n++ {
		v.Put(verdictKey(n), false)
	}
	for n := range 1000 {
		if ok, known := v.Get(verdictKey(n)); !ok || !known {
			t.Fatalf("good verdict %d is gone", n)
		}
	}
}
