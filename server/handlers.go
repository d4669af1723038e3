package server

import (
	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/messaging"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/support"
)

// Services are the capabilities behind the operations. All are required.
type Services struct {
	Access      *access.Service
	Onboarding  *onboarding.Service
	Origination *origination.Service
	Servicing   *servicing.Service
	Support     *support.Service
	Messaging   *messaging.Service
	// ParseEvent reduces a gateway's event to what names the thing to ask about.
	ParseEvent func(raw []byte) (servicing.Event, error)
}

// handlers is every operation: each tag's handlers serve their own, and the embedding puts them together.
type handlers struct {
	authHandlers
	userHandlers
	accountHandlers
	bankHandlers
	homeHandlers
	dictHandlers
	loanHandlers
	repayHandlers
	supportHandlers
	messageHandlers
	deviceHandlers
	imageHandlers
	gatewayHandlers
}

// NewHandlers puts the handlers of all operations together.
func NewHandlers(s Services, stamp Stamp) api.StrictServerInterface {
	return &handlers{
		authHandlers:    authHandlers{s.Access, stamp},
		userHandlers:    userHandlers{s.Onboarding, s.Access, stamp},
		accountHandlers: accountHandlers{s.Access, stamp},
		bankHandlers:    bankHandlers{s.Onboarding, s.Support, s.Access, stamp},
		homeHandlers:    homeHandlers{s.Origination, stamp},
		dictHandlers:    dictHandlers{s.Support, stamp},
		loanHandlers:    loanHandlers{s.Origination, stamp},
		repayHandlers:   repayHandlers{s.Servicing, stamp},
		supportHandlers: supportHandlers{s.Support, stamp},
		messageHandlers: messageHandlers{s.Messaging, stamp},
		deviceHandlers:  deviceHandlers{s.Support, stamp},
		imageHandlers:   imageHandlers{s.Origination, stamp},
		gatewayHandlers: gatewayHandlers{s.Servicing, s.ParseEvent, stamp},
	}
}
