package trust

import "github.com/hanse-id/hanse/app/exec"

// Add writes an accreditation with its index entries, unchecked: benchmarks make states with it.
func Add(s exec.Store, a *Accreditation) error { return a.add(s) }
