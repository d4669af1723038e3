package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
)

func serve(t *testing.T, f *fixture) (base string, stop func(), done chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done = make(chan error, 1)
	go func() { done <- f.server.Serve(ctx, l) }()
	t.Cleanup(cancel)
	return "http://" + l.Addr().String(), cancel, done
}

func TestServeStopsInOrder(t *testing.T) {
	f := newFixture(t, Config{DrainDelay: 2 * time.Second})
	entered, release := make(chan bool), make(chan bool)
	f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) {
		entered <- true
		<-release
		return rawAnswer{200, "application/json", goodState}, nil
	}
	base, stop, done := serve(t, f)
	running := make(chan int, 1)
	go func() {
		res, err := http.Get(base + "/user/login/check")
		if err != nil {
			running <- 0
			return
		}
		res.Body.Close()
		running <- res.StatusCode
	}()
	<-entered
	stop()
	waitFor(t, func() bool { return f.server.draining.Load() })
	res, err := http.Get(base + "/readyz")
	if err != nil || res.StatusCode != 503 {
		t.Fatalf("while draining /readyz says %v, %v", res, err)
	}
	res.Body.Close()
	waitFor(t, func() bool { return f.server.stopping.Load() })
	f.wantReason(f.do("GET", "/user/login/check", ""), catalog.ShuttingDown) // by a connection that is still open
	select {
	case err := <-done:
		t.Fatalf("stopped before the running request ended: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if status := <-running; status != 200 {
		t.Fatalf("the running request got %d", status)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(base + "/healthz"); err == nil {
		t.Fatal("the listener is still open")
	}
}

func TestServeDoesNotWaitForever(t *testing.T) {
	f := newFixture(t, Config{ShutdownTimeout: 50 * time.Millisecond})
	entered, release := make(chan bool), make(chan bool)
	defer close(release)
	f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) {
		entered <- true
		<-release
		return rawAnswer{200, "application/json", goodState}, nil
	}
	base, stop, done := serve(t, f)
	go func() {
		if res, err := http.Get(base + "/user/login/check"); err == nil {
			res.Body.Close()
		}
	}()
	<-entered
	stop()
	if err := <-done; err == nil {
		t.Fatal("a request that was cut off is not reported")
	}
}

func TestServeReportsADeadListener(t *testing.T) {
	f := newFixture(t, Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := f.server.Serve(context.Background(), l); err == nil {
		t.Fatal("no error")
	}
}

func TestSlowConnectionsAreDropped(t *testing.T) {
	f := newFixture(t, Config{ReadHeaderTimeout: 50 * time.Millisecond, ReadTimeout: 100 * time.Millisecond, IdleTimeout: 100 * time.Millisecond})
	base, _, _ := serve(t, f)
	for name, opening := range map[string]string{
		"no header":   "",
		"half header": "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"half body":   "POST /user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
		"idle":        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", base[len("http://"):])
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, opening); err != nil {
				t.Fatal(err)
			}
			if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(c); err != nil {
				t.Fatalf("the connection was held: %v", err)
			}
		})
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	f := newFixture(t, Config{MaxHeaderBytes: 2048})
	base, _, _ := serve(t, f)
	r, err := http.NewRequest("GET", base+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		r.Header.Add("X-Fill", strings.Repeat("x", 200))
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Fatalf("got %d", res.StatusCode)
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen in 30 s")
		}
	}
}
