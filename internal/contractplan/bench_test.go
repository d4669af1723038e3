package contractplan

import (
	"bytes"
	"encoding/json"
	"os"
	"syscall"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// loanPage is the answer of ten loans as the server writes it.
func loanPage(b testing.TB) []byte {
	b.Helper()
	raw, err := os.ReadFile("../../openapi/examples/loan-list-response.json")
	if err != nil {
		b.Fatal(err)
	}
	var page map[string]any
	if err := json.Unmarshal(raw, &page); err != nil {
		b.Fatal(err)
	}
	data := page["data"].(map[string]any)
	loans := data["list"].([]any)
	for i := 0; len(loans) < 10; i++ {
		loans = append(loans, loans[i])
	}
	data["list"] = loans[:10]
	if raw, err = json.Marshal(page); err != nil {
		b.Fatal(err)
	}
	return raw
}

const workInfo = `{"employmentStatus":1,"companyName":"Lagos Motors Limited","position":"Mechanic","incomeCode":"B3","payDay":25,"companyAddress":"12 Allen Avenue, Ikeja","companyPhone":"0700 000 0003"}`

func bodyNamed(b testing.TB, name string) documentBody {
	b.Helper()
	for _, body := range bodiesOfDocuments(b) {
		if body.name == name {
			return body
		}
	}
	b.Fatalf("no body %s", name)
	return documentBody{}
}

func BenchmarkLoanPage(b *testing.B) { compare(b, bodyNamed(b, "listLoans 200"), loanPage(b), false) }

func BenchmarkWorkInfo(b *testing.B) {
	compare(b, bodyNamed(b, "saveWorkInfo request"), []byte(workInfo), true)
}

// cpu reports the processor time of an iteration: on a machine that others use too, the clock says little.
func cpu(b *testing.B) (stop func()) {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	b.ReportAllocs()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}

func compare(b *testing.B, body documentBody, raw []byte, request bool) {
	b.Run("plan", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		defer cpu(b)()
		for b.Loop() {
			if v := body.plan.Check(raw, request); v != nil {
				b.Fatal(v)
			}
		}
	})
	b.Run("json.Valid", func(b *testing.B) { // grammar alone, by the standard library
		b.SetBytes(int64(len(raw)))
		defer cpu(b)()
		for b.Loop() {
			if !json.Valid(raw) {
				b.Fatal("not JSON")
			}
		}
	})
	b.Run("kin", func(b *testing.B) {
		direction := openapi3.VisitAsResponse()
		if request {
			direction = openapi3.VisitAsRequest()
		}
		options := []openapi3.SchemaValidationOption{openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails(), direction}
		b.SetBytes(int64(len(raw)))
		defer cpu(b)()
		for b.Loop() {
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.UseNumber()
			var v any
			if err := dec.Decode(&v); err != nil {
				b.Fatal(err)
			}
			if err := body.schema.VisitJSON(v, options...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	doc, err := spec.LoadRules()
	if err != nil {
		b.Fatal(err)
	}
	defer cpu(b)()
	for b.Loop() {
		if _, gaps := Compile(doc, Formats()); len(gaps) > 0 {
			b.Fatal(gaps)
		}
	}
}
