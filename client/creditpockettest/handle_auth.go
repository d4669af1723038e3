package creditpockettest

import (
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// tenDigits is a mobile number as answers have it.
func tenDigits(mobile string) string { return mobile[len(mobile)-10:] }

func (s *Server) byMobile(mobile string) *Borrower {
	for _, b := range s.borrowers {
		if b.mobile == tenDigits(mobile) {
			return b
		}
	}
	return nil
}

func codeFor(mobile string, purpose creditpocket.CodePurpose) string {
	return fmt.Sprintf("%s %d", tenDigits(mobile), purpose)
}

func (x *exchange) sendCode() (any, *Refusal) {
	r := request[creditpocket.CodeRequest](x)
	x.srv.codes[codeFor(r.Mobile, r.Purpose)] = true
	return data[creditpocket.CodeSent](x.srv.contract, "sendCode", "sent"), nil
}

func (s *Server) codeFits(mobile string, purpose creditpocket.CodePurpose, code creditpocket.Secret) bool {
	return s.codes[codeFor(mobile, purpose)] && code == Code
}

func (x *exchange) checkCode() (any, *Refusal) {
	r := request[creditpocket.CodeCheck](x)
	if !x.srv.codeFits(r.Mobile, r.Purpose, r.Code) {
		return nil, Refuse(creditpocket.ErrCodeInvalid)
	}
	return map[string]int{"valid": 1}, nil
}

func (x *exchange) register() (any, *Refusal) {
	r := request[creditpocket.Registration](x)
	switch {
	case !x.srv.codeFits(r.Mobile, creditpocket.CodeForRegistration, r.Code):
		return nil, Refuse(creditpocket.ErrCodeInvalid)
	case x.srv.byMobile(r.Mobile) != nil:
		return nil, Refuse(creditpocket.ErrAlreadyRegistered)
	case r.Password == "password" || r.Password == "12345678":
		return nil, Refuse(creditpocket.ErrPasswordTooCommon)
	}
	delete(x.srv.codes, codeFor(r.Mobile, creditpocket.CodeForRegistration))
	return x.srv.addBorrower(tenDigits(r.Mobile), r.Password).open(), nil
}

func (x *exchange) login() (any, *Refusal) {
	r := request[creditpocket.LoginRequest](x)
	if (r.Password == "") == (r.Code == "") {
		return nil, Refuse(creditpocket.ErrValidationFailed).fields([]creditpocket.FieldError{{Name: "password", Message: "send exactly one of password and code"}})
	}
	b := x.srv.byMobile(r.Mobile)
	switch {
	case b == nil,
		r.Password != "" && r.Password != b.password,
		r.Code != "" && !x.srv.codeFits(r.Mobile, creditpocket.CodeForLogin, r.Code):
		return nil, Refuse(creditpocket.ErrInvalidCredentials)
	case b.blocked:
		return nil, Refuse(creditpocket.ErrAccountBlocked)
	}
	delete(x.srv.codes, codeFor(r.Mobile, creditpocket.CodeForLogin))
	return b.open(), nil
}

func (x *exchange) checkLogin() (any, *Refusal) {
	if x.b == nil {
		return creditpocket.LoginState{}, nil
	}
	return creditpocket.LoginState{LoggedIn: true, UserID: x.b.id, Expires: now().Add(sessionLife)}, nil
}

func (x *exchange) logout() (any, *Refusal) {
	for token := range x.b.sessions {
		if "Bearer "+token.Reveal() == x.r.Header.Get("Authorization") {
			x.b.sessions[token] = false
		}
	}
	return map[string]int{"logout": 1}, nil
}
