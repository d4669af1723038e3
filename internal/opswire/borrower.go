package opswire

import (
	"strings"
	"unicode/utf8"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// Matches are borrowers that a search found, masked.
func Matches(found []backoffice.BorrowerFile) opsapi.BorrowerMatches {
	return opsapi.BorrowerMatches{List: each(found, borrowerBrief)}
}

func borrowerBrief(f backoffice.BorrowerFile) opsapi.BorrowerBrief {
	return opsapi.BorrowerBrief{ID: id(f.Borrower.ID), Brand: f.Borrower.Brand, Mobile: wire.MaskMobile(f.Borrower.Mobile),
		Name: maskName(f.Profile.FirstName + " " + f.Profile.MiddleName + " " + f.Profile.LastName), Blocked: f.Borrower.Blocked,
		CreatedAt: instant(f.Borrower.CreatedAt)}
}

// BorrowerFile is a borrower, masked.
func BorrowerFile(f backoffice.BorrowerFile) opsapi.BorrowerFile {
	return opsapi.BorrowerFile{Borrower: borrowerBrief(f), BVN: mask.BVN(f.Profile.BVN), BirthYear: wire.Int32(f.Profile.Birthday.Year), Email: maskEmail(f.Profile.Email),
		CityCode: f.Profile.CityCode, BlockedReason: f.Borrower.BlockedReason, Loans: each(f.Loans, LoanBrief), Credit: credit(f.Credit),
		Accounts: each(f.Accounts, func(a store.BankAccount) opsapi.BorrowerAccount {
			return opsapi.BorrowerAccount{ID: id(a.ID), BankName: a.BankName, Account: mask.Account(a.AccountNo), Name: maskName(a.AccountName), IsDefault: a.Default}
		})}
}

// maskName shows the first letter of each word: "Ada Obi" becomes "A** O**".
func maskName(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		first, size := utf8.DecodeRuneInString(w)
		words[i] = string(first) + strings.Repeat("*", utf8.RuneCountInString(w[size:]))
	}
	return strings.Join(words, " ")
}

// maskEmail shows the first letter and the domain.
func maskEmail(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(local)
	return string(first) + "***@" + domain
}

// Unmask reads which field to show. It returns VALIDATION_FAILED.
func Unmask(borrower string, in opsapi.UnmaskInfo) (who, account int64, field backoffice.Field, err error) {
	if who, err = ParseID("id", borrower); err != nil {
		return 0, 0, "", err
	}
	if in.AccountID != nil && in.Field != opsapi.MaskedFieldACCOUNT {
		return 0, 0, "", fault.Invalid("accountId", "goes with the field ACCOUNT only")
	}
	account, err = wire.ParseOptionalID("accountId", in.AccountID)
	return who, account, backoffice.Field(in.Field), err
}

// Listing reads whom to put on a list. It returns VALIDATION_FAILED.
func Listing(in opsapi.ListingInfo) (backoffice.NewListing, error) {
	out := backoffice.NewListing{Brand: in.Brand, List: store.List(strings.ToLower(string(in.List))), Kind: strings.ToLower(string(in.Kind)), Reason: in.Reason}
	if (in.Subject == nil) == (in.BorrowerID == nil) {
		return out, invalidOneOf("subject", "borrowerId")
	}
	var err error
	if in.BorrowerID != nil {
		out.Borrower, err = ParseID("borrowerId", *in.BorrowerID)
		return out, err
	}
	text := *in.Subject
	switch out.Kind {
	case store.ListedMobile:
		out.Mobile, err = wire.ParseMobile("subject", text)
	case store.ListedBVN:
		if out.BVN = text; !lending.ValidBVN(text) {
			err = fault.Invalid("subject", "must be a BVN: 11 digits")
		}
	case store.ListedAccount:
		bank, number, ok := strings.Cut(text, "-")
		if !ok || len(bank) < 3 || len(bank) > 6 || len(number) != 10 || strings.Trim(number, "0123456789") != "" {
			err = fault.Invalid("subject", "must be bank code and account number, such as 058-0123456789")
		}
		out.BankCode, out.Account = bank, number
	default:
		err = fault.Invalid("borrowerId", "is required for a device")
	}
	return out, err
}

// ListFilter reads which listings to show; "" is all.
func ListFilter(list *opsapi.SubjectList, kind *opsapi.SubjectKind) (store.List, string) {
	var l store.List
	var k string
	if list != nil {
		l = store.List(strings.ToLower(string(*list)))
	}
	if kind != nil {
		k = strings.ToLower(string(*kind))
	}
	return l, k
}

// Listings is a page of the lists.
func Listings(rows []store.Listing, p store.Page) opsapi.ListingList {
	return opsapi.ListingList{List: each(rows, ListingView), Next: next(rows, p, func(l store.Listing) int64 { return l.ID })}
}

// ListingView is one subject on a list.
func ListingView(l store.Listing) opsapi.Listing {
	return opsapi.Listing{ID: id(l.ID), Brand: l.Brand, List: opsapi.SubjectList(word(string(l.List))), Kind: opsapi.SubjectKind(word(l.Kind)),
		Fingerprint: l.Fingerprint, Reason: l.Reason, AddedBy: l.AddedBy, CreatedAt: instant(l.CreatedAt)}
}
