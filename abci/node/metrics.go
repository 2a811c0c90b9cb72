package node

import (
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/cometbft/cometbft/blocksync"
	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/mempool"
	cmtnode "github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/statesync"
	"github.com/go-kit/kit/metrics"
	kitprom "github.com/go-kit/kit/metrics/prometheus"
	"github.com/prometheus/client_golang/prometheus"
)

const metricsNamespace = "hanse_cometbft"

// registrar registers CometBFT's metrics on a registry of ours. CometBFT's own provider registers them on the
// process's default registry, and panics for the second node of a process.
type registrar struct {
	registry   prometheus.Registerer
	registered []prometheus.Collector
	err        error
}

// provider is CometBFT's MetricsProvider. Nil registry: no metrics.
func (r *registrar) provider() cmtnode.MetricsProvider {
	return func(string) (*consensus.Metrics, *p2p.Metrics, *mempool.Metrics, *sm.Metrics, *proxy.Metrics, *blocksync.Metrics, *statesync.Metrics) {
		cs, p2, mp, st := consensus.NopMetrics(), p2p.NopMetrics(), mempool.NopMetrics(), sm.NopMetrics()
		ab, bs, ss := proxy.NopMetrics(), blocksync.NopMetrics(), statesync.NopMetrics()
		if r.registry != nil {
			r.fill(consensus.MetricsSubsystem, cs)
			r.fill(p2p.MetricsSubsystem, p2)
			r.fill(mempool.MetricsSubsystem, mp)
			r.fill(sm.MetricsSubsystem, st)
			r.fill(proxy.MetricsSubsystem, ab)
			r.fill(blocksync.MetricsSubsystem, bs)
			r.fill(statesync.MetricsSubsystem, ss)
		}
		return cs, p2, mp, st, ab, bs, ss
	}
}

// fill replaces the metrics in a struct of CometBFT's by registered ones. Names, labels and buckets are those that
// its field names and tags declare, as its own code generator reads them.
func (r *registrar) fill(subsystem string, target any) {
	v := reflect.ValueOf(target).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if made := r.metric(subsystem, field); made != nil {
			v.Field(i).Set(reflect.ValueOf(made))
		}
	}
}

func (r *registrar) metric(subsystem string, field reflect.StructField) any {
	name := field.Tag.Get("metrics_name")
	if name == "" {
		name = snake(field.Name)
	}
	labels := fields(field.Tag.Get("metrics_labels"))
	help := "CometBFT " + subsystem + " " + strings.ReplaceAll(name, "_", " ") + "."
	switch field.Type {
	case reflect.TypeFor[metrics.Gauge]():
		vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: metricsNamespace, Subsystem: subsystem, Name: name, Help: help}, labels)
		r.register(vec)
		return kitprom.NewGauge(vec)
	case reflect.TypeFor[metrics.Counter]():
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: metricsNamespace, Subsystem: subsystem, Name: name, Help: help}, labels)
		r.register(vec)
		return kitprom.NewCounter(vec)
	case reflect.TypeFor[metrics.Histogram]():
		vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: metricsNamespace, Subsystem: subsystem, Name: name, Help: help, Buckets: buckets(field.Tag)}, labels)
		r.register(vec)
		return kitprom.NewHistogram(vec)
	}
	return nil
}

func (r *registrar) register(c prometheus.Collector) {
	if err := r.registry.Register(c); err != nil {
		r.err = errors.Join(r.err, err)
		return
	}
	r.registered = append(r.registered, c)
}

// unregister makes room for another node on the same registry.
func (r *registrar) unregister() {
	for _, c := range r.registered {
		r.registry.Unregister(c)
	}
	r.registered = nil
}

// buckets reads a histogram's bucket tags: explicit bounds, or "lin", "exp", "exprange" with their three parameters.
func buckets(tag reflect.StructTag) []float64 {
	var sizes []float64
	for _, f := range fields(tag.Get("metrics_bucketsizes")) {
		size, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return prometheus.DefBuckets
		}
		sizes = append(sizes, size)
	}
	kind := tag.Get("metrics_buckettype")
	switch {
	case kind == "exprange" && len(sizes) == 3:
		return prometheus.ExponentialBucketsRange(sizes[0], sizes[1], int(sizes[2]))
	case kind == "exp" && len(sizes) == 3:
		return prometheus.ExponentialBuckets(sizes[0], sizes[1], int(sizes[2]))
	case kind == "lin" && len(sizes) == 3:
		return prometheus.LinearBuckets(sizes[0], sizes[1], int(sizes[2]))
	case kind == "" && len(sizes) > 0:
		return sizes
	}
	return prometheus.DefBuckets
}

func fields(list string) []string {
	if list == "" {
		return nil
	}
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

var wordStart = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)

// snake turns BlockSizeBytes into block_size_bytes.
func snake(name string) string {
	return strings.ToLower(wordStart.ReplaceAllString(name, "${1}${3}_${2}${4}"))
}
