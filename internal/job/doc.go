// Package job names the background work: the arguments of every job, ids only, and how each is tried again. What a job does
// is a method of a capability; internal/app brings the two together. Jobs are enqueued by store.Tx and run at least once.
package job
