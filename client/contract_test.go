package creditpocket

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// document is the contract as this file's tests read it.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string
		RequestBody struct{ Content map[string]mediaType }
		Responses   map[string]struct {
			Ref     string `json:"$ref"`
			Content map[string]mediaType
		}
	}
	Components struct {
		Schemas  map[string]*jsonSchema
		Examples map[string]struct{ Value json.RawMessage }
	}
}

type mediaType struct {
	Schema   *jsonSchema
	Examples map[string]struct {
		Ref   string `json:"$ref"`
		Value json.RawMessage
	}
}

type jsonSchema struct {
	Ref        string `json:"$ref"`
	Type       string
	Format     string
	Pattern    string
	Enum       []any
	MinLength  int
	MaxLength  *int
	Minimum    *float64
	Maximum    *float64
	Items      *jsonSchema
	MinItems   int
	Properties map[string]*jsonSchema
	OneOf      []*jsonSchema
}

func readDocument(t *testing.T) *document {
	t.Helper()
	raw, err := os.ReadFile("creditpockettest/contract.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{}
	if err := json.Unmarshal(raw, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func baseName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// answerTypes is the Go type of each schema that answers have.
var answerTypes = map[string]reflect.Type{
	"Ack": reflect.TypeFor[ack](), "Bank": reflect.TypeFor[Bank](), "BankList": reflect.TypeFor[listOf[Bank]](), "CardBind": reflect.TypeFor[CardBind](),
	"City": reflect.TypeFor[City](), "CityList": reflect.TypeFor[listOf[City]](), "CodeCheck": reflect.TypeFor[codeValid](), "CodeSent": reflect.TypeFor[CodeSent](),
	"Consent": reflect.TypeFor[Consent](), "ConsentList": reflect.TypeFor[listOf[Consent]](), "CreditInfo": reflect.TypeFor[Credit](),
	"HomeAuthStatus": reflect.TypeFor[HomeStatus](), "HomeProducts": reflect.TypeFor[HomeProducts](), "HotQuestion": reflect.TypeFor[Question](),
	"HotQuestionList": reflect.TypeFor[listOf[Question]](), "ImageInfo": reflect.TypeFor[ImageInfo](), "IncomeBand": reflect.TypeFor[IncomeBand](),
	"IncomeBandList": reflect.TypeFor[listOf[IncomeBand]](), "InfoStatus": reflect.TypeFor[ProfileStatus](), "LoanPage": reflect.TypeFor[Page[Loan]](),
	"LoanProduct": reflect.TypeFor[Product](), "LoanProductDetail": reflect.TypeFor[ProductDetail](), "LoanProductPage": reflect.TypeFor[Page[Product]](),
	"LoanVo": reflect.TypeFor[Loan](), "LoginState": reflect.TypeFor[LoginState](), "LogoutResult": reflect.TypeFor[loggedOut](),
	"ManagerCard": reflect.TypeFor[BankAccount](), "ManagerCardList": reflect.TypeFor[listOf[BankAccount]](), "Message": reflect.TypeFor[Message](),
	"MessagePage": reflect.TypeFor[Page[Message]](), "RealtimeLoan": reflect.TypeFor[RecentPayout](), "RealtimeLoanList": reflect.TypeFor[listOf[RecentPayout]](),
	"Repayment": reflect.TypeFor[Repayment](), "SupportEmail": reflect.TypeFor[SupportEmail](), "SupportPhone": reflect.TypeFor[SupportPhone](),
	"SupportPhoneList": reflect.TypeFor[listOf[SupportPhone]](), "TransferRecipient": reflect.TypeFor[Recipient](), "UserContact": reflect.TypeFor[EmergencyContact](),
	"UserInfo": reflect.TypeFor[User](), "UserMore": reflect.TypeFor[More](), "UserSettingVo": reflect.TypeFor[Settings](), "UserVo": reflect.TypeFor[Session](),
	"UserWork": reflect.TypeFor[Work](), "Clearance": reflect.TypeFor[Clearance](), "Coupon": reflect.TypeFor[Coupon](), "CouponList": reflect.TypeFor[listOf[Coupon]](),
	"DocumentCheck": reflect.TypeFor[DocumentCheck](), "LoanExtension": reflect.TypeFor[Extension](), "Payoff": reflect.TypeFor[Payoff](),
	"SessionInfo": reflect.TypeFor[OpenSession](), "SessionList": reflect.TypeFor[listOf[OpenSession]](), "SessionToken": reflect.TypeFor[RefreshedToken](),
	"UserExport": reflect.TypeFor[Export](), "ExportSection": reflect.TypeFor[ExportSection](), "ExportRecord": reflect.TypeFor[ExportRecord](),
	"ExportField": reflect.TypeFor[ExportField](),
	"Statement":   reflect.TypeFor[Statement](), "StatementLine": reflect.TypeFor[StatementLine](), "StatementTotals": reflect.TypeFor[StatementTotals](),
}

// requestTypes is the Go type of each schema that requests have.
var requestTypes = map[string]reflect.Type{
	"AddressBookEntry": reflect.TypeFor[AddressBookEntry](), "BankAccountInfo": reflect.TypeFor[NewBankAccount](), "BasicInfo": reflect.TypeFor[BasicInfo](),
	"CheckCodeVo": reflect.TypeFor[CodeCheck](), "ConsentInfo": reflect.TypeFor[ConsentDecision](), "DefaultCard": reflect.TypeFor[defaultAccount](),
	"EmergencyContact": reflect.TypeFor[EmergencyContact](), "EmergencyContacts": reflect.TypeFor[emergencyContacts](), "HotQuestionQuery": reflect.TypeFor[QuestionQuery](),
	"LoanClickEvent": reflect.TypeFor[LoanClick](), "LoginInfo": reflect.TypeFor[LoginRequest](), "MoreInfo": reflect.TypeFor[MoreInfo](),
	"PhoneAdapter": reflect.TypeFor[Device](), "RecipientQuery": reflect.TypeFor[recipientQuery](), "RegisterInfo": reflect.TypeFor[Registration](),
	"RepayInfo": reflect.TypeFor[RepayRequest](), "SendMsgVO": reflect.TypeFor[CodeRequest](), "ShortMessageEntry": reflect.TypeFor[ShortMessage](),
	"UserAdModel": reflect.TypeFor[AdSource](), "UserAddressBookVO": reflect.TypeFor[addressBook](), "UserPhoneActive": reflect.TypeFor[Activity](),
	"UserSettingInfo": reflect.TypeFor[SettingsChange](), "UserShortMessage": reflect.TypeFor[shortMessages](), "UserTopic": reflect.TypeFor[Topic](),
	"UserWifiAndLocationVO": reflect.TypeFor[Location](), "WifiNetwork": reflect.TypeFor[WiFi](), "WorkInfo": reflect.TypeFor[WorkInfo](),
	"ExtendInfo": reflect.TypeFor[extendInfo](), "SessionChoice": reflect.TypeFor[sessionChoice](), "EraseInfo": reflect.TypeFor[eraseInfo](), "PasswordChange": reflect.TypeFor[passwordChange](),
}

// elsewhere are the object schemas that package creditpocket reads without a type of its own in the tables above.
var elsewhere = []string{"AppError", "ApplyLoanForm", "ErrorResponse", "FieldProblem", "PaystackEvent", "PaystackEventData"}

// Every property of every schema has exactly one place in the Go types, and no Go type has a place that no schema has.
func TestTypesCoverTheContract(t *testing.T) {
	d := readDocument(t)
	for name, s := range d.Components.Schemas {
		if s.Type != "object" || s.Properties["token"] != nil && s.Properties["data"] != nil || slices.Contains(elsewhere, name) {
			continue
		}
		seen := 0
		for _, types := range []map[string]reflect.Type{answerTypes, requestTypes} {
			typ, ok := types[name]
			if !ok {
				continue
			}
			seen++
			places := map[string]bool{}
			for _, f := range planOf(typ).fields {
				places[f.name] = true
				if f.twin != "" {
					places[f.twin] = true
				}
			}
			for property := range s.Properties {
				if !places[property] {
					t.Errorf("%s: %s has no place in %s", name, property, typ)
				}
				delete(places, property)
			}
			for property := range places {
				t.Errorf("%s: %s has a place for %s, which no schema has", name, typ, property)
			}
		}
		if seen != 1 {
			t.Errorf("schema %s stands in %d tables", name, seen)
		}
	}
}

// same says whether two texts are the same JSON value.
func same(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// roundTrip decodes an answer and encodes it again.
func roundTrip(typ reflect.Type, raw []byte) ([]byte, error) {
	v := reflect.New(typ)
	if err := decode(raw, v.Interface()); err != nil {
		return nil, err
	}
	return encode(v.Elem().Interface())
}

func TestLosslessSeedSample(t *testing.T) {
	raw, err := os.ReadFile("testdata/loan-list-response.json")
	if err != nil {
		t.Fatal(err)
	}
	e, ok := readEnvelope("application/json", raw)
	if !ok {
		t.Fatal("the sample is no envelope")
	}
	var page Page[Loan]
	if err := json.Unmarshal(e.Data, &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 10 || page.Total != 17 {
		t.Fatalf("%d loans of %d", len(page.Items), page.Total)
	}
	again, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	if !same(t, e.Data, again) {
		t.Errorf("the sample has changed:\n%s\n%s", e.Data, again)
	}
	if properties := len(planOf(reflect.TypeFor[Loan]()).fields) + 1; properties != 60 {
		t.Errorf("a loan has %d properties, expected 60", properties)
	}
}

func TestLosslessExamples(t *testing.T) {
	d := readDocument(t)
	tried := 0
	for _, methods := range d.Paths {
		for _, op := range methods {
			for _, m := range op.Responses["200"].Content {
				if m.Schema.Ref == "" || d.Components.Schemas[baseName(m.Schema.Ref)].Type != "object" {
					continue // an image or a PDF
				}
				of := baseName(d.Components.Schemas[baseName(m.Schema.Ref)].Properties["data"].Ref)
				if answerTypes[of] == nil {
					t.Errorf("%s: there is no type for %s", op.OperationID, of)
					continue
				}
				if len(m.Examples) == 0 {
					t.Errorf("%s has no example", op.OperationID)
				}
				for name, x := range m.Examples {
					if x.Ref != "" {
						x.Value = d.Components.Examples[baseName(x.Ref)].Value
					}
					e, ok := readEnvelope("application/json", x.Value)
					if !ok {
						t.Fatalf("%s: example %s is no envelope", op.OperationID, name)
					}
					again, err := roundTrip(answerTypes[of], e.Data)
					if err != nil || !same(t, e.Data, again) {
						t.Errorf("%s: example %s: %v\n%s\n%s", op.OperationID, name, err, e.Data, again)
					}
					tried++
				}
			}
		}
	}
	if tried < 60 {
		t.Errorf("only %d examples", tried)
	}
	t.Logf("%d examples", tried)
}

// generator makes values that a schema allows.
type generator struct {
	*rand.Rand
	d *document
	// wild values are anything that the schema allows; others are also numbers of 64 bits and times that exist.
	wild bool
}

func (g *generator) value(s *jsonSchema) any {
	if s.Ref != "" {
		s = g.d.Components.Schemas[baseName(s.Ref)]
	}
	switch {
	case len(s.OneOf) > 0:
		return g.value(s.OneOf[g.IntN(len(s.OneOf))])
	case len(s.Enum) > 0:
		return s.Enum[g.IntN(len(s.Enum))]
	}
	switch s.Type {
	case "object":
		object := map[string]any{}
		for name, p := range s.Properties {
			object[name] = g.value(p)
		}
		if object["shouldback_fee"] != nil {
			object["shouldback_fee"] = object["shouldbackFee"]
		}
		if g.IntN(4) == 0 {
			object["fieldOfTomorrow"] = []any{nil, true, "x", 1.5}
		}
		return object
	case "array":
		list := []any{}
		for range s.MinItems + g.IntN(3) {
			list = append(list, g.value(s.Items))
		}
		return list
	case "integer":
		low, high := int64(*s.Minimum), int64(*s.Maximum)
		switch g.IntN(4) {
		case 0:
			return low
		case 1:
			return high
		}
		return low + g.Int64N(high-low+1)
	case "number":
		return *s.Minimum + g.Float64()*(*s.Maximum-*s.Minimum)
	}
	return g.text(s)
}

func (g *generator) text(s *jsonSchema) string {
	switch {
	case s.Pattern == "":
		return g.runes(s.MinLength, min(*s.MaxLength, 30))
	case g.wild:
	case strings.HasPrefix(s.Pattern, "^[0-9]{") && strings.HasSuffix(s.Pattern, ",19}$"):
		if strings.Contains(s.Pattern, "{0,") && g.IntN(2) == 0 {
			return ""
		}
		return fmt.Sprint(g.Int64() >> g.IntN(63))
	case strings.Contains(s.Pattern, "[0-9]{2}:[0-9]{2}:[0-9]{2}"):
		if strings.HasSuffix(s.Pattern, "?$") && g.IntN(3) == 0 {
			return ""
		}
		return formatTime(time.Unix(g.Int64N(4_000_000_000), 0))
	case strings.Contains(s.Pattern, "[0-9]{4}-[0-9]{2}-[0-9]{2}"):
		if strings.HasSuffix(s.Pattern, "?$") && g.IntN(3) == 0 {
			return ""
		}
		return DateOf(time.Unix(g.Int64N(4_000_000_000), 0)).String()
	}
	re, err := syntax.Parse(s.Pattern, syntax.Perl)
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	g.match(&b, re.Simplify())
	return b.String()
}

// runes is text with what JSON must escape, and what it may.
func (g *generator) runes(least, most int) string {
	alphabet := []rune("abc XYZ019\"\\/\n\t<>&'\u2028é₦\U0001F4B0")
	out := make([]rune, least+g.IntN(most-least+1))
	for i := range out {
		out[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(out)
}

// match writes a text that the expression matches.
func (g *generator) match(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		i := g.IntN(len(re.Rune)/2) * 2
		low, high := re.Rune[i], min(re.Rune[i+1], utf8.MaxRune)
		if low < 0x20 && high > 0x7e {
			low, high = 0x21, 0x7e
		}
		b.WriteRune(low + rune(g.IntN(int(min(high, low+90)-low)+1)))
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			g.match(b, sub)
		}
	case syntax.OpAlternate:
		g.match(b, re.Sub[g.IntN(len(re.Sub))])
	case syntax.OpQuest:
		if g.IntN(2) == 0 {
			g.match(b, re.Sub[0])
		}
	case syntax.OpStar, syntax.OpPlus:
		n := g.IntN(6)
		if re.Op == syntax.OpPlus {
			n++
		}
		for range n {
			g.match(b, re.Sub[0])
		}
	case syntax.OpBeginText, syntax.OpEndText, syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine:
	default:
		panic("no text for " + re.Op.String())
	}
}

// Whatever the schema allows comes through unchanged, properties of tomorrow too, or is refused with the place named: numbers
// beyond 64 bits and times that do not exist. Numbers and times that servers make are never refused.
func TestLosslessGenerated(t *testing.T) {
	d := readDocument(t)
	for _, wild := range []bool{false, true} {
		tried, refused := 0, 0
		for name, typ := range answerTypes {
			for seed := range uint64(200) {
				g := &generator{rand.New(rand.NewPCG(seed, 7)), d, wild}
				raw, err := json.Marshal(g.value(d.Components.Schemas[name]))
				if err != nil {
					t.Fatal(err)
				}
				tried++
				again, err := roundTrip(typ, raw)
				if err != nil {
					refused++
					if !wild {
						t.Fatalf("%s, seed %d: %v\n%s", name, seed, err, raw)
					}
					continue
				}
				if !same(t, raw, again) {
					t.Fatalf("%s, seed %d:\n%s\n%s", name, seed, raw, again)
				}
			}
		}
		t.Logf("wild %t: %d values, %d refused as not representable", wild, tried, refused)
		if wild && (refused == 0 || refused == tried) {
			t.Errorf("%d of %d wild values were refused", refused, tried)
		}
	}
}

// A request of every kind writes exactly what the contract allows: closed, with what is required.
func TestRequestsWriteWhatTheContractAllows(t *testing.T) {
	d := readDocument(t)
	for _, methods := range d.Paths {
		for _, op := range methods {
			for _, m := range op.RequestBody.Content {
				of := baseName(m.Schema.Ref)
				if requestTypes[of] == nil {
					continue
				}
				for name, x := range m.Examples {
					again, err := roundTrip(requestTypes[of], x.Value)
					if err != nil {
						t.Errorf("%s: example %s: %v", op.OperationID, name, err)
						continue
					}
					// What is "" in an example may be left out: both mean absent.
					var want map[string]any
					if err := json.Unmarshal(x.Value, &want); err != nil {
						t.Fatal(err)
					}
					for k, v := range want {
						if v == "" {
							delete(want, k)
						}
					}
					text, err := json.Marshal(want)
					if err != nil || !same(t, text, again) {
						t.Errorf("%s: example %s: %v\n%s\n%s", op.OperationID, name, err, text, again)
					}
				}
			}
		}
	}
}
