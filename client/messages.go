package creditpocket

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// MessageService is the borrower's message centre.
type MessageService struct{ c *Client }

// MessageType is what a message is about.
type MessageType int32

// The types; AnyMessage is for queries.
const (
	AnyMessage         MessageType = 0
	SystemMessage      MessageType = 1
	ApplicationMessage MessageType = 2
	PayoutMessage      MessageType = 3
	ReminderMessage    MessageType = 4
	RepaymentMessage   MessageType = 5
	OverdueMessage     MessageType = 6
	AccountMessage     MessageType = 7
	OfferMessage       MessageType = 8
	OtherMessage       MessageType = 9
)

// Message is a message to the borrower.
type Message struct {
	ID    string      `wire:"id"`
	Type  MessageType `wire:"type"`
	Title string      `wire:"title"`
	Text  string      `wire:"content"`
	// Read says that it was read before this answer.
	Read    bool      `wire:"isRead"`
	Created time.Time `wire:"createdTime"`
	Extra   Extra
}

// Page is a page of messages, newest first, and marks them as read. Operation listMessages.
func (s *MessageService) Page(ctx context.Context, of MessageType, q PageQuery, options ...CallOption) (Page[Message], error) {
	return invoke[Page[Message]](ctx, s.c, opListMessages, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.ListMessagesParams{}
		p.PageNum, p.PageSize = q.params()
		if of != AnyMessage {
			p.Type = Ptr(int32(of))
		}
		return raw.NewListMessagesRequest(server, p)
	}, options)
}

// All is all messages, newest first; those on the pages it has asked for are marked as read. Operation listMessages.
func (s *MessageService) All(ctx context.Context, of MessageType, options ...CallOption) iter.Seq2[Message, error] {
	return all(ctx, func(m Message) string { return m.ID }, func(ctx context.Context, q PageQuery) (Page[Message], error) {
		return s.Page(ctx, of, q, options...)
	})
}
