package contract

import (
	"bytes"
	"fmt"
	"slices"
)

// boundary separates the parts of made-up forms. A fixed one keeps requests the same from run to run.
const boundary = "credit-pocket-contract-7d1e"

// part is one part of a form.
type part struct {
	name     string
	file     string // file name; "" for a field
	mimeType string
	data     []byte
}

type form []part

// form is a complete form: the fields of the example, and the photos.
func (op *Operation) form(photos [][]byte) form {
	example, _ := op.base().(members)
	var f form
	for _, m := range example {
		if m.name == "files" {
			continue
		}
		f = append(f, part{name: m.name, data: []byte(scalar(m.value))})
	}
	for i, photo := range photos {
		f = append(f, part{name: "files", file: fmt.Sprintf("photo-%d.jpg", i+1), mimeType: "image/jpeg", data: photo})
	}
	return f
}

// encode writes the parts without the end, so that a broken form can be made of it.
func (f form) encode() []byte {
	var b bytes.Buffer
	for _, p := range f {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%q", boundary, p.name)
		if p.file != "" {
			fmt.Fprintf(&b, "; filename=%q", p.file)
		}
		b.WriteString("\r\n")
		if p.mimeType != "" {
			fmt.Fprintf(&b, "Content-Type: %s\r\n", p.mimeType)
		}
		b.WriteString("\r\n")
		b.Write(p.data)
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

const formEnd = "--" + boundary + "--\r\n"

func (r *Request) setForm(f form) {
	r.ContentType = UploadBody + "; boundary=" + boundary
	r.Body = append(f.encode(), formEnd...)
}

// WithFields is the request with other values of form fields; "" removes a field.
func (r *Request) WithFields(photos [][]byte, values map[string]string) *Request {
	c := r.clone()
	f := r.Operation.form(photos)
	for name, value := range values {
		f = f.without(name)
		if value != "" {
			f = append(form{{name: name, data: []byte(value)}}, f...)
		}
	}
	c.setForm(f)
	return c
}

func (f form) without(name string) form {
	return slices.DeleteFunc(slices.Clone(f), func(p part) bool { return p.name == name })
}

// with is the form in which a field has another value.
func (f form) with(name, value string) form {
	c := slices.Clone(f)
	for i := range c {
		if c[i].name == name {
			c[i].data = []byte(value)
		}
	}
	return c
}
