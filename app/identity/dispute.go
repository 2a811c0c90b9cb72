package identity

import (
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// recovered is the record of a recovery that took effect. It made version N from version Base; the versions in between,
// if any, are disputed: the recoverers did not recognise them, and from then on nobody can tell what they are worth.
type recovered struct {
	did  did.DID
	n    int64  // number of the version it made
	by   string // id of that version
	base int64  // number of the version it continued from
	id   op.ID  // the operation that started it
}

// recoveredKey orders the recoveries of a DID by the number of the version that they made.
func recoveredKey(d did.DID, n int64) []byte { return numbered(recoveredPrefix, d, n) }

// Disputed reports whether version n of d was superseded by a recovery that did not recognise it, and which version that
// recovery made (its version id). One record is read: recoveries never reach below one another, so the first one after n
// decides.
func Disputed(r exec.Reader, d did.DID, n int64) (by string, disputed bool, err error) {
	end := exec.PrefixEnd(recoveredPrefix + string(d) + "\x00")
	for _, data := range r.Range(recoveredKey(d, n+1), end) {
		e, err := decodeRecovered(data)
		if err != nil {
			return "", false, fmt.Errorf("recoveries of %s: %w", d, err)
		}
		if e.base >= n {
			return "", false, nil
		}
		return e.by, true, nil
	}
	return "", false, nil
}

func (e *recovered) encode() ([]byte, error) {
	data, err := jcs.Encode(map[string]any{
		"did": string(e.did), "n": e.n, "versionId": e.by, "base": e.base, "operation": e.id.String(),
	})
	if err != nil {
		return nil, fmt.Errorf("recoveries of %s: %w", e.did, err)
	}
	return data, nil
}

func decodeRecovered(data []byte) (*recovered, error) {
	m, err := object.Parse(data)
	if err != nil {
		return nil, err
	}
	e := &recovered{
		did: did.DID(m.String("did")), n: m.Int("n"), by: m.String("versionId"), base: m.Int("base"), id: readID(m, "operation"),
	}
	return e, m.Done()
}
