package governance

import (
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
)

const countsKey = "g/a"

// counts are kept beside the centers' records, so that counting votes does not read them all.
type counts struct {
	active  int64 // centers
	members int64 // active and suspended ones
}

func readCounts(r exec.Reader) (n counts, err error) {
	data := r.Get([]byte(countsKey))
	if data == nil {
		return n, ErrNoLeague
	}
	m, err := object.Parse(data)
	if err != nil {
		return n, fmt.Errorf("counts of centers: %w", err)
	}
	n = counts{active: m.Int("active"), members: m.Int("members")}
	return n, m.Done()
}

func (n counts) put(s exec.Store) error {
	return putValue(s, countsKey, map[string]any{"active": n.active, "members": n.members})
}

// ActiveCenters reads how many centers have a vote now.
func ActiveCenters(r exec.Reader) (int64, error) {
	n, err := readCounts(r)
	return n.active, err
}
