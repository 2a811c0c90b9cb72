package remote

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// life is how long a document may be kept: what Cache-Control says (RFC 9111 section 5.2.2), within bounds.
func (d *Documents) life(h http.Header) time.Duration {
	life := d.opts.DefaultLife
	for _, directive := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				life = time.Duration(seconds) * time.Second
			}
		}
	}
	return min(life, d.opts.MaxLife)
}

// keep stores a document and makes room for it: first goes what is over, then what ends first. The lock is held.
func (d *Documents) keep(document Document, life time.Duration) {
	d.drop(document.URL)
	if life <= 0 || len(document.Body) > d.opts.MaxTotal {
		return
	}
	for len(d.kept) >= d.opts.MaxKept || d.total+len(document.Body) > d.opts.MaxTotal {
		d.drop(d.first())
	}
	d.kept[document.URL] = &keptDocument{Document: document, until: document.Fetched.Add(life)}
	d.total += len(document.Body)
}

// first names the document that ends first.
func (d *Documents) first() string {
	var first string
	var until time.Time
	for url, k := range d.kept {
		if first == "" || k.until.Before(until) {
			first, until = url, k.until
		}
	}
	return first
}

func (d *Documents) drop(url string) {
	if k, ok := d.kept[url]; ok {
		d.total -= len(k.Body)
		delete(d.kept, url)
	}
}
