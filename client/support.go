package creditpocket

import (
	"context"
	"net/http"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// SupportService is help for borrowers.
type SupportService struct{ c *Client }

// Question is asked often.
type Question struct {
	ID       string `wire:"id"`
	Category string `wire:"category"`
	Title    string `wire:"title"`
	// Answer is plain text.
	Answer string `wire:"answer"`
	Sort   int32  `wire:"sort"`
	Extra  Extra
}

// QuestionQuery chooses questions.
type QuestionQuery struct {
	// Category is "" for all.
	Category string `wire:"category,omitempty"`
	// Limit is from 1 to 50; 0 is the server's default, 20.
	Limit int32 `wire:"limit,omitempty"`
}

// SupportPhone is a number to call.
type SupportPhone struct {
	ID    string `wire:"id"`
	Title string `wire:"title"`
	// Number is in E.164 form.
	Number string `wire:"phone"`
	// Hours is when somebody answers, in words; Lagos time.
	Hours string `wire:"openingHours"`
	Extra Extra
}

// SupportEmail is an address to write to.
type SupportEmail struct {
	Address string `wire:"email"`
	Title   string `wire:"title"`
	Extra   Extra
}

// Questions lists questions that are asked often. Operation listHotQuestions.
func (s *SupportService) Questions(ctx context.Context, q QuestionQuery, options ...CallOption) ([]Question, error) {
	list, err := invoke[listOf[Question]](ctx, s.c, opListHotQuestions, jsonBody(q), func(server string, _ *string) (*http.Request, error) {
		return raw.NewListHotQuestionsRequestWithBody(server, "application/json", nil)
	}, options)
	return list.Items, err
}

// Phones lists numbers to call. Operation listSupportPhones.
func (s *SupportService) Phones(ctx context.Context, options ...CallOption) ([]SupportPhone, error) {
	list, err := invoke[listOf[SupportPhone]](ctx, s.c, opListSupportPhones, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListSupportPhonesRequest(server)
	}, options)
	return list.Items, err
}

// Email is the address to write to; ErrSupportEmailNotFound when the brand has none. Operation getSupportEmail.
func (s *SupportService) Email(ctx context.Context, options ...CallOption) (SupportEmail, error) {
	return invoke[SupportEmail](ctx, s.c, opGetSupportEmail, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetSupportEmailRequest(server)
	}, options)
}
