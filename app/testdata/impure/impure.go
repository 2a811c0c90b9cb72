// Package impure breaks every rule of the determinism test once. The comments say what has to be found in each line.
package impure

import (
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"
)

var clock = time.Now // want "time.Now"

func clocks(t time.Time) {
	_ = clock().Unix()
	_ = time.Since(t)                // want "time.Since"
	_ = t.Local()                    // want "time.Local"
	time.Sleep(time.Second)          // want "time.Sleep"
	_, _ = time.Parse("2006", "now") // want "time.Parse"
	_ = t.UTC().Unix()
}

func chance() {
	_ = rand.Int()                         // want "math/rand"
	_, _ = crand.Read(nil)                 // want "crypto/rand"
	_ = maphash.String(maphash.Seed{}, "") // want "hash/maphash" "hash/maphash"
}

func concurrency() {
	c := make(chan int)    // want "channel"
	go clocks(time.Time{}) // want "goroutine"
	select {               // want "select"
	case <-c: // want "channel" "channel"
	default:
	}
	c <- 1                // want "channel" "channel"
	var mu sync.Mutex     // want "sync"
	mu.Lock()             // want "sync"
	var wg sync.WaitGroup // want "sync"
	wg.Go(func() {})      // want "sync.Go"
	_ = runtime.NumCPU()  // want "runtime"
}

func order(m map[string]int, named table) {
	for range m { // want "range over a map"
	}
	for k := range named { // want "range over a map"
		_ = k
	}
	for k := range maps.Keys(m) { // want "unsorted maps.Keys"
		_ = k
	}
	_ = slices.Sorted(maps.Keys(m))
	_ = slices.Collect(maps.Values(m)) // want "unsorted maps.Values"
	for i := range []int{1} {
		_ = i
	}
	_ = fmt.Sprintf("%p", &m) // want "pointer"
	_ = unsafe.Pointer(nil)   // want "unsafe"
}

type table map[string]bool

func numbers(n int) {
	x := float64(n)  // want "float" "float" "float"
	_ = math.Sqrt(x) // want "float" "float" "float"
	_ = n / 2
	_ = 1.5 // want "float"
}

func world() {
	_, _ = os.ReadFile("x")     // want "os"
	_ = os.Getenv("x")          // want "os"
	_, _ = net.Dial("tcp", "x") // want "net"
	_, _ = url.Parse("x")       // want "net/url"
	_ = regexp.MustCompile("x") // want "regexp"
	_, _ = http.Get("x")        // want "net/http"
	_ = http.StatusOK
	_, _ = json.Marshal(1)        // want "encoding/json"
	_ = json.Number("1").String() // want "encoding/json" "encoding/json"
}
