package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/creditpocket/creditpocket/internal/store"
)

// databaseCollector shows the request pool's figures, and what happened to transactions.
type databaseCollector struct {
	store                                                           *store.Store
	open, inUse, waits, waited, exhausted, retries, gaveUp, unknown *prometheus.Desc
}

func newDatabaseCollector(st *store.Store) *databaseCollector {
	return &databaseCollector{
		store:     st,
		open:      prometheus.NewDesc("creditpocket_db_connections_open", "Open connections of the request pool.", nil, nil),
		inUse:     prometheus.NewDesc("creditpocket_db_connections_in_use", "Connections of the request pool in use.", nil, nil),
		waits:     prometheus.NewDesc("creditpocket_db_waits_total", "Requests that had to wait for a connection.", nil, nil),
		waited:    prometheus.NewDesc("creditpocket_db_waits_seconds_total", "How long requests waited for a connection.", nil, nil),
		exhausted: prometheus.NewDesc("creditpocket_db_pool_exhausted_total", "Waits for a connection that were given up, answered 503.", nil, nil),
		retries:   prometheus.NewDesc("creditpocket_db_transaction_retries_total", "Transactions that were run again, by SQLSTATE or connection.", []string{"cause"}, nil),
		gaveUp:    prometheus.NewDesc("creditpocket_db_transactions_given_up_total", "Transactions that failed after the last retry.", nil, nil),
		unknown:   prometheus.NewDesc("creditpocket_db_commits_unknown_total", "Commits whose outcome could not be learned, answered 503.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *databaseCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.open, c.inUse, c.waits, c.waited, c.exhausted, c.retries, c.gaveUp, c.unknown} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *databaseCollector) Collect(out chan<- prometheus.Metric) {
	s := c.store.Stats()
	out <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(s.OpenConnections))
	out <- prometheus.MustNewConstMetric(c.inUse, prometheus.GaugeValue, float64(s.InUse))
	out <- prometheus.MustNewConstMetric(c.waits, prometheus.CounterValue, float64(s.WaitCount))
	out <- prometheus.MustNewConstMetric(c.waited, prometheus.CounterValue, s.WaitDuration.Seconds())
	n := c.store.Counts()
	out <- prometheus.MustNewConstMetric(c.exhausted, prometheus.CounterValue, float64(n.PoolExhausted))
	out <- prometheus.MustNewConstMetric(c.gaveUp, prometheus.CounterValue, float64(n.GaveUp))
	out <- prometheus.MustNewConstMetric(c.unknown, prometheus.CounterValue, float64(n.CommitsUnknown))
	for cause, times := range n.Retries {
		out <- prometheus.MustNewConstMetric(c.retries, prometheus.CounterValue, float64(times), cause)
	}
}
