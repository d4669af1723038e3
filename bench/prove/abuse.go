package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/journey"
)

// memoryBound is how many bytes all replicas may hold together while bombs are thrown at them: seven processes in the full run.
const memoryBound = 3 << 30

// mostMemory names the count of the bytes that they held at most.
const mostMemory = "most memory"

// abuse does one thing that only an enemy or a broken network does.
func (w *world) abuse(ctx context.Context, r *rand.Rand) {
	switch r.IntN(7) {
	case 0:
		w.counts.add("clients' connections cut", int64(w.front.cut()))
	case 1:
		w.counts.add("slow connections", 20)
		w.dribble(ctx, 20)
	case 2:
		w.counts.add("JSON bombs", 1)
		w.bomb(ctx, "/user/login", "application/json", []byte(strings.Repeat(`{"a":[`, 200_000)))
	case 3:
		w.counts.add("gzip bombs", 1)
		w.bombWith(ctx, "/user/login", "application/json", squeezed(32<<20), "gzip")
	case 4:
		w.counts.add("multipart bombs", 1)
		w.bomb(ctx, "/loan/record/apply", "multipart/form-data; boundary=x", bytes.Repeat([]byte("--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n1\r\n"), 20_000))
	case 5:
		w.counts.add("image bombs", 1)
		body, kind, err := journey.ApplyForm("301", "", hugePNG(30_000, 30_000))
		if err == nil {
			w.bomb(ctx, "/loan/record/apply", kind, body)
		}
	default:
		w.counts.add("slow network", 1)
		w.front.slow.Store(int64(2 * time.Millisecond / time.Microsecond))
		_ = pause(ctx, time.Second)
		w.front.slow.Store(0)
	}
	if held := w.fleet.memory(); held > w.counts.of(mostMemory) {
		w.counts.add(mostMemory, held-w.counts.of(mostMemory))
	}
}

func (w *world) bomb(ctx context.Context, path, kind string, body []byte) {
	w.bombWith(ctx, path, kind, body, "")
}

// bombWith sends a body that must be refused: a success is odd.
func (w *world) bombWith(ctx context.Context, path, kind string, body []byte, encoding string) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.front.url()+path, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", kind)
	if encoding != "" {
		req.Header.Set("Content-Encoding", encoding)
	}
	res, err := w.client.Do(req)
	if err != nil {
		return
	}
	_ = res.Body.Close()
	if res.StatusCode < 400 || res.StatusCode == http.StatusInternalServerError {
		w.diary.oddity(fmt.Sprintf("a bomb at %s was answered %d", path, res.StatusCode))
	}
}

// dribble opens connections that send a header a byte at a time, for two seconds.
func (w *world) dribble(ctx context.Context, n int) {
	var conns []net.Conn
	for range n {
		c, err := net.DialTimeout("tcp", w.front.listener.Addr().String(), time.Second)
		if err == nil {
			conns = append(conns, c)
		}
	}
	for _, b := range []byte("GET /home/product HTTP") {
		for _, c := range conns {
			_, _ = c.Write([]byte{b})
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			break
		}
	}
	for _, c := range conns {
		_ = c.Close()
	}
}

func squeezed(n int) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(make([]byte, n)) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// hugePNG is a small file that says it is a very large picture.
func hugePNG(width, height uint32) []byte {
	out := bytes.NewBuffer([]byte("\x89PNG\r\n\x1a\n"))
	chunk := func(kind string, data []byte) {
		body := append([]byte(kind), data...)
		_ = binary.Write(out, binary.BigEndian, uint32(len(data)))
		out.Write(body)
		_ = binary.Write(out, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(header, 8, 2, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c, 0x63, 0, 0})
	chunk("IEND", nil)
	return out.Bytes()
}
