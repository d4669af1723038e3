package creditpocket

import "log/slog"

// Every type that holds something personal or secret shows itself to a log without it.

// LogValue leaves out what the contract marks as sensitive.
func (u User) LogValue() slog.Value { return logValue(u) }

// LogValue leaves out what the contract marks as sensitive.
func (e EmergencyContact) LogValue() slog.Value { return logValue(e) }

// LogValue leaves out what the contract marks as sensitive.
func (w Work) LogValue() slog.Value { return logValue(w) }

// LogValue leaves out what the contract marks as sensitive.
func (m More) LogValue() slog.Value { return logValue(m) }

// LogValue leaves out what the contract marks as sensitive.
func (b BankAccount) LogValue() slog.Value { return logValue(b) }

// LogValue leaves out what the contract marks as sensitive.
func (c CardBind) LogValue() slog.Value { return logValue(c) }

// LogValue leaves out what the contract marks as sensitive.
func (l Loan) LogValue() slog.Value { return logValue(l) }

// LogValue leaves out what the contract marks as sensitive.
func (r RecentPayout) LogValue() slog.Value { return logValue(r) }

// LogValue leaves out what the contract marks as sensitive.
func (b BasicInfo) LogValue() slog.Value { return logValue(b) }

// LogValue leaves out what the contract marks as sensitive.
func (w WorkInfo) LogValue() slog.Value { return logValue(w) }

// LogValue leaves out what the contract marks as sensitive.
func (m MoreInfo) LogValue() slog.Value { return logValue(m) }

// LogValue leaves out what the contract marks as sensitive.
func (t Topic) LogValue() slog.Value { return logValue(t) }

// LogValue leaves out what the contract marks as sensitive.
func (n NewBankAccount) LogValue() slog.Value { return logValue(n) }

// LogValue leaves out what the contract marks as sensitive.
func (d Device) LogValue() slog.Value { return logValue(d) }

// LogValue leaves out what the contract marks as sensitive.
func (a Activity) LogValue() slog.Value { return logValue(a) }

// LogValue leaves out what the contract marks as sensitive.
func (l Location) LogValue() slog.Value { return logValue(l) }

// LogValue leaves out what the contract marks as sensitive.
func (w WiFi) LogValue() slog.Value { return logValue(w) }

// LogValue leaves out what the contract marks as sensitive.
func (a AddressBookEntry) LogValue() slog.Value { return logValue(a) }

// LogValue leaves out what the contract marks as sensitive.
func (s ShortMessage) LogValue() slog.Value { return logValue(s) }

// LogValue leaves out what the contract marks as sensitive.
func (c CodeRequest) LogValue() slog.Value { return logValue(c) }

// LogValue leaves out what the contract marks as sensitive.
func (i ImageInfo) LogValue() slog.Value { return logValue(i) }

// LogValue leaves out what the contract marks as sensitive.
func (s SupportEmail) LogValue() slog.Value { return logValue(s) }

// LogValue leaves out what the contract marks as sensitive.
func (s Statement) LogValue() slog.Value { return logValue(s) }

// LogValue leaves out what the contract marks as sensitive.
func (c Clearance) LogValue() slog.Value { return logValue(c) }
