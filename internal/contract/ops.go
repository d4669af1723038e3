package contract

import (
	"net/http"

	"github.com/creditpocket/creditpocket/gen/spec"
)

// LoadOps reads the embedded contract of the operators. Every operation there needs a key; Auth says Public, because the kinds of
// authentication are the borrowers'.
func LoadOps() (*Document, error) {
	doc, err := spec.LoadOps()
	if err != nil {
		return nil, err
	}
	return newDocument(doc)
}

// NewOpsTransport judges what base answers by the operators' contract; nil means http.DefaultTransport.
func NewOpsTransport(base http.RoundTripper) (*Transport, error) {
	doc, err := spec.LoadOps()
	if err != nil {
		return nil, err
	}
	return newTransport(base, doc, "creditpocket-ops")
}

// Roles are who of the staff may call an operation of the operators' contract, as it spells them.
func (op *Operation) Roles() []string { return op.roles }
