// Package node runs a center's node in this process: CometBFT with our own configuration, the state database, the
// operation pool and the ledger that the API reads.
//
//	identity, err := node.Init(home)                   // keys of the node, for the center's descriptor
//	data, err := node.AssembleGenesis(genesis, time.Time{})
//	err = node.WriteGenesis(home, data)
//	n, err := node.Start(ctx, node.Config{Home: home, P2P: "0.0.0.0:26656", Peers: peers, Sponsor: signer})
//	ledger := n.Ledger()
//	err = n.Stop()
//
// A home directory belongs to one running node; it is locked. Its layout:
//
//	config/genesis.json  config/node_key.json
//	config/priv_validator_key.json, data/priv_validator_state.json      the first validator key, and what it signed last
//	config/priv_validator_key_X.json, data/priv_validator_state_X.json  those of later rotations, X: the address
//	data/state/          the ledger's state (pebble)
//	data/pool.journal    accepted operations
//	data/*.db, cs.wal/   CometBFT's own
//	data/lock            the lock
package node
