// Package integration holds the SDK against a real server, with faults between them. Its tests have the build tag integration and read
// BASE_URL, a development server with limits off, or start the one that CREDITPOCKET_BIN names: `make test-sdk`.
package integration
