package store

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// TestColumnsAreReadAsTheDriverReadsThem compares what we read ourselves with what the driver would have read, for every type of place
// and every type of column that a row may bring, in both formats, kept and lent.
func TestColumnsAreReadAsTheDriverReadsThem(t *testing.T) {
	m := pgtype.NewMap()
	m.RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	places := []reflect.Type{reflect.TypeFor[int64](), reflect.TypeFor[int](), reflect.TypeFor[int16](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[*time.Time](), reflect.TypeFor[*string](), reflect.TypeFor[*int64](), reflect.TypeFor[bool](),
		reflect.TypeFor[*int16](), reflect.TypeFor[[]int64]()}
	columns := []struct {
		oid    uint32
		values []any
	}{
		{pgtype.Int2OID, []any{int16(0), int16(-32768), int16(32767)}},
		{pgtype.Int4OID, []any{int32(1), int32(-1 << 31), int32(1<<31 - 1)}},
		{pgtype.Int8OID, []any{int64(12), int64(-1 << 63), int64(1<<63 - 1)}},
		{pgtype.TextOID, []any{"", "Ọláyínká", "2026-11-25"}},
		{pgtype.VarcharOID, []any{"x"}},
		{pgtype.ByteaOID, []any{[]byte{}, []byte{0, 255, '\\'}}},
		{pgtype.JSONBOID, []any{[]byte(`{"a":1}`)}},
		{pgtype.JSONOID, []any{[]byte(`[]`)}},
		{pgtype.UUIDOID, []any{[16]byte{0x0f, 0x8f, 0xad, 0x5b, 0xd9, 0xcb, 0x46, 0x9f, 0xa1, 0x65, 0x70, 0x86, 0x77, 0x28, 0x95, 0x0e}}},
		{pgtype.BoolOID, []any{true, false}},
		{pgtype.DateOID, []any{time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)}},
		{pgtype.TimestamptzOID, []any{time.Date(2026, 11, 25, 22, 30, 1, 999_999_000, time.UTC), time.Date(1969, 1, 1, 0, 0, 0, 1000, time.UTC),
			time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true},
			pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}}},
		{pgtype.Int8ArrayOID, []any{[]int64{1, 2}}},
	}
	read := 0
	for _, c := range columns {
		for _, format := range []int16{pgx.BinaryFormatCode, pgx.TextFormatCode} {
			for _, value := range append(c.values, nil) {
				var src []byte
				if value != nil {
					var err error
					if src, err = m.Encode(c.oid, format, value, nil); err != nil {
						t.Fatalf("column type %d: %v", c.oid, err)
					}
					if src == nil {
						src = []byte{}
					}
				}
				f := &pgconn.FieldDescription{Name: "c", DataTypeOID: c.oid, Format: format}
				for _, place := range places {
					for _, tenure := range []tenure{owned, lent} {
						ours, theirs := reflect.New(place), reflect.New(place)
						reader := columnReader{to: ours.Interface()}
						if !reader.read(f, src, tenure) {
							continue
						}
						read++
						name := fmt.Sprintf("column type %d, format %d, %q into %v", c.oid, format, src, place)
						if err := m.PlanScan(c.oid, format, theirs.Interface()).Scan(src, theirs.Interface()); err != nil {
							t.Errorf("%s: the driver says %v, we read %v", name, err, ours.Elem())
						} else if !reflect.DeepEqual(ours.Interface(), theirs.Interface()) {
							t.Errorf("%s: %v, and %v by the driver", name, ours.Elem(), theirs.Elem())
						}
					}
				}
			}
		}
	}
	if read < 100 {
		t.Errorf("we read only %d by ourselves", read)
	}
}

// TestKeptRowsShareNothing reads two rows over the same bytes.
func TestKeptRowsShareNothing(t *testing.T) {
	fields := []pgconn.FieldDescription{{Name: "a", DataTypeOID: pgtype.ByteaOID, Format: pgx.BinaryFormatCode},
		{Name: "b", DataTypeOID: pgtype.TextOID}, {Name: "c", DataTypeOID: pgtype.Int8OID, Format: pgx.BinaryFormatCode}}
	var row struct {
		A []byte
		B *string
		C *int64
	}
	r := rowReader{types: pgtype.NewMap(), fields: fields, columns: []columnReader{{to: &row.A}, {to: &row.B}, {to: &row.C}}}
	buffer := []byte("first\x00\x00\x00\x00\x00\x00\x00\x01")
	values := [][]byte{buffer[:5], buffer[:5], buffer[5:]}
	if err := r.read(values, owned); err != nil {
		t.Fatal(err)
	}
	kept := row
	copy(buffer, "other\x00\x00\x00\x00\x00\x00\x00\x02")
	if err := r.read(values, owned); err != nil {
		t.Fatal(err)
	}
	if string(kept.A) != "first" || *kept.B != "first" || *kept.C != 1 {
		t.Errorf("the row became %s %s %d", kept.A, *kept.B, *kept.C)
	}
	if string(row.A) != "other" || *row.B != "other" || *row.C != 2 {
		t.Errorf("the second row is %s %s %d", row.A, *row.B, *row.C)
	}
}
