// Package server is the HTTP layer, and the only hand-written package that knows Echo. It owns what every operation shares:
// authentication, limits, validation of requests and responses against the contract, the envelope, errors, health, metrics
// and the documentation pages. Handlers stand in one file per tag, take wire types in and give wire types out, and say
// everything else with an error.
package server
