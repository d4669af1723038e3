package creditpocket

// Every type that stands in a request or an answer writes itself as the API does, and reads what it writes without loss.

// MarshalJSON writes the value as the API does.
func (p ProfileStatus) MarshalJSON() ([]byte, error) { return encode(p) }

// UnmarshalJSON reads the value as the API writes it.
func (p *ProfileStatus) UnmarshalJSON(raw []byte) error { return decode(raw, p) }

// MarshalJSON writes the value as the API does.
func (e EmergencyContact) MarshalJSON() ([]byte, error) { return encode(e) }

// UnmarshalJSON reads the value as the API writes it.
func (e *EmergencyContact) UnmarshalJSON(raw []byte) error { return decode(raw, e) }

// MarshalJSON writes the value as the API does.
func (w Work) MarshalJSON() ([]byte, error) { return encode(w) }

// UnmarshalJSON reads the value as the API writes it.
func (w *Work) UnmarshalJSON(raw []byte) error { return decode(raw, w) }

// MarshalJSON writes the value as the API does.
func (m More) MarshalJSON() ([]byte, error) { return encode(m) }

// UnmarshalJSON reads the value as the API writes it.
func (m *More) UnmarshalJSON(raw []byte) error { return decode(raw, m) }

// MarshalJSON writes the value as the API does.
func (u User) MarshalJSON() ([]byte, error) { return encode(u) }

// UnmarshalJSON reads the value as the API writes it.
func (u *User) UnmarshalJSON(raw []byte) error { return decode(raw, u) }

// MarshalJSON writes the value as the API does.
func (c Credit) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *Credit) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (s Settings) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *Settings) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (c Consent) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *Consent) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (b Bank) MarshalJSON() ([]byte, error) { return encode(b) }

// UnmarshalJSON reads the value as the API writes it.
func (b *Bank) UnmarshalJSON(raw []byte) error { return decode(raw, b) }

// MarshalJSON writes the value as the API does.
func (b BankAccount) MarshalJSON() ([]byte, error) { return encode(b) }

// UnmarshalJSON reads the value as the API writes it.
func (b *BankAccount) UnmarshalJSON(raw []byte) error { return decode(raw, b) }

// MarshalJSON writes the value as the API does.
func (r Recipient) MarshalJSON() ([]byte, error) { return encode(r) }

// UnmarshalJSON reads the value as the API writes it.
func (r *Recipient) UnmarshalJSON(raw []byte) error { return decode(raw, r) }

// MarshalJSON writes the value as the API does.
func (c CardBind) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *CardBind) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (p Product) MarshalJSON() ([]byte, error) { return encode(p) }

// UnmarshalJSON reads the value as the API writes it.
func (p *Product) UnmarshalJSON(raw []byte) error { return decode(raw, p) }

// MarshalJSON writes the value as the API does.
func (p ProductDetail) MarshalJSON() ([]byte, error) { return encode(p) }

// UnmarshalJSON reads the value as the API writes it.
func (p *ProductDetail) UnmarshalJSON(raw []byte) error { return decode(raw, p) }

// MarshalJSON writes the value as the API does.
func (h HomeProducts) MarshalJSON() ([]byte, error) { return encode(h) }

// UnmarshalJSON reads the value as the API writes it.
func (h *HomeProducts) UnmarshalJSON(raw []byte) error { return decode(raw, h) }

// MarshalJSON writes the value as the API does.
func (r RecentPayout) MarshalJSON() ([]byte, error) { return encode(r) }

// UnmarshalJSON reads the value as the API writes it.
func (r *RecentPayout) UnmarshalJSON(raw []byte) error { return decode(raw, r) }

// MarshalJSON writes the value as the API does.
func (h HomeStatus) MarshalJSON() ([]byte, error) { return encode(h) }

// UnmarshalJSON reads the value as the API writes it.
func (h *HomeStatus) UnmarshalJSON(raw []byte) error { return decode(raw, h) }

// MarshalJSON writes the value as the API does.
func (c City) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *City) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (i IncomeBand) MarshalJSON() ([]byte, error) { return encode(i) }

// UnmarshalJSON reads the value as the API writes it.
func (i *IncomeBand) UnmarshalJSON(raw []byte) error { return decode(raw, i) }

// MarshalJSON writes the value as the API does.
func (l Loan) MarshalJSON() ([]byte, error) { return encode(l) }

// UnmarshalJSON reads the value as the API writes it.
func (l *Loan) UnmarshalJSON(raw []byte) error { return decode(raw, l) }

// MarshalJSON writes the value as the API does.
func (r Repayment) MarshalJSON() ([]byte, error) { return encode(r) }

// UnmarshalJSON reads the value as the API writes it.
func (r *Repayment) UnmarshalJSON(raw []byte) error { return decode(raw, r) }

// MarshalJSON writes the value as the API does.
func (m Message) MarshalJSON() ([]byte, error) { return encode(m) }

// UnmarshalJSON reads the value as the API writes it.
func (m *Message) UnmarshalJSON(raw []byte) error { return decode(raw, m) }

// MarshalJSON writes the value as the API does.
func (q Question) MarshalJSON() ([]byte, error) { return encode(q) }

// UnmarshalJSON reads the value as the API writes it.
func (q *Question) UnmarshalJSON(raw []byte) error { return decode(raw, q) }

// MarshalJSON writes the value as the API does.
func (s SupportPhone) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *SupportPhone) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (s SupportEmail) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *SupportEmail) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (i ImageInfo) MarshalJSON() ([]byte, error) { return encode(i) }

// UnmarshalJSON reads the value as the API writes it.
func (i *ImageInfo) UnmarshalJSON(raw []byte) error { return decode(raw, i) }

// MarshalJSON writes the value as the API does.
func (l LoginRequest) MarshalJSON() ([]byte, error) { return encode(l) }

// UnmarshalJSON reads the value as the API writes it.
func (l *LoginRequest) UnmarshalJSON(raw []byte) error { return decode(raw, l) }

// MarshalJSON writes the value as the API does.
func (r Registration) MarshalJSON() ([]byte, error) { return encode(r) }

// UnmarshalJSON reads the value as the API writes it.
func (r *Registration) UnmarshalJSON(raw []byte) error { return decode(raw, r) }

// MarshalJSON writes the value as the API does.
func (c CodeRequest) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *CodeRequest) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (c CodeCheck) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *CodeCheck) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (b BasicInfo) MarshalJSON() ([]byte, error) { return encode(b) }

// UnmarshalJSON reads the value as the API writes it.
func (b *BasicInfo) UnmarshalJSON(raw []byte) error { return decode(raw, b) }

// MarshalJSON writes the value as the API does.
func (w WorkInfo) MarshalJSON() ([]byte, error) { return encode(w) }

// UnmarshalJSON reads the value as the API writes it.
func (w *WorkInfo) UnmarshalJSON(raw []byte) error { return decode(raw, w) }

// MarshalJSON writes the value as the API does.
func (m MoreInfo) MarshalJSON() ([]byte, error) { return encode(m) }

// UnmarshalJSON reads the value as the API writes it.
func (m *MoreInfo) UnmarshalJSON(raw []byte) error { return decode(raw, m) }

// MarshalJSON writes the value as the API does.
func (s SettingsChange) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *SettingsChange) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (t Topic) MarshalJSON() ([]byte, error) { return encode(t) }

// UnmarshalJSON reads the value as the API writes it.
func (t *Topic) UnmarshalJSON(raw []byte) error { return decode(raw, t) }

// MarshalJSON writes the value as the API does.
func (c ConsentDecision) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *ConsentDecision) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (n NewBankAccount) MarshalJSON() ([]byte, error) { return encode(n) }

// UnmarshalJSON reads the value as the API writes it.
func (n *NewBankAccount) UnmarshalJSON(raw []byte) error { return decode(raw, n) }

// MarshalJSON writes the value as the API does.
func (r RepayRequest) MarshalJSON() ([]byte, error) { return encode(r) }

// UnmarshalJSON reads the value as the API writes it.
func (r *RepayRequest) UnmarshalJSON(raw []byte) error { return decode(raw, r) }

// MarshalJSON writes the value as the API does.
func (q QuestionQuery) MarshalJSON() ([]byte, error) { return encode(q) }

// UnmarshalJSON reads the value as the API writes it.
func (q *QuestionQuery) UnmarshalJSON(raw []byte) error { return decode(raw, q) }

// MarshalJSON writes the value as the API does.
func (d Device) MarshalJSON() ([]byte, error) { return encode(d) }

// UnmarshalJSON reads the value as the API writes it.
func (d *Device) UnmarshalJSON(raw []byte) error { return decode(raw, d) }

// MarshalJSON writes the value as the API does.
func (a Activity) MarshalJSON() ([]byte, error) { return encode(a) }

// UnmarshalJSON reads the value as the API writes it.
func (a *Activity) UnmarshalJSON(raw []byte) error { return decode(raw, a) }

// MarshalJSON writes the value as the API does.
func (l Location) MarshalJSON() ([]byte, error) { return encode(l) }

// UnmarshalJSON reads the value as the API writes it.
func (l *Location) UnmarshalJSON(raw []byte) error { return decode(raw, l) }

// MarshalJSON writes the value as the API does.
func (w WiFi) MarshalJSON() ([]byte, error) { return encode(w) }

// UnmarshalJSON reads the value as the API writes it.
func (w *WiFi) UnmarshalJSON(raw []byte) error { return decode(raw, w) }

// MarshalJSON writes the value as the API does.
func (a AddressBookEntry) MarshalJSON() ([]byte, error) { return encode(a) }

// UnmarshalJSON reads the value as the API writes it.
func (a *AddressBookEntry) UnmarshalJSON(raw []byte) error { return decode(raw, a) }

// MarshalJSON writes the value as the API does.
func (s ShortMessage) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *ShortMessage) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (a AdSource) MarshalJSON() ([]byte, error) { return encode(a) }

// UnmarshalJSON reads the value as the API writes it.
func (a *AdSource) UnmarshalJSON(raw []byte) error { return decode(raw, a) }

// MarshalJSON writes the value as the API does.
func (l LoanClick) MarshalJSON() ([]byte, error) { return encode(l) }

// UnmarshalJSON reads the value as the API writes it.
func (l *LoanClick) UnmarshalJSON(raw []byte) error { return decode(raw, l) }

// MarshalJSON writes the value as the API does.
func (p Payoff) MarshalJSON() ([]byte, error) { return encode(p) }

// UnmarshalJSON reads the value as the API writes it.
func (p *Payoff) UnmarshalJSON(raw []byte) error { return decode(raw, p) }

// MarshalJSON writes the value as the API does.
func (s Statement) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *Statement) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (s StatementLine) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *StatementLine) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (s StatementTotals) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the value as the API writes it.
func (s *StatementTotals) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the value as the API does.
func (c Clearance) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *Clearance) UnmarshalJSON(raw []byte) error { return decode(raw, c) }

// MarshalJSON writes the value as the API does.
func (d DocumentCheck) MarshalJSON() ([]byte, error) { return encode(d) }

// UnmarshalJSON reads the value as the API writes it.
func (d *DocumentCheck) UnmarshalJSON(raw []byte) error { return decode(raw, d) }

// MarshalJSON writes the value as the API does.
func (e Extension) MarshalJSON() ([]byte, error) { return encode(e) }

// UnmarshalJSON reads the value as the API writes it.
func (e *Extension) UnmarshalJSON(raw []byte) error { return decode(raw, e) }

// MarshalJSON writes the value as the API does.
func (c Coupon) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads the value as the API writes it.
func (c *Coupon) UnmarshalJSON(raw []byte) error { return decode(raw, c) }
