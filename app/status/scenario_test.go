package status_test

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
)

// The notation is apptest's: an operation a line, and what came of it.
func TestScenarios(t *testing.T) {
	for name, c := range map[string]struct {
		params func(*exec.Params)
		script string
	}{
		"a list is created under control of its owner": {script: `
			create A keys=a1 by a1
			create B keys=b1 by b1
			list L owner=A by a1
			list M owner=A by B/b1              -> not-authorised
			list M owner=A by o1                -> not-authorised
			list M owner=A by a2                -> unknown-key
			list M owner=C by c1                -> unknown-did
		`},
		"another issuer signs too": {script: `
			create A keys=a1 by a1
			create B keys=b1 by b1
			list L owner=A issuer=key:i by a1          -> not-authorised
			list L owner=A issuer=key:i by key:i       -> not-authorised
			list L owner=A issuer=key:i by a1,key:j    -> not-authorised
			list L owner=A issuer=key:i by a1,key:i
			list M owner=A issuer=key:pi by a1,key:pi
			list N owner=A issuer=B by a1              -> not-authorised
			list N owner=A issuer=B by a1,B/b1
		`},
		"where the ledger cannot ask the issuer, the owner's word stands": {script: `
			create A keys=a1 by a1
			create B keys=b1 by b1
			list L owner=A issuer=did:web:a.example by a1
			list M owner=A issuer=did:web:a.example by b1        -> unknown-key
			list M owner=A issuer=did:example:a by a1            -> malformed
			list N owner=A issuer=did:key:z82LkrfT8VDEs3MbVSZWgwEqWrQ8wRumZSgXWN8Qx7SEqx7YjMRUie3k2GD2bWj9qgAJokK by a1
			list O owner=A issuer=did:key:zQ3shQmFPE29SbVqcCRKf5NCnvbvS8mCPHoDwQucP6ag36iW1 by a1
			list P owner=A issuer=did:key:z6Mkm2169pb2GZiHQYLtw8CJSvGFb4ksWzLSvd2ea8tXmvYM by a1 -> not-authorised
			list P owner=A issuer=did:key:z6MkGarbage by a1      -> malformed
			list P owner=A issuer=did:jwk:bm90aGluZw by a1       -> malformed
			lease L by o1
			set L 5=1 by o1
		`},
		"operators alone lease and set, and do nothing else": {script: `
			create A keys=a1 by a1
			list L owner=A operators=o1,o2 by a1
			lease L by a1                       -> not-authorised
			lease L by o3                       -> not-authorised
			lease L by o1
			set L 5=1 by a1                     -> not-authorised
			set L 5=1 by o2
			set L 6=1 by o1,o2
			set L 7=1 by o1,o3                  -> not-authorised
			list M owner=A by o1                -> not-authorised
			update A keys=a1 by o1              -> not-authorised
		`},
		"by is the list's owner": {script: `
			create A keys=a1 by a1
			create B keys=b1 by b1
			list L owner=A by a1
			lease L as=B by o1                  -> not-authorised
			lease L by o1
			set L 5=1 as=B by o1                -> not-authorised
		`},
		"only leased indices have values": {script: `
			create A keys=a1 by a1
			list L owner=A by a1
			set L 0=1 by o1                     -> not-leased
			lease L count=100 by o1
			set L 99=1 by o1
			set L 100=1 by o1                   -> not-leased
			set L 98=1 100=1 by o1              -> not-leased
			set L 131072=1 by o1                -> index-range
			set L 99=2 by o1                    -> index-range
			lease L count=200 by o1
			set L 100=1 by o1
		`},
		"a full list leases nothing": {script: `
			create A keys=a1 by a1
			list L owner=A by a1
			lease L count=131073 by o1          -> list-full
			lease L count=131000 by o1
			lease L count=73 by o1              -> list-full
			lease L count=72 by o1
			lease L count=1 by o1               -> list-full
		`},
		"revocation never goes back": {script: `
			create A keys=a1 by a1
			list L owner=A by a1
			lease L by o1
			set L 5=1 by o1
			set L 5=0 by o1                     -> irreversible
			set L 4=1 5=0 by o1                 -> irreversible
			set L 4=0 5=1 by o1
			{
			set L 7=1 by o1
			set L 7=0 by o1                     -> irreversible
			}
		`},
		"suspension does": {script: `
			create A keys=a1 by a1
			list L owner=A purposes=suspension by a1
			lease L by o1
			set L 5=1 by o1
			set L 5=0 by o1
			set L 5=1 by o1
		`},
		"with both in one list, suspended goes back and revoked does not": {script: `
			create A keys=a1 by a1
			list L owner=A purposes=revocation,suspension bits=1 by a1 -> malformed
			list L owner=A purposes=revocation,suspension bits=2 by a1
			lease L by o1
			set L 5=2 6=2 7=3 by o1
			set L 5=0 by o1
			set L 6=1 by o1
			set L 6=2 by o1                     -> irreversible
			set L 6=0 by o1                     -> irreversible
			set L 7=0 by o1                     -> irreversible
			set L 7=2 by o1                     -> irreversible
		`},
		"in a list for revocation alone every value is final": {script: `
			create A keys=a1 by a1
			list L owner=A bits=2 by a1
			lease L by o1
			set L 5=2 by o1
			set L 5=0 by o1                     -> irreversible
			set L 5=1 by o1                     -> irreversible
		`},
		"messages are free": {script: `
			create A keys=a1 by a1
			list L owner=A purposes=message bits=8 by a1
			lease L by o1
			set L 5=255 by o1
			set L 5=3 by o1
			set L 5=256 by o1                   -> malformed
		`},
		"lists have a form": {params: func(p *exec.Params) { p.MaxListSize = 262144 }, script: `
			create A keys=a1 by a1
			list L owner=A size=131071 by a1    -> malformed
			list L owner=A size=131073 by a1    -> malformed
			list L owner=A size=1024 by a1      -> malformed
			list L owner=A size=263168 by a1    -> limit-exceeded
			list L owner=A size=262144 by a1
			list M owner=A bits=3 by a1         -> malformed
			list M owner=A bits=0 by a1         -> malformed
			list M owner=A purposes=other by a1 -> malformed
			list M owner=A purposes=message,message by a1 -> malformed
			list M owner=A operators=o1,o1 by a1 -> malformed
			list M owner=A url=http://a.example/status-lists/ by a1  -> malformed
			list M owner=A url=https://a.example/lists/ by a1        -> malformed
			list M owner=A url=https:///status-lists/ by a1          -> malformed
			list M owner=A url=https://a@b/status-lists/ by a1       -> malformed
			list M owner=A url=https://a.example/x?/status-lists/ by a1 -> malformed
			list M owner=A url=http://127.0.0.1.example/status-lists/ by a1 -> malformed
			list M owner=A url=http://127.0.0.1:8080/status-lists/ by a1
			list N owner=A url=https://a.example/x/status-lists/ by a1
		`},
		"sets have a form": {params: func(p *exec.Params) { p.MaxStatusSet = 2 }, script: `
			create A keys=a1 by a1
			list L owner=A by a1
			lease L by o1
			set L by o1                         -> malformed
			set L 05=1 by o1                    -> malformed
			set L -1=1 by o1                    -> malformed
			set L 1e3=1 by o1                   -> malformed
			set L 9007199254740993=1 by o1      -> malformed
			set L 5=-1 by o1                    -> malformed
			set L 1=1 2=1 3=1 by o1             -> limit-exceeded
			set L 1=1 2=1 by o1
			lease L count=0 by o1               -> malformed
			lease L count=-8192 by o1           -> malformed
			lease L replica=ä by o1             -> malformed
			set N 1=1 as=A by o1                -> unknown-list
		`},
		"operators leave a part of the quota to the owner": {params: func(p *exec.Params) { p.OpsPerDIDHour = 16 }, script: `
			create A keys=a1 by a1
			list L owner=A by a1` + strings.Repeat("\nlease L count=1 by o1", 14) + `
			lease L count=1 by o1               -> over-quota
			set L 0=1 by o1                     -> over-quota
			update A keys=a2 by a1
			update A keys=a1 by a2              -> over-quota
		`},
		"who left gets no indices but can still revoke": {script: `
			create A keys=a1 by a1
			list L owner=A by a1
			lease L by o1
			deactivate A by a1
			lease L by o1                       -> deactivated
			set L 5=1 by o1
			list M owner=A by a1                -> deactivated
		`},
	} {
		t.Run(name, func(t *testing.T) { apptest.Run(t, apptest.Options{Params: c.params}, c.script) })
	}
}
