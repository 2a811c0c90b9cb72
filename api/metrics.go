package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hanse-id/hanse/api/cache"
)

// metrics are the server's own; labels are routes, never paths.
type metrics struct {
	requests *prometheus.HistogramVec
	inFlight prometheus.Gauge
	limited  prometheus.Counter
	panics   prometheus.Counter
	streams  prometheus.Gauge
}

func newMetrics(r *prometheus.Registry, c *cache.Cache) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hanse_api_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}, []string{"method", "route", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "hanse_api_requests_in_flight", Help: "Requests being answered."}),
		limited:  prometheus.NewCounter(prometheus.CounterOpts{Name: "hanse_api_requests_limited_total", Help: "Requests refused by the rate limit."}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "hanse_api_panics_total", Help: "Panics recovered in handlers."}),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "hanse_api_event_streams", Help: "Open event streams."}),
	}
	all := []prometheus.Collector{m.requests, m.inFlight, m.limited, m.panics, m.streams}
	if c != nil {
		all = append(all, cacheCollector{c})
	}
	for _, one := range all {
		if err := r.Register(one); err != nil {
			return nil, fmt.Errorf("api metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(method, route string, status int, spent time.Duration) {
	m.requests.WithLabelValues(methodLabel(method), route, strconv.Itoa(status)).Observe(spent.Seconds())
}

// methodLabel keeps the label set bounded: clients can send any method.
func methodLabel(method string) string {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions, http.MethodPut, http.MethodPatch}
	if slices.Contains(known, method) {
		return method
	}
	return "other"
}

// MetricsHandler answers /metrics for Prometheus and nothing else. It belongs on a port of its own, on loopback by default.
func (s *Server) MetricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.opts.Metrics, promhttp.HandlerOpts{Registry: s.opts.Metrics}))
	return mux
}
