package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
)

// record is an answer that internal/contract wrote down: contract.Record.
type record struct {
	Document, Operation, Method, URL string
	Status                           int
	Header                           http.Header
	Body                             []byte
}

// verdicts is what the second judge said of the traffic of one document.
type verdicts struct {
	answers  int
	rejected map[string]int // by what is wrong
	seen     map[cell]int
}

type cell struct {
	operation string
	status    int
}

// judge is the second judge: libopenapi-validator, which shares no code with kin-openapi, over recorded traffic. With -complete every
// operation and status of the documents must be among it.
func judge(_ context.Context, c *checkout, args []string) error {
	complete := slices.Contains(args, "-complete")
	args = slices.DeleteFunc(args, func(a string) bool { return a == "-complete" })
	if len(args) != 1 {
		return errors.New("name the folder of the records")
	}
	files, err := filepath.Glob(filepath.Join(args[0], "*.jsonl"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no records", args[0])
	}
	all := map[string]*verdicts{}
	judges := map[string]validator.Validator{}
	for _, name := range documents {
		if judges[name], err = c.secondJudge(name); err != nil {
			return err
		}
		all[name] = &verdicts{rejected: map[string]int{}, seen: map[cell]int{}}
	}
	for _, file := range files {
		if err := each(file, func(r record) error {
			v := all[r.Document]
			if v == nil {
				return fmt.Errorf("%s: there is no document %q", file, r.Document)
			}
			v.answers++
			wrong, err := rejected(judges[r.Document], r)
			if err != nil {
				return err
			}
			if wrong != "" {
				v.rejected[fmt.Sprintf("%s %d: %s", r.Operation, r.Status, wrong)]++
				return nil
			}
			v.seen[cell{r.Operation, r.Status}]++
			return nil
		}); err != nil {
			return err
		}
	}
	answers, bad, cells, missing := 0, 0, 0, 0
	for _, name := range documents {
		v := all[name]
		answers += v.answers
		declared, err := c.declared(name)
		if err != nil {
			return err
		}
		if v.answers > 0 {
			fmt.Printf("%s: how often each operation gave each status, as libopenapi-validator allows\n%s", name, table(declared, v.seen))
		}
		for _, one := range declared {
			cells++
			if v.seen[one] == 0 {
				missing++
			}
		}
		for _, wrong := range slices.Sorted(maps.Keys(v.rejected)) {
			bad += v.rejected[wrong]
			fmt.Printf("rejected %d times: %s %s\n", v.rejected[wrong], name, wrong)
		}
	}
	result("contract-judge", "answers", answers, "rejected", bad, "declared_cells", cells, "missing_cells", missing)
	if bad > 0 {
		return fmt.Errorf("%d answers break the contract", bad)
	}
	if complete && missing > 0 {
		return fmt.Errorf("%d declared statuses are not among the traffic", missing)
	}
	return nil
}

// secondJudge reads a document. In its strict mode it refuses properties and headers that no schema declares.
func (c *checkout) secondJudge(name string) (validator.Validator, error) {
	raw, err := os.ReadFile(c.dist(name + ".yaml"))
	if err != nil {
		return nil, err
	}
	doc, err := libopenapi.NewDocument(raw)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(doc, config.WithStrictMode(), config.WithFormatAssertions(), config.WithLogger(slog.New(slog.DiscardHandler)),
		config.WithStrictIgnoredHeadersExtra(transportHeaders...))
	return v, errors.Join(errs...)
}

// transportHeaders belong to the transport and to the browser's safety, not to the contract.
var transportHeaders = []string{"Date", "Content-Length", "Connection", "Vary", "X-Content-Type-Options", "Referrer-Policy", "Strict-Transport-Security", "Allow",
	"Cross-Origin-Resource-Policy", "X-Frame-Options", "Content-Security-Policy", "Cache-Control", "Content-Disposition", "Pragma", "Www-Authenticate", "Etag", "Last-Modified"}

// rejected says what is wrong with an answer, "" for nothing. It names no values.
func rejected(v validator.Validator, r record) (string, error) {
	req, err := http.NewRequest(r.Method, "http://server"+r.URL, nil)
	if err != nil {
		return "", err
	}
	resp := &http.Response{StatusCode: r.Status, Header: r.Header, Request: req, Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body))}
	ok, errs := v.ValidateHttpResponse(req, resp)
	if ok {
		return "", nil
	}
	var parts []string
	for _, e := range errs {
		parts = append(parts, e.Message)
		for _, s := range e.SchemaValidationErrors {
			parts = append(parts, s.FieldPath+" "+s.KeywordLocation)
		}
	}
	return strings.Join(parts, "; "), nil
}

// each calls visit with every record of a file.
func each(file string, visit func(record) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 && err == nil {
			var r record
			if err := json.Unmarshal(line, &r); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if err := visit(r); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// declared lists the operations and statuses of a document, in its order of names.
func (c *checkout) declared(name string) ([]cell, error) {
	raw, err := os.ReadFile(c.dist(name + ".json"))
	if err != nil {
		return nil, err
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Responses   map[string]any
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	var cells []cell
	for _, item := range doc.Paths {
		for _, o := range item {
			for status := range o.Responses {
				code, err := strconv.Atoi(status)
				if err != nil {
					return nil, err
				}
				cells = append(cells, cell{o.OperationID, code})
			}
		}
	}
	slices.SortFunc(cells, func(a, b cell) int {
		if a.operation != b.operation {
			return strings.Compare(a.operation, b.operation)
		}
		return a.status - b.status
	})
	return cells, nil
}

// table has operations down and statuses across: a dot for what is not declared, MISS for what nothing produced.
func table(declared []cell, seen map[cell]int) string {
	statuses, names, width := map[int]bool{}, []string{}, 0
	for _, d := range declared {
		statuses[d.status] = true
		if len(names) == 0 || names[len(names)-1] != d.operation {
			names = append(names, d.operation)
			width = max(width, len(d.operation))
		}
	}
	across := slices.Sorted(maps.Keys(statuses))
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s", width, "operation")
	for _, s := range across {
		fmt.Fprintf(&b, "%6d", s)
	}
	for _, name := range names {
		fmt.Fprintf(&b, "\n%-*s", width, name)
		for _, s := range across {
			one := cell{name, s}
			switch {
			case !slices.Contains(declared, one):
				fmt.Fprintf(&b, "%6s", ".")
			case seen[one] == 0:
				fmt.Fprintf(&b, "%6s", "MISS")
			default:
				fmt.Fprintf(&b, "%6d", seen[one])
			}
		}
	}
	b.WriteByte('\n')
	return b.String()
}
