package creditpocket

// listOf is an answer that is a list without pages.
type listOf[T any] struct {
	Items []T `wire:"list"`
	Extra Extra
}

// ack is the answer of an operation that only takes something in.
type ack struct {
	Accepted bool `wire:"accepted"`
	Extra    Extra
}
