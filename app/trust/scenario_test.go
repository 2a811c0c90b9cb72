package trust_test

import (
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
)

// The notation is apptest's: an operation a line, and what came of it. Centers accredit of their own right for prefix:Example.
func TestScenarios(t *testing.T) {
	for name, c := range map[string]struct {
		params func(*exec.Params)
		script string
	}{
		"a right comes by the league, a center and a university": {script: `
			create U keys=U by U
			create I keys=I by I
			pass P as=center-1,center-2,center-3 kind=trust.accredit subject=center-1 action=accredit resource=type:Diploma depth=1
			state P executed
			accredit G as=center-1 subject=U action=accredit resource=type:Diploma                  -> not-permitted
			accredit G as=center-1 parent=P subject=U action=accredit resource=type:Diploma
			accredit D as=U parent=G subject=I resource=type:Diploma
			held I resource=type:Diploma path=I,U,center-1
			held I resource=type:Diploma through=league
			refused I resource=type:Diploma action=verify why=noAccreditation
			mark before
			time +60
			revoke G as=center-1 reason=privilegeWithdrawn
			refused I resource=type:Diploma why=accreditationInvalid hops=2
			held I resource=type:Diploma at=before
			grant D active
			accredit E as=U parent=G subject=center-3 resource=type:Diploma                     -> path-broken
			revoke G as=center-1                                                                -> wrong-state
			propose Q as=center-1 kind=trust.revoke accreditation=G why=fraud                   -> wrong-state
		`},
		"a key that was stolen voids what was issued before": {script: `
			create I keys=I by I
			accredit G as=center-1 subject=I resource=type:ExampleDegree
			mark start
			time +100
			mark stolen
			time +100
			revoke G as=center-1 reason=keyCompromise from=stolen
			held I resource=type:ExampleDegree at=start
			refused I resource=type:ExampleDegree at=stolen why=accreditationInvalid
			refused I resource=type:ExampleDegree
			accredit H as=center-1 subject=I resource=type:ExampleDegree
			held I resource=type:ExampleDegree
			revoke H as=center-1 reason=fraud
			refused I resource=type:ExampleDegree at=+0
		`},
		"everything in one block": {script: `
			create I keys=I by I
			{
			accredit G as=center-1 subject=I resource=type:ExampleDegree
			accredit H as=center-1 subject=I resource=type:ExampleDegree -> exists
			suspend G as=center-1
			reinstate G as=center-1
			revoke G as=center-1
			suspend G as=center-1                                     -> wrong-state
			accredit H as=center-1 subject=I resource=type:ExampleDegree
			deactivate I by I
			accredit K as=center-2 subject=I resource=type:ExampleDegree -> deactivated
			}
			refused I resource=type:ExampleDegree why=subjectDeactivated
		`},
		"nobody acts for another": {script: `
			create U keys=U by U
			create I keys=I by I
			accredit G as=center-1 subject=U action=accredit resource=type:ExampleDegree by center-2 -> unknown-key
			accredit G as=center-1 subject=U action=accredit resource=type:ExampleDegree by center-2/center-2 -> not-authorised
			accredit G as=center-1 subject=U action=accredit resource=type:ExampleDegree
			accredit D as=U parent=G subject=I resource=type:ExampleDegree by I/I -> not-authorised
			accredit D as=I parent=G subject=center-3 resource=type:ExampleDegree -> not-authorised
			accredit D as=U subject=I resource=type:ExampleDegree                 -> not-a-center
			accredit D as=U parent=N subject=I resource=type:ExampleDegree        -> unknown-accreditation
			accredit D as=U parent=G subject=U resource=type:ExampleDegree        -> cycle
			accredit D as=U parent=G subject=center-1 resource=type:ExampleDegree -> cycle
			accredit D as=U parent=G subject=N resource=type:ExampleDegree        -> unknown-did
			suspend G as=I                                                        -> not-authorised
			revoke G as=U                                                         -> not-authorised
			revoke G as=U reason=cessationOfOperation
		`},
		"a did:key holds and gives rights": {script: `
			accredit G as=center-1 subject=key:k action=accredit resource=prefix:Example depth=1
			accredit H as=key:k parent=G subject=key:i resource=type:ExampleDegree
			held key:i resource=type:ExampleDegree through=key:k
			recognise center-2 as=key:k resources=type:A                          -> not-a-center
		`},
		"verifiers accept centers, and those they recognise": {script: `
			create I keys=I by I
			accredit G as=center-1 subject=I resource=type:ExampleDegree
			held I resource=type:ExampleDegree center=center-2
			recognise center-1 as=center-2 resources=type:Other
			mark only
			refused I resource=type:ExampleDegree center=center-2 why=centerNotAccepted hops=2
			held I resource=type:ExampleDegree center=center-2,center-3
			time +10
			recognise center-1 as=center-2 resources=prefix:Example
			held I resource=type:ExampleDegree center=center-2
			refused I resource=type:ExampleDegree center=center-2 at=only
			recognise center-1 as=center-2 accepted=no resources=prefix:
			refused I resource=type:ExampleDegree center=center-2
			pass P as=center-2,center-3,center-4 kind=trust.accredit subject=I resource=type:ExampleDegree
			held I resource=type:ExampleDegree center=center-2 path=I
		`},
		"the default is the ledger's": {params: func(p *exec.Params) { p.OpenRecognition = 0 }, script: `
			create I keys=I by I
			accredit G as=center-1 subject=I resource=type:ExampleDegree
			refused I resource=type:ExampleDegree center=center-2 why=centerNotAccepted
			recognise center-1 as=center-2 resources=type:ExampleDegree
			held I resource=type:ExampleDegree center=center-2
		`},
		"the others stop a captured center, and it stays stopped": {script: `
			create U keys=U by U
			create I keys=I by I
			create M keys=M by M
			accredit G as=center-2 subject=U action=accredit resource=type:ExampleDegree
			accredit H as=U parent=G subject=I resource=type:ExampleDegree
			accredit B as=center-1 subject=M resource=type:ExampleDegree
			accredit C as=center-1 subject=M action=accredit resource=prefix:Example depth=7
			revoke G as=center-1                                                  -> not-authorised
			mark before
			time +10
			pass S as=center-2,center-3,center-4 kind=center.suspend center=center-1
			center center-1 suspended
			refused M resource=type:ExampleDegree why=authorityInvalid hops=2
			held M resource=type:ExampleDegree at=before
			held I resource=type:ExampleDegree
			accredit D as=center-1 subject=U resource=type:ExampleDegree          -> not-a-center
			revoke B as=center-1 reason=fraud                                     -> not-a-center
			accredit E as=M parent=C subject=U resource=type:ExampleDegree        -> path-broken
			pass R as=center-2,center-3,center-4 kind=trust.revoke accreditation=B why=fraud
			refused M resource=type:ExampleDegree at=before why=accreditationInvalid
			pass T as=center-2,center-3,center-4 kind=center.reinstate center=center-1
			refused M resource=type:ExampleDegree why=accreditationInvalid
			held M resource=type:Example action=accredit
		`},
		"the rule table says what centers may do of their own right": {script: `
			create I keys=I by I
			accredit G as=center-1 subject=I resource=type:ExampleDegree
			mark before
			time +10
			pass P as=center-1,center-2,center-3 kind=rules.change rules=trust.accredit,center,type:Other
			refused I resource=type:ExampleDegree why=noRightOfItsOwn hops=2
			held I resource=type:ExampleDegree at=before
			accredit H as=center-2 subject=I resource=type:ExampleDegree          -> not-permitted
			pass Q as=center-1,center-2,center-3 kind=rules.change remove=trust.accredit,center
			accredit H as=center-2 subject=I resource=type:Other                  -> not-permitted
			pass R as=center-1,center-2,center-3 kind=rules.change remove=trust.recognise,center;schema.register,center
			recognise center-2 as=center-1 resources=type:A                       -> not-permitted
			schema S as=center-1 type=A                                           -> not-permitted
		`},
		"who becomes a center was none before": {script: `
			create I keys=I by I
			create center-5 keys=center-5 by center-5
			pass G as=center-1,center-2,center-3 kind=trust.accredit subject=center-5 action=accredit resource=type:Diploma
			accredit H as=center-5 parent=G subject=I resource=type:Diploma
			mark before
			time +10
			pass P as=center-1,center-2,center-3 kind=center.admit center=center-5
			held I resource=type:Diploma
			held I resource=type:Diploma at=before
			mark member
			time +10
			pass R as=center-1,center-2,center-3,center-4 kind=center.remove center=center-5
			refused I resource=type:Diploma why=authorityInvalid hops=1
			held I resource=type:Diploma at=member
			held I resource=type:Diploma at=before
			accredit K as=center-5 parent=G subject=center-1 resource=type:Diploma -> not-a-center
		`},
		"schemas": {script: `
			create U keys=U by U
			create I keys=I by I
			schema S as=center-1 type=ExampleDegree
			schema S as=center-2 type=ExampleDegree                               -> exists
			schema S as=U type=ExampleDegree                                      -> not-a-center
			schema-status S as=center-2 status=deprecated                         -> not-authorised
			schema-status N as=center-1 status=deprecated                         -> unknown-schema
			schema-status S as=center-1 status=withdrawn
			schema-status S as=center-1 status=active                             -> irreversible
			accredit G as=center-1 subject=I resource=schema:S                    -> not-permitted
			pass P as=center-1,center-2,center-3 kind=trust.accredit subject=I resource=schema:S
			held I resource=schema:S
			refused I resource=type:ExampleDegree
		`},
		"the league's accreditations can be suspended by it alone": {script: `
			create I keys=I by I
			pass P as=center-1,center-2,center-3 kind=trust.accredit subject=I resource=type:Diploma until=+1000
			suspend P as=center-1                                                 -> not-authorised
			pass S as=center-1,center-2,center-3 kind=trust.suspend accreditation=P why=privilegeWithdrawn
			refused I resource=type:Diploma why=accreditationInvalid hops=1
			pass R as=center-1,center-2,center-3 kind=trust.reinstate accreditation=P
			held I resource=type:Diploma
			pass S as=center-1,center-2,center-3 kind=trust.recognise of=other resources=prefix:
			state S executed
			time +1000
			refused I resource=type:Diploma why=accreditationInvalid
		`},
		"a proposal whose subject left meanwhile fails": {script: `
			create I keys=I by I
			propose P as=center-1 kind=trust.accredit subject=I resource=type:Diploma
			propose Q as=center-1 kind=trust.accredit subject=N resource=type:Diploma -> unknown-did
			deactivate I by I
			vote P yes as=center-2
			vote P yes as=center-3
			state P failed:deactivated
		`},
		"nodes restart": {script: `
			create I keys=I by I
			accredit G as=center-1 subject=I resource=type:ExampleDegree
			reopen
			held I resource=type:ExampleDegree
			again                                                                 -> duplicate
		`},
	} {
		t.Run(name, func(t *testing.T) {
			s := apptest.Run(t, apptest.Options{Params: c.params}, c.script)
			if err := app.Fsck(s.Store, nil); err != nil {
				t.Error(err)
			}
		})
	}
}
