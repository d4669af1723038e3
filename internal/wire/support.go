package wire

import (
	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/store"
)

// HotQuestionQuery reads which questions are wanted; a body that was left out wants all categories and the default number, 0.
func HotQuestionQuery(q *api.HotQuestionQuery) (category string, limit int) {
	if q == nil {
		return "", 0
	}
	return Text(q.Category), Int(q.Limit)
}

// HotQuestions is a list of questions.
func HotQuestions(questions []store.Question) api.HotQuestionList {
	list := make([]api.HotQuestion, len(questions))
	for i, q := range questions {
		list[i] = api.HotQuestion{ID: ID(q.ID), Category: q.Category, Title: q.Title, Answer: q.Answer, Sort: Int32(q.Sort)}
	}
	return api.HotQuestionList{List: list}
}

// SupportPhones is a list of telephone numbers.
func SupportPhones(phones []store.SupportPhone) api.SupportPhoneList {
	list := make([]api.SupportPhone, len(phones))
	for i, p := range phones {
		list[i] = api.SupportPhone{ID: ID(p.ID), Title: p.Title, Phone: p.Phone, OpeningHours: p.OpeningHours}
	}
	return api.SupportPhoneList{List: list}
}

// SupportEmail is the address of a support desk.
func SupportEmail(e store.SupportEmail) api.SupportEmail {
	return api.SupportEmail{Email: e.Email, Title: e.Title}
}
