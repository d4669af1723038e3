package creditpocket

import "time"

// Loan is a loan or an application. Its names are the field's usual ones; the comment gives the API's where it differs much.
type Loan struct {
	ID string `wire:"id"`
	// Number is the loan's number for people (indentNo).
	Number    string    `wire:"indentNo"`
	State     LoanState `wire:"status"`
	UserID    string    `wire:"uid"`
	AppCode   string    `wire:"appCode"`
	ProductID string    `wire:"productId"`

	Principal Kobo `wire:"balance"`
	// PaidOut is 0 before the payout (actualBalance).
	PaidOut Kobo `wire:"actualBalance"`
	// UpfrontFee is kept back from the payout.
	UpfrontFee Kobo `wire:"fee,number"`
	ServiceFee Kobo `wire:"serviceFee,number"`
	// FinanceCharge is service fee and interest (suffixFee).
	FinanceCharge Kobo `wire:"suffixFee,number"`
	// DueAmount is principal and finance charge (shouldbackFee).
	DueAmount Kobo `wire:"shouldbackFee,twin=shouldback_fee"`
	// Penalty is what has come on top so far (overdueFee).
	Penalty Kobo `wire:"overdueFee"`
	// Coupons is a discount.
	Coupons Kobo `wire:"couponsFee,number"`
	Waived  Kobo `wire:"reduceAmt"`
	// Paid is what was paid back so far (actualbackAmt).
	Paid Kobo `wire:"actualbackAmt"`
	// Remaining is what is owed today; nil when nothing was paid out or nothing is owed any more, which is not the same as zero.
	Remaining  *Kobo `wire:"remainingAmount"`
	GatewayFee Kobo  `wire:"feeGetway,number"`

	TermDays int32 `wire:"cycle"`
	// OverdueDays is nil when the loan is not overdue.
	OverdueDays *int64 `wire:"overDays,digits"`
	Extensions  int32  `wire:"extensionStatus"`

	Created time.Time `wire:"createdTime"`
	Updated time.Time `wire:"updatedTime"`
	// Disbursed is when the principal was paid out; the zero time before.
	Disbursed time.Time `wire:"arriveTime"`
	// Due is the zero time before the payout.
	Due time.Time `wire:"shouldbackTime"`
	// FirstDue does not move with an extension.
	FirstDue time.Time `wire:"initialrepaymentTime"`
	// LastPaid is the last payment; the zero time before any.
	LastPaid time.Time `wire:"lastbackTime"`

	Terminal Terminal `wire:"applyTerminal"`
	// CityCode is where the borrower applied; "" when not known.
	CityCode string `wire:"applyCity"`
	// PortraitCode is of the selfie sent with the application, for Images.Get.
	PortraitCode string `wire:"headImgCode"`
	// PriorLoans were paid out to this borrower before this application.
	PriorLoans int32 `wire:"loanCount"`

	FirstName  string `wire:"firstName"`
	MiddleName string `wire:"middleName"`
	LastName   string `wire:"lastName"`
	Mobile     string `wire:"mobile"`
	// BVN is masked by the server.
	BVN           Masked `wire:"dentityCard"`
	BankCode      string `wire:"bankNo"`
	BankName      string `wire:"bankName"`
	AccountNumber Masked `wire:"bankAccNo"`
	AccountHolder string `wire:"bankaccName"`
	// CardNumber is masked by the server; "" when no card is bound.
	CardNumber Masked `wire:"bankCardNo"`

	RiskStatus RiskStatus `wire:"auditRiskStatus"`
	RiskReason string     `wire:"auditRiskReson"`
	// RiskDetail is what the borrower is told about the decision.
	RiskDetail string    `wire:"auditRiskDetail"`
	RiskTime   time.Time `wire:"auditRiskTime"`
	// ReviewerID is "0" for the system.
	ReviewerID   string    `wire:"auditUserId"`
	ReviewReason string    `wire:"auditUserReson"`
	ReviewTime   time.Time `wire:"auditUserTime"`
	// PayerID is the operator who released the payout; "0" for the system.
	PayerID string `wire:"payUserId"`

	// Legacy are fields of the first API that no source explains.
	Legacy
	Extra Extra
}

// Legacy are fields that no source explains. They are kept as they come.
type Legacy struct {
	CouponCount    string `wire:"couponCount"`
	CouponIDs      string `wire:"couponIds"`
	FeePercent     int32  `wire:"feePercent"`
	FeeType        int32  `wire:"feeType"`
	Limits         string `wire:"limits"`
	LoanReason     int32  `wire:"loanReason"`
	OverduePercent int32  `wire:"overduePercent"`
	Profit         string `wire:"profit"`
	Repayment      bool   `wire:"repayment,mark"`
	TradeMode      int32  `wire:"tradeMode"`
}

// Application is an application for a loan.
type Application struct {
	ProductID string
	Terminal  Terminal
	// Photos are 1 to 5 JPEG or PNG files; the first one is the selfie.
	Photos []File
	// CouponID is a coupon of the borrower's that is available; "" for none.
	CouponID string
	// QuoteID is from Product. With it the loan is sold at exactly that price or refused; "" is today's price.
	QuoteID string
}

// PaymentMethod is how a repayment is made.
type PaymentMethod int32

// The methods.
const (
	ByCheckout PaymentMethod = 1
	ByCard     PaymentMethod = 2
)

// PaymentStatus is where a payment stands.
type PaymentStatus int32

// The statuses. PaymentNeedsConfirmation: the bank asks the card holder, at AuthorizationURL.
const (
	PaymentOpen              PaymentStatus = 0
	PaymentPaid              PaymentStatus = 1
	PaymentFailed            PaymentStatus = 2
	PaymentNeedsConfirmation PaymentStatus = 3
)

// Repayment is a payment intent of a loan. A loan has at most one that is open.
type Repayment struct {
	LoanID string `wire:"loanId"`
	Amount Kobo   `wire:"amount"`
	// Remaining was still owed when the answer was made.
	Remaining Kobo `wire:"remainingAmount"`
	// Reference is the payment's, the same at the gateway.
	Reference string `wire:"reference"`
	// AuthorizationURL is the page where the borrower pays or confirms; "" when there is nothing to open.
	AuthorizationURL string        `wire:"authorizationUrl"`
	Method           PaymentMethod `wire:"method"`
	Status           PaymentStatus `wire:"payStatus"`
	// Expires is the zero time when there is no page.
	Expires time.Time `wire:"expireTime"`
	Extra   Extra
}

// RepayRequest is what to charge to a bound card.
type RepayRequest struct {
	// LoanID is "" for the open loan.
	LoanID string `wire:"id,omitempty"`
	// AccountID is the bank account whose card is charged; "" for the default one.
	AccountID string `wire:"cardId,omitempty"`
	// Amount is nil for all that is owed. An amount of zero is sent, and refused.
	Amount *Kobo `wire:"amount,omitempty"`
}
