package store

import "context"

// Brand is one of the names under which the deployment lends.
type Brand struct {
	Code         string // the wire's appCode
	Name         string // as borrowers read it
	IndentPrefix string // the letters that begin its loans' numbers
}

// Brands lists the deployment's brands by code.
func (r reader) Brands(ctx context.Context) ([]Brand, error) {
	var brands []Brand
	err := r.idb.NewRaw(`SELECT code, name, indent_prefix FROM brands ORDER BY code`).Scan(ctx, &brands)
	return brands, fromTx(err)
}
