package identity_test

import (
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/identity"
)

// LifeOf looks at the beginning of a record; it must say what the whole record says.
func TestLifeIsWhatTheRecordSays(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		create A keys=a1 services=2 by a1
		create B keys=b1 recovery=A by b1
		update B keys=b1 recovery=A services=1 by b1
		create C keys=c1 by c1
		deactivate C by c1
	`)
	for name, d := range s.DIDs {
		record, err := identity.Get(s.Store.Begin(), d)
		if err != nil || record == nil {
			t.Fatal(name, err)
		}
		life, err := identity.LifeOf(s.Store.Begin(), d)
		if err != nil || !life.Known || (life.Ended != 0) != record.Deactivated || record.Deactivated && life.Ended != record.Updated {
			t.Errorf("%s: %+v (%v), the record: deactivated %t, updated %d", name, life, err, record.Deactivated, record.Updated)
		}
	}
	if life, err := identity.LifeOf(s.Store.Begin(), s.DIDs["A"]+"x"); err != nil || life != (identity.Life{}) {
		t.Errorf("nobody: %+v (%v)", life, err)
	}
}
