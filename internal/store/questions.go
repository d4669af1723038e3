package store

import "context"

// Question is a question that is asked often, with its answer.
type Question struct {
	ID       int64
	Category string
	Title    string
	Answer   string
	Sort     int
}

// SupportPhone is a telephone number of a brand's support desk.
type SupportPhone struct {
	ID           int64
	Title        string
	Phone        string // E.164
	OpeningHours string
}

// SupportEmail is the e-mail address of a brand's support desk.
type SupportEmail struct {
	Title string
	Email string
}

// Questions lists the active questions of a brand in the order to show them, at most limit; category "" means all.
func (r reader) Questions(ctx context.Context, brand, category string, limit int) ([]Question, error) {
	var questions []Question
	err := r.idb.NewRaw(`SELECT id, category, title, answer, sort FROM questions
		WHERE brand = ? AND active AND (? = '' OR category = ?) ORDER BY sort, id LIMIT ?`, brand, category, category, limit).Scan(ctx, &questions)
	return questions, fromTx(err)
}

// SupportPhones lists the telephone numbers of a brand's support desk in the order to show them, at most 50.
func (r reader) SupportPhones(ctx context.Context, brand string) ([]SupportPhone, error) {
	var phones []SupportPhone
	err := r.idb.NewRaw(`SELECT id, title, phone, opening_hours FROM support_phones WHERE brand = ? ORDER BY sort, id LIMIT 50`, brand).Scan(ctx, &phones)
	return phones, fromTx(err)
}

// SupportEmail reads the e-mail address of a brand's support desk, or ErrNotFound.
func (r reader) SupportEmail(ctx context.Context, brand string) (SupportEmail, error) {
	var email SupportEmail
	err := r.idb.NewRaw(`SELECT title, email FROM support_emails WHERE brand = ?`, brand).Scan(ctx, &email)
	return email, fromTx(err)
}
