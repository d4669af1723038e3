package server

import (
	"maps"
	"net/http"

	"github.com/labstack/echo/v4"
)

// apiPolicy is the Content-Security-Policy of answers that no browser should render.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

// protection are the headers that every answer carries, by their canonical names. All answers share the values: a header that is
// set anew gets a slice of its own.
var protection = http.Header{
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
	"Referrer-Policy":              {"no-referrer"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Content-Security-Policy":      {apiPolicy},
	"Cache-Control":                {"no-store"},
}

// commonHeaders names the request and sets what protects every answer. Pages of ours replace the two that are too strict for
// a page.
func (s *Server) commonHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(HeaderRequestID, requestID(c.Request()))
		maps.Copy(h, protection)
		if s.config.HSTS {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if s.draining.Load() {
			h.Set("Connection", "close")
		}
		return next(c)
	}
}
