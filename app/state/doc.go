// Package state is the authenticated store: flat values beside a binary sparse Merkle tree over hashed keys.
//
//	db, err := pebble.Open(dir, state.PebbleOptions(0))
//	s, err := state.Open(db, state.Options{})
//
//	b := s.Begin()                     // the write set of a block
//	o := b.Overlay()                   // of one operation
//	o.Set(key, value)
//	o.Merge()                          // or drop it
//	root := b.Root()                   // the app hash
//	err = s.Commit(b, height, index)   // one synced write: after a crash all of it is there, or nothing
//
//	v, err := s.Snapshot(0)            // reads that never wait for blocks
//	defer v.Close()
//	value, proof := v.Get(key), v.Prove(key)
//
// The tree is the one that ICS 23 predefines as SmtSpec: over SHA-256(key), a leaf is
// SHA-256(0x00 ‖ SHA-256(key) ‖ SHA-256(value)), an inner node SHA-256(0x01 ‖ left ‖ right), an empty subtree 32 zero
// bytes, and a subtree of one leaf is that leaf. Roots, proofs and these rules are consensus; how nodes are kept is
// not, and DESIGN.md describes it. Package state/proof checks proofs without a store.
//
// Reads under consensus return no errors: a storage failure panics with *exec.StorageError and stops the node.
package state
