package identity

import (
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// period is a stretch of block time in which something is counted. Its name is a member of the record.
type period struct {
	name    string
	seconds int64
}

var (
	hour = period{"hour", 3600}
	day  = period{"day", 86400}
)

// tally is a count in one period: "so many in hour 500,000". It is a record of its own, so that counting does not rewrite
// the DID's record.
type tally struct{ number, count int64 }

func (t tally) encode(p period) ([]byte, error) {
	return jcs.Encode(map[string]any{p.name: t.number, "count": t.count})
}

func decodeTally(data []byte, p period) (tally, error) {
	value, err := jcs.ParseIntegers(data, jcs.Limits{MaxBytes: 128})
	if err != nil {
		return tally{}, err
	}
	members, _ := value.(map[string]any)
	m := object.New(members, "")
	t := tally{number: m.Int(p.name), count: m.Int("count")}
	return t, m.Done()
}

// counted reads how many there were in the period that time is in.
func counted(r exec.Reader, key []byte, p period, time int64) (int64, error) {
	data := r.Get(key)
	if data == nil {
		return 0, nil
	}
	t, err := decodeTally(data, p)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", key, err)
	}
	if t.number != time/p.seconds {
		return 0, nil
	}
	return t.count, nil
}

// countOne adds one.
func countOne(s exec.Store, key []byte, p period, time int64) error {
	n, err := counted(s, key, p, time)
	if err != nil {
		return err
	}
	data, err := tally{number: time / p.seconds, count: n + 1}.encode(p)
	if err != nil {
		return err
	}
	s.Set(key, data)
	return nil
}

func quotaKey(d did.DID) []byte { return append([]byte(quotaPrefix), d...) }

// reserved is the part of a quota, one in so many, that keys lent by a DID cannot use up.
const reserved = 16

// CheckQuota says whether d may have one more operation authorised in the hour of block time that env's block is in
// (`ledger.md` 7). CodeOverQuota otherwise. An operation is delegated if d did not sign it itself but keys that it lent, as
// operators of a status list are: these leave a sixteenth of the quota alone, so that a stolen operator key cannot keep
// its owner from changing or deactivating the DID.
func CheckQuota(env *exec.Env, d did.DID, delegated bool) error {
	n, err := counted(env.Store, quotaKey(d), hour, env.Block.Time)
	if err != nil {
		return err
	}
	limit := env.Params.OpsPerDIDHour
	if delegated {
		limit -= limit / reserved
	}
	if n >= limit {
		return exec.Errorf(exec.CodeOverQuota, "%s: %d operations in this hour", d, n)
	}
	return nil
}

// Charge counts one authorised operation of d.
func Charge(env *exec.Env, d did.DID) error {
	return countOne(env.Store, quotaKey(d), hour, env.Block.Time)
}
