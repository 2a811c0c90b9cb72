package identity_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

// subject is what the plain model knows of a DID: names only, no bytes.
type subject struct {
	control
	dead     bool
	versions []stamp
}

type control struct {
	keys, controllers, next []string
	threshold               int
	services                int
}

type stamp struct {
	id   string
	time int64
}

type model map[string]*subject

// valid says whether a control could be exercised and its `next` protects something.
func (c control) valid(self string) bool {
	principals := len(c.keys)
	for _, d := range c.controllers {
		if d != self {
			principals++
		}
	}
	if len(c.next) > 0 && len(c.next) < c.threshold {
		return false
	}
	return c.threshold <= principals && len(both(c.keys, c.next)) == 0
}

func both(a, b []string) (out []string) {
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

func same(a, b []string) bool { return slices.Equal(a, b) } // all lists are sorted

// rules says whether signers ("A/x1") may take name from its present control to target; nil is deactivation.
func (m model) rules(name string, target *control, revealed, signers []string) bool {
	s := m[name]
	if s.dead || target != nil && !target.valid(name) {
		return false
	}
	rotation := len(s.next) > 0
	if rotation && target != nil {
		changed := !same(s.keys, target.keys) || !same(s.controllers, target.controllers) || !same(s.next, target.next) || s.threshold != target.threshold
		rotation = changed
		if changed {
			revealed = both(target.keys, s.next)
			if len(target.next) == 0 || same(target.next, s.next) || len(both(revealed, target.next)) > 0 {
				return false
			}
		}
	}
	if !rotation {
		revealed = nil
	}
	own, next, controllers := 0, 0, map[string]int{}
	for _, signer := range signers {
		who, key, _ := strings.Cut(signer, "/")
		switch {
		case who == name && slices.Contains(revealed, key) && slices.Contains(s.next, key):
			next++
		case who == name && slices.Contains(s.keys, key):
			own++
		case who != name && slices.Contains(s.controllers, who) && !m[who].dead && slices.Contains(m[who].keys, key):
			controllers[who]++
		default:
			return false
		}
	}
	if rotation {
		return next >= s.threshold
	}
	for who, n := range controllers {
		if n >= m[who].threshold {
			own++
		}
	}
	return own >= s.threshold
}

var names = []string{"A", "B", "C"}

func subset(t *rapid.T, label string, of []string, least, most int) []string {
	list := rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, most, rapid.ID).Draw(t, label)
	slices.Sort(list)
	return list
}

func drawControl(t *rapid.T) control {
	keys := []string{"x1", "x2", "x3", "x4"}
	return control{
		keys:        subset(t, "keys", keys, 0, 3),
		controllers: subset(t, "controllers", names, 0, 2),
		next:        subset(t, "next", keys, 0, 2),
		threshold:   rapid.IntRange(1, 2).Draw(t, "threshold"),
		services:    rapid.IntRange(0, 2).Draw(t, "services"),
	}
}

// drawTarget is often close to the present control, so that pre-rotation is met and respected.
func drawTarget(t *rapid.T, present control) control {
	target := drawControl(t)
	switch rapid.IntRange(0, 3).Draw(t, "near") {
	case 0:
		target = present
		target.services = rapid.IntRange(0, 2).Draw(t, "services")
	case 1:
		target.keys = slices.Clone(present.next)
		target.threshold = present.threshold
	}
	return target
}

func (c control) words() string {
	words := fmt.Sprintf("threshold=%d services=%d", c.threshold, c.services)
	for name, list := range map[string][]string{"keys": c.keys, "controllers": c.controllers, "next": c.next} {
		if len(list) > 0 {
			words += " " + name + "=" + strings.Join(list, ",")
		}
	}
	return words
}

// Random operations are accepted exactly when the plain model says so, and every version stays as it was.
func TestControlFollowsTheModel(t *testing.T) {
	var accepted, refused int
	rapid.Check(t, func(rt *rapid.T) {
		s := apptest.Run(t, apptest.Options{Centers: 1}, `
			create A keys=x1 by x1
			create B keys=x2 by x2
			create C keys=x3 by x3
		`)
		m := model{}
		for i, name := range names {
			m[name] = &subject{control: control{keys: []string{"x" + strconv.Itoa(i+1)}, threshold: 1}}
			m.note(s, name)
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			name := rapid.SampledFrom(names).Draw(rt, "name")
			present := m[name]
			var signers []string
			for _, who := range names {
				keys := m[who].keys
				if who == name {
					keys = []string{"x1", "x2", "x3", "x4"}
				}
				if len(keys) > 0 && (who == name || rapid.Bool().Draw(rt, "also "+who)) {
					for _, key := range subset(rt, "signers of "+who, keys, 0, 2) {
						signers = append(signers, who+"/"+key)
					}
				}
			}
			if len(signers) == 0 {
				continue
			}
			var line string
			var want bool
			var target *control
			current := rapid.IntRange(0, 5).Draw(rt, "prev") > 0 || len(present.versions) == 1
			if rapid.IntRange(0, 9).Draw(rt, "kind") == 0 {
				line = "deactivate " + name
				want = m.rules(name, nil, nil, signers)
			} else {
				next := drawTarget(rt, present.control)
				target = &next
				line = "update " + name + " " + target.words()
				want = m.rules(name, target, nil, signers)
			}
			if !current {
				line, want = line+" prev=1", false
			}
			line += " by " + strings.Join(signers, ",")
			s.Play(line + " -> ?")
			got := s.Results[len(s.Results)-1].Code
			if (got == exec.OK) != want {
				rt.Fatalf("%s\nof %+v: got %s, the model says %t", line, *present, got, want)
			}
			if !want {
				refused++
				continue
			}
			accepted++
			if target != nil {
				present.control = *target
			} else {
				present.dead = true
			}
			m.note(s, name)
		}
		m.check(rt, s)
	})
	if accepted == 0 || refused == 0 {
		t.Errorf("%d accepted, %d refused: one of them was never tried", accepted, refused)
	}
}

// note adds the present version of name to the model's history.
func (m model) note(s *apptest.Script, name string) {
	n := len(m[name].versions)
	id := s.Results[len(s.Results)-1].ID
	if n == 0 {
		id = s.Results[slices.Index(names, name)].ID
	}
	time := s.Time - 1
	if n == 0 {
		time = apptest.Start + int64(slices.Index(names, name))
	}
	m[name].versions = append(m[name].versions, stamp{fmt.Sprintf("%d-%s", n+1, id), time})
}

// check compares every version, by id, by number and by time, with the model's history.
func (m model) check(t *rapid.T, s *apptest.Script) {
	if err := app.Fsck(s.Store, nil); err != nil {
		t.Fatal(err)
	}
	view, err := s.App.View(0)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	for _, name := range names {
		d, versions := s.DIDs[name], m[name].versions
		if _, err := identity.Select(view.Reader(), d, did.At{Time: time.Unix(versions[0].time-1, 0)}); !errors.Is(err, did.ErrNoVersion) {
			t.Fatalf("before creation: %v", err)
		}
		for i, v := range versions {
			until := s.Time + 100
			if i+1 < len(versions) {
				until = versions[i+1].time - 1
			}
			for _, at := range []did.At{{VersionID: v.id}, {Time: time.Unix(v.time, 999)}, {Time: time.Unix(until, 0)}} {
				r, err := identity.Select(view.Reader(), d, at)
				if err != nil {
					t.Fatalf("%s at %+v: %v", name, at, err)
				}
				got := r.Version(7)
				if diff := cmp.Diff([]any{v.id, int64(i + 1), v.time, m[name].dead}, []any{got.VersionID, got.N, got.Updated.Unix(), got.Deactivated}); diff != "" {
					t.Fatalf("%s at %+v: %s", name, at, diff)
				}
				if (got.Document == nil) != (m[name].dead && i == len(versions)-1) {
					t.Fatalf("%s version %d: document %v", name, i+1, got.Document)
				}
			}
		}
	}
}
