package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// Options tune a store; zero values mean the defaults.
type Options struct {
	LeafCacheBytes int64 // default 128 MiB; negative: none
	Versions       int   // versions kept readable, default 16
	Workers        int   // hashing goroutines, default 2
}

func (o Options) withDefaults() Options {
	if o.LeafCacheBytes == 0 {
		o.LeafCacheBytes = 128 << 20
	}
	if o.Versions <= 0 {
		o.Versions = 16
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	return o
}

// DefaultMemory is the memory budget that PebbleOptions takes for 0.
const DefaultMemory = 208 << 20

// separation keeps values out of compactions: from 128 bytes on they go to blob files, which are rewritten when a
// third of what they hold is garbage.
const separation = `
[Value Separation]
  enabled=true
  minimum_size=128
  max_blob_reference_depth=10
  rewrite_minimum_age=1m0s
  target_garbage_ratio=0.33
`

// PebbleOptions returns options for the database under a store that may take about memoryBudget bytes outside Go's
// heap (0 means DefaultMemory): half of it for the block cache, a quarter for each of the two memtables that exist
// while one is flushed. The memtables' size matters most for the bytes written per update. The logger stays silent but for
// fatal conditions, which panic; the caller may replace it, the file system and the event listener. The block
// cache is released by closing the database.
func PebbleOptions(memoryBudget int64) *pebble.Options {
	if memoryBudget <= 0 {
		memoryBudget = DefaultMemory
	}
	quarter := max(memoryBudget/4, 1<<20)
	o := &pebble.Options{
		CacheSize:                   2 * quarter,
		FormatMajorVersion:          pebble.FormatValueSeparation,
		L0CompactionThreshold:       4,
		LBaseMaxBytes:               256 << 20,
		Logger:                      Logger{},
		MaxOpenFiles:                1000,
		MemTableSize:                uint64(quarter),
		MemTableStopWritesThreshold: 4,
	}
	o.CompactionConcurrencyRange = func() (int, int) { return 1, 2 }
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		o.Levels[i].IndexBlockSize = 256 << 10 // one level of index: buckets are read at random places
	}
	// Damaged files are logged; what reads them gets an error. The default would end the process also for Check.
	o.EventListener = &pebble.EventListener{
		DataCorruption: func(info pebble.DataCorruptionInfo) { o.Logger.Errorf("%s", info) },
	}
	if err := o.Parse(separation, nil); err != nil {
		panic(err)
	}
	return o
}

// Logger is a pebble logger that drops messages and panics on fatal conditions, because the state on disk is then
// unknown. The functions, where set, receive messages.
type Logger struct {
	Info, Error func(message string)
}

// Infof passes a message to Info.
func (l Logger) Infof(format string, args ...any) {
	if l.Info != nil {
		l.Info(fmt.Sprintf(format, args...))
	}
}

// Errorf passes a message to Error.
func (l Logger) Errorf(format string, args ...any) {
	if l.Error != nil {
		l.Error(fmt.Sprintf(format, args...))
	}
}

// Fatalf passes a message to Error and panics with an *exec.StorageError: the node stops.
func (l Logger) Fatalf(format string, args ...any) {
	l.Errorf(format, args...)
	fail(fmt.Errorf(format, args...))
}
