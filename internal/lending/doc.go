// Package lending owns the rules of a loan: products and their price, quotes, the states and the one table of transitions, what is
// owed on a day, penalties, payments, extensions, write-offs, and the decision who may borrow. It is pure: no input or output, no
// clock of its own, time is passed in. It may import money and clock, and the expression library for decision rules.
//
// Amounts are kobo, rates are basis points, terms are days, and a day is a calendar day in Lagos.
package lending
