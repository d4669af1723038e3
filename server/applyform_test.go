package server

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// part is one part of a form.
type part struct {
	name    string
	file    string // a file name, "" for a field
	content []byte
}

// form encodes parts and gives its boundary.
func form(t *testing.T, parts ...part) (body []byte, boundary string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name="%s"`, p.name)
		if p.file != "" {
			disposition += fmt.Sprintf(`; filename="%s"`, p.file)
			h.Set("Content-Type", "application/octet-stream")
		}
		h.Set("Content-Disposition", disposition)
		to, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(p.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), w.Boundary()
}

func smallJPEG(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// newIntake gives intakes of a service whose database is never asked: reading a form needs none.
func newIntake(t *testing.T) *origination.Intake {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, seal.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.System{}
	st, err := store.Open(store.Options{URL: "postgres://nobody@127.0.0.1:1/none"}, keys, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	svc, err := origination.New(st, nil, nil, clk, origination.Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return svc.NewIntake()
}

func read(t *testing.T, body io.Reader, boundary string) (origination.Application, error) {
	t.Helper()
	return readApplication(t.Context(), multipart.NewReader(body, boundary), newIntake(t))
}

func TestReadApplicationTakesPartsInAnyOrder(t *testing.T) {
	photo := smallJPEG(t)
	quote := strings.Repeat("q", 40)
	for _, parts := range [][]part{
		{{"id", "", []byte("301")}, {"applyTerminal", "", []byte("2")}, {"quoteId", "", []byte(quote)}, {"files", "a.jpg", photo}, {"files", "b.png", photo}},
		{{"files", "../../etc/passwd", photo}, {"quoteId", "", []byte(quote)}, {"files", "", photo}, {"applyTerminal", "", []byte("2")}, {"id", "", []byte("301")}},
	} {
		body, boundary := form(t, parts...)
		a, err := read(t, bytes.NewReader(body), boundary)
		if err != nil || a.ProductID != 301 || a.Terminal != 2 || a.QuoteID != quote || len(a.Photos) != 2 {
			t.Errorf("%+v, %v", a, err)
		}
	}
}

func TestReadApplicationRefuses(t *testing.T) {
	photo := smallJPEG(t)
	id, terminal, file := part{"id", "", []byte("301")}, part{"applyTerminal", "", []byte("1")}, part{"files", "a.jpg", photo}
	text := func(name, value string) part { return part{name, "", []byte(value)} }
	for name, c := range map[string]struct {
		parts []part
		want  catalog.Entry
		field string
	}{
		"no parts":               {nil, catalog.ValidationFailed, "id"},
		"no id":                  {[]part{terminal, file}, catalog.ValidationFailed, "id"},
		"id zero":                {[]part{text("id", "0"), terminal, file}, catalog.ValidationFailed, "id"},
		"id of letters":          {[]part{text("id", "301; DROP TABLE loans"), terminal, file}, catalog.ValidationFailed, "id"},
		"no terminal":            {[]part{id, file}, catalog.ValidationFailed, "applyTerminal"},
		"terminal four":          {[]part{id, text("applyTerminal", "4"), file}, catalog.ValidationFailed, "applyTerminal"},
		"terminal with a blank":  {[]part{id, text("applyTerminal", " 1"), file}, catalog.ValidationFailed, "applyTerminal"},
		"no photograph":          {[]part{id, terminal}, catalog.ValidationFailed, "files"},
		"six photographs":        {[]part{id, terminal, file, file, file, file, file, file}, catalog.ValidationFailed, "files"},
		"a quote of two letters": {[]part{id, terminal, file, text("quoteId", "qq")}, catalog.ValidationFailed, "quoteId"},
		"a quote with NUL":       {[]part{id, terminal, file, text("quoteId", strings.Repeat("q", 20)+"\x00")}, catalog.ValidationFailed, "quoteId"},
		"a coupon of letters":    {[]part{id, terminal, file, text("couponId", "7; DROP TABLE coupons")}, catalog.ValidationFailed, "couponId"},
		"a coupon too long":      {[]part{id, terminal, file, text("couponId", strings.Repeat("9", 20))}, catalog.ValidationFailed, "couponId"},
		"coupon twice":           {[]part{id, terminal, file, text("couponId", "7"), text("couponId", "7")}, catalog.ValidationFailed, "couponId"},
		"a part too many":        {[]part{id, terminal, file, text("amount", "1")}, catalog.ValidationFailed, "amount"},
		"id twice":               {[]part{id, id, terminal, file}, catalog.ValidationFailed, "id"},
		"a field without an end": {[]part{text("id", strings.Repeat("3", 2000)), terminal, file}, catalog.ValidationFailed, "id"},
		"a page as a photograph": {[]part{id, terminal, {"files", "a.jpg", []byte("<html>")}}, catalog.UnsupportedContentType, "files[0]"},
		"half a photograph":      {[]part{id, terminal, file, {"files", "b.jpg", photo[:len(photo)-30]}}, catalog.ImageRejected, "files[1]"},
		"a photograph too large": {[]part{{"files", "a.jpg", append(bytes.Clone(photo), make([]byte, 5<<20)...)}, id, terminal}, catalog.BodyTooLarge, "files[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			body, boundary := form(t, c.parts...)
			whole := bytes.NewReader(body)
			_, err := read(t, whole, boundary)
			if !fault.Has(err, c.want) {
				t.Fatalf("got %v, want %s", err, c.want.Reason)
			}
			if f := asFault(err); len(f.Fields) == 0 || f.Fields[0].Name != c.field {
				t.Errorf("%+v", f.Fields)
			}
			if whole.Len() > 0 {
				t.Errorf("%d bytes were not read: the caller might not hear the answer", whole.Len())
			}
		})
	}
}

func TestReadApplicationOfABrokenForm(t *testing.T) {
	body, boundary := form(t, part{"id", "", []byte("301")}, part{"files", "a.jpg", smallJPEG(t)})
	for name, c := range map[string]struct {
		body io.Reader
		want catalog.Entry
	}{
		"nothing":               {strings.NewReader(""), catalog.MalformedBody},
		"no boundary":           {strings.NewReader("hello"), catalog.MalformedBody},
		"cut inside a file":     {bytes.NewReader(body[:len(body)-200]), catalog.MalformedBody},
		"cut before the end":    {bytes.NewReader(body[:len(body)-6]), catalog.MalformedBody},
		"more than may be sent": {http.MaxBytesReader(httptest.NewRecorder(), io.NopCloser(bytes.NewReader(body)), 300), catalog.BodyTooLarge},
	} {
		if _, err := read(t, c.body, boundary); !fault.Has(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A form of a hundred thousand parts is not read to its end.
func TestReadApplicationGivesUpOnEndlessParts(t *testing.T) {
	body, boundary := form(t, part{"x", "", nil})
	one := body[:bytes.LastIndex(body, []byte("--"+boundary))]
	endless := bytes.NewReader(bytes.Repeat(one, 100_000))
	_, err := read(t, endless, boundary)
	if !fault.Has(err, catalog.ValidationFailed) || endless.Len() < endlessRest {
		t.Errorf("%v, %d bytes left", err, endless.Len())
	}
}

const endlessRest = 1 << 20

func TestOwnImagesStayWithTheirOwner(t *testing.T) {
	w := httptest.NewRecorder()
	image := ownImage{fakeImage{}}
	if err := image.VisitGetImageResponse(w); err != nil || w.Header().Get("Cache-Control") != "private, max-age=86400, immutable" {
		t.Errorf("%v, %v", w.Header(), err)
	}
}

type fakeImage struct{}

func (fakeImage) VisitGetImageResponse(http.ResponseWriter) error { return nil }
