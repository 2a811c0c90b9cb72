package app_test

import (
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
)

// Somebody has all keys of center-4. What it can do alone is accredit in its own name, for what the rule table gives centers
// of their own right; what stops it are the others, without rewriting anything (governance/DESIGN.md, "A captured center").
func TestACapturedCenterThatAccreditsEveryone(t *testing.T) {
	o := apptest.Options{Genesis: func(g *app.Genesis) {
		g.Centers[3].Create["recovery"] = map[string]any{"league": int64(7 * 86400)}
	}}
	s := apptest.Run(t, o, `
		create University keys=u by u
		create Mill keys=m by m
		create Puppet keys=x by x
		accredit Good as=center-2 subject=University resource=type:ExampleDegree
		accredit Own as=center-4 subject=University resource=type:ExampleBadge
		mark before

		# Alone it accredits whomever it likes, and these others, under its name.
		accredit Bad as=center-4 subject=Mill resource=type:ExampleDegree
		accredit Deputy as=center-4 subject=Puppet action=accredit resource=prefix:Example depth=2
		accredit Worse as=Puppet parent=Deputy subject=Mill resource=type:ExampleMaster by x
		held Mill resource=type:ExampleDegree path=Mill,center-4
		held Mill resource=type:ExampleMaster path=Mill,Puppet,center-4
		mark captured

		# It does not get beyond what centers may, and nothing of the others'.
		accredit No as=center-4 subject=Mill resource=type:Licence -> not-permitted
		accredit No as=center-4 subject=Mill action=accredit resource=prefix: -> not-permitted
		revoke Good as=center-4 -> not-authorised
		suspend Good as=center-4 -> not-authorised
		refused Mill resource=type:ExampleDegree center=center-1 through=center-1
		change center-1 api=https://evil.example by center-4/center-4 -> not-authorised
		update center-1 keys=center-4 by center-4/center-4 -> not-authorised

		# It decides nothing.
		propose Out as=center-4 kind=center.remove center=center-1
		propose Rule as=center-4 kind=rules.change rules=trust.accredit,center,prefix:
		propose Puppets as=center-4 kind=center.admit center=center-5
		vote Out yes as=center-4 -> duplicate-vote
		state Out open
		state Rule open
		state Puppets open

		# The others stop its batches, then all of it. Its own vote changes nothing.
		propose Halt as=center-1 kind=sponsor.halt center=center-4
		vote Halt no as=center-4
		vote Halt yes as=center-2
		vote Halt yes as=center-3
		center center-4 halted
		propose Stop as=center-1 kind=center.suspend center=center-4
		vote Stop yes as=center-2
		vote Stop no as=center-4
		held Mill resource=type:ExampleDegree
		vote Stop yes as=center-3
		center center-4 suspended
		power center-4 0

		# In that block every path that ends in it ceases; nobody else's does.
		refused Mill resource=type:ExampleDegree why=authorityInvalid
		refused Mill resource=type:ExampleMaster why=authorityInvalid
		refused University resource=type:ExampleBadge why=authorityInvalid
		held University resource=type:ExampleDegree path=University,center-2
		tally Out yes=0 voters=3
		vote Rule no as=center-4 -> not-a-center
		propose More as=center-4 kind=center.remove center=center-1 -> not-a-center
		accredit More as=center-4 subject=Mill resource=type:ExampleMaster -> not-a-center
		accredit More as=Puppet parent=Deputy subject=Mill resource=type:ExampleThird by x -> path-broken

		# What was issued stays answerable as of its date, until the league says from when on it was fraud.
		held University resource=type:ExampleBadge at=before
		held Mill resource=type:ExampleDegree at=captured
		pass Fraud as=center-1,center-2,center-3 kind=trust.revoke accreditation=Bad why=fraud
		state Fraud executed
		pass Fraud2 as=center-1,center-2,center-3 kind=trust.revoke accreditation=Deputy why=fraud
		refused Mill resource=type:ExampleDegree at=captured why=accreditationInvalid
		refused Mill resource=type:ExampleMaster at=captured why=accreditationInvalid
		held University resource=type:ExampleBadge at=before

		# A thief who has a control key vetoes a recovery; the league removes the center and admits its owner under a new DID.
		pass Back as=center-1,center-2,center-3 kind=did.recover did=center-4 keys=c4
		cancel center-4 by center-4
		pass Gone as=center-1,center-2,center-3 kind=center.remove center=center-4
		pass New as=center-1,center-2,center-3 kind=center.admit center=center-9 name=center-4
		center center-9 active
		center center-4 removed
		accredit Again as=center-9 subject=University resource=type:ExampleBadge
		held University resource=type:ExampleBadge path=University,center-9
		refused Mill resource=type:ExampleDegree
	`)
	if err := app.Fsck(s.Store, nil); err != nil {
		t.Error(err)
	}
}

// A center that lost its keys, and nobody has them, comes back under its own DID.
func TestACenterThatLostItsKeysComesBack(t *testing.T) {
	o := apptest.Options{Genesis: func(g *app.Genesis) {
		g.Centers[3].Create["recovery"] = map[string]any{"league": int64(7 * 86400)}
	}}
	s := apptest.Run(t, o, `
		pass Pause as=center-1,center-2,center-3 kind=center.suspend center=center-4
		pass Key as=center-1,center-2,center-3 kind=center.rotate center=center-4 validator=v9
		pass Back as=center-1,center-2,center-3 kind=did.recover did=center-4 keys=c4
		change center-4 sponsors=s9 by c4 -> unknown-key
		time +604800
		block
		change center-4 sponsors=s9 by c4
		change center-4 sponsors=s8 by center-4 -> unknown-key
		pass Return as=center-1,center-2,center-3 kind=center.reinstate center=center-4
		power key:v9 10
		propose P as=center-4 kind=params.change maxKeys=9 by c4
	`)
	if err := app.Fsck(s.Store, nil); err != nil {
		t.Error(err)
	}
}
