package app

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/server"
)

// authenticator is access in the words of the HTTP layer.
type authenticator struct {
	access  *access.Service
	secrets [][]byte
}

// Session implements server.Authenticator.
func (a authenticator) Session(ctx context.Context, token, operation string) (server.Principal, error) {
	p, err := a.access.Session(ctx, token, operation)
	return server.Principal(p), err
}

// App implements server.Authenticator.
func (a authenticator) App(ctx context.Context, code string) (string, error) {
	return a.access.App(ctx, code)
}

// GatewaySignature implements server.Authenticator.
func (a authenticator) GatewaySignature(raw []byte, signature string) error {
	if !paystack.VerifySignature(a.secrets, raw, signature) && !planted.Is(planted.SkippedSignature) {
		return fault.New(catalog.SignatureInvalid)
	}
	return nil
}

// webhookSecrets are the keys whose signatures are accepted: the present one, and the one before during a rotation.
func (a *App) webhookSecrets() [][]byte {
	secrets := [][]byte{[]byte(a.Config.PaystackSecret.Reveal())}
	if old := a.Config.PaystackOldSecret.Reveal(); old != "" {
		secrets = append(secrets, []byte(old))
	}
	return secrets
}

// limits is the limiter in the words of the HTTP layer.
type limits struct{ limiter *access.Limiter }

// Allow implements server.Limiter.
func (l limits) Allow(ctx context.Context, class string, keys ...string) (server.Verdict, error) {
	v, err := l.limiter.Allow(ctx, class, keys...)
	return server.Verdict(v), err
}

// parseEvent reduces the gateway's event to what servicing asks about.
func parseEvent(raw []byte) (servicing.Event, error) {
	e, err := paystack.ParseEvent(raw)
	if planted.Is(planted.WebhookAmount) {
		planted.Hear(e.Reference, raw)
	}
	return servicing.Event{Provider: "paystack", Name: e.Name, Reference: e.Reference, Status: e.Status, Digest: e.Digest}, err
}
