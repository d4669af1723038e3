// Package devserver plays the people around a development server: it reads the text messages that a phone would show, presses Pay on
// the gateway simulator's page, and takes photographs. For the example program and the integration tests; a real server has none of it.
package devserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// NewMobile is a number that nobody has registered yet, most likely.
func NewMobile() string { return fmt.Sprintf("70%08d", rand.IntN(100_000_000)) }

// NewBVN is a Bank Verification Number that nobody has, most likely.
func NewBVN() string { return fmt.Sprintf("22%09d", rand.IntN(1_000_000_000)) }

// NewAccount is an account number whose transfers the simulator keeps pending for a moment.
func NewAccount() string { return fmt.Sprintf("%08d01", rand.IntN(100_000_000)) }

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// Code waits for the latest code sent to a number, as the development inbox of the server at base shows it.
func Code(ctx context.Context, base, mobile string) (string, error) {
	for {
		var inbox struct {
			Messages []struct{ Text string }
		}
		if err := getJSON(ctx, base+"/sms.json?mobile="+url.QueryEscape(mobile), &inbox); err != nil {
			return "", err
		}
		for _, m := range inbox.Messages {
			if code := sixDigits.FindString(m.Text); code != "" {
				return code, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no text message for %s: %w", mobile, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func getJSON(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s (is the server in development mode?)", address, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// Pay presses Pay on a checkout page of the simulator, with the card that begins with these four digits: 4084 can be charged again,
// 5395 cannot.
func Pay(ctx context.Context, page, card string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page+"/pay", strings.NewReader(url.Values{"card": {card}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the checkout page answered %s", resp.Status)
	}
	return nil
}

// Photo is a JPEG that compresses like a photograph: smooth shades with noise over them.
func Photo(width, height int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			grain := rand.IntN(24)
			img.SetRGBA(x, y, color.RGBA{R: uint8(x*200/width + grain), G: uint8(y*200/height + grain), B: uint8(90 + grain), A: 255})
		}
	}
	var out bytes.Buffer
	_ = jpeg.Encode(&out, img, &jpeg.Options{Quality: 85}) // a buffer takes everything
	return out.Bytes()
}
