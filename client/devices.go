package creditpocket

import (
	"context"
	"net/http"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// DeviceService takes what an app reports about itself.
type DeviceService struct{ c *Client }

// Report reports the device of this session. Operation reportDevice.
func (s *DeviceService) Report(ctx context.Context, r Device, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opReportDevice, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewReportDeviceRequestWithBody(server, "application/json", nil)
	}, options)
}

// ReportActivity reports that the app is in use. Operation reportActivity.
func (s *DeviceService) ReportActivity(ctx context.Context, r Activity, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opReportActivity, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewReportActivityRequestWithBody(server, "application/json", nil)
	}, options)
}

// ReportLocation reports where the device is; ErrConsentRequired unless the borrower agreed. Operation reportLocation.
func (s *DeviceService) ReportLocation(ctx context.Context, r Location, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opReportLocation, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewReportLocationRequestWithBody(server, "application/json", nil)
	}, options)
}

// ReportAddressBook sends the device's contacts. Operation reportAddressBook.
//
// Deprecated: Servers refuse it (ErrPolicyRefused). Collecting address books breaks the rules of the app stores and the law.
func (s *DeviceService) ReportAddressBook(ctx context.Context, contacts []AddressBookEntry, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opReportAddressBook, jsonBody(addressBook{contacts}), func(server string, _ *string) (*http.Request, error) {
		return raw.NewReportAddressBookRequestWithBody(server, "application/json", nil)
	}, options)
}

// ReportShortMessages sends the device's text messages. Operation reportShortMessages.
//
// Deprecated: Servers refuse it (ErrPolicyRefused). Collecting text messages breaks the rules of the app stores and the law.
func (s *DeviceService) ReportShortMessages(ctx context.Context, messages []ShortMessage, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opReportShortMessages, jsonBody(shortMessages{messages}), func(server string, _ *string) (*http.Request, error) {
		return raw.NewReportShortMessagesRequestWithBody(server, "application/json", nil)
	}, options)
}

// ReportAdSource reports where the installation came from; the first report counts. Operation reportAdSource.
func (s *DeviceService) ReportAdSource(ctx context.Context, r AdSource, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opReportAdSource, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewReportAdSourceRequestWithBody(server, "application/json", nil)
	}, options)
}

// ReportLoanClick reports a step of the way to an application; ErrProductNotFound. Operation reportLoanClick.
func (s *DeviceService) ReportLoanClick(ctx context.Context, r LoanClick, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opReportLoanClick, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewReportLoanClickRequestWithBody(server, "application/json", nil)
	}, options)
}
