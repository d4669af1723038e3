package server

import (
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/labstack/echo/v4"
)

// wholeSegments answers NOT_FOUND where a path has more segments than the route that Echo matched: it lets the last
// parameter of a route take all that is left of a path, the contract gives it one segment.
func wholeSegments(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		route, path := c.Path(), c.Request().URL.Path
		if route != "" && !strings.Contains(route, "*") && strings.Count(route, "/") != strings.Count(path, "/") {
			return fault.New(catalog.NotFound)
		}
		return next(c)
	}
}
