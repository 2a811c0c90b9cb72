package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hanse-id/hanse/did/fetch"
)

// What Get can say. Any other error means that the server could not be asked, or gave no answer that means anything: unavailable.
var (
	ErrAbsent   = errors.New("there is no such document")           // 404, 410
	ErrTooLarge = errors.New("the document is larger than allowed") // final
	ErrRefused  = errors.New("the URL must not be fetched")         // the guard's rules forbid it: final
)

// Getter fetches; *fetch.Guard is the one to use.
type Getter interface {
	Get(ctx context.Context, url, accept string) (*fetch.Response, error)
}

// Options of Documents; zero values are the defaults.
type Options struct {
	Accept      string        // default "application/json"
	MaxBytes    int           // of one document, default 256 KiB
	MaxKept     int           // documents, default 256
	MaxTotal    int           // bytes of what is kept together, default 8 MiB
	DefaultLife time.Duration // of a document whose server does not say how long it holds, default 5 min
	MaxLife     time.Duration // whatever its server says, default 1 h
	Now         func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Accept == "" {
		o.Accept = "application/json"
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 256 << 10
	}
	if o.MaxKept <= 0 {
		o.MaxKept = 256
	}
	if o.MaxTotal <= 0 {
		o.MaxTotal = 8 << 20
	}
	if o.DefaultLife <= 0 {
		o.DefaultLife = 5 * time.Minute
	}
	if o.MaxLife <= 0 {
		o.MaxLife = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Document is what a URL named when it was fetched.
type Document struct {
	URL     string // that was asked for
	Body    []byte // must not be changed
	Fetched time.Time
}

// Documents fetches documents and keeps them. It is safe for concurrent use.
type Documents struct {
	get  Getter
	opts Options

	mu      sync.Mutex
	kept    map[string]*keptDocument
	total   int
	pending map[string]*pending
}

// keptDocument is a document with the end of its life.
type keptDocument struct {
	Document
	until time.Time
}

// pending is a request under way.
type pending struct {
	done     chan struct{}
	document Document
	err      error
}

// New returns Documents that fetch through get.
func New(get Getter, o Options) *Documents {
	return &Documents{get: get, opts: o.withDefaults(), kept: map[string]*keptDocument{}, pending: map[string]*pending{}}
}

// Get returns what a URL names, from what is kept or from its server. One request is made however many ask at once; it goes on when
// the first who asked goes away.
func (d *Documents) Get(ctx context.Context, url string) (Document, error) {
	return d.Younger(ctx, url, d.opts.MaxLife)
}

// Younger is Get for a document that was fetched less than age ago: for who misses something in an older one.
func (d *Documents) Younger(ctx context.Context, url string, age time.Duration) (Document, error) {
	now := d.opts.Now()
	d.mu.Lock()
	if k, ok := d.kept[url]; ok && now.Before(k.until) && now.Sub(k.Fetched) < age {
		d.mu.Unlock()
		return k.Document, nil
	}
	p, asked := d.pending[url]
	if !asked {
		p = &pending{done: make(chan struct{})}
		d.pending[url] = p
		go d.fetch(context.WithoutCancel(ctx), url, p)
	}
	d.mu.Unlock()
	select {
	case <-p.done:
		return p.document, p.err
	case <-ctx.Done():
		return Document{}, ctx.Err()
	}
}

// fetch asks the server, keeps its answer and tells everybody who waits. The guard bounds how long it takes.
func (d *Documents) fetch(ctx context.Context, url string, p *pending) {
	response, err := d.get.Get(ctx, url, d.opts.Accept)
	now := d.opts.Now()
	p.err = d.judge(url, response, err)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pending, url)
	if p.err == nil {
		p.document = Document{URL: url, Body: response.Body, Fetched: now}
		d.keep(p.document, d.life(response.Header))
	}
	close(p.done)
}

// judge tells an answer from none.
func (d *Documents) judge(url string, response *fetch.Response, err error) error {
	refused, known := errors.AsType[*fetch.Error](err)
	switch {
	case known && refused.Kind == fetch.Refused:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case known && refused.Kind == fetch.TooLarge:
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case err != nil:
		return err
	case response.Status == http.StatusNotFound || response.Status == http.StatusGone:
		return fmt.Errorf("%w: %.256q answered %d", ErrAbsent, url, response.Status)
	case response.Status != http.StatusOK:
		return fmt.Errorf("%.256q answered %d", url, response.Status)
	case len(response.Body) > d.opts.MaxBytes:
		return fmt.Errorf("%w: %.256q has %d bytes, at most %d", ErrTooLarge, url, len(response.Body), d.opts.MaxBytes)
	}
	return nil
}
