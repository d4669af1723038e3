// Package ledger owns double entry: the accounts, the batches of postings that each event of a loan makes, and the way back from
// postings to the money of a loan. It is pure: no input or output, time passed in. It may import money and clock.
//
// Sign: a debit is positive, a credit negative; the postings of a batch sum to zero. Income is recognised when the borrower comes
// to owe it (fees and contractual interest at payout, penalty day by day), which fits loans with one repayment date.
package ledger

// Account is the stable name of a ledger account, as stored.
type Account string

// The accounts. Receivables and the loan's income are kept per loan, borrower credit and card deposits per borrower.
const (
	PrincipalReceivable  Account = "principal_receivable"
	InterestReceivable   Account = "interest_receivable"
	ServiceFeeReceivable Account = "service_fee_receivable"
	PenaltyReceivable    Account = "penalty_receivable"

	InterestIncome     Account = "interest_income"
	ServiceFeeIncome   Account = "service_fee_income"
	PenaltyIncome      Account = "penalty_income"
	UpfrontFeeIncome   Account = "upfront_fee_income"
	ExtensionFeeIncome Account = "extension_fee_income"
	RecoveryIncome     Account = "recovery_income"

	GatewayClearing Account = "gateway_clearing"
	BorrowerCredit  Account = "borrower_credit"
	CardDeposit     Account = "card_deposit"
	Unassigned      Account = "unassigned_receipts"

	Waiver        Account = "waiver"
	CouponExpense Account = "coupon_expense"
	WriteOff      Account = "write_off"
	GatewayFees   Account = "gateway_fees"
)

// Class is the kind of an account in the books.
type Class string

// The classes. Assets and expenses normally stand in debit, liabilities and income in credit.
const (
	Asset     Class = "asset"
	Liability Class = "liability"
	Income    Class = "income"
	Expense   Class = "expense"
)

// AccountInfo describes one account.
type AccountInfo struct {
	Account     Account
	Class       Class
	Description string
}

// Accounts lists every account in the order of the books. Stores and documents are made from this list.
func Accounts() []AccountInfo {
	return []AccountInfo{
		{PrincipalReceivable, Asset, "principal that borrowers owe"},
		{InterestReceivable, Asset, "contractual interest that borrowers owe"},
		{ServiceFeeReceivable, Asset, "service fees that borrowers owe"},
		{PenaltyReceivable, Asset, "penalties that borrowers owe"},
		{GatewayClearing, Asset, "money at the payment gateway: payouts leave it, payments enter it"},
		{BorrowerCredit, Liability, "overpayments that belong to the borrower until they are refunded"},
		{CardDeposit, Liability, "card binding charges, refunded afterwards"},
		{Unassigned, Liability, "payments received that no loan has claimed yet"},
		{InterestIncome, Income, "contractual interest, less rebates of unearned interest"},
		{ServiceFeeIncome, Income, "service fees"},
		{PenaltyIncome, Income, "penalties"},
		{UpfrontFeeIncome, Income, "fees deducted from the payout"},
		{ExtensionFeeIncome, Income, "fees for moving a due date"},
		{RecoveryIncome, Income, "money received on loans already written off"},
		{Waiver, Expense, "amounts forgiven by an operator, and discounts given at the sale"},
		{CouponExpense, Expense, "amounts that coupons paid for borrowers"},
		{WriteOff, Expense, "amounts given up as lost"},
		{GatewayFees, Expense, "what the payment gateway keeps for transfers and charges"},
	}
}
