// Package governance holds the league: its centers with their validator and sponsor keys, and the ledger parameters.
// Today all of it comes from genesis; proposals and votes come with the issue on trust and will write the same records.
//
// State:
//
//	g/league               {"league": id}
//	g/params               exec.Params
//	g/c/<center hash, 32>  Center
//	g/v                    the validator set that the centers want, in key order
package governance
