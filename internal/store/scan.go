package store

import (
	"database/sql"
	"reflect"

	"github.com/jackc/pgx/v5"
)

// scan reads rows into a pointer to a slice, or one row into a pointer to a struct or pointers to single values.
func scan(rows pgx.Rows, dest []any) error {
	defer rows.Close()
	if len(dest) == 1 {
		v := reflect.ValueOf(dest[0]).Elem()
		switch {
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
			return scanAll(rows, v)
		case isRow(v.Type()):
			if !rows.Next() {
				return noRow(rows)
			}
			if err := rowInto(rows, v).read(rows.RawValues(), owned); err != nil {
				return err
			}
			rows.Close()
			return rows.Err()
		}
	}
	if !rows.Next() {
		return noRow(rows)
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

func isRow(t reflect.Type) bool { return t.Kind() == reflect.Struct && t != timeType }

func noRow(rows pgx.Rows) error {
	if err := rows.Err(); err != nil {
		return err
	}
	return sql.ErrNoRows
}

// scanAll reads every row into the same variable, and appends it.
func scanAll(rows pgx.Rows, v reflect.Value) error {
	v.SetLen(0)
	one := reflect.New(v.Type().Elem()).Elem()
	var into *rowReader
	for rows.Next() {
		if into == nil {
			into = rowInto(rows, one)
		} else {
			one.SetZero()
		}
		if err := into.read(rows.RawValues(), owned); err != nil {
			return err
		}
		v.Set(reflect.Append(v, one))
	}
	return rows.Err()
}

// each reads the rows one after the other into the struct that row points to and calls use after each. What the struct's slices and
// pointers lead to is used again for the next row: use must copy it.
func each(rows pgx.Rows, row any, use func() error) error {
	defer rows.Close()
	var into *rowReader
	for rows.Next() {
		if into == nil {
			into = rowInto(rows, reflect.ValueOf(row).Elem())
		}
		if err := into.read(rows.RawValues(), lent); err != nil {
			return err
		}
		if err := use(); err != nil {
			return err
		}
	}
	return rows.Err()
}
