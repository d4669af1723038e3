//go:build integration

package integration

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

// The real server speaks the contract: the same suite, with a borrower of its own and the whole journey.
func TestTheServerConforms(t *testing.T) {
	binary := os.Getenv("CREDITPOCKET_BIN")
	if binary == "" {
		t.Skip("CREDITPOCKET_BIN names no binary")
	}
	out, err := exec.Command(binary, "conform", "--url", baseURL(t)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "session=true journey=true") {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// The fake server is held by the suite that judges real ones: 5,000 good, broken and unauthorised requests.
func TestTheFakeConforms(t *testing.T) {
	binary := os.Getenv("CREDITPOCKET_BIN")
	if binary == "" {
		t.Skip("CREDITPOCKET_BIN names no binary")
	}
	srv := creditpockettest.New(t)
	b := srv.BorrowerWith(creditpocket.LoanActive)
	out, err := exec.Command(binary, "conform", "--url", srv.URL, "--token", b.Token().Reveal(), "--gateway-secret", creditpockettest.GatewaySecret.Reveal()).CombinedOutput()
	if lines := strings.Split(strings.TrimSpace(string(out)), "\n"); err != nil || !strings.Contains(string(out), "violations=0") {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Log(lines[len(lines)-1])
	}
}
