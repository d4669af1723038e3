package origination

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// intake is one without a service: photographs need no database.
func intake() *Intake { return &Intake{slots: make(chan struct{}, decodesAtOnce)} }

func jpegOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// chunk makes a PNG chunk.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// bomb makes a PNG of zeros: depth bits of grey a pixel, and all of it really there.
func bomb(t *testing.T, w, h, depth int) []byte {
	t.Helper()
	var data bytes.Buffer
	z, err := zlib.NewWriterLevel(&data, zlib.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 1+(w*depth+7)/8)
	for range h {
		if _, err := z.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = binary.BigEndian.AppendUint32(header, uint32(h))
	header = append(header, byte(depth), 0, 0, 0, 0)
	out := []byte("\x89PNG\r\n\x1a\n")
	out = append(out, chunk("IHDR", header)...)
	out = append(out, chunk("IDAT", data.Bytes())...)
	return append(out, chunk("IEND", nil)...)
}

// segment makes a JPEG segment.
func segment(marker byte, data []byte) []byte {
	out := []byte{0xff, marker}
	return append(binary.BigEndian.AppendUint16(out, uint16(len(data)+2)), data...)
}

// exif is a segment that says how the camera was held, and where it was.
func exif(order binary.AppendByteOrder, held uint16) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, held)
	tiff = order.AppendUint16(tiff, 0)
	return segment(0xe1, append(append([]byte("Exif\x00\x00"), tiff...), "GPS 6.5244N 3.3792E"...))
}

// afterSOI puts bytes behind the first two of a JPEG.
func afterSOI(file, insert []byte) []byte {
	return append(append([]byte{0xff, 0xd8}, insert...), file[2:]...)
}

func TestAttacksByPhotograph(t *testing.T) {
	good := jpegOf(t, plain(200, 100, color.RGBA{200, 30, 30, 255}))
	goodPNG := pngOf(t, plain(200, 100, color.RGBA{200, 30, 30, 255}))
	broken := bytes.Clone(goodPNG)
	broken[len(broken)-20] ^= 1
	var animated bytes.Buffer
	if err := gif.Encode(&animated, plain(10, 10, color.White), nil); err != nil {
		t.Fatal(err)
	}
	decompression := bomb(t, 30_240, 30_240, 1)
	if size := len(decompression); size > 200_000 {
		t.Fatalf("the bomb has %d bytes", size)
	}
	scans := bytes.Clone(good[:len(good)-2])
	for range maxScans + 1 {
		scans = append(scans, 0xff, 0xda, 0, 2)
	}
	for name, c := range map[string]struct {
		file []byte
		want catalog.Entry
	}{
		"a bomb of 100 KB that decodes to 870 MiB": {decompression, catalog.ImageRejected},
		"a bomb within the sides":                  {bomb(t, 11_000, 11_000, 1), catalog.ImageRejected},
		"a long strip":                             {bomb(t, 12_001, 1, 8), catalog.ImageRejected},
		"a header that lies about nothing else":    {append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 16, 6, 0, 0, 0})...), catalog.ImageRejected},
		"a page":                                   {[]byte("<!doctype html><script>alert(1)</script>"), catalog.UnsupportedContentType},
		"a GIF":                                    {animated.Bytes(), catalog.UnsupportedContentType},
		"an SVG":                                   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), catalog.UnsupportedContentType},
		"nothing":                                  {nil, catalog.UnsupportedContentType},
		"three bytes":                              {good[:3], catalog.ImageRejected},
		"a page behind the first bytes of a JPEG": {append([]byte{0xff, 0xd8, 0xff}, "<script>alert(1)</script>"...), catalog.ImageRejected},
		"half a JPEG":              {good[:len(good)/2], catalog.ImageRejected},
		"half a PNG":               {goodPNG[:len(goodPNG)/2], catalog.ImageRejected},
		"a PNG with a flipped bit": {broken, catalog.ImageRejected},
		"a hundred scans":          {scans, catalog.ImageRejected},
		"a file above 5 MiB":       {append(bytes.Clone(good), make([]byte, maxPhotoBytes)...), catalog.BodyTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			in := intake()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := in.Add(t.Context(), bytes.NewReader(c.file))
			runtime.ReadMemStats(&after)
			f := refusedWith(t, err, c.want)
			if len(f.Fields) != 1 || f.Fields[0].Name != "files[0]" {
				t.Errorf("%+v", f.Fields)
			}
			if len(in.Photos()) != 0 {
				t.Error("taken in all the same")
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
				t.Errorf("refusing it took %d MiB", used>>20)
			}
		})
	}
}

func TestOnlyThePictureIsKept(t *testing.T) {
	const script, zipEnd = "<script>alert(document.cookie)</script>", "PK\x05\x06"
	red := plain(200, 100, color.RGBA{200, 30, 30, 255})
	file := afterSOI(jpegOf(t, red), append(exif(binary.BigEndian, 1), segment(0xfe, []byte(script))...))
	withText := pngOf(t, red)
	withText = append(bytes.Clone(withText[:33]), append(chunk("tEXt", []byte("Comment\x00"+script)), withText[33:]...)...)
	for name, raw := range map[string][]byte{
		"JPEG": append(file, (script + zipEnd + strings.Repeat("\x00", 18))...),
		"PNG":  append(withText, (script + zipEnd + strings.Repeat("\x00", 18))...),
	} {
		t.Run(name, func(t *testing.T) {
			in := intake()
			if err := in.Add(t.Context(), bytes.NewReader(raw)); err != nil {
				t.Fatal(err)
			}
			p := in.Photos()[0]
			for _, hidden := range []string{"script", "PK\x05", "GPS", "Exif", "Comment"} {
				if bytes.Contains(p.JPEG, []byte(hidden)) {
					t.Errorf("%q survived", hidden)
				}
			}
			img, err := jpeg.Decode(bytes.NewReader(p.JPEG))
			if err != nil || p.Width != 200 || p.Height != 100 || img.Bounds().Dx() != 200 {
				t.Fatalf("%d x %d, %v", p.Width, p.Height, err)
			}
			if r, g, b, _ := img.At(100, 50).RGBA(); r>>8 < 190 || g>>8 > 45 || b>>8 > 45 {
				t.Errorf("the colour is %d %d %d", r>>8, g>>8, b>>8)
			}
		})
	}
}

// halves is a picture whose left half is red and whose right half is blue.
func halves(w, h int) *image.RGBA {
	img := plain(w, h, color.RGBA{B: 255, A: 255})
	for y := range h {
		for x := range w / 2 {
			img.Set(x, y, color.RGBA{R: 255, A: 255})
		}
	}
	return img
}

func TestPhotographsAreTurnedUpright(t *testing.T) {
	stored := jpegOf(t, halves(64, 32))
	for held, want := range map[uint16]struct {
		w, h int
		redX float64 // where the red half's middle is
		redY float64
	}{
		0: {64, 32, .25, .5}, 1: {64, 32, .25, .5}, 2: {64, 32, .75, .5}, 3: {64, 32, .75, .5}, 4: {64, 32, .25, .5},
		5: {32, 64, .5, .25}, 6: {32, 64, .5, .25}, 7: {32, 64, .5, .75}, 8: {32, 64, .5, .75}, 9: {64, 32, .25, .5},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(fmt.Sprint(held, order), func(t *testing.T) {
				in := intake()
				if err := in.Add(t.Context(), bytes.NewReader(afterSOI(stored, exif(order, held)))); err != nil {
					t.Fatal(err)
				}
				p := in.Photos()[0]
				img, err := jpeg.Decode(bytes.NewReader(p.JPEG))
				if err != nil || p.Width != want.w || p.Height != want.h {
					t.Fatalf("%d x %d, %v", p.Width, p.Height, err)
				}
				at := func(x, y float64) (red bool) {
					r, _, b, _ := img.At(int(x*float64(want.w)), int(y*float64(want.h))).RGBA()
					return r > b
				}
				if !at(want.redX, want.redY) || at(1-want.redX, 1-want.redY) {
					t.Error("turned the wrong way")
				}
			})
		}
	}
}

func TestAllOrientationsOfACorner(t *testing.T) {
	// The stored picture's top left pixel goes to the corner that EXIF names.
	for o, want := range map[orientation]image.Point{upright: {0, 0}, mirrored: {2, 0}, upsideDown: {2, 1}, flipped: {0, 1},
		transposed: {0, 0}, turnedRight: {1, 0}, transversed: {1, 2}, turnedLeft: {0, 2}} {
		img := plain(3, 2, color.RGBA{A: 255})
		img.Set(0, 0, color.RGBA{R: 255, A: 255})
		out := o.apply(img)
		if r, _, _, _ := out.At(want.X, want.Y).RGBA(); r == 0 {
			t.Errorf("orientation %d: not at %v of %v", o, want, out.Rect)
		}
	}
}

func TestLargePhotographsAreScaledDown(t *testing.T) {
	for _, c := range []struct{ w, h, wantW, wantH int }{
		{1600, 1200, 1600, 1200}, {3200, 2400, 1600, 1200}, {2400, 3200, 1200, 1600}, {1601, 10, 1600, 10}, {12_000, 1, 1600, 1}, {3, 4999, 1, 1600}, {1, 1, 1, 1},
	} {
		in := intake()
		if err := in.Add(t.Context(), bytes.NewReader(jpegOf(t, halves(c.w, c.h)))); err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		if p := in.Photos()[0]; p.Width != c.wantW || p.Height != c.wantH {
			t.Errorf("%v: became %d x %d", c, p.Width, p.Height)
		}
	}
	// A checkerboard of single pixels becomes even grey: every pixel counts.
	board := image.NewGray(image.Rect(0, 0, 3200, 1600))
	for i := range board.Pix {
		if (i%3200+i/3200)%2 == 0 {
			board.Pix[i] = 255
		}
	}
	small, err := shrink(t.Context(), board, keptSide)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []image.Point{{0, 0}, {1599, 799}, {800, 400}} {
		if got := small.RGBAAt(at.X, at.Y); got.R < 126 || got.R > 129 {
			t.Errorf("%v is %v", at, got)
		}
	}
}

func TestTransparencyIsDrawnOnWhite(t *testing.T) {
	in := intake()
	if err := in.Add(t.Context(), bytes.NewReader(pngOf(t, image.NewNRGBA(image.Rect(0, 0, 20, 20))))); err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(in.Photos()[0].JPEG))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := img.At(10, 10).RGBA(); min(r, g, b)>>8 < 250 {
		t.Errorf("%d %d %d", r>>8, g>>8, b>>8)
	}
}

func TestAtMostFivePhotographsAndDigestsOfTheUpload(t *testing.T) {
	in := intake()
	for range MaxPhotos {
		if err := in.Add(t.Context(), bytes.NewReader(picture(t, 1))); err != nil {
			t.Fatal(err)
		}
	}
	refusedWith(t, in.Add(t.Context(), bytes.NewReader(picture(t, 1))), catalog.ValidationFailed)
	if len(in.Photos()) != MaxPhotos || in.Photos()[0].Digest != in.Photos()[4].Digest {
		t.Error("the same file has two digests")
	}
}

func TestReadersErrorsComeThrough(t *testing.T) {
	cut := errors.New("cut")
	if err := intake().Add(t.Context(), io.MultiReader(bytes.NewReader(picture(t, 1)), iotest.ErrReader(cut))); !errors.Is(err, cut) {
		t.Errorf("%v", err)
	}
}

func TestDecodingEndsWithTheRequest(t *testing.T) {
	in := intake()
	for range decodesAtOnce {
		in.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := in.Add(ctx, bytes.NewReader(picture(t, 1))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for a slot: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	free := intake()
	if err := free.Add(gone, bytes.NewReader(picture(t, 1))); err == nil || fault.Has(err, catalog.ImageRejected) {
		t.Errorf("decoding: %v", err)
	}
	if len(free.slots) != 0 {
		t.Error("a slot was not given back")
	}
}

// Of many photographs at once only so many are decoded, and all get their turn.
func TestManyIntakesShareTheSlots(t *testing.T) {
	slots := make(chan struct{}, decodesAtOnce)
	file := jpegOf(t, halves(600, 400))
	for i, err := range together(12, func(int) error {
		in := &Intake{slots: slots}
		if err := in.Add(context.WithoutCancel(t.Context()), bytes.NewReader(file)); err != nil {
			return err
		}
		if len(in.Photos()) != 1 {
			return errors.New("lost")
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(slots) != 0 {
		t.Errorf("%d slots are still taken", len(slots))
	}
}
