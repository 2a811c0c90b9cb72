package state_test

import (
	"fmt"
	"log"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/app/state/proof"
)

func Example() {
	opts := state.PebbleOptions(8 << 20)
	opts.FS = vfs.NewMem()
	db, err := pebble.Open("state", opts)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	s, err := state.Open(db, state.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	b := s.Begin()
	good, bad := b.Overlay(), b.Overlay()
	good.Set([]byte("i/r/alice"), []byte("a record"))
	good.Merge()
	bad.Set([]byte("i/r/bob"), []byte("never merged"))
	root := b.Root()
	if err := s.Commit(b, 1, []state.KV{{Key: []byte("h/1"), Value: []byte("receipts")}}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Version(), s.Root() == root)

	view, err := s.Snapshot(1)
	if err != nil {
		log.Fatal(err)
	}
	defer view.Close()
	for key, value := range view.Range([]byte("i/"), []byte("i0")) {
		fmt.Printf("%s: %s\n", key, value)
	}
	fmt.Println(view.Get([]byte("i/r/bob")) == nil)
	// Output:
	// 1 true
	// i/r/alice: a record
	// true
}

func ExampleSnapshot_Prove() {
	opts := state.PebbleOptions(8 << 20)
	opts.FS = vfs.NewMem()
	db, err := pebble.Open("state", opts)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	s, err := state.Open(db, state.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	b := s.Begin()
	b.Set([]byte("i/r/alice"), []byte("a record"))
	if err := s.Commit(b, 1, nil); err != nil {
		log.Fatal(err)
	}

	view, err := s.Snapshot(0)
	if err != nil {
		log.Fatal(err)
	}
	defer view.Close()
	root := view.Root()
	for _, key := range []string{"i/r/alice", "i/r/bob"} {
		p, err := view.Prove([]byte(key))
		if err != nil {
			log.Fatal(err)
		}
		data, err := proof.Encode(p) // what a client gets
		if err != nil {
			log.Fatal(err)
		}
		if p.GetExist() != nil {
			fmt.Println(key, "present:", proof.VerifyInclusion(root[:], []byte(key), []byte("a record"), data) == nil)
		} else {
			fmt.Println(key, "absent:", proof.VerifyAbsence(root[:], []byte(key), data) == nil)
		}
	}
	// Output:
	// i/r/alice present: true
	// i/r/bob absent: true
}
