package cache

import "sync"

// flightName names a flight. The floor is part of it: who comes after a change does not wait for a read from before it.
type flightName struct {
	key, subject string
	floor        int64
}

// flight is one read on behalf of everyone who asks for the same at the same time.
type flight struct {
	done  chan struct{} // closed when entry and err are there
	entry entry
	err   error
}

type flights struct {
	mu    sync.Mutex
	under map[flightName]*flight
}

// join returns the flight of this name, and whether the caller has to land it.
func (f *flights) join(name flightName) (fl *flight, leads bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, ok := f.under[name]; ok {
		return fl, false
	}
	if f.under == nil {
		f.under = map[flightName]*flight{}
	}
	fl = &flight{done: make(chan struct{})}
	f.under[name] = fl
	return fl, true
}

// land hands the outcome to everyone who waits.
func (f *flights) land(name flightName, fl *flight, e entry, err error) {
	fl.entry, fl.err = e, err
	f.mu.Lock()
	delete(f.under, name)
	f.mu.Unlock()
	close(fl.done)
}
