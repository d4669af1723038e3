package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/money"
)

// City is a city of the dictionary, with its state by ISO 3166-2:NG.
type City struct {
	Code      string
	Name      string
	StateCode string
	StateName string
	Sort      int
}

// IncomeBand is a band of monthly income, in kobo. An open band has no upper end.
type IncomeBand struct {
	Code  string
	Title string
	Min   money.Kobo
	Max   money.Kobo // the highest income of the band; meaningless when Open
	Open  bool
	Sort  int
}

// Bank is a bank that accounts can be held at. Code is the Nigerian bank code: text of 3 to 6 characters, never a number.
type Bank struct {
	Code   string
	Name   string
	Sort   int
	Active bool // only active banks are offered and accepted
}

// Cities lists the cities of a state, or of all states for "", by state and then by their order.
func (r reader) Cities(ctx context.Context, state string) ([]City, error) {
	var cities []City
	err := r.idb.NewRaw(`SELECT code, name, state_code, state_name, sort FROM cities WHERE ? = '' OR state_code = ?
		ORDER BY state_name, sort, name`, state, state).Scan(ctx, &cities)
	return cities, fromTx(err)
}

// City reads one city by its code, or ErrNotFound.
func (r reader) City(ctx context.Context, code string) (City, error) {
	var city City
	err := r.idb.NewRaw(`SELECT code, name, state_code, state_name, sort FROM cities WHERE code = ?`, code).Scan(ctx, &city)
	return city, fromTx(err)
}

// HasState says whether the dictionary knows a state by its ISO 3166-2:NG code.
func (r reader) HasState(ctx context.Context, state string) (bool, error) {
	var has bool
	err := r.idb.NewRaw(`SELECT EXISTS (SELECT FROM cities WHERE state_code = ?)`, state).Scan(ctx, &has)
	return has, fromTx(err)
}

type incomeBandRow struct {
	Code    string
	Title   string
	MinKobo int64
	MaxKobo *int64
	Sort    int
}

func (r incomeBandRow) band() IncomeBand {
	b := IncomeBand{Code: r.Code, Title: r.Title, Min: money.Kobo(r.MinKobo), Open: r.MaxKobo == nil, Sort: r.Sort}
	if r.MaxKobo != nil {
		b.Max = money.Kobo(*r.MaxKobo)
	}
	return b
}

// IncomeBands lists the bands of monthly income, lowest first.
func (r reader) IncomeBands(ctx context.Context) ([]IncomeBand, error) {
	var rows []incomeBandRow
	if err := r.idb.NewRaw(`SELECT code, title, min_kobo, max_kobo, sort FROM income_bands ORDER BY sort, min_kobo`).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	bands := make([]IncomeBand, len(rows))
	for i, row := range rows {
		bands[i] = row.band()
	}
	return bands, nil
}

// IncomeBand reads one band by its code, or ErrNotFound.
func (r reader) IncomeBand(ctx context.Context, code string) (IncomeBand, error) {
	var row incomeBandRow
	err := r.idb.NewRaw(`SELECT code, title, min_kobo, max_kobo, sort FROM income_bands WHERE code = ?`, code).Scan(ctx, &row)
	if err != nil {
		return IncomeBand{}, fromTx(err)
	}
	return row.band(), nil
}

// Banks lists the active banks in the order to show them.
func (r reader) Banks(ctx context.Context) ([]Bank, error) {
	var banks []Bank
	err := r.idb.NewRaw(`SELECT code, name, sort, active FROM banks WHERE active ORDER BY sort, name`).Scan(ctx, &banks)
	return banks, fromTx(err)
}

// Bank reads one active bank by its code, or ErrNotFound.
func (r reader) Bank(ctx context.Context, code string) (Bank, error) {
	var bank Bank
	err := r.idb.NewRaw(`SELECT code, name, sort, active FROM banks WHERE code = ? AND active`, code).Scan(ctx, &bank)
	return bank, fromTx(err)
}
