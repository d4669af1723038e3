package config

import (
	"encoding"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
)

// Secret is a setting that must never be shown: it prints as "[set]" or "[not set]" everywhere.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return "[not set]"
	}
	return "[set]"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the value from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

var _ encoding.TextMarshaler = Secret("")

// Reveal gives the value to the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// Setting documents one environment variable.
type Setting struct {
	Name, Default, Help string
	Field               string // of Config
}

// Settings lists every environment variable the server reads, in the order of Config.
func Settings() []Setting {
	var list []Setting
	for field := range reflect.TypeFor[Config]().Fields() {
		if name := field.Tag.Get("env"); name != "" {
			list = append(list, Setting{Name: name, Default: field.Tag.Get("envDefault"), Help: field.Tag.Get("help"), Field: field.Name})
		}
	}
	return list
}

func known(name string) bool {
	for _, s := range Settings() {
		if s.Name == name {
			return true
		}
	}
	return false
}

// Help is the list of settings as text for `--help`.
func Help() string {
	var b strings.Builder
	b.WriteString("Settings come from the environment; none is needed for development.\n\n")
	for _, s := range Settings() {
		fmt.Fprintf(&b, "  %s: %s", s.Name, s.Help)
		if s.Default != "" {
			fmt.Fprintf(&b, " (default %s)", s.Default)
		}
		b.WriteString("\n\n")
	}
	return b.String()
}
