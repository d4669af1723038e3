//go:build browser

package e2e

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// chromium finds the browser of the machine.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium on this machine; on Debian: apt-get install chromium")
	return ""
}

// tab is a page of a headless browser that remembers what it asked for and what it complained about.
type tab struct {
	context.Context
	mu         sync.Mutex
	requests   []string
	complaints []string
}

// open starts a browser with one empty page.
func open(t *testing.T) *tab {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1200, 900))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	p := &tab{Context: ctx}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	err := chromedp.Listen(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			p.requests = append(p.requests, e.Request.URL)
		case *runtime.EventExceptionThrown:
			p.complaints = append(p.complaints, "exception: "+e.ExceptionDetails.Text+" "+e.ExceptionDetails.URL)
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" || e.Type == "assert" {
				p.complaints = append(p.complaints, "console: "+said(e.Args))
			}
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.EntryLevelError {
				p.complaints = append(p.complaints, "log: "+e.Entry.Text+" "+e.Entry.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bounded is the tab's context with a limit for one act.
func (p *tab) bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(p, time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// read opens a page, waits until an element is seen, and a moment longer for what scripts still fetch, and returns the text.
func (p *tab) read(t *testing.T, address, element string) (string, error) {
	ctx := p.bounded(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(element)), chromedp.Sleep(time.Second)); err != nil {
		return "", err
	}
	return chromedp.Run(ctx, chromedp.Text(chromedp.CSS("body")))
}

func said(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, fmt.Sprintf("%s %s", a.Value, a.Description))
	}
	return strings.Join(words, " ")
}

// clean fails if the page asked another origin for anything, or complained; it then forgets.
func (p *tab) clean(t *testing.T, name string, origins ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, address := range p.requests {
		u, err := url.Parse(address)
		if err != nil || !(slices.Contains(origins, u.Scheme+"://"+u.Host) || u.Scheme == "data" || u.Scheme == "blob") {
			t.Errorf("%s asks for %s", name, address)
		}
	}
	if len(p.requests) == 0 {
		t.Errorf("%s: no request was seen", name)
	}
	for _, complaint := range p.complaints {
		t.Errorf("%s: %s", name, complaint)
	}
	fmt.Printf("%s: %d requests, none leaves\n", name, len(p.requests))
	p.requests, p.complaints = nil, nil
}

// TestPagesInABrowser reads every page of the server: each shows what it is for, asks nobody else for anything, and does
// not complain.
func TestPagesInABrowser(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	w.code(newMobile(), 1)
	p := open(t)
	for _, page := range []struct{ path, element, text string }{
		{"/", "body.start", "Credit Pocket"},
		{"/docs", "elements-api h1", "Credit Pocket"},
		{"/docs/try", "#swagger-ui .opblock-tag", "auth"},
		{"/sms", "body", "is your CycleCash code"},
	} {
		text, err := p.read(t, w.app.BaseURL+page.path, page.element)
		if err != nil {
			t.Fatalf("%s: %v", page.path, err)
		}
		if !strings.Contains(text, page.text) {
			t.Errorf("%s does not show %q: %.300s", page.path, page.text, text)
		}
		p.clean(t, page.path, w.app.BaseURL)
	}
}

// TestCheckoutInABrowser walks the journey with a browser that presses Pay on the gateway's page; the walk then sees the
// loan settled and nothing left to pay.
func TestCheckoutInABrowser(t *testing.T) {
	a := testapp.New(t, testapp.Options{})
	p := open(t)
	pressed := false
	result, _, err := journey.Walk(t.Context(), journey.Options{BaseURL: a.BaseURL, Out: io.Discard, AccountEnd: "11",
		PayByHand: func(_ context.Context, page string) error {
			before, err := p.read(t, page, "button.yes")
			if err != nil {
				return err
			}
			if !strings.Contains(before, "NGN ") {
				return fmt.Errorf("the page shows no amount: %.200s", before)
			}
			u, err := url.Parse(page)
			if err != nil {
				return err
			}
			pressed = true
			pay := chromedp.CSS("button.yes")
			if err := chromedp.Do(p.bounded(t), chromedp.Click(pay), chromedp.WaitNotPresent(pay), chromedp.Sleep(500*time.Millisecond)); err != nil {
				return err
			}
			p.clean(t, "the checkout page", u.Scheme+"://"+u.Host, a.BaseURL)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if !pressed || !slices.Contains(result.Statuses, 8) {
		t.Errorf("pressed %v, statuses %v", pressed, result.Statuses)
	}
	noDifference(t, a)
}
