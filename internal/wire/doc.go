// Package wire is the only place where a wire type of gen/api meets a domain type: pure conversions, one file per tag. The
// legacy spellings and number forms of the contract end here. It imports the capabilities' types and nothing of HTTP.
package wire
