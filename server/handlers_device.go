package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// deviceHandlers serves the operations of the tag device.
type deviceHandlers struct {
	svc   *support.Service
	stamp Stamp
}

// reporter is whose device reports.
func reporter(ctx context.Context) support.Reporter {
	p := principal(ctx)
	return support.Reporter{Borrower: p.BorrowerID, Session: p.SessionID, Brand: p.Brand}
}

// accepted is the answer of every report.
func (h *deviceHandlers) accepted() api.TransRespVO {
	code, message, token := h.stamp.OK()
	return api.TransRespVO{Code: code, Message: message, Token: token, Data: wire.Accepted()}
}

// ReportDevice serves POST /device/phone.
func (h *deviceHandlers) ReportDevice(ctx context.Context, r api.ReportDeviceRequestObject) (api.ReportDeviceResponseObject, error) {
	report, err := wire.Device(*r.Body)
	if err != nil {
		return nil, err
	}
	if err := h.svc.ReportDevice(ctx, reporter(ctx), report); err != nil {
		return nil, err
	}
	return api.ReportDevice200JSONResponse(h.accepted()), nil
}

// ReportActivity serves POST /device/active.
func (h *deviceHandlers) ReportActivity(ctx context.Context, r api.ReportActivityRequestObject) (api.ReportActivityResponseObject, error) {
	report, err := wire.Activity(*r.Body)
	if err != nil {
		return nil, err
	}
	if err := h.svc.ReportActivity(ctx, reporter(ctx), report); err != nil {
		return nil, err
	}
	return api.ReportActivity200JSONResponse(h.accepted()), nil
}

// ReportLocation serves POST /device/location.
func (h *deviceHandlers) ReportLocation(ctx context.Context, r api.ReportLocationRequestObject) (api.ReportLocationResponseObject, error) {
	if err := h.svc.ReportLocation(ctx, reporter(ctx), wire.Position(*r.Body)); err != nil {
		return nil, err
	}
	return api.ReportLocation200JSONResponse(h.accepted()), nil
}

// ReportAddressBook serves POST /device/address-book.
func (h *deviceHandlers) ReportAddressBook(ctx context.Context, r api.ReportAddressBookRequestObject) (api.ReportAddressBookResponseObject, error) {
	if err := h.svc.ReportAddressBook(ctx, reporter(ctx), len(r.Body.Contacts)); err != nil {
		return nil, err
	}
	return api.ReportAddressBook200JSONResponse(h.accepted()), nil
}

// ReportShortMessages serves POST /device/short-messages.
func (h *deviceHandlers) ReportShortMessages(ctx context.Context, r api.ReportShortMessagesRequestObject) (api.ReportShortMessagesResponseObject, error) {
	if err := h.svc.ReportShortMessages(ctx, reporter(ctx), len(r.Body.Messages)); err != nil {
		return nil, err
	}
	return api.ReportShortMessages200JSONResponse(h.accepted()), nil
}

// ReportAdSource serves POST /device/ad.
func (h *deviceHandlers) ReportAdSource(ctx context.Context, r api.ReportAdSourceRequestObject) (api.ReportAdSourceResponseObject, error) {
	report, err := wire.AdSource(*r.Body)
	if err != nil {
		return nil, err
	}
	if err := h.svc.ReportAdSource(ctx, reporter(ctx), report); err != nil {
		return nil, err
	}
	return api.ReportAdSource200JSONResponse(h.accepted()), nil
}

// ReportLoanClick serves POST /event/loan-click.
func (h *deviceHandlers) ReportLoanClick(ctx context.Context, r api.ReportLoanClickRequestObject) (api.ReportLoanClickResponseObject, error) {
	report, err := wire.LoanClick(*r.Body)
	if err != nil {
		return nil, err
	}
	if err := h.svc.ReportLoanClick(ctx, reporter(ctx), report); err != nil {
		return nil, err
	}
	return api.ReportLoanClick200JSONResponse(h.accepted()), nil
}
