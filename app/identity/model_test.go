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
	versions []version

	pending   *attempt
	recovered int                // number of the last version that a recovery made
	starts    map[[2]int64]int64 // recoveries started, by number of the version and day
}

type control struct {
	keys, controllers, next []string
	threshold               int
	services                int
	recovery                declaration
}

// version is one version as the model remembers it.
type version struct {
	control
	id       string
	time     int64
	during   string // the recovery that was pending
	disputed string // version id of the recovery that disputes it
	from     int64  // recoveries by its declaration take effect from then on
}

type model map[string]*subject

// valid says whether a control could be exercised, its `next` protects something, and its set could recover.
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
	return c.threshold <= principals && len(both(c.keys, c.next)) == 0 && c.recovery.valid(self)
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
func (m model) rules(name string, target *control, signers []string) bool {
	s := m[name]
	if s.dead || target != nil && !target.valid(name) || target == nil && s.pending != nil {
		return false
	}
	rotation := len(s.next) > 0
	var revealed []string
	if rotation && target != nil {
		if rotation = !s.sameControl(*target); rotation {
			revealed = both(target.keys, s.next)
			if len(target.next) == 0 || same(target.next, s.next) || len(both(revealed, target.next)) > 0 {
				return false
			}
		}
	}
	own, next, controllers := 0, 0, map[string]int{}
	for _, signer := range signers {
		who, key, _ := strings.Cut(signer, "/")
		switch {
		case who == name && slices.Contains(revealed, key):
			next++
		case who == name && slices.Contains(s.keys, key):
			own++
		case who != name && slices.Contains(s.controllers, who) && m.has(who, key):
			controllers[who]++
		default:
			return false
		}
	}
	if rotation {
		return next >= s.threshold
	}
	return own+m.met(controllers) >= s.threshold
}

func (c control) sameControl(o control) bool {
	return same(c.keys, o.keys) && same(c.controllers, o.controllers) && same(c.next, o.next) && c.threshold == o.threshold &&
		c.recovery.same(o.recovery)
}

// has says whether key speaks for who at present.
func (m model) has(who, key string) bool { return !m[who].dead && slices.Contains(m[who].keys, key) }

// met counts the DIDs of which enough keys signed.
func (m model) met(signed map[string]int) (n int) {
	for who, keys := range signed {
		if keys >= m[who].threshold {
			n++
		}
	}
	return n
}

var names = []string{"A", "B", "C"}

func subset(t *rapid.T, label string, of []string, least, most int) []string {
	list := rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, most, rapid.ID).Draw(t, label)
	slices.Sort(list)
	return list
}

func drawControl(t *rapid.T, self string) control {
	keys := []string{"x1", "x2", "x3", "x4"}
	return control{
		keys:        subset(t, "keys", keys, 0, 3),
		controllers: subset(t, "controllers", names, 0, 2),
		next:        subset(t, "next", keys, 0, 2),
		threshold:   rapid.IntRange(1, 2).Draw(t, "threshold"),
		services:    rapid.IntRange(0, 2).Draw(t, "services"),
		recovery:    drawDeclaration(t, self),
	}
}

// drawTarget is often close to the present control, so that pre-rotation is met and respected.
func drawTarget(t *rapid.T, self string, present control) control {
	target := drawControl(t, self)
	switch rapid.IntRange(0, 4).Draw(t, "near") {
	case 0:
		target = present
		target.services = rapid.IntRange(0, 2).Draw(t, "services")
	case 1:
		target.keys = slices.Clone(present.next)
		target.threshold = present.threshold
	case 2:
		target.next, target.recovery = nil, present.recovery
	case 3:
		declared := target.recovery
		target = present
		target.recovery = declared
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
	return words + c.recovery.words()
}

// Random operations are accepted exactly when the plain model says so, every version stays as it was, and recoveries take
// effect when they are due.
func TestControlFollowsTheModel(t *testing.T) {
	tried := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := apptest.Run(t, apptest.Options{Centers: 1, Params: quick}, "")
		m := model{}
		for i, name := range []string{"C", "B", "A"} { // each recovers the next
			c := control{keys: []string{"x" + strconv.Itoa(i+1)}, threshold: 1}
			if i > 0 {
				c.recovery = declaration{set: []string{names[3-i]}, quorum: 1, delay: 100}
			}
			s.Play("create " + name + " " + c.words() + " by " + c.keys[0])
			m[name] = &subject{control: c, starts: map[[2]int64]int64{}}
			m[name].add(s.Results[i].ID.String(), s.Time-1, c)
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			if rapid.IntRange(0, 7).Draw(rt, "wait") == 0 {
				s.Time += rapid.SampledFrom([]int64{10, 50, 100, 400, 86400}).Draw(rt, "seconds")
			}
			if m.fire(s.Time) {
				tried["fire true"]++
				s.Block() // so that lines see what it made
				s.Time--
			}
			name := rapid.SampledFrom(names).Draw(rt, "name")
			kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
			if m[name].pending != nil {
				kind = rapid.SampledFrom([]string{"cancel", "cancel", "update", "update", "recover", "deactivate"}).Draw(rt, "kind while pending")
			}
			step := m.draw(rt, kind, name)
			s.Play(step.line + " -> ?")
			result := s.Results[len(s.Results)-1]
			if want := step.want(s.Time - 1); (result.Code == exec.OK) != want {
				rt.Fatalf("%s\nat %d of %+v: got %s, the model says %t", step.line, s.Time-1, *m[name], result.Code, want)
			}
			if result.Code == exec.OK {
				step.done(result.ID.String(), s.Time-1)
			}
			tried[kind+" "+strconv.FormatBool(result.Code == exec.OK)]++
		}
		m.check(rt, s)
	})
	for _, what := range []string{
		"update true", "update false", "recover true", "recover false", "cancel true", "cancel false", "deactivate true", "fire true",
	} {
		if tried[what] == 0 {
			t.Errorf("%s: was never tried", what)
		}
	}
	t.Log(tried)
}

var kinds = []string{
	"update", "update", "update", "update", "recover", "recover", "recover", "recover", "cancel", "cancel", "cancel", "deactivate",
}

// step is one operation: its line, whether the model accepts it at a time, and what it does to the model.
type step struct {
	line string
	want func(now int64) bool
	done func(id string, now int64)
}

func (m model) draw(t *rapid.T, kind, name string) step {
	s := m[name]
	switch kind {
	case "recover":
		return m.drawRecover(t, name)
	case "cancel":
		return m.drawCancel(t, name)
	}
	signers := m.drawSigners(t, name, append([]string{name}, s.controllers...))
	if rapid.IntRange(0, 3).Draw(t, "strangers") == 0 {
		signers = m.drawSigners(t, name, names)
	}
	by := " by " + strings.Join(signers, ",")
	stale := len(s.versions) > 1 && rapid.IntRange(0, 5).Draw(t, "prev") == 0
	if stale {
		by = " prev=1" + by
	}
	if kind == "deactivate" {
		return step{"deactivate " + name + by,
			func(int64) bool { return !stale && m.rules(name, nil, signers) },
			func(id string, now int64) { s.dead = true; s.add(id, now, s.control) }}
	}
	target := drawTarget(t, name, s.control)
	return step{"update " + name + " " + target.words() + by,
		func(int64) bool { return !stale && m.rules(name, &target, signers) },
		func(id string, now int64) { s.control = target; s.add(id, now, target) }}
}

// drawSigners draws keys of name, whether or not they speak for it, and present keys of some of the others.
func (m model) drawSigners(t *rapid.T, name string, others []string) (signers []string) {
	all := rapid.Bool().Draw(t, "all keys")
	for _, who := range names {
		keys := m[who].keys
		if !slices.Contains(others, who) {
			continue
		}
		if all {
			if who == name || rapid.IntRange(0, 2).Draw(t, "with "+who) > 0 {
				for _, key := range keys {
					signers = append(signers, who+"/"+key)
				}
			}
			continue
		}
		if who == name {
			keys = []string{"x1", "x2", "x3", "x4"}
		}
		if len(keys) > 0 && (who == name || rapid.Bool().Draw(t, "also "+who)) {
			for _, key := range subset(t, "signers of "+who, keys, 0, min(2, len(keys))) {
				signers = append(signers, who+"/"+key)
			}
		}
	}
	if signers == nil {
		return []string{name + "/x1"}
	}
	return signers
}

// add notes a new version.
func (s *subject) add(id string, now int64, c control) {
	v := version{control: c, id: fmt.Sprintf("%d-%s", len(s.versions)+1, id), time: now}
	if n := len(s.versions); n > 0 {
		before := s.versions[n-1]
		v.from = before.from
		if old := before.recovery; len(old.set) > 0 && !old.same(c.recovery) {
			v.from = max(v.from, now+old.delay)
		}
	}
	if s.pending != nil {
		v.during = s.pending.id
	}
	s.versions = append(s.versions, v)
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
				if at.VersionID == "" && until < v.time {
					continue // another version in the same block
				}
				r, err := identity.Select(view.Reader(), d, at)
				if err != nil {
					t.Fatalf("%s at %+v: %v", name, at, err)
				}
				got := r.Version(7)
				if diff := cmp.Diff(m[name].facts(i), []any{
					got.VersionID, got.N, got.Updated.Unix(), got.Deactivated, got.Disputed, got.During, pendingFacts(got.Recovery),
				}); diff != "" {
					t.Fatalf("%s at %+v: %s", name, at, diff)
				}
				if (got.Document == nil) != (m[name].dead && i == len(versions)-1) {
					t.Fatalf("%s version %d: document %v", name, i+1, got.Document)
				}
			}
		}
	}
}

// facts is what resolution says of version i+1.
func (s *subject) facts(i int) []any {
	v := s.versions[i]
	return []any{v.id, int64(i + 1), v.time, s.dead, v.disputed, v.during, s.pending.facts(s)}
}
