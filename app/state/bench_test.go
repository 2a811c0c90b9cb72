package state

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// blockWrites is how many records a benchmark's block updates.
const blockWrites = 2000

const benchValue = 260

func benchKey(buf []byte, i int) []byte {
	buf = append(buf[:0], "i/r/did:hanse:bench:"...)
	return binary.BigEndian.AppendUint64(buf, uint64(i)*0x9e3779b97f4a7c15)
}

// bench is a loaded database under measurement.
type bench struct {
	b       *testing.B
	db      *pebble.DB
	random  *rand.Rand
	value   [benchValue]byte
	records int
	updates int
}

func newBench(b *testing.B, records int) *bench {
	db, err := pebble.Open(b.TempDir(), PebbleOptions(0))
	if err != nil {
		b.Fatal(err)
	}
	return &bench{b: b, db: db, random: rand.New(rand.NewPCG(1, 2)), records: records}
}

func (m *bench) next() []byte {
	for i := 0; i < benchValue; i += 4 {
		binary.LittleEndian.PutUint32(m.value[i:], m.random.Uint32())
	}
	return m.value[:]
}

func (m *bench) sample() (cpu time.Duration, wal, written uint64) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		m.b.Fatal(err)
	}
	metrics := m.db.Metrics()
	written = metrics.WAL.BytesWritten
	for _, l := range metrics.Levels {
		written += l.TableBytesFlushed + l.TableBytesCompacted + l.BlobBytesFlushed + l.BlobBytesCompacted
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), metrics.WAL.BytesWritten, written
}

// measure runs blocks of updates until the benchmark has enough, and reports per update.
func (m *bench) measure(block func()) {
	runtime.GC()
	cpu, wal, written := m.sample()
	misses := m.db.Metrics().BlockCache.Misses
	for m.b.Loop() {
		block()
		m.updates += blockWrites
	}
	cpu2, wal2, written2 := m.sample()
	n := float64(m.updates)
	m.b.ReportMetric(float64((cpu2-cpu).Nanoseconds())/1000/n, "cpu-µs/update")
	m.b.ReportMetric(float64(m.b.Elapsed().Nanoseconds())/1000/n, "wall-µs/update")
	m.b.ReportMetric(float64(wal2-wal)/n, "wal-B/update")
	m.b.ReportMetric(float64(written2-written)/n, "written-B/update")
	m.b.ReportMetric(float64(m.db.Metrics().BlockCache.Misses-misses)/n, "block-misses/update")
	m.b.ReportMetric(0, "ns/op")
}

// resident is the process's memory in MB, which other benchmarks of the same run share.
func resident(b *testing.B) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc")
	}
	var kb float64
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			fmt.Sscan(rest, &kb)
		}
	}
	return kb / 1024
}

func benchmarkStore(b *testing.B, records int, opts Options) {
	m := newBench(b, records)
	defer m.db.Close()
	s, err := Open(m.db, opts)
	if err != nil {
		b.Fatal(err)
	}
	var key []byte
	for at := 0; at < records; {
		block := s.Begin()
		for range min(10*blockWrites, records-at) {
			key = benchKey(key, at)
			block.Set(key, m.next())
			at++
		}
		if err := s.Commit(block, s.Version()+1, nil); err != nil {
			b.Fatal(err)
		}
	}
	m.measure(func() {
		block := s.Begin()
		for range blockWrites {
			o := block.Overlay()
			key = benchKey(key, m.random.IntN(records))
			o.Set(key, m.next())
			o.Merge()
		}
		block.Root()
		if err := s.Commit(block, s.Version()+1, nil); err != nil {
			b.Fatal(err)
		}
	})
	b.ReportMetric(resident(b), "rss-MB")
	m.proofs(s)
	s.Close()
	start := time.Now()
	if s, err = Open(m.db, opts); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "start-ms")
	s.Close()
}

// proofs reports the mean size of proofs.
func (m *bench) proofs(s *Store) {
	view, err := s.Snapshot(0)
	if err != nil {
		m.b.Fatal(err)
	}
	defer view.Close()
	const n = 200
	var present, absent int
	for i := range n {
		proof, err := view.Prove(benchKey(nil, m.random.IntN(m.records)))
		if err != nil || proof.GetExist() == nil {
			m.b.Fatal(err)
		}
		present += proof.Size()
		if proof, err = view.Prove(fmt.Append(nil, "absent", i)); err != nil {
			m.b.Fatal(err)
		}
		absent += proof.Size()
	}
	m.b.ReportMetric(float64(present)/n, "presence-B")
	m.b.ReportMetric(float64(absent)/n, "absence-B")
}

// benchmarkFlat is the control: the same values in the same database, no tree.
func benchmarkFlat(b *testing.B, records int) {
	m := newBench(b, records)
	defer m.db.Close()
	var key []byte
	write := func(n int, choose func() int) {
		batch := m.db.NewBatch()
		for range n {
			key = benchKey(key, choose())
			batch.Set(key, m.next(), nil)
		}
		if err := batch.Commit(pebble.Sync); err != nil {
			b.Fatal(err)
		}
	}
	at := -1
	for range records / blockWrites {
		write(blockWrites, func() int { at++; return at })
	}
	m.measure(func() { write(blockWrites, func() int { return m.random.IntN(records) }) })
	b.ReportMetric(resident(b), "rss-MB")
}

func benchmarkUpdate(b *testing.B, records int) {
	b.Run("flat-control", func(b *testing.B) { benchmarkFlat(b, records) })
	b.Run("store", func(b *testing.B) { benchmarkStore(b, records, Options{}) })
	b.Run("store-no-cache", func(b *testing.B) { benchmarkStore(b, records, Options{LeafCacheBytes: -1}) })
}

// Each iteration is one block of 2,000 updates. Bytes written mean something over a whole overwrite only:
// records/2000 iterations or more (-benchtime 500x for 10^6).
func BenchmarkUpdate1e4(b *testing.B) { benchmarkUpdate(b, 10_000) }
func BenchmarkUpdate1e5(b *testing.B) { benchmarkUpdate(b, 100_000) }
func BenchmarkUpdate1e6(b *testing.B) { benchmarkUpdate(b, 1_000_000) }
