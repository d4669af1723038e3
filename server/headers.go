package server

import "github.com/labstack/echo/v4"

// apiPolicy is the Content-Security-Policy of answers that no browser should render.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

// commonHeaders names the request and sets what protects every answer. Pages of ours replace the two that are too strict for
// a page.
func (s *Server) commonHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(HeaderRequestID, requestID(c.Request()))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", apiPolicy)
		h.Set("Cache-Control", "no-store")
		if s.config.HSTS {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if s.draining.Load() {
			h.Set("Connection", "close")
		}
		return next(c)
	}
}
