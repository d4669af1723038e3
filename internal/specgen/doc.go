// Package specgen turns the contract's sources under openapi/ into everything that is generated: the bundle and the mobile
// document (openapi/dist), the error catalog, the embedded document and the Echo interfaces (gen), and the SDK's raw client
// (client/internal/raw).
//
// It is a build tool: nothing of it is linked into the server, and it imports nothing of this repository, so that it still
// builds after `rm -rf gen`.
package specgen
