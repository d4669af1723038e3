package cutproxy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
)

var errCut = errors.New("cutproxy: cut")

// link is one connection through the proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	commits        map[string]bool // prepared statements of the client by name, and whether they are COMMIT
	dropping       atomic.Int32    // 1 + the Point at which the next answer is dropped; 0 for none
}

// cut breaks both sides without a word, as a network does that lost the connection.
func (l *link) cut() {
	for _, c := range []net.Conn{l.client, l.server} {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
}

// requests carries the client's messages to the server until there are no more; it always returns why. A message is a type byte and a length that counts itself; only the
// first has no type.
func (l *link) requests() error {
	r := bufio.NewReader(l.client)
	first := make([]byte, 4)
	if _, err := io.ReadFull(r, first); err != nil {
		return err
	}
	if err := l.forward(r, first); err != nil {
		return err
	}
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(r, head); err != nil {
			return err
		}
		message, err := whole(r, head, head[1:])
		if err != nil {
			return err
		}
		if err := l.pass(message); err != nil {
			return err
		}
	}
}

func (l *link) forward(r *bufio.Reader, head []byte) error {
	message, err := whole(r, head, head)
	if err == nil {
		_, err = l.server.Write(message)
	}
	return err
}

// largest bounds a message; what is larger is not PostgreSQL's protocol.
const largest = 64 << 20

func whole(r *bufio.Reader, head, length []byte) ([]byte, error) {
	n := int(binary.BigEndian.Uint32(length))
	if n < 4 || n > largest {
		return nil, errors.New("cutproxy: not PostgreSQL's protocol (is the connection encrypted?)")
	}
	message := make([]byte, len(head)+n-4)
	copy(message, head)
	_, err := io.ReadFull(r, message[len(head):])
	return message, err
}

// pass sends a message on, or cuts at it.
func (l *link) pass(message []byte) error {
	p := l.proxy
	kind := message[0]
	// A simple query, or the use of a prepared one. What is prepared has not happened yet.
	statement, commit := kind == 'Q' || kind == 'B', false
	switch kind {
	case 'Q':
		commit = isCommit(message[5:])
	case 'P': // name, text
		name, text := cString(message[5:])
		if l.commits == nil {
			l.commits = map[string]bool{}
		}
		l.commits[name] = isCommit(text)
	case 'B': // portal, name
		_, rest := cString(message[5:])
		name, _ := cString(rest)
		commit = l.commits[name]
	}
	if commit {
		p.commits.Add(1)
	}
	switch {
	case commit && p.chance(BeforeCommit):
		return l.end(BeforeCommit)
	case commit && p.chance(AfterCommit):
		l.dropping.Store(1 + int32(AfterCommit))
	case commit || !statement:
	case p.chance(MidStatement):
		_, _ = l.server.Write(message[:len(message)/2])
		return l.end(MidStatement)
	case p.chance(LostReply):
		l.dropping.Store(1 + int32(LostReply))
	}
	_, err := l.server.Write(message)
	return err
}

func isCommit(text []byte) bool {
	return bytes.HasPrefix(bytes.ToLower(bytes.TrimLeft(text, " \t\r\n")), []byte("commit"))
}

// cString takes a text that ends with a zero byte off a message.
func cString(message []byte) (text string, rest []byte) {
	before, after, _ := bytes.Cut(message, []byte{0})
	return string(before), after
}

func (l *link) end(at Point) error {
	l.proxy.cuts[at].Add(1)
	l.cut()
	return errCut
}

// answers carries what the server says to the client, until it is time to keep it back.
func (l *link) answers() {
	buf := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(buf)
		if n > 0 {
			if at := l.dropping.Load(); at > 0 {
				_ = l.end(Point(at - 1))
				return
			}
			if _, err := l.client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
