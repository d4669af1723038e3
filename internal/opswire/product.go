package opswire

import (
	"strconv"
	"strings"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// ProductImport reads a version to be sold. It returns VALIDATION_FAILED; whether the product makes sense is not judged here.
func ProductImport(in opsapi.ProductImport) (backoffice.ProductImport, error) {
	d := in.Product
	p := lending.Product{Brand: d.Brand, Name: d.Name, TermDays: int(d.TermDays), InterestDailyBps: int(d.InterestDailyBps), MinPriorLoans: wire.Int(d.MinPriorLoans)}
	p.PenaltyDailyBps, p.PenaltyCapBps, p.GraceDays = int(d.PenaltyDailyBps), int(d.PenaltyCapBps), wire.Int(d.GraceDays)
	p.ExtensionDays, p.MaxExtensions = wire.Int(d.ExtensionDays), wire.Int(d.MaxExtensions)
	p.RebateInterest = d.RebateInterest != nil && *d.RebateInterest
	if d.GracePolicy != nil {
		p.GraceMode = lending.GraceMode(strings.ToLower(string(*d.GracePolicy)))
	}
	if len(d.Allocation) == len(p.Allocation) {
		for i, part := range d.Allocation {
			p.Allocation[i] = money.Component(strings.ToLower(string(part)))
		}
	}
	out := backoffice.ProductImport{Override: wire.Text(in.OverrideReason)}
	var err error
	if p.ID, err = ParseID("product.id", d.ID); err != nil {
		return out, err
	}
	if p.EffectiveFrom, err = parseInstant("product.effectiveFrom", &d.EffectiveFrom); err != nil {
		return out, err
	}
	if p.EffectiveTo, err = parseInstant("product.effectiveTo", d.EffectiveTo); err != nil {
		return out, err
	}
	for _, amount := range []struct {
		name string
		text *string
		to   *money.Kobo
	}{
		{"principal", &d.Principal, &p.Principal}, {"serviceFee", &d.ServiceFee, &p.ServiceFee},
		{"upfrontFee", d.UpfrontFee, &p.UpfrontFee}, {"extensionFee", d.ExtensionFee, &p.ExtensionFee},
	} {
		if *amount.to, err = signedKobo("product."+amount.name, amount.text); err != nil {
			return out, err
		}
	}
	out.Product = p.WithDefaults()
	return out, nil
}

// Products is a page of versions of products; the cursor counts rows.
func Products(rows []backoffice.ProductVersion, p store.Page) opsapi.ProductVersionList {
	out := opsapi.ProductVersionList{List: each(rows, Product)}
	if len(rows) == p.Limit {
		out.Next = strconv.FormatInt(p.Cursor+int64(len(rows)), 10)
	}
	return out
}

// Product is a version of a product.
func Product(v backoffice.ProductVersion) opsapi.ProductVersion {
	p := v.Product
	terms := opsapi.ProductTerms{ID: id(p.ID), Version: wire.Int32(p.Version), Brand: p.Brand, Name: p.Name, Principal: p.Principal.Wire(), TermDays: wire.Int32(p.TermDays),
		ServiceFee: p.ServiceFee.Wire(), InterestDailyBps: wire.Int32(p.InterestDailyBps), UpfrontFee: p.UpfrontFee.Wire(), PenaltyDailyBps: wire.Int32(p.PenaltyDailyBps),
		PenaltyCapBps: wire.Int32(p.PenaltyCapBps), GraceDays: wire.Int32(p.GraceDays), GracePolicy: opsapi.GracePolicy(word(string(p.GraceMode))),
		ExtensionFee: p.ExtensionFee.Wire(), ExtensionDays: wire.Int32(p.ExtensionDays), MaxExtensions: wire.Int32(p.MaxExtensions),
		RebateInterest: p.RebateInterest, MinPriorLoans: wire.Int32(p.MinPriorLoans), EffectiveFrom: instant(p.EffectiveFrom), EffectiveTo: instant(p.EffectiveTo),
		Allocation: each(p.Allocation[:], func(c money.Component) opsapi.DebtPart { return opsapi.DebtPart(word(string(c))) })}
	return opsapi.ProductVersion{Product: terms, Compliant: v.Compliant(), PolicyOverride: v.Override, Imported: v.Imported, CreatedAt: instant(v.CreatedAt),
		Findings: each(v.Findings, func(f lending.Finding) opsapi.PolicyFinding {
			return opsapi.PolicyFinding{Rule: f.Rule, Severity: opsapi.FindingSeverity(word(string(f.Severity))), Text: f.Text}
		})}
}
