package creditpocket

import (
	"context"
	"net/http"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// HomeService is what an app's first page shows.
type HomeService struct{ c *Client }

// Products is the brand's products; personal when the client has a session. Operation getHomeProducts.
func (s *HomeService) Products(ctx context.Context, options ...CallOption) (HomeProducts, error) {
	return invoke[HomeProducts](ctx, s.c, opGetHomeProducts, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetHomeProductsRequest(server)
	}, options)
}

// RecentPayouts is the brand's latest payouts. Operation listRealtimeLoans.
func (s *HomeService) RecentPayouts(ctx context.Context, options ...CallOption) ([]RecentPayout, error) {
	list, err := invoke[listOf[RecentPayout]](ctx, s.c, opListRealtimeLoans, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListRealtimeLoansRequest(server)
	}, options)
	return list.Items, err
}

// LastLoan is the borrower's last loan; ErrLoanNotFound when there is none. Operation getHomeLastLoan.
func (s *HomeService) LastLoan(ctx context.Context, options ...CallOption) (Loan, error) {
	return invoke[Loan](ctx, s.c, opGetHomeLastLoan, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetHomeLastLoanRequest(server)
	}, options)
}

// Status is what stands between the borrower and a loan. Operation getHomeAuthStatus.
func (s *HomeService) Status(ctx context.Context, options ...CallOption) (HomeStatus, error) {
	return invoke[HomeStatus](ctx, s.c, opGetHomeAuthStatus, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetHomeAuthStatusRequest(server)
	}, options)
}
