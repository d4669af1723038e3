package creditpockettest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// Password is the password of every borrower that the fake server makes itself.
const Password creditpocket.Secret = "blue-mango-7421"

// Borrower is a borrower of the fake server.
type Borrower struct {
	srv      *Server
	id       string
	mobile   string
	password creditpocket.Secret
	blocked  bool

	// Sessions by token; false is one that has ended.
	sessions map[creditpocket.Secret]bool
	token    creditpocket.Secret

	user     creditpocket.User
	saved    map[creditpocket.Step]bool
	more     bool
	settings creditpocket.Settings
	consents []creditpocket.Consent
	accounts []creditpocket.BankAccount
	binds    []creditpocket.CardBind
	loans    []creditpocket.Loan // newest first
	payments []creditpocket.Repayment
	coupons  []creditpocket.Coupon  // newest first
	messages []creditpocket.Message // newest first
	images   map[string]file
}

// NewBorrower is one who has just registered and told nothing yet.
func (s *Server) NewBorrower() *Borrower {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.addBorrower("", Password)
	b.open()
	return b
}

// ReadyBorrower is one who may apply: everything is told, with a default account in whose bank a card is bound.
func (s *Server) ReadyBorrower() *Borrower {
	b := s.NewBorrower()
	s.mu.Lock()
	defer s.mu.Unlock()
	b.fill()
	return b
}

// BorrowerWith is a ready borrower who has one loan in the given state.
func (s *Server) BorrowerWith(state creditpocket.LoanState) *Borrower {
	b := s.ReadyBorrower()
	s.mu.Lock()
	defer s.mu.Unlock()
	b.addLoan(s.products()[0], creditpocket.TerminalAndroid, "")
	b.loans[0].State = 0
	b.move(state)
	return b
}

// ID is the borrower's uid.
func (b *Borrower) ID() string { return b.id }

// Mobile is the borrower's number, in its 10-digit form.
func (b *Borrower) Mobile() string { return b.mobile }

// Token is the session that the borrower opened last.
func (b *Borrower) Token() creditpocket.Secret {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	return b.token
}

// Login is what the borrower logs in with.
func (b *Borrower) Login() creditpocket.LoginRequest {
	return creditpocket.LoginRequest{Mobile: b.mobile, Password: b.password}
}

// EndSessions makes every session answer SESSION_EXPIRED, until the next login.
func (b *Borrower) EndSessions() {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	for token := range b.sessions {
		b.sessions[token] = false
	}
}

// Block makes every operation answer ACCOUNT_BLOCKED.
func (b *Borrower) Block() {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	b.blocked = true
}

// Loans are the borrower's loans, newest first.
func (b *Borrower) Loans() []creditpocket.Loan {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	return slices.Clone(b.loans)
}

// Message puts a message into the borrower's message centre.
func (b *Borrower) Message(of creditpocket.MessageType, title, text string) {
	b.srv.mu.Lock()
	defer b.srv.mu.Unlock()
	b.message(of, title, text)
}

func (b *Borrower) message(of creditpocket.MessageType, title, text string) {
	m := creditpocket.Message{ID: b.srv.next(), Type: of, Title: title, Text: text, Created: now()}
	b.messages = slices.Insert(b.messages, 0, m)
}

// now is the time as the API can tell it.
func now() time.Time { return time.Now().In(creditpocket.Lagos).Truncate(time.Second) }

func (s *Server) addBorrower(mobile string, password creditpocket.Secret) *Borrower {
	id := s.next()
	if mobile == "" {
		mobile = fmt.Sprintf("70%08s", id)
	}
	b := &Borrower{srv: s, id: id, mobile: mobile, password: password, sessions: map[creditpocket.Secret]bool{},
		saved: map[creditpocket.Step]bool{}, images: map[string]file{},
		user: creditpocket.User{ID: id, Mobile: mobile, AppCode: s.brand, Created: now()},
	}
	b.settings = data[creditpocket.Settings](s.contract, "getUserSetting", "defaults")
	for _, c := range data[struct{ List []creditpocket.Consent }](s.contract, "listConsents", "two").List {
		c.Granted, c.Decided = false, time.Time{}
		b.consents = append(b.consents, c)
	}
	s.borrowers = append(s.borrowers, b)
	return b
}

// open opens a session.
func (b *Borrower) open() creditpocket.Session {
	var random [32]byte
	_, _ = rand.Read(random[:])
	b.token = creditpocket.Secret(base64.RawURLEncoding.EncodeToString(random[:]))
	b.sessions[b.token] = true
	return creditpocket.Session{UserID: b.id, Mobile: b.mobile, Token: b.token, Expires: now().Add(sessionLife), AppCode: b.srv.brand,
		FirstName: b.user.FirstName, LastName: b.user.LastName, MiddleName: b.user.MiddleName, PortraitCode: b.portrait(),
		New: b.paidOut() == 0, PasswordSet: true}
}

const sessionLife = 30 * 24 * time.Hour

// fill tells everything that an application needs.
func (b *Borrower) fill() {
	u := &b.user
	u.FirstName, u.LastName, u.BVN, u.Birthday, u.Gender = "Ada", "Borrower", "222****2222", creditpocket.Date{Year: 1994, Month: 5, Day: 17}, creditpocket.Female
	u.Email, u.CityCode, u.Address = "ada@example.com", "25001", "12 Allen Avenue"
	u.Work = creditpocket.Work{Employment: creditpocket.Employed, Company: "Ikeja Textiles Ltd", Position: "Accountant", IncomeCode: "3", PayDay: 25}
	u.Contacts = []creditpocket.EmergencyContact{{Name: "Chidi Borrower", Mobile: "8000000001", Relation: creditpocket.Parent}}
	for _, step := range []creditpocket.Step{creditpocket.StepBasic, creditpocket.StepWork, creditpocket.StepContact} {
		b.saved[step] = true
	}
	for i := range b.consents {
		b.consents[i].Granted, b.consents[i].Decided = true, now()
	}
	account := b.addAccount("058", "GT Bank", "0000003019")
	account.RecipientReady = true
	b.bind(account)
}

// addAccount adds a bank account and makes it the default one if it is the first.
func (b *Borrower) addAccount(code, bank, number string) *creditpocket.BankAccount {
	b.accounts = append(b.accounts, creditpocket.BankAccount{ID: b.srv.next(), BankCode: code, BankName: bank, Number: creditpocket.Masked(number),
		Holder: "ADA BORROWER", Default: len(b.accounts) == 0, Created: now()})
	return &b.accounts[len(b.accounts)-1]
}

func (b *Borrower) bind(a *creditpocket.BankAccount) {
	a.BindStatus, a.CardNumber, a.CardType, a.CardExpires = creditpocket.Bound, "408408******4081", "visa", "12/30"
}

// account finds an account; "" is the default one. nil if there is none.
func (b *Borrower) account(id string) *creditpocket.BankAccount {
	for i := range b.accounts {
		if b.accounts[i].ID == id || (id == "" && b.accounts[i].Default) {
			return &b.accounts[i]
		}
	}
	return nil
}

// status says which parts of the profile are there.
func (b *Borrower) status() creditpocket.ProfileStatus {
	account := b.account("")
	s := creditpocket.ProfileStatus{Basic: b.saved[creditpocket.StepBasic], Work: b.saved[creditpocket.StepWork], Contact: b.saved[creditpocket.StepContact],
		More: b.more, Bank: account != nil, Card: account != nil && account.BindStatus == creditpocket.Bound, Consent: true}
	for _, c := range b.consents {
		s.Consent = s.Consent && (c.Granted || !c.Required)
	}
	s.Next = creditpocket.StepReady
	if missing := missing(s); len(missing) > 0 {
		s.Next = missing[0]
	}
	s.Complete = s.Next == creditpocket.StepReady
	return s
}

func missing(s creditpocket.ProfileStatus) []creditpocket.Step {
	out := []creditpocket.Step{}
	for _, part := range []struct {
		there bool
		step  creditpocket.Step
	}{{s.Basic, creditpocket.StepBasic}, {s.Work, creditpocket.StepWork}, {s.Contact, creditpocket.StepContact}, {s.Bank, creditpocket.StepBank}, {s.Consent, creditpocket.StepConsent}} {
		if !part.there {
			out = append(out, part.step)
		}
	}
	return out
}

// portrait is the code of the latest selfie, or "".
func (b *Borrower) portrait() string {
	if len(b.user.Images) > 0 {
		return b.user.Images[0].Code
	}
	return ""
}

// addImage stores a photograph; false if it cannot be decoded.
func (b *Borrower) addImage(f file, kind creditpocket.ImageKind) bool {
	config, _, err := image.DecodeConfig(bytes.NewReader(f.content))
	if err != nil {
		return false
	}
	var random [16]byte
	_, _ = rand.Read(random[:])
	code := fmt.Sprintf("%x-%x-%x-%x-%x", random[:4], random[4:6], random[6:8], random[8:10], random[10:])
	b.images[code] = f
	info := creditpocket.ImageInfo{Code: code, Kind: kind, ContentType: f.contentType, Size: int32(len(f.content)),
		Width: int32(config.Width), Height: int32(config.Height), Created: now()}
	b.user.Images = slices.Insert(b.user.Images, 0, info)
	return true
}

// Photo is a small photograph for tests that apply: a JPEG of one colour.
func Photo() []byte {
	var out bytes.Buffer
	_ = jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 64, 64)), nil)
	return out.Bytes()
}

// Find is the borrower of a mobile number, such as one who registered; nil if there is none.
func (s *Server) Find(mobile string) *Borrower {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byMobile(mobile)
}
