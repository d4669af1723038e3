//go:build tools

// Package tools pins the generators this repository runs, so that `make generate` gives the same bytes on every machine.
package tools

import (
	_ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
)
