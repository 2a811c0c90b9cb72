package api

import (
	"container/list"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// limiter counts requests by principal: an API key by its id, everybody else by address (IPv6 by /64, which one client
// owns whole). It remembers a bounded number of principals and forgets the one that was idle longest.
type limiter struct {
	limits Limits
	now    func() time.Time

	mu    sync.Mutex
	byKey map[string]*list.Element
	order *list.List // front: most recent
}

type bucket struct {
	principal string
	tokens    *rate.Limiter
}

func newLimiter(limits Limits, now func() time.Time) *limiter {
	return &limiter{limits: limits, now: now, byKey: make(map[string]*list.Element), order: list.New()}
}

// limit takes one request from c's principal and says in headers what is left; 429 if there is none.
func (s *Server) limit(c echo.Context, p Principal) error {
	perSecond, burst := s.opts.Limits.Rate, s.opts.Limits.Burst
	if !p.Anonymous {
		perSecond, burst = s.opts.Limits.KeyRate, s.opts.Limits.KeyBurst
	}
	if p.Unlimited || perSecond < 0 {
		return nil
	}
	taken, left, wait := s.limiter.take(p.counted(c), perSecond, burst)
	h := c.Response().Header()
	h.Set("RateLimit-Limit", strconv.Itoa(burst))
	h.Set("RateLimit-Remaining", strconv.Itoa(left))
	h.Set("RateLimit-Reset", strconv.Itoa(int(math.Ceil(float64(burst-left)/perSecond))))
	if taken {
		return nil
	}
	s.metrics.limited.Inc()
	return &Error{Name: "too-many-requests", Status: http.StatusTooManyRequests, Detail: "slow down; see Retry-After", Retryable: true, After: max(wait, time.Second)}
}

// counted is the name under which limits count a request of p: its API key, or the network it comes from; "" for --no-auth,
// which nothing is counted for.
func (p Principal) counted(c echo.Context) string {
	switch {
	case p.Unlimited:
		return ""
	case p.Anonymous:
		return "ip:" + network(c.RealIP())
	}
	return "key:" + p.Key.ID
}

// take takes a token of principal: whether there was one, how many are left, and how long until the next.
func (l *limiter) take(principal string, perSecond float64, burst int) (taken bool, left int, wait time.Duration) {
	now := l.now()
	l.mu.Lock()
	tokens := l.bucket(principal, perSecond, burst)
	l.mu.Unlock()
	taken = tokens.AllowN(now, 1)
	have := tokens.TokensAt(now)
	if !taken {
		wait = time.Duration((1 - have) / perSecond * float64(time.Second))
	}
	return taken, max(0, int(have)), wait
}

// bucket finds or makes the bucket of principal; l.mu is held.
func (l *limiter) bucket(principal string, perSecond float64, burst int) *rate.Limiter {
	if e, ok := l.byKey[principal]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*bucket).tokens
	}
	for len(l.byKey) >= l.limits.Clients {
		oldest := l.order.Back()
		l.order.Remove(oldest)
		delete(l.byKey, oldest.Value.(*bucket).principal)
	}
	b := &bucket{principal: principal, tokens: rate.NewLimiter(rate.Limit(perSecond), burst)}
	l.byKey[principal] = l.order.PushFront(b)
	return b.tokens
}

// network names the network a client is counted by.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	if addr = addr.Unmap(); addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
