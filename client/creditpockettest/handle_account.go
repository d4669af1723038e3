package creditpockettest

import (
	"fmt"
	"slices"
	"strings"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// token is the session's token of the request.
func (x *exchange) token() creditpocket.Secret {
	return creditpocket.Secret(strings.TrimPrefix(x.r.Header.Get("Authorization"), "Bearer "))
}

// openSessions lists the borrower's live sessions. Ids follow from the order in which the tokens sort.
func (x *exchange) openSessions() []creditpocket.OpenSession {
	var tokens []creditpocket.Secret
	for token, alive := range x.b.sessions {
		if alive {
			tokens = append(tokens, token)
		}
	}
	slices.Sort(tokens)
	open := make([]creditpocket.OpenSession, len(tokens))
	for i, token := range tokens {
		open[i] = creditpocket.OpenSession{ID: fmt.Sprint(91 + i), Current: token == x.token(), Terminal: creditpocket.TerminalAndroid, Created: now(), LastSeen: now(),
			Expires: now().Add(sessionLife)}
	}
	return open
}

func (x *exchange) sessions() (any, *Refusal) { return list(x.openSessions()), nil }

func (x *exchange) endSession() (any, *Refusal) {
	r := request[struct {
		ID string `json:"id"`
	}](x)
	if r.ID == "" {
		for token := range x.b.sessions {
			x.b.sessions[token] = token == x.token()
		}
		return list(x.openSessions()), nil
	}
	i := 0
	var tokens []creditpocket.Secret
	for token, alive := range x.b.sessions {
		if alive {
			tokens = append(tokens, token)
		}
	}
	slices.Sort(tokens)
	if _, err := fmt.Sscanf(r.ID, "%d", &i); err != nil || i < 91 || i-91 >= len(tokens) {
		return nil, Refuse(creditpocket.ErrSessionNotFound)
	}
	x.b.sessions[tokens[i-91]] = false
	return list(x.openSessions()), nil
}

func (x *exchange) refresh() (any, *Refusal) {
	opened := x.b.open()
	x.b.sessions[x.token()] = false
	return creditpocket.RefreshedToken{Token: opened.Token, Expires: now().Add(sessionLife)}, nil
}

func (x *exchange) changePassword() (any, *Refusal) {
	r := request[struct {
		Password    creditpocket.Secret `json:"password"`
		NewPassword creditpocket.Secret `json:"newPassword"`
	}](x)
	if r.NewPassword == "password" || r.NewPassword == "12345678" {
		return nil, Refuse(creditpocket.ErrPasswordTooCommon)
	}
	if r.Password != x.b.password {
		return nil, Refuse(creditpocket.ErrPasswordRequired)
	}
	x.b.password = r.NewPassword
	for token := range x.b.sessions {
		x.b.sessions[token] = token == x.token()
	}
	return list(x.openSessions()), nil
}

func (x *exchange) export() (any, *Refusal) {
	return data[creditpocket.Export](x.srv.contract, "exportUser", "records"), nil
}

func (x *exchange) erase() (any, *Refusal) {
	r := request[struct {
		Password creditpocket.Secret `json:"password"`
	}](x)
	if r.Password != x.b.password {
		return nil, Refuse(creditpocket.ErrPasswordRequired)
	}
	for token := range x.b.sessions {
		x.b.sessions[token] = false
	}
	x.srv.borrowers = slices.DeleteFunc(x.srv.borrowers, func(b *Borrower) bool { return b == x.b })
	return map[string]int{"accepted": 1}, nil
}
