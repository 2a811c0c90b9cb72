package trust_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
)

func (w *world) recognises(by, of, resource string, at int64) bool {
	good, _, err := trust.Recognises(w.store, by, of, governance.Resource(resource), at)
	w.must(err)
	return good
}

func (w *world) setParam(set func(*exec.Params)) {
	set(&w.params)
	w.must(governance.PutParams(w.store, w.params))
}

func TestStatementsHoldFromTheirTimeOn(t *testing.T) {
	w := newWorld(t, 3, "prefix:")
	c1, c2 := string(w.dids["c1"]), string(w.dids["c2"])
	state := func(accepted bool, resources ...any) {
		w.do("trust.recognise", "c1", body{"of": c2, "accepted": accepted, "resources": append([]any{}, resources...)})
		w.pass(10)
	}
	w.pass(10)
	state(true, "type:A", "prefix:B") // +10: these, and nothing else
	state(false, "type:A")            // +20: by default, but not this
	state(false)                      // +30: by default again
	state(false, "prefix:")           // +40: nothing
	for at, want := range map[int64]string{0: "A B C", 10: "A B", 19: "A B", 20: "B C", 30: "A B C", 40: "", 1000: ""} {
		got := ""
		for _, name := range []string{"A", "B", "C"} {
			if w.recognises(c1, c2, "type:"+name, worldStart+at) {
				if got != "" {
					got += " "
				}
				got += name
			}
		}
		if got != want {
			t.Errorf("at +%d: %q, want %q", at, got, want)
		}
	}
	if !w.recognises(c2, c1, "type:A", w.time) {
		t.Error("the default")
	}
	w.setParam(func(p *exec.Params) { p.OpenRecognition = 0 })
	if w.recognises(c2, c1, "type:A", w.time) || !w.recognises(c1, c2, "type:A", worldStart+10) {
		t.Error("without the default")
	}
	w.sound(t)
}

func TestTheDefaultIsForActiveCenters(t *testing.T) {
	w := newWorld(t, 3, "prefix:")
	w.create("x")
	c1, c2 := string(w.dids["c1"]), string(w.dids["c2"])
	w.pass(10)
	_, err := w.decide("center.suspend", body{"center": c2})
	w.must(err)
	for name, c := range map[string]struct {
		by, of string
		at     int64
		want   bool
	}{
		"before":           {c1, c2, worldStart, true},
		"of a suspended":   {c1, c2, w.time, false},
		"by a suspended":   {c2, c1, w.time, false},
		"of no center":     {c1, string(w.dids["x"]), w.time, false},
		"of a did:key":     {c1, "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", w.time, false},
		"of a league":      {c1, "urn:hanse:league:other", w.time, false},
		"between leagues":  {"urn:hanse:league:test", "urn:hanse:league:other", w.time, false},
		"by itself always": {"urn:hanse:league:test", "urn:hanse:league:test", w.time, true},
	} {
		if got := w.recognises(c.by, c.of, degree, c.at); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheLeagueRecognisesOtherLeagues(t *testing.T) {
	w := newWorld(t, 3, "prefix:")
	const own, other = "urn:hanse:league:test", "urn:hanse:league:other"
	if _, err := w.decide("trust.recognise", body{"of": other, "accepted": true, "resources": []any{degree}}); err != nil {
		t.Fatal(err)
	}
	good, x, err := trust.Recognises(w.store, own, other, degree, w.time)
	w.must(err)
	if !good || x == nil || x.Of != other || x.N != 1 || x.Since != w.time {
		t.Errorf("%v by %+v", good, x)
	}
	for _, of := range []string{own, "other", "urn:hanse:league:", "urn:hanse:league:A", string(w.dids["c1"])} {
		if _, err := w.decide("trust.recognise", body{"of": of, "accepted": true, "resources": []any{degree}}); exec.CodeOf(err) != exec.CodeMalformed {
			t.Errorf("of %s: %v", of, err)
		}
	}
	w.sound(t)
}

func TestRecognitionIsForCenters(t *testing.T) {
	w := newWorld(t, 3, "prefix:")
	w.create("x")
	c1, c2, x := string(w.dids["c1"]), string(w.dids["c2"]), string(w.dids["x"])
	for name, c := range map[string]struct {
		by   string
		body body
		want exec.Code
	}{
		"by nobody":       {"x", body{"of": c1, "accepted": true, "resources": []any{degree}}, exec.CodeNotCenter},
		"of nobody":       {"c1", body{"of": x, "accepted": true, "resources": []any{degree}}, exec.CodeUnknownCenter},
		"of itself":       {"c1", body{"of": c1, "accepted": true, "resources": []any{degree}}, exec.CodeMalformed},
		"of a league":     {"c1", body{"of": "urn:hanse:league:other", "accepted": true, "resources": []any{degree}}, exec.CodeMalformed},
		"for nothing":     {"c1", body{"of": c2, "accepted": true, "resources": []any{}}, exec.CodeMalformed},
		"for one twice":   {"c1", body{"of": c2, "accepted": true, "resources": []any{degree, degree}}, exec.CodeMalformed},
		"for a pattern":   {"c1", body{"of": c2, "accepted": true, "resources": []any{"type:*"}}, exec.CodeMalformed},
		"undecided":       {"c1", body{"of": c2, "resources": []any{degree}}, exec.CodeMalformed},
		"decided in text": {"c1", body{"of": c2, "accepted": "true", "resources": []any{degree}}, exec.CodeMalformed},
		"for too many":    {"c1", body{"of": c2, "accepted": false, "resources": types(33)}, exec.CodeMalformed},
		"as it should be": {"c1", body{"of": c2, "accepted": false, "resources": types(32)}, exec.OK},
	} {
		if _, err := w.try("trust.recognise", c.by, c.body); exec.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func types(n int) (list []any) {
	for i := range n {
		list = append(list, "type:A"+string(rune('a'+i/26))+string(rune('a'+i%26)))
	}
	return list
}

func TestStatementsAreListed(t *testing.T) {
	w := newWorld(t, 5, "prefix:")
	want := map[string]bool{}
	for _, by := range []string{"c1", "c2", "c3"} {
		for _, of := range []string{"c1", "c2", "c3", "c4", "c5"} {
			if by != of {
				for range 2 {
					w.do("trust.recognise", by, body{"of": string(w.dids[of]), "accepted": false, "resources": []any{degree}})
				}
				want[by+of] = true
			}
		}
	}
	list := func(by string, limit int) map[string]bool {
		got := map[string]bool{}
		for after := ""; ; {
			page, next, err := trust.Recognitions(w.store, by, after, limit)
			w.must(err)
			for _, x := range page {
				if name := w.name(x.By) + w.name(x.Of); got[name] || x.N != 2 {
					t.Errorf("%s twice, or statement %d", name, x.N)
				} else {
					got[name] = true
				}
			}
			if after = next; after == "" {
				return got
			}
		}
	}
	for _, limit := range []int{1, 5, 1000} {
		if diff := cmp.Diff(want, list("", limit)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]bool{"c2c1": true, "c2c3": true, "c2c4": true, "c2c5": true}, list(string(w.dids["c2"]), limit)); diff != "" {
			t.Error(diff)
		}
	}
	_, other, err := trust.Recognitions(w.store, string(w.dids["c1"]), "", 1)
	w.must(err)
	for by, after := range map[string]string{"c1": "x", "c2": other, "c3": "AAAA", "c4": "="} {
		if _, _, err := trust.Recognitions(w.store, string(w.dids[by]), after, 1); exec.CodeOf(err) != exec.CodeMalformed {
			t.Errorf("after %s: %v", after, err)
		}
	}
	if _, _, err := trust.Recognitions(w.store, "", "", 0); exec.CodeOf(err) != exec.CodeMalformed {
		t.Errorf("no limit: %v", err)
	}
	w.sound(t)
}
