package api

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hanse-id/hanse/api/cache"
)

// cacheCollector shows what a cache has counted, read when it is scraped.
type cacheCollector struct{ cache *cache.Cache }

var cacheCounters = []struct {
	desc  *prometheus.Desc
	value func(cache.Stats) uint64
}{
	{cacheDesc("hits_total", "Reads answered from the cache.", "l1"), func(s cache.Stats) uint64 { return s.L1Hits }},
	{cacheDesc("hits_total", "Reads answered from the cache.", "l2"), func(s cache.Stats) uint64 { return s.L2Hits }},
	{cacheDesc("misses_total", "Reads that went to the ledger.", ""), func(s cache.Stats) uint64 { return s.Misses }},
	{cacheDesc("rejected_total", "Entries of the shared cache that no replica of this center wrote.", ""), func(s cache.Stats) uint64 { return s.Rejected }},
	{cacheDesc("stale_total", "Genuine entries of the shared cache from before a change.", ""), func(s cache.Stats) uint64 { return s.Stale }},
	{cacheDesc("discarded_total", "Reads of the ledger that lost a race with a change.", ""), func(s cache.Stats) uint64 { return s.Discarded }},
	{cacheDesc("errors_total", "Calls to the shared cache that failed.", ""), func(s cache.Stats) uint64 { return s.Errors }},
	{cacheDesc("skipped_total", "Calls to the shared cache that were not made: cut off, or too many at once.", ""), func(s cache.Stats) uint64 { return s.Skipped }},
}

var (
	cacheBytes   = cacheDesc("bytes", "Memory of the cache in this process, about.", "")
	cacheEntries = cacheDesc("entries", "Entries of the cache in this process, about.", "")
	cacheShared  = cacheDesc("shared_available", "1 if a shared cache is configured and answers, as far as is known.", "")
)

func cacheDesc(name, help, level string) *prometheus.Desc {
	var labels prometheus.Labels
	if level != "" {
		labels = prometheus.Labels{"level": level}
	}
	return prometheus.NewDesc("hanse_cache_"+name, help, nil, labels)
}

// Describe implements prometheus.Collector.
func (c cacheCollector) Describe(out chan<- *prometheus.Desc) {
	for _, counter := range cacheCounters {
		out <- counter.desc
	}
	out <- cacheBytes
	out <- cacheEntries
	out <- cacheShared
}

// Collect implements prometheus.Collector.
func (c cacheCollector) Collect(out chan<- prometheus.Metric) {
	stats := c.cache.Stats()
	for _, counter := range cacheCounters {
		out <- prometheus.MustNewConstMetric(counter.desc, prometheus.CounterValue, float64(counter.value(stats)))
	}
	available := 0.0
	if stats.Available {
		available = 1
	}
	out <- prometheus.MustNewConstMetric(cacheBytes, prometheus.GaugeValue, float64(stats.L1Bytes))
	out <- prometheus.MustNewConstMetric(cacheEntries, prometheus.GaugeValue, float64(stats.L1Entries))
	out <- prometheus.MustNewConstMetric(cacheShared, prometheus.GaugeValue, available)
}

// cacheCheck says whether the shared cache answers. It is optional: without it answers are as right, only slower.
func cacheCheck(c *cache.Cache) HealthCheck {
	return HealthCheck{Name: "cache", Optional: true, Check: func(context.Context) error {
		if stats := c.Stats(); stats.Shared && !stats.Available {
			return errors.New("the shared cache does not answer")
		}
		return nil
	}}
}
