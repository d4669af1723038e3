package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestNothingSetIsDevelopment(t *testing.T) {
	c, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Mode != Development || c.Addr != "127.0.0.1:8080" || c.Gateway != "simulator" || c.SMS != "sink" || c.ValidateResponses != "enforce" || c.ContractCheck != "compiled" {
		t.Fatalf("%+v", c)
	}
}

func TestAllMistakesAtOnceAndNoSecret(t *testing.T) {
	_, err := Load([]string{"CP_ENV=production", "CP_ADDR=nonsense", "CP_DB_MAX_CONNS=none", "CP_MASTER_KEY=hunter2hunter2",
		"CP_TYPO=1", "CP_SMS=pigeon", "CP_CONTRACT_CHECK=none", "CP_DRAIN_TIME=-3s", "OTHER=ignored"})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"CP_ADDR", "CP_DB_MAX_CONNS", "CP_TYPO", "CP_SMS", "CP_CONTRACT_CHECK", "CP_DRAIN_TIME", "DATABASE_URL", "CP_PAYSTACK_SECRET_KEY"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word about %s in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "OTHER") {
		t.Errorf("says too much:\n%v", err)
	}
}

func TestDevelopmentStaysOnLoopback(t *testing.T) {
	if _, err := Load([]string{"CP_ADDR=0.0.0.0:8080"}); err == nil || !strings.Contains(err.Error(), "CP_ADDR") {
		t.Fatalf("open to the world: %v", err)
	}
}

func TestOperatorsAddress(t *testing.T) {
	for setting, want := range map[string]string{"OTHER=": DefaultOpsAddr, "CP_OPS_ADDR=": "", "CP_OPS_ADDR=127.0.0.1:9": "127.0.0.1:9"} {
		if c, err := Load([]string{setting}); err != nil || c.OpsAddr != want {
			t.Errorf("%s: %q, %v", setting, c.OpsAddr, err)
		}
	}
	for _, setting := range []string{"CP_OPS_ADDR=nowhere", "CP_OPS_ADDR=127.0.0.1:8080", "CP_OPS_ADDR=0.0.0.0:8082", "CP_WAIVER_LIMIT=-1", "CP_WRITE_OFF_LIMIT=x"} {
		name, _, _ := strings.Cut(setting, "=")
		if _, err := Load([]string{setting}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestRolesAndPoolers(t *testing.T) {
	for _, c := range []struct {
		environ      []string
		http, worker bool
	}{
		{nil, true, true},
		{[]string{"CP_ROLES=http"}, true, false},
		{[]string{"CP_ROLES=http, worker"}, true, true},
		{[]string{"CP_ROLES=http", "CP_ROLES=worker"}, false, true}, // serve --role is added last
	} {
		got, err := Load(c.environ)
		if err != nil || got.Serves(RoleHTTP) != c.http || got.Serves(RoleWorker) != c.worker {
			t.Errorf("%v: %t %t, %v", c.environ, got.Serves(RoleHTTP), got.Serves(RoleWorker), err)
		}
	}
	const url = "DATABASE_URL=postgres://u:hunter2@h/db"
	if _, err := Load([]string{url, "CP_DB_POOLER=transaction", "CP_DATABASE_DIRECT_URL=postgres://u:hunter2@d/db"}); err != nil {
		t.Error(err)
	}
	for name, environ := range map[string][]string{
		"CP_ROLES":               {"CP_ROLES=http,cook"},
		"CP_DB_POOLER":           {url, "CP_DB_POOLER=session"},
		"CP_DB_ISOLATION":        {"CP_DB_ISOLATION=chaos"},
		"CP_DRAIN_DELAY":         {"CP_DRAIN_DELAY=1h"},
		"CP_DATABASE_DIRECT_URL": {url, "CP_DB_POOLER=transaction"},
	} {
		if _, err := Load(environ); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c, err := Load([]string{"CP_MASTER_KEY=hunter2hunter2", "DATABASE_URL=postgres://u:hunter2@h/db"})
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		if out := fmt.Sprintf(form, c); strings.Contains(out, "hunter2") {
			t.Errorf("%s shows a secret: %s", form, out)
		}
	}
	if c.MasterKey.Reveal() != "hunter2hunter2" {
		t.Error("the value is lost")
	}
}
