package governance

import (
	"bytes"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/jcs"
)

// Check reads everything this package keeps and reports what breaks its invariants (fsck): every record decodes, is in
// JCS form and stands under its key; versions follow each other; names, keys, counts and the validator set are those of the
// centers; tallies are those of the votes.
func Check(r exec.Reader, problem func(error)) {
	for key, data := range r.Range([]byte("g/"), exec.PrefixEnd("g/")) {
		if !jcs.IsCanonical(data) {
			problem(fmt.Errorf("%q: not in JCS form", key))
		}
	}
	report := func(err error) {
		if err != nil {
			problem(err)
		}
	}
	_, _, err := readLeague(r)
	report(err)
	_, err = Params(r)
	report(err)
	_, err = PresentPlan(r)
	report(err)
	checkRuleHistory(r, report)
	checkCenters(r, report)
	checkUses(r, report)
	checkProposals(r, report)
}

func checkRuleHistory(r exec.Reader, report func(error)) {
	present, err := PresentRules(r)
	if err != nil {
		report(err)
		return
	}
	report(CheckRules(present.Rules))
	since := int64(0)
	for n := int64(1); n <= present.N; n++ {
		version, err := nthRules(r, present, n)
		if err == nil && (version.N != n || version.Since < since) {
			err = fmt.Errorf("rules: version %d is %d of %d", n, version.N, version.Since)
		}
		report(err)
		if err != nil {
			return
		}
		since = version.Since
	}
}

func checkCenters(r exec.Reader, report func(error)) {
	var n counts
	var members []Center
	for key, data := range r.Range([]byte(centerPrefix), exec.PrefixEnd(centerPrefix)) {
		c, err := decodeCenter(data)
		if err != nil {
			report(err)
			continue
		}
		if !bytes.Equal(key, CenterKey(op.HashCenter(c.DID))) {
			report(fmt.Errorf("center %s: stands under another center's key", c.Name))
		}
		n = n.add(c, 1)
		members = append(members, *c)
		checkVersions(r, c, report)
	}
	if kept, err := readCounts(r); err != nil || kept != n {
		report(fmt.Errorf("centers: %+v counted, %+v kept (%v)", n, kept, err))
	}
	set, err := Validators(r)
	report(err)
	if diff := ValidatorDiff(set, Wanted(members)); len(diff) > 0 {
		report(fmt.Errorf("validators: %d keys differ from the centers'", len(diff)))
	}
}

func checkVersions(r exec.Reader, present *Center, report func(error)) {
	versions, err := History(r, present.DID)
	report(err)
	for i, c := range versions {
		if c.N != int64(i)+1 || c.DID != present.DID || i > 0 && versions[i-1].Until != c.Since {
			report(fmt.Errorf("center %s: version %d does not follow the one before", present.Name, i+1))
		}
		for _, key := range append([]string{c.Validator}, c.Sponsors...) {
			if r.Get(keyKey(key)) == nil {
				report(fmt.Errorf("center %s: key %s is not remembered", c.Name, key))
			}
		}
		if r.Get(nameKey(c.Name)) == nil {
			report(fmt.Errorf("center %s: name is not remembered", c.Name))
		}
	}
	if present.Until != 0 {
		report(fmt.Errorf("center %s: its present version has ended", present.Name))
	}
}

// checkUses asks for a center behind every key and name.
func checkUses(r exec.Reader, report func(error)) {
	for key, data := range r.Range([]byte(keyPrefix), exec.PrefixEnd(keyPrefix)) {
		use, err := decodeKey(data)
		if err == nil && r.Get(CenterKey(op.HashCenter(use.center))) == nil {
			err = fmt.Errorf("%q: no such center", key)
		}
		report(err)
	}
	for key := range r.Range([]byte(namePrefix), exec.PrefixEnd(namePrefix)) {
		c, err := ByName(r, string(key[len(namePrefix):]))
		if err == nil && c == nil {
			err = fmt.Errorf("%q: no such center", key)
		}
		report(err)
	}
}

func checkProposals(r exec.Reader, report func(error)) {
	last, err := LastProposal(r)
	report(err)
	voting, err := electorate(r)
	report(err)
	waiting := 0
	for n := int64(1); n <= last; n++ {
		p, err := GetProposal(r, n)
		if err != nil || p == nil {
			report(fmt.Errorf("proposal %d: cannot be read (%v)", n, err))
			continue
		}
		if p.waiting() {
			waiting++
		}
		if p.Number != n || p.waiting() != (r.Get(openKey(n)) != nil) {
			report(fmt.Errorf("proposal %d: is %d, %s, and the index of waiting ones differs", n, p.Number, p.State))
		}
		if p.State == Open {
			checkTally(r, p, voting, report)
		}
	}
	for range r.Range([]byte(openPrefix), exec.PrefixEnd(openPrefix)) {
		waiting--
	}
	if waiting != 0 {
		report(fmt.Errorf("proposals: the index of waiting ones holds %d others", -waiting))
	}
	for range r.Range(ProposalKey(last+1), exec.PrefixEnd(proposalPrefix)) {
		report(fmt.Errorf("proposals: there are some after %d", last))
	}
	if recounting(r) {
		report(fmt.Errorf("proposals: a block ended without counting them again"))
	}
	checkVotes(r, last, report)
}

func checkTally(r exec.Reader, p *Proposal, voting voters, report func(error)) {
	counted := *p
	if err := counted.recount(r, voting); err != nil {
		report(err)
		return
	}
	if counted.Yes != p.Yes || counted.No != p.No || counted.Abstain != p.Abstain || counted.Voters != p.Voters || counted.majority() {
		report(fmt.Errorf("proposal %d: the tally is not that of its votes", p.Number))
	}
}

func checkVotes(r exec.Reader, last int64, report func(error)) {
	for key, data := range r.Range([]byte(votePrefix), exec.PrefixEnd(votePrefix)) {
		v, err := DecodeVote(data)
		if err != nil {
			report(err)
			continue
		}
		n, err := keyNumber(key[:min(len(key), len(votePrefix)+8)], votePrefix)
		if err != nil || n > last || !bytes.Equal(key, VoteKey(n, op.HashCenter(v.Center))) {
			report(fmt.Errorf("%q: not the key of this vote", key))
		}
	}
}
