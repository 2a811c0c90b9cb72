package localnet_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/hanse-id/hanse/abci/localnet"
)

// measured skips a test that only measures, unless HANSE_TEST_MEASURE says for how long ("20s").
func measured(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("HANSE_TEST_MEASURE")
	if text == "" {
		t.Skip("HANSE_TEST_MEASURE is not set")
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// cpu is what this process has used.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Acknowledged and committed operations a second of four nodes in one process, clients included.
func TestMeasureThroughput(t *testing.T) {
	d := measured(t)
	net := start(t, localnet.Manifest{League: "load", Centers: 4}, localnet.Options{})
	before, begin := cpu(t), time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	acked := localnet.Drive(ctx, "load", 16, 20, func(i int) (localnet.Center, int) { return net.Center(i % 4), i % 4 })
	used, took := cpu(t)-before, time.Since(begin)
	if err := localnet.Settled(bounded(t), net.Centers(), acked); err != nil {
		t.Fatal(err)
	}
	head, err := net.Center(0).Head(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d acknowledged in %v: %.0f/s, %v of CPU (%.2f cores, %v each); settled %v later, height %d",
		len(acked), took, float64(len(acked))/took.Seconds(), used, used.Seconds()/took.Seconds(),
		used/time.Duration(max(len(acked), 1)), time.Since(begin)-took, head.Height)
}

// CPU of an idle league, and how long the first operation after a silence takes.
func TestMeasureIdle(t *testing.T) {
	d := measured(t)
	net := start(t, localnet.Manifest{League: "idle", Centers: 4}, localnet.Options{})
	commit(t, net.Center(0), create(t, "idle", "warm"))
	time.Sleep(6 * time.Second)
	head, err := net.Center(0).Head(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	before, begin := cpu(t), time.Now()
	time.Sleep(d)
	used, took := cpu(t)-before, time.Since(begin)
	after, err := net.Center(0).Head(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("idle: %.1f %% of a core for four nodes, %.2f blocks/s", 100*used.Seconds()/took.Seconds(),
		float64(after.Height-head.Height)/took.Seconds())
	var waits []time.Duration
	for i := range 8 {
		envelope := create(t, "idle", fmt.Sprint("first-", i))
		time.Sleep(5500*time.Millisecond + time.Duration(i)*130*time.Millisecond) // a silence
		begin := time.Now()
		commit(t, net.Center(i%4), envelope)
		waits = append(waits, time.Since(begin).Round(time.Millisecond))
	}
	slices.Sort(waits)
	t.Logf("first operation after a silence: p50 %v, all %v", waits[len(waits)/2], waits)
}
