package seed

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

//go:embed data/*.json
var files embed.FS

// data is what the files say.
type data struct {
	brand     store.Brand
	cities    []store.City
	bands     []store.IncomeBand
	banks     []store.Bank
	policies  []store.ConsentPolicy
	questions []store.Question
	templates []store.MessageTemplate
	support   struct {
		Email  store.SupportEmail
		Phones []store.SupportPhone
	}
}

// load reads all files. An error in one is a mistake in this binary.
func load() (*data, error) {
	d := &data{}
	var states []struct {
		State, Name string
		Cities      []struct{ Code, Name string }
	}
	var bands []struct {
		Code, Title string
		Min         int64
		Max         *int64
	}
	for name, into := range map[string]any{
		"brand": &d.brand, "cities": &states, "income_bands": &bands, "banks": &d.banks, "consents": &d.policies,
		"questions": &d.questions, "templates": &d.templates, "support": &d.support,
	} {
		if err := read(name, into); err != nil {
			return nil, err
		}
	}
	for _, s := range states {
		for i, c := range s.Cities {
			d.cities = append(d.cities, store.City{Code: c.Code, Name: c.Name, StateCode: s.State, StateName: s.Name, Sort: i + 1})
		}
	}
	for i, b := range bands {
		band := store.IncomeBand{Code: b.Code, Title: b.Title, Min: money.Kobo(b.Min), Open: b.Max == nil, Sort: i + 1}
		if b.Max != nil {
			band.Max = money.Kobo(*b.Max)
		}
		d.bands = append(d.bands, band)
	}
	for i := range d.banks {
		d.banks[i].Sort, d.banks[i].Active = i+1, true
	}
	for i := range d.questions {
		d.questions[i].Sort = i + 1
	}
	return d, nil
}

func read(name string, into any) error {
	text, err := files.ReadFile("data/" + name + ".json")
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("seed: data/%s.json: %w", name, err)
	}
	return nil
}
