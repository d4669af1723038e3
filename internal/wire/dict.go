package wire

import (
	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Cities is the dictionary of cities.
func Cities(cities []store.City) api.CityList {
	list := make([]api.City, len(cities))
	for i, c := range cities {
		list[i] = api.City{Code: c.Code, Name: c.Name, StateCode: c.StateCode, StateName: c.StateName}
	}
	return api.CityList{List: list}
}

// IncomeBands is the dictionary of income bands; an open band has the upper end "".
func IncomeBands(bands []store.IncomeBand) api.IncomeBandList {
	list := make([]api.IncomeBand, len(bands))
	for i, b := range bands {
		list[i] = api.IncomeBand{Code: b.Code, Title: b.Title, MinAmount: b.Min.Wire()}
		if !b.Open {
			list[i].MaxAmount = b.Max.Wire()
		}
	}
	return api.IncomeBandList{List: list}
}
