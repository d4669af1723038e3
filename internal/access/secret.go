package access

import "log/slog"

// Secret is a password, a code or a session token on its way through memory. It prints as "[secret]" everywhere.
type Secret string

// String hides the value.
func (Secret) String() string { return "[secret]" }

// GoString hides the value from %#v.
func (Secret) GoString() string { return "[secret]" }

// LogValue hides the value from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText hides the value from encoders, so that it cannot get into a stored result by mistake.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// Reveal gives the value to the one place that needs it.
func (s Secret) Reveal() string { return string(s) }
