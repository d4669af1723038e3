package pglocal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

const archivePath = "/@embedded-postgres/toy/-/toy-" + pinnedVersion + ".tgz"

type entry struct {
	name, body, link string
	mode             int64
}

func pack(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	w := tar.NewWriter(zip)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.body)), Typeflag: tar.TypeReg}
		if e.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		}
		_, err := 0, w.WriteHeader(h)
		if err == nil {
			_, err = w.Write([]byte(e.body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := firstError(w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// toyArchive holds programs in the npm layout that hand over to the real ones of this machine.
func toyArchive(t *testing.T) []byte {
	bin := someBin(t)
	var entries []entry
	for _, name := range []string{"initdb", "postgres"} {
		entries = append(entries, entry{name: "package/native/bin/" + name, mode: 0o755, body: "#!/bin/sh\nexec '" + filepath.Join(bin, name) + "' \"$@\"\n"})
	}
	return pack(t, append(entries,
		entry{name: "package/native/lib/libpq.so.5.15", body: "library", mode: 0o644},
		entry{name: "package/native/lib/libssl.so", link: "libpq.so.5.15", mode: 0o777},
		entry{name: "package/native/pg-symlinks.json", mode: 0o644, body: `[{"source":"native/lib/libpq.so.5.15","target":"native/lib/libpq.so"}]`},
	)...)
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// repository serves the archive and counts.
func repository(t *testing.T, body []byte) (*httptest.Server, *atomic.Int64) {
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if r.URL.Path != archivePath && r.URL.Path != "/own.tar.gz" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(srv.Close)
	return srv, &hits
}

func bareHost(t *testing.T, p pin) host {
	return host{platform: "toy/toy", docker: "no-such-engine", pins: map[string]pin{"toy/toy": p}, refuge: openDir(t)}
}

func TestDownloadIsAnnouncedCheckedCachedAndRuns(t *testing.T) {
	body := toyArchive(t)
	srv, hits := repository(t, body)
	var said records
	o := options(openDir(t))
	o.NoDownload, o.Mirror, o.CacheDir, o.Log = false, srv.URL+"/", openDir(t), said.logger()
	h := bareHost(t, pin{name: "toy", sha256: sum(body), size: int64(len(body))})
	c := mustOn(t, o, h)
	if c.Source() != Downloaded {
		t.Errorf("source %q", c.Source())
	}
	if err := ping(t, c.URL()); err != nil {
		t.Error(err)
	}
	if text := said.String(); !strings.Contains(text, srv.URL+archivePath) || !strings.Contains(text, o.CacheDir) {
		t.Errorf("announced: %s", text)
	}
	lib := filepath.Join(o.CacheDir, "postgresql-"+sum(body)[:16], "package", "native", "lib")
	for _, name := range []string{"libpq.so", "libssl.so"} {
		if to, err := os.Readlink(filepath.Join(lib, name)); err != nil || to != "libpq.so.5.15" {
			t.Errorf("%s links to %q, %v", name, to, err)
		}
	}
	stop(t, c)
	o.NoDownload = true // the cache is no download
	mustOn(t, o, h)
	if n := hits.Load(); n != 1 {
		t.Errorf("%d downloads", n)
	}
}

func TestOperatorsOwnArchive(t *testing.T) {
	body := toyArchive(t)
	srv, _ := repository(t, body)
	o := options(openDir(t))
	o.NoDownload, o.CacheDir = false, openDir(t)
	o.DownloadURL, o.DownloadSHA256 = srv.URL+"/own.tar.gz", strings.ToUpper(sum(body))
	if c := mustOn(t, o, bareHost(t, pin{})); c.Source() != Downloaded {
		t.Errorf("source %q", c.Source())
	}
	o.DownloadSHA256 = ""
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "together") {
		t.Errorf("a URL without its checksum: %v", err)
	}
}

func TestDownloadRefusals(t *testing.T) {
	good := toyArchive(t)
	right := pin{name: "toy", sha256: sum(good), size: int64(len(good))}
	for name, tc := range map[string]struct {
		served  []byte
		pin     pin
		change  func(*Options, *host)
		want    error
		say     string
		noVisit bool
	}{
		"altered":        {served: append(append([]byte{}, good[:len(good)-1]...), good[len(good)-1]^1), pin: right, want: ErrChecksum, say: "SHA-256"},
		"longer":         {served: append(append([]byte{}, good...), 0), pin: right, want: ErrChecksum, say: "larger"},
		"cut short":      {served: good[:len(good)/2], pin: right, want: ErrNoPostgres, say: "ended after"},
		"not there":      {served: good, pin: pin{name: "gone", sha256: sum(good)}, want: ErrNoPostgres, say: "404"},
		"unpinned":       {served: good, pin: right, change: func(_ *Options, h *host) { h.platform = "plan9/mips" }, want: ErrNoPostgres, say: "pins no archive for plan9/mips", noVisit: true},
		"refused":        {served: good, pin: right, change: func(o *Options, _ *host) { o.NoDownload = true }, want: ErrNoPostgres, say: "refused by the setting", noVisit: true},
		"empty checksum": {served: good, pin: pin{name: "toy"}, want: ErrChecksum, say: "0 characters", noVisit: true},
	} {
		t.Run(name, func(t *testing.T) {
			srv, hits := repository(t, tc.served)
			o, h := options(openDir(t)), bareHost(t, tc.pin)
			o.NoDownload, o.Mirror, o.CacheDir = false, srv.URL, openDir(t)
			if tc.change != nil {
				tc.change(&o, &h)
			}
			_, err := start(t.Context(), o, h)
			if !errors.Is(err, tc.want) || !strings.Contains(fmt.Sprint(err), tc.say) {
				t.Errorf("%v", err)
			}
			if tc.noVisit != (hits.Load() == 0) {
				t.Errorf("%d requests", hits.Load())
			}
			left, _ := filepath.Glob(filepath.Join(o.CacheDir, "*", "*"))
			if len(left) > 0 {
				t.Errorf("unpacked: %v", left)
			}
		})
	}
}

// A right checksum of a wrong archive (an operator's mistake) must still not write outside of the cache.
func TestHostileArchives(t *testing.T) {
	for name, e := range map[string][]entry{
		"climbs":          {{name: "../../escaped", body: "x", mode: 0o644}},
		"absolute":        {{name: "/tmp/pglocal-escaped", body: "x", mode: 0o644}},
		"link outside":    {{name: "package/out", link: "../../../etc"}},
		"absolute link":   {{name: "package/out", link: "/etc"}},
		"listed link":     {{name: "package/native/pg-symlinks.json", body: `[{"source":"../../../etc/passwd","target":"native/x"}]`, mode: 0o644}},
		"twice":           {{name: "a", body: "x", mode: 0o644}, {name: "a", body: "y", mode: 0o644}},
		"no program here": {{name: "package/README", body: "x", mode: 0o644}},
	} {
		t.Run(name, func(t *testing.T) {
			body := pack(t, e...)
			srv, _ := repository(t, body)
			o := options(openDir(t))
			o.NoDownload, o.CacheDir = false, openDir(t)
			o.DownloadURL, o.DownloadSHA256 = srv.URL+"/own.tar.gz", sum(body)
			if _, err := start(t.Context(), o, bareHost(t, pin{})); !errors.Is(err, ErrNoPostgres) {
				t.Errorf("%v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(o.CacheDir, "*escaped*")); len(left) > 0 {
				t.Errorf("escaped: %v", left)
			}
		})
	}
}

func TestPinsAreWhole(t *testing.T) {
	for platform, p := range pinned() {
		if raw, err := hex.DecodeString(p.sha256); err != nil || len(raw) != sha256.Size || p.size < 10<<20 || p.name == "" {
			t.Errorf("%s: %+v, %v", platform, p, err)
		}
	}
}
