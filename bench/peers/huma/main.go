// Command huma serves the two measured operations with huma, which validates requests and not answers.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

type pageRequest struct {
	PageNum  int32 `query:"pageNum" minimum:"1" maximum:"1000000" default:"1"`
	PageSize int32 `query:"pageSize" minimum:"1" maximum:"100" default:"10"`
}

type pageAnswer struct {
	RequestID string `header:"X-Request-Id"`
	Body      LoanPageResponse
}

type profileRequest struct{ Body WorkInfo }

type profileAnswer struct {
	RequestID string `header:"X-Request-Id"`
	Body      InfoStatusResponse
}

func main() {
	addr, dir := flag.String("addr", "127.0.0.1:0", "where to listen"), flag.String("data", ".", "the folder of the answers")
	flag.Parse()
	page, status := &pageAnswer{RequestID: "bench"}, &profileAnswer{RequestID: "bench"}
	for name, into := range map[string]any{"page.json": &page.Body, "profile.json": &status.Body} {
		raw, err := os.ReadFile(filepath.Join(*dir, name))
		if err != nil {
			log.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			log.Fatal(name, ": ", err)
		}
	}
	mux := http.NewServeMux()
	config := huma.DefaultConfig("peers", "1")
	config.CreateHooks = nil // no $schema in the answers
	a := humago.New(mux, config)
	a.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		if ctx.Header("Authorization") != "Bearer bench-session-00000000000000000000000000000" {
			_ = huma.WriteErr(a, ctx, http.StatusUnauthorized, "no such session")
			return
		}
		next(ctx)
	})
	huma.Get(a, "/loan/record/page", func(context.Context, *pageRequest) (*pageAnswer, error) { return page, nil })
	huma.Post(a, "/user/info/work", func(context.Context, *profileRequest) (*profileAnswer, error) { return status, nil })
	log.Fatal(http.ListenAndServe(*addr, mux))
}
