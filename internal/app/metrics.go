package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/creditpocket/creditpocket/internal/store"
)

// databaseCollector shows the request pool's figures.
type databaseCollector struct {
	store              *store.Store
	open, inUse, waits *prometheus.Desc
}

func newDatabaseCollector(st *store.Store) *databaseCollector {
	return &databaseCollector{
		store: st,
		open:  prometheus.NewDesc("creditpocket_db_connections_open", "Open connections of the request pool.", nil, nil),
		inUse: prometheus.NewDesc("creditpocket_db_connections_in_use", "Connections of the request pool in use.", nil, nil),
		waits: prometheus.NewDesc("creditpocket_db_waits_total", "Requests that had to wait for a connection.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *databaseCollector) Describe(out chan<- *prometheus.Desc) {
	out <- c.open
	out <- c.inUse
	out <- c.waits
}

// Collect implements prometheus.Collector.
func (c *databaseCollector) Collect(out chan<- prometheus.Metric) {
	s := c.store.Stats()
	out <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(s.OpenConnections))
	out <- prometheus.MustNewConstMetric(c.inUse, prometheus.GaugeValue, float64(s.InUse))
	out <- prometheus.MustNewConstMetric(c.waits, prometheus.CounterValue, float64(s.WaitCount))
}
