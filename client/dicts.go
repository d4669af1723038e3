package creditpocket

import (
	"context"
	"net/http"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// DictService is dictionaries of codes.
type DictService struct{ c *Client }

// City is a place that borrowers live in.
type City struct {
	Code string `wire:"code"`
	Name string `wire:"name"`
	// StateCode is like NG-LA.
	StateCode string `wire:"stateCode"`
	StateName string `wire:"stateName"`
	Extra     Extra
}

// IncomeBand is a band of monthly income.
type IncomeBand struct {
	Code  string `wire:"code"`
	Title string `wire:"title"`
	Min   Kobo   `wire:"minAmount"`
	// Max is nil when the band is open.
	Max   *Kobo `wire:"maxAmount"`
	Extra Extra
}

// Cities lists the cities of a state such as NG-LA; "" is all. Operation listCities.
func (s *DictService) Cities(ctx context.Context, stateCode string, options ...CallOption) ([]City, error) {
	list, err := invoke[listOf[City]](ctx, s.c, opListCities, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.ListCitiesParams{}
		if stateCode != "" {
			p.State = &stateCode
		}
		return raw.NewListCitiesRequest(server, p)
	}, options)
	return list.Items, err
}

// IncomeBands lists the bands of monthly income, lowest first. Operation listIncomeBands.
func (s *DictService) IncomeBands(ctx context.Context, options ...CallOption) ([]IncomeBand, error) {
	list, err := invoke[listOf[IncomeBand]](ctx, s.c, opListIncomeBands, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListIncomeBandsRequest(server)
	}, options)
	return list.Items, err
}
