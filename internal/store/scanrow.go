package store

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// A row of loans has 72 columns. The driver's own Scan looks at the type of each anew for every row, and so did we to find the fields; both
// together took as long as all else that a page of history costs us. Here the fields are found once a query, and the few types that most
// columns have are read straight from what the server sent. All else is left to the driver.

// rowReader reads the rows of one query into one variable.
type rowReader struct {
	types   *pgtype.Map
	fields  []pgconn.FieldDescription
	columns []columnReader
}

// columnReader reads one column into one place.
type columnReader struct {
	to   any             // a pointer; nil for a column that nobody knows
	plan pgtype.ScanPlan // the driver's, where it was needed
	time time.Time       // what a pointer to a time leads to while the row is lent
	text string          // the same for a text
	id   int64           // the same for a number
}

// tenure is how long a row's slices and pointers hold.
type tenure bool

const (
	owned tenure = true  // for ever
	lent  tenure = false // until the next row is read
)

// rowInto finds the places in a variable, a struct or a single value, for the columns of rows.
func rowInto(rows pgx.Rows, v reflect.Value) *rowReader {
	r := &rowReader{types: rows.Conn().TypeMap(), fields: rows.FieldDescriptions()}
	r.columns = make([]columnReader, len(r.fields))
	if !isRow(v.Type()) {
		r.columns[0].to = v.Addr().Interface()
		return r
	}
	s := shapeOf(v.Type())
	for i, f := range r.fields {
		if place, ok := s.places[f.Name]; ok { // another column is of the next version, which has migrated while this one still runs
			to := v.FieldByIndex(s.columns[place].field).Addr().Interface()
			if raw, ok := to.(*json.RawMessage); ok {
				to = (*[]byte)(raw) // as it came, without a look at it
			}
			r.columns[i].to = to
		}
	}
	return r
}

func (r *rowReader) read(values [][]byte, t tenure) error {
	for i := range r.columns {
		c, f := &r.columns[i], &r.fields[i]
		if c.to == nil || c.read(f, values[i], t) {
			continue
		}
		if c.plan == nil {
			c.plan = r.types.PlanScan(f.DataTypeOID, f.Format, c.to)
		}
		if err := c.plan.Scan(values[i], c.to); err != nil {
			return pgx.ScanArgError{ColumnIndex: i, FieldName: f.Name, Err: err}
		}
	}
	return nil
}

// read reads what it knows how to, as the driver would; false leaves it to the driver.
func (c *columnReader) read(f *pgconn.FieldDescription, src []byte, t tenure) bool {
	switch to := c.to.(type) {
	case *int64:
		return number(f, src, to)
	case *int:
		var n int64
		ok := number(f, src, &n)
		if ok {
			*to = int(n)
		}
		return ok
	case *int16:
		if src == nil || f.Format != pgx.BinaryFormatCode || f.DataTypeOID != pgtype.Int2OID || len(src) != 2 {
			return false
		}
		*to = int16(binary.BigEndian.Uint16(src)) // #nosec G115 -- the same bits
		return true
	case *string:
		return text(f, src, to)
	case *[]byte:
		return c.bytes(f, src, to, t)
	case *time.Time:
		return instant(f, src, to)
	case **time.Time:
		if src == nil {
			*to = nil
			return true
		}
		at := &c.time
		if t == owned {
			at = new(time.Time)
		}
		if !instant(f, src, at) {
			return false
		}
		*to = at
		return true
	case **string:
		if src == nil {
			*to = nil
			return true
		}
		s := &c.text
		if t == owned {
			s = new(string)
		}
		if !text(f, src, s) {
			return false
		}
		*to = s
		return true
	case **int64:
		if src == nil {
			*to = nil
			return true
		}
		n := &c.id
		if t == owned {
			n = new(int64)
		}
		if !number(f, src, n) {
			return false
		}
		*to = n
		return true
	}
	return false
}

// number reads the whole numbers that fit.
func number(f *pgconn.FieldDescription, src []byte, to *int64) bool {
	if f.Format != pgx.BinaryFormatCode {
		return false
	}
	switch {
	case f.DataTypeOID == pgtype.Int8OID && len(src) == 8:
		*to = int64(binary.BigEndian.Uint64(src)) // #nosec G115 -- the same bits
	case f.DataTypeOID == pgtype.Int4OID && len(src) == 4:
		*to = int64(int32(binary.BigEndian.Uint32(src))) // #nosec G115 -- the same bits
	case f.DataTypeOID == pgtype.Int2OID && len(src) == 2:
		*to = int64(int16(binary.BigEndian.Uint16(src))) // #nosec G115 -- the same bits
	default:
		return false
	}
	return true
}

// text reads a text, or a UUID as one. What stands there already is kept where it is the same: most columns of a page repeat.
func text(f *pgconn.FieldDescription, src []byte, to *string) bool {
	switch {
	case src == nil:
		return false
	case f.DataTypeOID == pgtype.TextOID || f.DataTypeOID == pgtype.VarcharOID:
		if *to != string(src) {
			*to = string(src)
		}
	case f.DataTypeOID == pgtype.UUIDOID && f.Format == pgx.BinaryFormatCode && len(src) == 16:
		var b [36]byte
		for i, from, at := 0, 0, 0; i < 5; i++ {
			n := [5]int{4, 2, 2, 2, 6}[i]
			hex.Encode(b[at:], src[from:from+n])
			from, at = from+n, at+2*n
			if at < len(b) {
				b[at] = '-'
				at++
			}
		}
		if *to != string(b[:]) {
			*to = string(b[:])
		}
	default:
		return false
	}
	return true
}

// bytes reads bytes, or a JSON text as such.
func (c *columnReader) bytes(f *pgconn.FieldDescription, src []byte, to *[]byte, t tenure) bool {
	asIs := f.DataTypeOID == pgtype.ByteaOID && f.Format == pgx.BinaryFormatCode ||
		(f.DataTypeOID == pgtype.JSONBOID || f.DataTypeOID == pgtype.JSONOID) && f.Format == pgx.TextFormatCode
	switch {
	case !asIs:
		return false
	case src == nil:
		*to = nil
	case t == lent:
		*to = src
	default:
		*to = append(make([]byte, 0, len(src)), src...)
	}
	return true
}

// instant reads a point in time, in UTC. The infinities are the driver's to refuse.
func instant(f *pgconn.FieldDescription, src []byte, to *time.Time) bool {
	if f.DataTypeOID != pgtype.TimestamptzOID || f.Format != pgx.BinaryFormatCode || len(src) != 8 {
		return false
	}
	micros := int64(binary.BigEndian.Uint64(src)) // #nosec G115 -- the same bits
	if micros == 1<<63-1 || micros == -1<<63 {
		return false
	}
	const epoch = 946_684_800 // 2000-01-01, from which PostgreSQL counts
	*to = time.Unix(epoch+micros/1_000_000, micros%1_000_000*1000).UTC()
	return true
}
