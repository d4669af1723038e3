package wire

import (
	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/messaging"
)

// The page that is meant when a request does not say.
const (
	defaultPageNumber = 1
	defaultPageSize   = 10
)

// MessageQuery reads which page of messages is wanted.
func MessageQuery(p api.ListMessagesParams) messaging.PageQuery {
	q := messaging.PageQuery{Number: defaultPageNumber, Size: defaultPageSize, Type: Int(p.Type)}
	if p.PageNum != nil {
		q.Number = int(*p.PageNum)
	}
	if p.PageSize != nil {
		q.Size = int(*p.PageSize)
	}
	return q
}

// MessagePage is a page of messages.
func MessagePage(page messaging.Page) api.MessagePage {
	list := make([]api.Message, len(page.List))
	for i, m := range page.List {
		list[i] = api.Message{
			ID: ID(m.ID), Type: Int32(m.Type), Title: m.Title, Content: m.Content, IsRead: Flag(m.Read), CreatedTime: Time(m.CreatedAt),
		}
	}
	return api.MessagePage{List: list, Total: Count(page.Total)}
}
