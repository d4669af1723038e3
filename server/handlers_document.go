package server

import (
	"bytes"
	"context"
	"net/http"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/paper"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/wire"
)

func (h *repayHandlers) statement(ctx context.Context, id string) (servicing.Statement, error) {
	loan, err := wire.ParseID("id", id)
	if err != nil {
		return servicing.Statement{}, err
	}
	return h.svc.Statement(ctx, principal(ctx).BorrowerID, loan)
}

func (h *repayHandlers) clearance(ctx context.Context, id string) (servicing.Clearance, error) {
	loan, err := wire.ParseID("id", id)
	if err != nil {
		return servicing.Clearance{}, err
	}
	return h.svc.Clearance(ctx, principal(ctx).BorrowerID, loan)
}

// GetStatement serves GET /loan/record/statement.
func (h *repayHandlers) GetStatement(ctx context.Context, r api.GetStatementRequestObject) (api.GetStatementResponseObject, error) {
	statement, err := h.statement(ctx, r.Params.ID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetStatement200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Statement(statement)}, nil
}

// GetStatementPdf serves GET /loan/record/statement.pdf.
func (h *repayHandlers) GetStatementPdf(ctx context.Context, r api.GetStatementPdfRequestObject) (api.GetStatementPdfResponseObject, error) {
	statement, err := h.statement(ctx, r.Params.ID)
	if err != nil {
		return nil, err
	}
	pdf, err := paper.Statement(statement)
	if err != nil {
		return nil, err
	}
	return statementFile{api.GetStatementPdf200ApplicationPdfResponse{Body: bytes.NewReader(pdf), ContentLength: int64(len(pdf))}, statement.IndentNo}, nil
}

// GetClearance serves GET /loan/record/clearance.
func (h *repayHandlers) GetClearance(ctx context.Context, r api.GetClearanceRequestObject) (api.GetClearanceResponseObject, error) {
	letter, err := h.clearance(ctx, r.Params.ID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetClearance200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Clearance(letter)}, nil
}

// GetClearancePdf serves GET /loan/record/clearance.pdf.
func (h *repayHandlers) GetClearancePdf(ctx context.Context, r api.GetClearancePdfRequestObject) (api.GetClearancePdfResponseObject, error) {
	letter, err := h.clearance(ctx, r.Params.ID)
	if err != nil {
		return nil, err
	}
	pdf, err := paper.Clearance(letter)
	if err != nil {
		return nil, err
	}
	return clearanceFile{api.GetClearancePdf200ApplicationPdfResponse{Body: bytes.NewReader(pdf), ContentLength: int64(len(pdf))}, letter.IndentNo}, nil
}

// VerifyDocument serves GET /document/verify.
func (h *repayHandlers) VerifyDocument(ctx context.Context, r api.VerifyDocumentRequestObject) (api.VerifyDocumentResponseObject, error) {
	document, err := h.svc.VerifyDocument(ctx, r.Params.Code)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.VerifyDocument200JSONResponse{Code: code, Message: message, Token: token, Data: wire.DocumentCheck(document)}, nil
}

// statementFile names the file, and lets nobody keep a copy.
type statementFile struct {
	api.GetStatementPdfResponseObject
	indentNo string
}

// VisitGetStatementPdfResponse writes the document.
func (f statementFile) VisitGetStatementPdfResponse(w http.ResponseWriter) error {
	asFile(w, "statement-"+f.indentNo)
	return f.GetStatementPdfResponseObject.VisitGetStatementPdfResponse(w)
}

// clearanceFile names the file, and lets nobody keep a copy.
type clearanceFile struct {
	api.GetClearancePdfResponseObject
	indentNo string
}

// VisitGetClearancePdfResponse writes the document.
func (f clearanceFile) VisitGetClearancePdfResponse(w http.ResponseWriter) error {
	asFile(w, "clearance-"+f.indentNo)
	return f.GetClearancePdfResponseObject.VisitGetClearancePdfResponse(w)
}

// asFile offers an answer as a file. A loan's number is letters and digits.
func asFile(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
}
