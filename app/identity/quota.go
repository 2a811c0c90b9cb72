package identity

import (
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

const hour = 3600

func quotaKey(d did.DID) []byte { return append([]byte(quotaPrefix), d...) }

// quota is a DID's count of successful authorisations in one hour of block time. It is a record of its own, so that
// counting does not rewrite the DID's record.
type quota struct {
	hour, count int64
}

func (q quota) encode() ([]byte, error) {
	return jcs.Encode(map[string]any{"hour": q.hour, "count": q.count})
}

func decodeQuota(data []byte) (quota, error) {
	value, err := jcs.ParseIntegers(data, jcs.Limits{MaxBytes: 128})
	if err != nil {
		return quota{}, err
	}
	members, _ := value.(map[string]any)
	m := object.New(members, "")
	q := quota{hour: m.Int("hour"), count: m.Int("count")}
	return q, m.Done()
}

// used reads how many operations d has had in the hour of time.
func used(r exec.Reader, d did.DID, time int64) (int64, error) {
	data := r.Get(quotaKey(d))
	if data == nil {
		return 0, nil
	}
	q, err := decodeQuota(data)
	if err != nil {
		return 0, fmt.Errorf("quota of %s: %w", d, err)
	}
	if q.hour != time/hour {
		return 0, nil
	}
	return q.count, nil
}

// reserved is the part of a quota, one in so many, that keys lent by a DID cannot use up.
const reserved = 16

// CheckQuota says whether d may have one more operation authorised in the hour of block time that env's block is in
// (`ledger.md` 7). CodeOverQuota otherwise. An operation is delegated if d did not sign it itself but keys that it lent, as
// operators of a status list are: these leave a sixteenth of the quota alone, so that a stolen operator key cannot keep
// its owner from changing or deactivating the DID.
func CheckQuota(env *exec.Env, d did.DID, delegated bool) error {
	n, err := used(env.Store, d, env.Block.Time)
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
	n, err := used(env.Store, d, env.Block.Time)
	if err != nil {
		return err
	}
	data, err := quota{hour: env.Block.Time / hour, count: n + 1}.encode()
	if err != nil {
		return err
	}
	env.Store.Set(quotaKey(d), data)
	return nil
}
