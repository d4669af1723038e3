package contract

import (
	"mime"
	"mime/multipart"
	"slices"
	"strings"
	"testing"
)

// TestFields holds that every field that is listed is where it says, once.
func TestFields(t *testing.T) {
	doc, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, op := range doc.Operations {
		var names []string
		for _, f := range op.Fields() {
			count++
			if names = append(names, f.In+" "+f.Name); slices.Contains(names[:len(names)-1], f.In+" "+f.Name) {
				t.Errorf("%s has %s twice", op.ID, f.Name)
			}
			r := f.Set(op.Valid([]byte("picture")), "182400441253888")
			req, err := r.HTTP(t.Context(), "http://example.com")
			if err != nil {
				t.Fatal(err)
			}
			var there bool
			switch f.In {
			case "path":
				there = strings.Contains(req.URL.Path, "182400441253888")
			case "query":
				there = req.URL.Query().Get(f.Name) == "182400441253888"
			case "body":
				there = strings.Contains(string(r.Body), "182400441253888")
			case "form":
				_, params, err := mime.ParseMediaType(r.ContentType)
				if err != nil {
					t.Fatal(err)
				}
				form, err := multipart.NewReader(req.Body, params["boundary"]).ReadForm(1 << 20)
				if err != nil {
					t.Fatal(err)
				}
				there = slices.Equal(form.Value[f.Name], []string{"182400441253888"}) && len(form.File["files"]) == 1
			}
			if !there {
				t.Errorf("%s: %s %s was not set", op.ID, f.In, f.Name)
			}
		}
	}
	if count < 90 {
		t.Errorf("only %d fields", count)
	}
}
