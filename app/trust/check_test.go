package trust_test

import (
	"bytes"
	"testing"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/trust"
)

// busy is a state with everything that this package keeps.
func busy(t *testing.T) *exectest.Store {
	w := newWorld(t, 3, "prefix:Example")
	for _, name := range []string{"university", "issuer", "other"} {
		w.create(name)
	}
	u := w.give("c1", "university", trust.Accredit, "prefix:Example", nil, body{"limits": body{"count": int64(5), "depth": int64(1)}})
	i := w.give("university", "issuer", trust.Issue, degree, u, nil)
	w.pass(5)
	w.do("trust.suspend", "c1", body{"accreditation": i.String()})
	w.pass(5)
	w.do("trust.revoke", "university", body{"accreditation": i.String(), "reason": "fraud"})
	w.give("university", "issuer", trust.Issue, degree, u, nil)
	w.give("c2", "issuer", trust.Issue, degree, nil, nil)
	if _, err := w.decide("trust.accredit", body{"subject": string(w.dids["other"]), "action": "verify", "resource": "prefix:"}); err != nil {
		t.Fatal(err)
	}
	for _, accepted := range []bool{true, false, true} {
		w.pass(1)
		w.do("trust.recognise", "c1", body{"of": string(w.dids["c2"]), "accepted": accepted, "resources": []any{degree}})
	}
	w.do("schema.register", "c1", schema("s"))
	w.do("schema.register", "c1", schema("t"))
	w.do("schema.status", "c1", body{"digest": digestOf("s"), "status": "withdrawn"})
	w.sound(t)
	return w.store.(*exectest.Store)
}

func problems(s *exectest.Store) (list []error) {
	trust.Check(s, func(err error) { list = append(list, err) })
	return list
}

// Every record that is lost, misplaced, or of another value than it had is found.
func TestCheckFindsEveryLoss(t *testing.T) {
	whole := busy(t)
	type record struct{ key, value []byte }
	var records []record
	for key, value := range whole.Range([]byte("t/"), exec.PrefixEnd("t/")) {
		records = append(records, record{key, value})
	}
	for n, r := range records {
		lost := whole.Clone()
		lost.Delete(r.key)
		if len(problems(lost)) == 0 {
			t.Errorf("%q: lost, and nobody knows", r.key)
		}
		broken := whole.Clone()
		broken.Set(r.key, append(bytes.Clone(r.value), ' '))
		if len(problems(broken)) == 0 {
			t.Errorf("%q: not canonical, and nobody knows", r.key)
		}
		twin := append(bytes.Clone(r.key[:len(r.key)-1]), r.key[len(r.key)-1]^1)
		if whole.Get(twin) == nil {
			doubled := whole.Clone()
			doubled.Set(twin, r.value)
			if len(problems(doubled)) == 0 {
				t.Errorf("%q: there twice, and nobody knows", r.key)
			}
		}
		if next := records[(n+1)%len(records)]; !bytes.Equal(next.value, r.value) && bytes.Equal(next.key[:4], r.key[:4]) {
			swapped := whole.Clone()
			swapped.Set(r.key, next.value)
			if len(problems(swapped)) == 0 {
				t.Errorf("%q: has another's value, and nobody knows", r.key)
			}
		}
		for _, change := range [][2]string{
			{`"revoked"`, `"active"`}, {`"level":2`, `"level":1`}, {`"given":2`, `"given":1`}, {`"count":5`, `"count":1`},
			{`"action":"accredit"`, `"action":"issue"`}, {`prefix:Example"`, `prefix:Examples"`}, {`"n":3`, `"n":2`}, {`"withdrawn"`, `"active"`},
			{`"time":1005`, `"time":1999`}, {`"validFrom":10`, `"validFrom":1`}, {`"number":1`, `"number":2`},
		} {
			if !bytes.Contains(r.value, []byte(change[0])) {
				continue
			}
			changed := whole.Clone()
			changed.Set(r.key, bytes.Replace(r.value, []byte(change[0]), []byte(change[1]), 1))
			if len(problems(changed)) == 0 {
				t.Errorf("%s\n\t%s, and nobody knows", r.value, change[1])
			}
		}
	}
	for _, key := range []string{"t/", "t/z/x", "t/x"} {
		more := whole.Clone()
		more.Set([]byte(key), []byte("{}"))
		if len(problems(more)) == 0 {
			t.Errorf("%q: unknown, and nobody knows", key)
		}
	}
}
