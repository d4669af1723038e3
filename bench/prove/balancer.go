package main

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// balancer is the one address of all replicas: it hands each connection to the next replica that takes it.
type balancer struct {
	listener net.Listener
	targets  []string
	next     atomic.Uint64
	slow     atomic.Int64 // microseconds that every chunk waits; 0 for none
	mu       sync.Mutex
	open     map[net.Conn]bool
}

func startBalancer(targets []string) (*balancer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &balancer{listener: l, targets: targets, open: map[net.Conn]bool{}}
	go b.accept()
	return b, nil
}

func (b *balancer) url() string { return "http://" + b.listener.Addr().String() }

func (b *balancer) accept() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return
		}
		go b.serve(client)
	}
}

func (b *balancer) serve(client net.Conn) {
	defer client.Close()
	var server net.Conn
	first := b.next.Add(1)
	for i := range uint64(len(b.targets)) {
		var err error
		if server, err = net.DialTimeout("tcp", b.targets[(first+i)%uint64(len(b.targets))], 300*time.Millisecond); err == nil {
			break
		}
	}
	if server == nil {
		return
	}
	defer server.Close()
	b.mu.Lock()
	b.open[client] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.open, client)
		b.mu.Unlock()
	}()
	done := make(chan struct{}, 2)
	go func() { b.pump(server, client); done <- struct{}{} }()
	go func() { b.pump(client, server); done <- struct{}{} }()
	<-done
}

func (b *balancer) pump(to, from net.Conn) {
	if b.slow.Load() == 0 {
		_, _ = io.Copy(to, from)
		return
	}
	buffer := make([]byte, 1400)
	for {
		n, err := from.Read(buffer)
		if wait := b.slow.Load(); wait > 0 {
			time.Sleep(time.Duration(wait) * time.Microsecond)
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut ends every open connection of the clients, in the middle of whatever is on it.
func (b *balancer) cut() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.open {
		_ = c.Close()
	}
	return len(b.open)
}

func (b *balancer) close() { _ = b.listener.Close() }

// freeAddress finds an address that nobody listens on, and that nobody is given while a process that has it is down.
func freeAddress() (string, error) {
	port, err := pglocal.FreePort(0)
	return fmt.Sprintf("127.0.0.1:%d", port), err
}
