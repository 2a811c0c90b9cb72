// Package governance holds the league: its centers with their validator and sponsor keys, the ledger parameters, the rule
// table, and the proposals by which the centers change all of them together.
//
//	p, err := governance.GetProposal(reader, 7)         // state, tally, content, what it would replace
//	votes, err := governance.Votes(reader, 7)           // who said what, and why
//	c, err := governance.At(reader, center, time)       // was it an active center then?
//	rules, err := governance.RulesAt(reader, time)      // and what did the rules permit it?
//
// A proposal is an operation (propose.go), so is a vote (ballot.go); a kind of proposal is an Act (act.go), also those of other
// modules. Package app serves the calendar: Fire, Fail and Settle. DESIGN.md has the invariants and the table of kinds.
//
// State:
//
//	g/league                   {"league", "profile"}
//	g/params                   exec.Params
//	g/rules                    Rules, the present version
//	g/s/<n, 8>                 Rules, superseded
//	g/c/<center hash, 32>      Center, the present version; of removed centers too
//	g/h/<center hash><n, 8>    Center, superseded
//	g/k/<multikey>             {"center", "use"}: every validator and sponsor key that ever was
//	g/m/<name>                 {"center"}: who has a name, or had it last
//	g/a                        {"active", "members"}: counts of centers
//	g/v                        the validator set that the centers want, in key order, and the one before
//	g/n                        {"last"}: number of the last proposal
//	g/p/<n, 8>                 Proposal
//	g/o/<n, 8>                 {"proposer"}: proposals that are undecided or wait for their execution
//	g/w/<n, 8><center hash>    Vote
//	g/t                        {}: within a block only: another number of centers is active, count again
//	g/u                        Plan
package governance
