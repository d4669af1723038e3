//go:build tools

package peers

import _ "github.com/ogen-go/ogen/cmd/ogen"
