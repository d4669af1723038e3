package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/prometheus/client_golang/prometheus"
)

// benchHandlers answer the two requests that are measured from memory: what is left is this package.
type benchHandlers struct {
	api.StrictServerInterface
	page   api.LoanPageResponse
	status api.InfoStatusResponse
}

func (h *benchHandlers) ListLoans(context.Context, api.ListLoansRequestObject) (api.ListLoansResponseObject, error) {
	return api.ListLoans200JSONResponse(h.page), nil
}

func (h *benchHandlers) SaveWorkInfo(context.Context, api.SaveWorkInfoRequestObject) (api.SaveWorkInfoResponseObject, error) {
	return api.SaveWorkInfo200JSONResponse(h.status), nil
}

// unlimited lets all requests pass.
type unlimited struct{}

func (unlimited) Allow(context.Context, string, ...string) (Verdict, error) {
	return Verdict{Allowed: true}, nil
}

// nowhere is a connection that forgets.
type nowhere struct {
	header http.Header
	status int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(status int)      { n.status = status }

func loansOf(b *testing.B, n int) api.LoanPageResponse {
	raw, err := os.ReadFile("../openapi/examples/loan-list-response.json")
	if err != nil {
		b.Fatal(err)
	}
	var page api.LoanPageResponse
	if err := json.Unmarshal(raw, &page); err != nil {
		b.Fatal(err)
	}
	for i := 0; len(page.Data.List) < n; i++ {
		page.Data.List = append(page.Data.List, page.Data.List[i])
	}
	page.Data.List = page.Data.List[:n]
	return page
}

const workInfo = `{"employmentStatus":1,"companyName":"Lagos Motors Limited","position":"Mechanic","incomeCode":"B3","payDay":25,"companyAddress":"12 Allen Avenue, Ikeja","companyPhone":"0700 000 0003"}`

// BenchmarkContractCheck measures whole requests without a network: the page of ten loans and the small profile POST, with no
// checks, with both directions checked by plans, and with both checked by kin-openapi. cpu-ns/op is what to compare: the
// clock of a shared machine says little.
func BenchmarkContractCheck(b *testing.B) {
	h := &benchHandlers{page: loansOf(b, 10), status: example[api.InfoStatusResponse](b, "/user/info/work", "POST")}
	for _, request := range []struct{ name, method, path, body string }{
		{"page", "GET", "/loan/record/page?pageNum=1&pageSize=10", ""},
		{"profile", "POST", "/user/info/work", workInfo},
	} {
		for _, mode := range []struct {
			name   string
			config Config
		}{{"none", Config{Contract: Unchecked, Responses: Off}}, {"compiled", Config{}}, {"kin", Config{Contract: Kin}}} {
			b.Run(request.name+"/"+mode.name, func(b *testing.B) {
				s, err := New(mode.config, Deps{API: h, Auth: authenticator{}, Limiter: unlimited{}, Clock: clock.NewManual(fixtureTime),
					Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
				if err != nil {
					b.Fatal(err)
				}
				template := httptest.NewRequest(request.method, request.path, nil)
				template.Header.Set("Authorization", "Bearer "+liveToken)
				if request.body != "" {
					template.Header.Set("Content-Type", "application/json")
				}
				body := bytes.NewReader(nil)
				one := func() {
					body.Reset([]byte(request.body))
					r := *template
					u := *template.URL
					r.URL, r.Header = &u, template.Header.Clone()
					if request.body != "" {
						r.Body, r.ContentLength = io.NopCloser(body), int64(len(request.body))
					}
					w := nowhere{header: http.Header{}}
					if s.Handler().ServeHTTP(&w, &r); w.status != http.StatusOK {
						b.Fatalf("status %d", w.status)
					}
				}
				one()
				before := processorTime(b)
				b.ReportAllocs()
				for b.Loop() {
					one()
				}
				b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
