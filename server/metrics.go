package server

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the HTTP layer's measurements. Labels are operation ids and statuses only: bounded, and of nobody's person.
type metrics struct {
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	violations *prometheus.CounterVec
	panics     prometheus.Counter
	inFlight   prometheus.Gauge
	turnedAway *prometheus.CounterVec
	registry   prometheus.Registerer
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "creditpocket_http_requests_total", Help: "Requests by operation and status.",
		}, []string{"operation", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "creditpocket_http_request_duration_seconds", Help: "Time from the matched route to the last byte, by operation.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"operation"}),
		violations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "creditpocket_http_response_violations_total", Help: "Answers that broke the contract, by operation.",
		}, []string{"operation"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "creditpocket_http_panics_total", Help: "Panics in operations.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "creditpocket_http_requests_in_flight", Help: "Requests of operations that run now.",
		}),
		turnedAway: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "creditpocket_http_turned_away_total", Help: "Requests that found no place (CP_MAX_IN_FLIGHT) and were answered 503, by the lane they waited in.",
		}, []string{"lane"}),
		registry: r,
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.requests, m.durations, m.violations, m.panics, m.inFlight, m.turnedAway} {
		errs = append(errs, r.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("server: metrics: %w", err)
	}
	return m, nil
}

// waiting shows how many requests wait for a place.
func (m *metrics) waiting(count func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "creditpocket_http_requests_waiting", Help: "Requests of operations that wait for a place now.",
	}, func() float64 { return float64(count()) }))
}

// observed are the measurements of one operation, looked up once: their labels are the same for all its requests.
type observed struct {
	requests *prometheus.CounterVec // by status
	duration prometheus.Observer
	byStatus sync.Map // int to prometheus.Counter
}

func (m *metrics) of(operation string) *observed {
	return &observed{
		requests: m.requests.MustCurryWith(prometheus.Labels{"operation": operation}),
		duration: m.durations.WithLabelValues(operation),
	}
}

func (o *observed) observe(status int, took time.Duration) {
	counter, known := o.byStatus.Load(status)
	if !known {
		counter, _ = o.byStatus.LoadOrStore(status, o.requests.WithLabelValues(strconv.Itoa(status)))
	}
	counter.(prometheus.Counter).Inc()
	o.duration.Observe(took.Seconds())
}
