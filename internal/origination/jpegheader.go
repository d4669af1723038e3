package origination

import (
	"bytes"
	"encoding/binary"
)

// jpegHeader is what the markers of a JPEG tell beyond its size.
type jpegHeader struct {
	progressive bool
	samples     float64 // samples a pixel: 3 without subsampling, 1.5 with the usual one, 1 in grey
	scans       int     // an upper bound
	turn        orientation
}

// JPEG markers.
const (
	markerSOF0 = 0xc0
	markerSOF2 = 0xc2 // begins a progressive picture
	markerSOS  = 0xda
	markerAPP1 = 0xe1
)

// readJPEGHeader walks the segments up to the first scan. It trusts nothing: what is cut off or out of place ends the walk, and the
// decoder has the last word on whether the file is a picture.
func readJPEGHeader(raw []byte) jpegHeader {
	h := jpegHeader{samples: 3, turn: upright}
	// Inside a scan the bytes FF DA do not occur; in other segments they may, so this counts too many rather than too few.
	h.scans = bytes.Count(raw, []byte{0xff, markerSOS})
	rest := raw[2:]
	for len(rest) >= 4 && rest[0] == 0xff {
		marker := rest[1]
		if marker == 0xff { // a fill byte
			rest = rest[1:]
			continue
		}
		size := int(binary.BigEndian.Uint16(rest[2:4]))
		if marker == markerSOS || size < 2 || len(rest) < 2+size {
			break
		}
		body := rest[4 : 2+size]
		switch {
		case marker == markerAPP1 && h.turn == upright:
			h.turn = exifOrientation(body)
		case marker >= markerSOF0 && marker <= markerSOF2:
			h.progressive = marker == markerSOF2
			h.samples = samplesPerPixel(body)
		}
		rest = rest[2+size:]
	}
	return h
}

// samplesPerPixel reads the sampling factors of a frame header.
func samplesPerPixel(frame []byte) float64 {
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) || frame[5] == 0 {
		return 4
	}
	total, highest := 0, 1
	for i := range int(frame[5]) {
		factor := frame[6+3*i+1]
		area := int(factor>>4) * int(factor&15)
		total += area
		highest = max(highest, area)
	}
	return float64(total) / float64(highest)
}

// exifOrientation finds the tag 0x0112 in the first directory of an EXIF segment.
func exifOrientation(segment []byte) orientation {
	tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:8]))
	if at+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[at:]
	count := int(order.Uint16(entries))
	entries = entries[2:]
	for range count {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x0112 {
			if o := orientation(order.Uint16(entries[8:])); o >= upright && o <= turnedLeft {
				return o
			}
			break
		}
		entries = entries[12:]
	}
	return upright
}
