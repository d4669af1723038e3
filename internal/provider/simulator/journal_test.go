package simulator_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

// TestMain turns this test binary into a simulator of its own when a test runs it as a child.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SIMULATOR_TEST_DIR"); dir != "" {
		sim, err := simulator.New(simulator.Options{SecretKey: secretKey, Dir: dir, Seed: 3, Delay: time.Hour})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		server, err := sim.Start(context.Background(), "127.0.0.1:0")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(server.URL)
		_ = server.Wait()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestKill9: what a killed simulator has answered is in its books when it starts again.
func TestKill9(t *testing.T) {
	dir := t.TempDir()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), executable)
	child.Env = append(os.Environ(), "SIMULATOR_TEST_DIR="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	b := bench{t: t, url: strings.TrimSpace(line), gateway: client(t, strings.TrimSpace(line))}
	to, waiting := b.recipient("0123456789"), b.recipient("0123456701")
	for i := range 20 {
		if err := b.transfer(reference(i), to, 1_000_00); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.transfer("still-on-its-way-1", waiting, 1_000_00); err != nil {
		t.Fatal(err)
	}
	b.pay(b.checkout("bind-1").AuthorizationURL, "4084")
	before, err := b.gateway.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()

	b = start(t, simulator.Options{Dir: dir, Seed: 3})
	if after := b.sim.Balance(); after != before.Amount {
		t.Errorf("balance was %d, is %d", before.Amount, after)
	}
	if n := len(b.sim.Transfers()); n != 21 {
		t.Errorf("%d transfers, want 21", n)
	}
	if got, err := b.gateway.VerifyTransfer(t.Context(), "still-on-its-way-1"); err != nil || got.Outcome != provider.OutcomePending {
		t.Errorf("the pending transfer is %+v, %v", got, err)
	}
	charge, err := b.gateway.VerifyCharge(t.Context(), "bind-1")
	if err != nil || charge.Outcome != provider.OutcomeSucceeded {
		t.Fatalf("the charge is %+v, %v", charge, err)
	}
	if _, err := b.gateway.ChargeAuthorization(t.Context(), provider.ChargeRequest{
		Email: "ada@example.com", Amount: 7_00, AuthorizationCode: charge.Authorization.Code, Reference: "collect-1",
	}); err != nil {
		t.Errorf("the bound card: %v", err)
	}
	if err := b.transfer(reference(0), to, 1_000_00); err == nil {
		t.Error("a used reference was accepted again")
	}
}

// TestResume: what was pending when the books were closed goes on when they are opened, and half a line is cut off.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	first, err := simulator.New(simulator.Options{SecretKey: secretKey, Dir: dir, Delay: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	server, err := first.Start(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := bench{t, first, server.URL, client(t, server.URL)}
	if err := first.RegisterAccount(simulator.Account{AccountNumber: "0123456701", BankCode: "058", AccountName: "ADA OBI"}); err != nil {
		t.Fatal(err)
	}
	if err := b.transfer("still-on-its-way-1", b.recipient("0123456701"), 1_000_00); err != nil {
		t.Fatal(err)
	}
	b.pay(b.checkout("bind-1").AuthorizationURL, "4084")
	if _, err := b.gateway.Refund(t.Context(), provider.RefundRequest{ChargeReference: "bind-1", MerchantNote: "n"}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.gateway.CreateRecipient(t.Context(), provider.RecipientRequest{Name: "A", AccountNumber: "0123456788", BankCode: "058"}); err == nil {
		t.Error("closed books accepted a change")
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(dir, "gateway.jsonl")
	file, err := os.OpenFile(journal, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`[{"transfer":{"id":9999,"reference":"never-answered-1","sta`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	hooks := receive(t, nil)
	b = start(t, simulator.Options{Dir: dir, WebhookURL: hooks.url})
	if n := len(b.sim.Transfers()); n != 1 {
		t.Errorf("%d transfers, want 1", n)
	}
	until(t, "the transfer succeeds", func() bool {
		got, err := b.gateway.VerifyTransfer(t.Context(), "still-on-its-way-1")
		return err == nil && got.Outcome == provider.OutcomeSucceeded
	})
	until(t, "the refund is processed", func() bool { return b.sim.Refunds()[0].Status == "processed" })
	until(t, "what nobody confirmed is delivered", func() bool {
		return strings.Contains(hooks.names(), "charge.success bind-1") && strings.Contains(hooks.names(), "transfer.success still")
	})
	got, err := b.gateway.ResolveAccount(t.Context(), "0123456701", "058")
	if err != nil || got.AccountName != "ADA OBI" {
		t.Errorf("the registered account is %+v, %v", got, err)
	}
}

// TestCompact: a long journal is rewritten as the books it leads to, which stay the same.
func TestCompact(t *testing.T) {
	dir := t.TempDir()
	journal := filepath.Join(dir, "gateway.jsonl")
	first, err := simulator.New(simulator.Options{SecretKey: secretKey, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		if err := first.RegisterAccount(simulator.Account{AccountNumber: "0123456789", BankCode: "058", AccountName: fmt.Sprint("NAME ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	want := asJSON(t, first.Books())
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	long, err := os.Stat(journal)
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, simulator.Options{Dir: dir})
	short, err := os.Stat(journal)
	if err != nil || short.Size()*100 > long.Size() || short.Mode().Perm() != 0o600 {
		t.Errorf("journal went from %d to %d bytes, mode %v, %v", long.Size(), short.Size(), short.Mode(), err)
	}
	if diff := cmp.Diff(want, asJSON(t, b.sim.Books())); diff != "" {
		t.Error(diff)
	}
	if got, err := b.gateway.ResolveAccount(t.Context(), "0123456789", "058"); err != nil || got.AccountName != "NAME 1999" {
		t.Errorf("resolved %+v, %v", got, err)
	}
}

// TestDamaged: a line that is whole but unreadable is an error, not a silent loss.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gateway.jsonl"), []byte("[]\nnot json\n[]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := simulator.New(simulator.Options{SecretKey: secretKey, Dir: dir}); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error is %v", err)
	}
}
