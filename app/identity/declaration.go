package identity

import (
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// Bounds of a declaration that are part of the format, not parameters.
const (
	maxRecoverers    = op.MaxSignatures // more could not sign one operation
	maxRecoveryDelay = 3650 * 86400     // ten years
	maxRecoveryBytes = 4 << 10
)

// Recovery is what a record declares for the loss of its keys: body member `recovery`, {set?, threshold?, delay?, league?}.
// There is a set or the league or both; delay belongs to the set, threshold is 1 where it is left out.
type Recovery struct {
	Set       []did.DID // did:hanse of the league, did:key or did:jwk; may be empty where League is set
	Threshold int64     // of Set: so many of its members must sign
	Delay     int64     // seconds of block time between start and effect
	League    int64     // seconds of delay where the centers start it by proposal; 0: they may not. Declared at creation only
}

// Value returns the JSON form of r, nil for nil: what an operation's body takes.
func (r *Recovery) Value() map[string]any {
	if r == nil {
		return nil
	}
	m := map[string]any{}
	if len(r.Set) > 0 {
		set := make([]any, len(r.Set))
		for i, d := range r.Set {
			set[i] = string(d)
		}
		m["set"], m["threshold"], m["delay"] = set, r.Threshold, r.Delay
	}
	if r.League > 0 {
		m["league"] = r.League
	}
	return m
}

// readDeclaration reads the JSON form, which stands at pointer at: its shape, without saying who the members are.
func readDeclaration(members map[string]any, at string) (*Recovery, error) {
	m := object.New(members, at)
	r := &Recovery{League: m.OptInt("league", 0)}
	for _, text := range m.OptStrings("set") {
		r.Set = append(r.Set, did.DID(text))
	}
	n := int64(len(r.Set))
	if n > 0 {
		r.Threshold, r.Delay = m.OptInt("threshold", 1), m.Int("delay")
	}
	switch {
	case m.Has("set") && n == 0:
		m.Fail("set", "empty: leave it out")
	case m.Has("league") && (r.League < 1 || r.League > maxRecoveryDelay):
		m.Fail("league", fmt.Sprintf("not 1 to %d seconds", maxRecoveryDelay))
	case n == 0 && r.League == 0:
		m.Fail("set", "neither a set nor the league")
	case n > maxRecoverers:
		m.Fail("set", fmt.Sprintf("above %d members", maxRecoverers))
	case n > 0 && (r.Threshold < 1 || r.Threshold > n):
		m.Fail("threshold", fmt.Sprintf("not 1 to %d, the members of the set", n))
	case n > 0 && (r.Delay < 1 || r.Delay > maxRecoveryDelay):
		m.Fail("delay", fmt.Sprintf("not 1 to %d seconds", maxRecoveryDelay))
	case n > 0 && r.League > 0 && r.League <= r.Delay:
		m.Fail("league", "not longer than the delay of the set")
	}
	return r, m.Done()
}

// checkMembers refuses a set whose threshold could be met by fewer principals than it says, or by nobody: members are
// distinct DIDs of this league or distinct keys, and not the DID itself.
func (r *Recovery) checkMembers(league string, self did.DID) error {
	if data, err := jcs.Encode(r.Value()); err != nil || len(data) > maxRecoveryBytes {
		return fmt.Errorf("above %d bytes", maxRecoveryBytes)
	}
	seen := make([]string, 0, len(r.Set))
	for _, d := range r.Set {
		name := string(d)
		switch {
		case d == self:
			return fmt.Errorf("%.80s: a DID cannot recover itself", d)
		case SelfCertified(d):
			_, key, err := KeyOf(d)
			if err != nil {
				return fmt.Errorf("%.80s: %w", d, err)
			}
			name = key.Multikey() // one key, whichever method names it
		default:
			of, _, err := did.SplitHanse(d)
			if err != nil {
				return err
			}
			if of != league {
				return fmt.Errorf("%.80s: not a DID of league %s", d, league)
			}
		}
		if slices.Contains(seen, name) {
			return fmt.Errorf("%.80s: a member already", d)
		}
		seen = append(seen, name)
	}
	return nil
}

// same reports whether two declarations let the same principals do the same.
func (r *Recovery) same(o *Recovery) bool {
	if r == nil || o == nil {
		return r == o
	}
	return slices.Equal(sorted(r.Set), sorted(o.Set)) && r.Threshold == o.Threshold && r.Delay == o.Delay && r.League == o.League
}

// delay is the seconds between start and effect of a recovery by the set, or by the league; 0 where it is not declared.
func (r *Recovery) delay(league bool) int64 {
	switch {
	case r == nil:
		return 0
	case league:
		return r.League
	}
	return r.Delay
}

// checkDeclaration compares what t declares with what it replaces: before, nil if nothing was declared. Delays must be as
// long as the parameters ask for when they are declared; what was declared under other parameters stays. The league is
// declared at creation only: later it may be dropped, because nobody who did not ask for it at the beginning, when there
// was no thief yet, shall be recovered by the league.
func (t *target) checkDeclaration(p exec.Params, before *Recovery, creation bool) error {
	now := t.recovery
	if now == nil || now.same(before) {
		return nil
	}
	if creation && now.League > 0 && now.League < p.LeagueRecoverySeconds {
		return exec.Errorf(exec.CodeLimitExceeded, "recovery: league %d is below %d seconds", now.League, p.LeagueRecoverySeconds).
			At(t.at + "/recovery/league")
	}
	if !creation && now.League > 0 && now.League != before.delay(true) {
		return exec.Errorf(exec.CodeNoRecovery, "recovery: the league can be declared at creation only").At(t.at + "/recovery/league")
	}
	if len(now.Set) > 0 && now.Delay < p.MinRecoverySeconds {
		return exec.Errorf(exec.CodeLimitExceeded, "recovery: delay %d is below %d seconds", now.Delay, p.MinRecoverySeconds).
			At(t.at + "/recovery/delay")
	}
	return nil
}
