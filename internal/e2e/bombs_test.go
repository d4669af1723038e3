package e2e

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// mostGrowth is by how much a bomb may make the memory grow.
const mostGrowth = 10 << 20

// TestBombs throws what is small on the wire and large in memory at the server: each is a 4xx, and the memory stays. With CP_TEST_FULL the
// time is judged as well.
func TestBombs(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("12")
	json := func(body []byte) call {
		c := b.call("saveBasicInfo", nil)
		c.Body = body
		return c
	}
	image := func(content []byte) call {
		c := b.applyCall("301", nil)
		c.Request = w.doc.Operation("applyLoan").Valid(content).WithFields([][]byte{content}, map[string]string{"id": "301", "quoteId": "", "couponId": ""})
		return c
	}
	deep := func(open, middle, end string, n int) []byte {
		return []byte(strings.Repeat(open, n) + middle + strings.Repeat(end, n))
	}
	zipped := func() []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		zeros := make([]byte, 1<<20)
		for range 60 {
			_, _ = z.Write(zeros)
		}
		_ = z.Close()
		return out.Bytes()
	}
	bombs := []struct {
		name string
		call call
	}{
		{"a PNG that unpacks to 858 MiB", image(bigPNG(30_000, 30_000))},
		{"a PNG with a header of the largest size", image(bigPNG(1<<31-1, 1<<31-1))},
		{"a JPEG with a header of the largest size", image(append([]byte{0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0xff, 0xff, 0xff, 0xff, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1}, 0xff, 0xd9))},
		{"a body in gzip", json(zipped()).with("Content-Encoding", "gzip")},
		{"more than a thousand parts", manyParts(b, 1_200)}, // net/http reads the rest of so small a body, so that the answer always arrives
		{"a part with a header of 60 KiB", manyParts(b, 1).with("X-Ignored", "1")},
		{"arrays 30,000 deep", json(deep("[", "1", "]", 30_000))},
		{"objects 10,000 deep", json(deep(`{"a":`, "1", "}", 10_000))},
		{"a number of 60,000 digits", json([]byte(`{"gender":` + strings.Repeat("9", 60_000) + `}`))},
		{"a number with a huge exponent", json([]byte(`{"gender":1e999999999}`))},
		{"a NUL", json([]byte(`{"firstName":"a\u0000b"}`))},
		{"a raw NUL", json([]byte("{\"firstName\":\"a\x00b\"}"))},
		{"no UTF-8", json([]byte("{\"firstName\":\"\xff\xfe\"}"))},
		{"half a surrogate", json([]byte(`{"firstName":"\ud800"}`))},
		{"one name 5,000 times", json([]byte("{" + strings.TrimSuffix(strings.Repeat(`"firstName":"a",`, 4_000), ",") + "}"))},
		{"a query of 15 KiB", func() call {
			c := b.call("listLoans", nil)
			c.RawQuery = strings.Repeat("a=1&", 3_500)
			return c
		}()},
	}
	var worst time.Duration
	var most int64
	for _, bomb := range bombs {
		runtime.GC()
		debug.FreeOSMemory()
		watch := watchHeap()
		started := time.Now()
		a, err := w.try(bomb.call)
		took, grown := time.Since(started), watch()
		if err != nil {
			t.Errorf("%s: %v", bomb.name, err)
			continue
		}
		worst, most = max(worst, took), max(most, grown)
		if a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %s", bomb.name, a)
		}
		if grown > mostGrowth {
			t.Errorf("%s: the memory grew by %d KiB", bomb.name, grown>>10)
		}
		if full() && took > 250*time.Millisecond {
			t.Errorf("%s: answered after %s", bomb.name, took)
		}
	}
	fmt.Printf("RESULT bombs kinds=%d slowest_ms=%d most_kib=%d limit_kib=%d\n", len(bombs), worst.Milliseconds(), most>>10, mostGrowth>>10)
	w.ok(b.call("getInfoStatus", nil))
}

// watchHeap looks at the heap every millisecond until it is asked by how much it grew at most.
func watchHeap() func() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base := int64(m.HeapAlloc)
	var peak atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if g := int64(m.HeapAlloc) - base; g > peak.Load() {
				peak.Store(g)
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-stopped
		return peak.Load()
	}
}

// manyParts is an application whose form has so many parts beside its own.
func manyParts(b *borrower, n int) call {
	c := b.applyCall("301", nil)
	_, boundary, _ := strings.Cut(c.ContentType, "boundary=")
	var body bytes.Buffer
	for i := range n {
		fmt.Fprintf(&body, "--%s\r\nContent-Disposition: form-data; name=\"p%d\"\r\nX-Long: %s\r\n\r\nx\r\n", boundary, i, strings.Repeat("a", 60_000/n))
	}
	fmt.Fprintf(&body, "--%s--\r\n", boundary)
	r := *c.Request
	r.Body, r.ContentType = body.Bytes(), contract.UploadBody+"; boundary="+boundary
	c.Request = &r
	return c
}

// bigPNG is a grey picture of one bit a pixel. Of a size that can be packed at all, the pixels are there.
func bigPNG(width, height int) []byte {
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&out, binary.BigEndian, uint32(len(data)))
		sum := crc32.NewIEEE()
		_, _ = sum.Write(append([]byte(kind), data...))
		out.WriteString(kind)
		out.Write(data)
		_ = binary.Write(&out, binary.BigEndian, sum.Sum32())
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	chunk("IHDR", append(header, 1, 0, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	row := make([]byte, 1+(min(width, 1<<20)+7)/8)
	for range min(height, 30_000) {
		if height > 1<<20 {
			break
		}
		_, _ = z.Write(row)
	}
	_ = z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out.Bytes()
}

// TestSlowConnections opens a thousand connections that send a byte now and then, and asks as everybody does meanwhile.
func TestSlowConnections(t *testing.T) {
	if !full() {
		t.Skip("make security runs it")
	}
	w := newWorld(t, testapp.Options{})
	address := strings.TrimPrefix(w.app.BaseURL, "http://")
	held := holdConnections(t, address, 1000)
	defer held.close()
	var slowest time.Duration
	for range 200 {
		started := time.Now()
		w.ok(call{Request: w.request("listBanks")})
		slowest = max(slowest, time.Since(started))
	}
	w.eventually(60*time.Second, "the slow connections to be closed by the server", func() bool { return held.open() == 0 })
	fmt.Printf("RESULT slow-connections connections=%d slowest_ms=%d closed=%t\n", held.n, slowest.Milliseconds(), held.open() == 0)
	if slowest > 2*time.Second {
		t.Errorf("a request took %s", slowest)
	}
}
