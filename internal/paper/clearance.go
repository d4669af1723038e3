package paper

import "github.com/creditpocket/creditpocket/internal/servicing"

// Clearance prints the letter that says that a loan is repaid.
func Clearance(c servicing.Clearance) ([]byte, error) {
	s := newSheet("Clearance letter of loan "+c.IndentNo, c.Code, c.Date)
	s.heading(c.DocumentHead, "Letter of clearance")
	s.facts(headFacts(c.DocumentHead)...)
	s.text("To whom it may concern: the loan named above was repaid in full" + on(c.ClosedAt) + ". " + c.Borrower + " owes nothing on it.")
	s.facts([2]string{"Paid in all", c.Paid.String()}, [2]string{"Outstanding", "₦0.00"}, [2]string{"Verification code", c.Code})
	s.text("Whoever is shown this letter can check that it is ours by its verification code. No signature is needed.")
	return s.bytes()
}
