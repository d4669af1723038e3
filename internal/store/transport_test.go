package store_test

import (
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/store"
)

// TestInClear is what production asks of DATABASE_URL.
func TestInClear(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	for url, want := range map[string]bool{
		"postgres://u:secret@db.example.com/x":                                true,
		"postgres://u:secret@db.example.com/x?sslmode=disable":                true,
		"postgres://u:secret@db.example.com/x?sslmode=allow":                  true,
		"postgres://u:secret@db.example.com/x?sslmode=prefer":                 true,
		"postgres://u:secret@db.example.com/x?sslmode=require":                false,
		"postgres://u:secret@db.example.com/x?sslmode=verify-full":            false,
		"postgres://u:secret@10.0.0.1:5432,10.0.0.2:5432/x?sslmode=verify-ca": false,
		"postgres://u:secret@127.0.0.1:5432,10.0.0.2:5432/x":                  true,
		"postgres://u:secret@127.0.0.1:5432/x":                                false,
		"postgres://u:secret@[::1]/x?sslmode=disable":                         false,
		"postgres://u:secret@localhost/x":                                     false,
		"host=/run/postgresql dbname=x":                                       false,
		"host=db.example.com dbname=x":                                        true,
		"host=db.example.com dbname=x sslmode=verify-full":                    false,
	} {
		if got, err := store.InClear(url); err != nil || got != want {
			t.Errorf("%s: %t, %v", url, got, err)
		}
	}
	if _, err := store.InClear("postgres://u:secret@h:port/x"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a URL that is none: %v", err)
	}
}
