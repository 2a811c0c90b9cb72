package pool

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hanse-id/hanse/app/exec"
)

// metrics of the pool, all named hanse_pool_….
type metrics struct {
	registry   prometheus.Registerer
	collectors []prometheus.Collector

	accepted, committed, verified prometheus.Counter
	batches, reoffered, unsound   prometheus.Counter
	fsync                         prometheus.Histogram
	refusals, refusedBatches, end *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer, p *Pool) *metrics {
	m := &metrics{registry: r}
	m.accepted = m.counter("accepted_operations_total", "Operations journaled by this center.")
	m.committed = m.counter("committed_operations_total", "Own operations that a block consumed.")
	m.verified = m.counter("verified_signatures_total", "Signatures computed outside execution.")
	m.batches = m.counter("sealed_batches_total", "Batches sealed by this center.")
	m.reoffered = m.counter("reoffered_batches_total", "Own batches given up for a new envelope.")
	m.unsound = m.counter("unsound_batches_total", "Sponsored batches of other centers that hold no operation.")
	m.refusals = m.vec("refused_operations_total", "Operations refused at admission, by code.")
	m.refusedBatches = m.vec("refused_batches_total", "Batches of other centers refused, by code.")
	m.end = m.vec("ended_operations_total", "Accepted operations that ended without a receipt, by code.")
	m.fsync = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "hanse", Subsystem: "pool", Name: "journal_write_seconds",
		Help: "Time to make a group of operations durable.", Buckets: prometheus.ExponentialBuckets(0.0001, 4, 8),
	})
	m.collectors = append(m.collectors, m.fsync)
	m.gauge("pending_operations", "Accepted operations without an outcome.", func() float64 { return float64(p.Pending()) })
	m.gauge("verdicts", "Signature verdicts in the cache.", func() float64 { return float64(p.cfg.Verdicts.Len()) })
	m.gauge("verdict_hits", "Questions that the verdict cache answered.", func() float64 {
		hits, _ := p.cfg.Verdicts.Stats()
		return float64(hits)
	})
	m.gauge("verdict_misses", "Questions that the verdict cache could not answer.", func() float64 {
		_, misses := p.cfg.Verdicts.Stats()
		return float64(misses)
	})
	if r != nil {
		for _, c := range m.collectors {
			// A name that is taken means a second node on one registry: it runs without these metrics.
			_ = r.Register(c)
		}
	}
	return m
}

func (m *metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "hanse", Subsystem: "pool", Name: name, Help: help})
	m.collectors = append(m.collectors, c)
	return c
}

func (m *metrics) vec(name, help string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(
		prometheus.CounterOpts{Namespace: "hanse", Subsystem: "pool", Name: name, Help: help}, []string{"code"})
	m.collectors = append(m.collectors, c)
	return c
}

func (m *metrics) gauge(name, help string, value func() float64) {
	m.collectors = append(m.collectors, prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Namespace: "hanse", Subsystem: "pool", Name: name, Help: help}, value))
}

func (m *metrics) refused(code exec.Code) { m.refusals.WithLabelValues(code.Info().Name).Inc() }
func (m *metrics) batchRefused(code exec.Code) {
	m.refusedBatches.WithLabelValues(code.Info().Name).Inc()
}
func (m *metrics) ended(code exec.Code) { m.end.WithLabelValues(code.Info().Name).Inc() }

func (m *metrics) unregister() {
	if m.registry == nil {
		return
	}
	for _, c := range m.collectors {
		m.registry.Unregister(c)
	}
}
