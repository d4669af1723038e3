package contract

import (
	"iter"
	"math/rand/v2"
	"net/http"
)

// Kind says which rule a mutation breaks.
type Kind string

// The kinds of mutations: each breaks one rule of the contract.
const (
	MissingRequired  Kind = "missing required"
	WrongType        Kind = "wrong type"
	Null             Kind = "null"
	TooSmall         Kind = "below the minimum"
	TooLarge         Kind = "above the maximum"
	NotFinite        Kind = "number out of any range"
	TooLong          Kind = "too long"
	TooShort         Kind = "too short"
	BadPattern       Kind = "breaks the pattern"
	BadFormat        Kind = "breaks the format"
	NotInEnum        Kind = "not in the enumeration"
	TooManyItems     Kind = "too many entries"
	TooFewItems      Kind = "too few entries"
	UnknownProperty  Kind = "unknown property"
	OtherCase        Kind = "property twice in other case"
	SameTwice        Kind = "property twice"
	ControlCharacter Kind = "control character"
	NoSuchDate       Kind = "date that does not exist"
	RuleBroken       Kind = "rule between properties"
	TrailingBytes    Kind = "bytes after the document"
	InvalidUTF8      Kind = "invalid UTF-8"
	DeepNesting      Kind = "deep nesting"
	NotJSON          Kind = "not JSON"
	BrokenForm       Kind = "broken form"
	EmptyBody        Kind = "empty body"
	WrongContentType Kind = "wrong content type"
	OverLimit        Kind = "body over the limit"
	UnknownQuery     Kind = "unknown query parameter"
	QueryTwice       Kind = "query parameter twice"
	BadQuery         Kind = "malformed query"
	HeaderTwice      Kind = "header parameter twice"
)

// Mutation is a request that breaks one rule, and what must come of it.
type Mutation struct {
	*Request
	Kind Kind
	// Place is where the rule is broken, for people.
	Place string
	// Status is the status of the answer, Reasons the reasons it may give.
	Status  int
	Reasons []string
	// Field must be among the fields that the answer names, in any case; "" asks for none.
	Field string
	// Secrets must not stand in the answer: the offending value.
	Secrets []string
}

// Reasons of refused input, by the catalog.
var (
	invalid     = []string{"VALIDATION_FAILED"}
	unreadable  = []string{"MALFORMED_BODY", "VALIDATION_FAILED"}
	strayed     = []string{"VALIDATION_FAILED", "CARD_NUMBER_REFUSED"} // an id out of its place may look like a card's number
	tooLarge    = []string{"BODY_TOO_LARGE"}
	unsupported = []string{"UNSUPPORTED_CONTENT_TYPE"}
)

// Mutations yields every mutation of an operation. The same source of randomness gives the same mutations; another one
// chooses other values for the same rules. Uploads carry the photos.
func (op *Operation) Mutations(random *rand.Rand, photos ...[]byte) iter.Seq[Mutation] {
	return func(yield func(Mutation) bool) {
		m := &mutator{op: op, valid: op.Valid(photos...), base: op.base(), photos: photos, values: values{chance{random}}, yield: yield}
		m.all()
	}
}

// Variations yields every mutation but the largest ones around a request that chance chooses, with more values to break each rule. Each
// call with a source of randomness that has gone on gives others.
func (op *Operation) Variations(random *rand.Rand, photos ...[]byte) iter.Seq[Mutation] {
	return func(yield func(Mutation) bool) {
		valid, base := op.random(random, photos)
		if op.BodyType == JSONBody {
			base = chance{random}.listed(op.Body, base.(members))
		}
		m := &mutator{op: op, valid: valid, base: base, photos: photos, values: values{chance{random}}, varied: true, yield: yield}
		m.all()
	}
}

func (m *mutator) all() {
	m.query()
	m.parameters()
	switch m.op.BodyType {
	case JSONBody:
		m.jsonBody()
		m.rules()
	case UploadBody:
		m.formBody()
	}
	if m.op.BodyType != "" {
		m.envelope()
	}
}

// mutator makes the mutations of one operation.
type mutator struct {
	op     *Operation
	valid  *Request
	base   any // the JSON body that is changed
	photos [][]byte
	values values
	varied bool // chance has chosen the request
	yield  func(Mutation) bool
	done   bool
}

// emit passes a mutation on. change makes it from a copy of the valid request.
func (m *mutator) emit(kind Kind, place string, status int, reasons []string, field string, secrets []string, change func(*Request)) {
	if m.done {
		return
	}
	r := m.valid.clone()
	change(r)
	m.done = !m.yield(Mutation{Request: r, Kind: kind, Place: place, Status: status, Reasons: reasons, Field: field, Secrets: secrets})
}

// bad is emit for what VALIDATION_FAILED must name.
func (m *mutator) bad(kind Kind, place string, secrets []string, change func(*Request)) {
	m.emit(kind, place, http.StatusBadRequest, invalid, place, secrets, change)
}
