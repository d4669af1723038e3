// Package creditpocket is the Go client of the Credit Pocket API: loans on phones, from the quote to the last kobo repaid.
//
//	c, err := creditpocket.New("https://api.example.com", creditpocket.WithLogin(creditpocket.LoginRequest{
//		Mobile: "07000000003", Password: "blue-mango-7421"}))
//	detail, err := c.Loans.Product(ctx, "301")
//	page, err := c.Loans.Apply(ctx, creditpocket.Application{ProductID: detail.ID, QuoteID: detail.QuoteID,
//		Terminal: creditpocket.TerminalWeb, Photos: []creditpocket.File{creditpocket.FileFromPath("selfie.jpg", "image/jpeg")}})
//
// A call is repeated twice when the answer is 429 or 5xx or got lost; writes that take an Idempotency-Key carry the same one in
// all attempts, so nothing happens twice. Every error that the server tells is an *Error with a Reason of the error catalog, for
// errors.Is and errors.As. Money is [Kobo], instants are time.Time in [Lagos], absent values are nil, zero time or "" and never
// mixed up with a zero that was sent. An answer that cannot be represented without loss is an error, never a wrong value.
//
// The package needs the standard library only. Package creditpockettest is a fake server for tests.
package creditpocket

// Version is this SDK's version, as sent in User-Agent.
const Version = "0.1.0"
