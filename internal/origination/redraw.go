package origination

import (
	"context"
	"image"
	"image/color"
	"image/draw"
)

// bytesPerPixel is what a decoded picture of a colour model takes in memory, at most.
func bytesPerPixel(m color.Model) float64 {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	return 4
}

// shrink draws a picture on white so that its longer side has at most side pixels; a smaller one keeps its size. Every pixel of the
// result is the mean of those it stands for. It works a row at a time: the scalers of x/image/draw hold 32 bytes a pixel of the full
// height, up to 600 MB for a photograph within our limits.
func shrink(ctx context.Context, full image.Image, side int) (*image.RGBA, error) {
	from := full.Bounds()
	w, h := from.Dx(), from.Dy()
	dw, dh := w, h
	if long := max(w, h); long > side {
		dw, dh = max(1, (w*side+long/2)/long), max(1, (h*side+long/2)/long)
	}
	out := image.NewRGBA(image.Rect(0, 0, dw, dh))
	row := image.NewRGBA(image.Rect(0, 0, w, 1))
	sums := make([]uint32, 3*dw)
	for y := range dh {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(sums)
		top, bottom := y*h/dh, (y+1)*h/dh
		for sy := top; sy < bottom; sy++ {
			draw.Draw(row, row.Rect, image.White, image.Point{}, draw.Src)
			draw.Draw(row, row.Rect, full, image.Pt(from.Min.X, from.Min.Y+sy), draw.Over)
			addRow(sums, row.Pix, w, dw)
		}
		for x := range dw {
			n := uint32((bottom - top) * ((x+1)*w/dw - x*w/dw))
			p := out.Pix[out.PixOffset(x, y):]
			for c := range 3 {
				p[c] = uint8((sums[3*x+c] + n/2) / n)
			}
			p[3] = 0xff
		}
	}
	return out, nil
}

// addRow adds a row of w pixels to the sums of dw columns.
func addRow(sums []uint32, pix []uint8, w, dw int) {
	for x := range dw {
		for sx := x * w / dw; sx < (x+1)*w/dw; sx++ {
			sums[3*x] += uint32(pix[4*sx])
			sums[3*x+1] += uint32(pix[4*sx+1])
			sums[3*x+2] += uint32(pix[4*sx+2])
		}
	}
}

// orientation is how a camera was held, by the numbers of EXIF: where the first row and the first column of the stored picture belong.
type orientation int

// The orientations.
const (
	upright     orientation = 1
	mirrored    orientation = 2
	upsideDown  orientation = 3
	flipped     orientation = 4
	transposed  orientation = 5 // from here on width and height change places
	turnedRight orientation = 6
	transversed orientation = 7
	turnedLeft  orientation = 8
)

// apply turns a picture upright. EXIF itself is dropped, so without it a portrait would lie on its side.
func (o orientation) apply(in *image.RGBA) *image.RGBA {
	if o <= upright || o > turnedLeft {
		return in
	}
	w, h := in.Rect.Dx(), in.Rect.Dy()
	dw, dh := w, h
	if o >= transposed {
		dw, dh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch o {
			case mirrored:
				tx = w - 1 - x
			case upsideDown:
				tx, ty = w-1-x, h-1-y
			case flipped:
				ty = h - 1 - y
			case transposed:
				tx, ty = y, x
			case turnedRight:
				tx, ty = h-1-y, x
			case transversed:
				tx, ty = h-1-y, w-1-x
			case turnedLeft:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[out.PixOffset(tx, ty):][:4], in.Pix[in.PixOffset(x, y):][:4])
		}
	}
	return out
}
