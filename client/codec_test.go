package creditpocket

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestMoneyAndTimes(t *testing.T) {
	var page Page[Loan]
	raw := strings.ReplaceAll(sampleLoan(t), `"createdTime":"2022-01-15 15:34:51"`, `"createdTime":"2022-01-15 23:30:00"`)
	if err := json.Unmarshal([]byte(`{"list":[`+raw+`],"res":"","total":"1"}`), &page); err != nil {
		t.Fatal(err)
	}
	l := page.Items[0]
	if l.Principal != Naira(16000) || l.Principal.String() != "NGN 16,000.00" || l.ServiceFee != 604000 {
		t.Errorf("principal %s, service fee %d", l.Principal, l.ServiceFee)
	}
	if want := time.Date(2022, 1, 15, 22, 30, 0, 0, time.UTC); !l.Created.Equal(want) || l.Created.Location() != Lagos {
		t.Errorf("created %s, expected %s", l.Created, want)
	}
	if got := DateOf(want()); got != (Date{2022, 1, 16}) {
		t.Errorf("the Lagos date is %s", got)
	}
	if got := Kobo(-123456789).String(); got != "NGN -1,234,567.89" {
		t.Error(got)
	}
	if got := BasisPoints(4853).String(); got != "48.53 %" {
		t.Error(got)
	}
	var k Kobo
	for _, bad := range []string{`"007"`, `"-5"`, `"9223372036854775808"`, `5`, `""`, `"1.0"`, `null`, `" 1"`} {
		if json.Unmarshal([]byte(bad), &k) == nil {
			t.Errorf("%s is taken for an amount", bad)
		}
	}
}

func want() time.Time { return time.Date(2022, 1, 15, 23, 30, 0, 0, time.UTC) }

// sampleLoan is the first loan of the seed sample.
func sampleLoan(t *testing.T) string {
	t.Helper()
	d := readDocument(t)
	g := d.Components.Examples["LoanSettledEarly"].Value
	e, ok := readEnvelope("application/json", g)
	if !ok {
		t.Fatal("no envelope")
	}
	var l Loan
	if err := json.Unmarshal(e.Data, &l); err != nil {
		t.Fatal(err)
	}
	l.Principal, l.ServiceFee, l.Created = Naira(16000), 604000, time.Date(2022, 1, 15, 15, 34, 51, 0, Lagos)
	out, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestZeroIsNotAbsent(t *testing.T) {
	var l Loan
	set := func(property, value string) Loan {
		t.Helper()
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(sampleLoan(t)), &members); err != nil {
			t.Fatal(err)
		}
		members[property] = json.RawMessage(value)
		raw, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := set("remainingAmount", `""`); l.Remaining != nil {
		t.Errorf("absent is %d", *l.Remaining)
	}
	if l := set("remainingAmount", `"0"`); l.Remaining == nil || *l.Remaining != 0 {
		t.Error("zero is absent")
	}
	if l := set("arriveTime", `""`); !l.Disbursed.IsZero() {
		t.Error("an absent time is a time")
	}
	for request, want := range map[string]string{
		text2(t, MoreInfo{}):                                    `{}`,
		text2(t, MoreInfo{Children: Ptr(int32(0))}):             `{"children":0}`,
		text2(t, RepayRequest{}):                                `{}`,
		text2(t, RepayRequest{Amount: Ptr(Kobo(0))}):            `{"amount":"0"}`,
		text2(t, SettingsChange{}):                              `{}`,
		text2(t, SettingsChange{Push: Ptr(false)}):              `{"pushEnabled":0}`,
		text2(t, NewBankAccount{Default: Ptr(false)}):           `{"bankNo":"","bankAccNo":"","isDefault":0}`,
		text2(t, WiFi{BSSID: "a", Signal: Ptr(int32(0))}):       `{"bssid":"a","signal":0}`,
		text2(t, Location{}):                                    `{"latitude":0,"longitude":0}`,
		text2(t, Location{Accuracy: Ptr(0.0)}):                  `{"latitude":0,"longitude":0,"accuracy":0}`,
		text2(t, Activity{Event: AppOpened}):                    `{"event":1}`,
		text2(t, ConsentDecision{Purpose: "A", Granted: false}): `{"purpose":"A","policyVersion":"","granted":0}`,
	} {
		if request != want {
			t.Errorf("%s, expected %s", request, want)
		}
	}
}

func text2(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What cannot be represented is an error that names the place and not the value.
func TestWrongAnswersAreErrors(t *testing.T) {
	for property, c := range map[string]struct{ value, problem string }{
		"balance":        {`1600000`, "data.balance is not a whole number in range"},
		"serviceFee":     {`"604000"`, "data.serviceFee is not a whole number in range"},
		"status":         {`6.5`, "data.status is not a whole number in range"},
		"cycle":          {`2147483648`, "data.cycle is not a whole number in range"},
		"createdTime":    {`"2022-02-30 10:00:00"`, "data.createdTime is not a time such as 2022-01-15 15:34:51"},
		"arriveTime":     {`"2022-02-20T10:00:00Z"`, "data.arriveTime is not a time such as 2022-01-15 15:34:51"},
		"updatedTime":    {`"2022-02-20 10:00:00.5"`, "data.updatedTime is not a time such as 2022-01-15 15:34:51"},
		"shouldback_fee": {`"1"`, "data.shouldback_fee is not the same as shouldbackFee"},
		"repayment":      {`0`, "data.repayment is neither yes nor no"},
		"firstName":      {`null`, "data.firstName is not a string"},
		"bankNo":         {`58`, "data.bankNo is not a string"},
	} {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(sampleLoan(t)), &members); err != nil {
			t.Fatal(err)
		}
		members[property] = json.RawMessage(c.value)
		raw, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		var l Loan
		var problem *DecodeError
		if err := decode(raw, &l); !errors.As(err, &problem) || err.Error() != "creditpocket: "+c.problem || !errors.Is(err, ErrUnexpectedAnswer) {
			t.Errorf("%s: %v", property, err)
		}
		delete(members, property)
		if raw, err = json.Marshal(members); err != nil {
			t.Fatal(err)
		}
		if err := decode(raw, &l); err == nil {
			t.Errorf("%s: nobody misses it", property)
		}
	}
	var list listOf[Bank]
	for _, raw := range []string{`{"list":null}`, `null`, `[]`, `{"list":{}}`, `{"list":[null]}`} {
		if decode([]byte(raw), &list) == nil {
			t.Errorf("%s is taken for a list", raw)
		}
	}
	var page Page[Bank]
	if err := decode([]byte(`{"list":[],"res":"x","total":"0"}`), &page); err == nil {
		t.Error("res may be anything")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	l := Loan{BVN: "22222222222", CardNumber: "4084084084084081", AccountNumber: "0000003019"}
	login := LoginRequest{Mobile: "07000000003", Password: "blue-mango-7421", Code: "482913"}
	basic := BasicInfo{BVN: "22222222222", FirstName: "Ada"}
	session := Session{Token: "Zk3vJw0bq1X8s6Yt4mE2uR7pL9dN5hC0aG3fV6xT1iQ"}
	var b strings.Builder
	handlers := []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)}
	for _, v := range []any{l, login, basic, session, &session, NewBankAccount{Number: "0000003019"}, Topic{DeviceToken: "fcm-dR3x0mPl3"}, struct{ S Secret }{"blue-mango-7421"}} {
		if reflect.ValueOf(v).Kind() != reflect.Pointer {
			fmt.Fprintf(&b, "%v %+v %#v %s\n", v, v, v, v)
		}
		for _, h := range handlers {
			slog.New(h).Info("x", "v", v)
		}
	}
	for _, secret := range []string{"22222222222", "4084084084084081", "0000003019", "blue-mango-7421", "482913", "Zk3vJw0bq1X8", "fcm-dR3x0mPl3"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%s is printed:\n%s", secret, b.String())
		}
	}
	for masked, number := range map[string]Masked{"222****2222": "22222222222", "408408******4081": "4084084084084081", "******3019": "0000003019", "700****003": "700****003", "": "", "***": "123"} {
		if number.String() != masked {
			t.Errorf("%s, expected %s", number, masked)
		}
	}
	if session.Token.Reveal() != "Zk3vJw0bq1X8s6Yt4mE2uR7pL9dN5hC0aG3fV6xT1iQ" || l.AccountNumber.Reveal() != "0000003019" {
		t.Error("Reveal does not")
	}
	if raw, err := json.Marshal(session); err != nil || !strings.Contains(string(raw), session.Token.Reveal()) {
		t.Errorf("a kept session has no token: %v", err)
	}
}

// Every type that holds a Secret or a Masked shows itself to a log without it.
func TestSensitiveTypesAreLogValuers(t *testing.T) {
	valuer := reflect.TypeFor[slog.LogValuer]()
	for _, types := range []map[string]reflect.Type{answerTypes, requestTypes} {
		for name, typ := range types {
			for _, f := range planOf(typ).fields {
				if sensitiveProperty(f.name) && typ.PkgPath() != "" && typ.Name()[0] < 'a' && !typ.Implements(valuer) && !harmless[name+"."+f.name] {
					t.Errorf("%s has %s and is no slog.LogValuer", typ, f.name)
				}
			}
		}
	}
}

// harmless are properties that only share the name of a sensitive one.
var harmless = map[string]bool{"City.code": true, "City.name": true, "IncomeBand.code": true, "LoanProduct.name": true, "LoanProductDetail.name": true, "DocumentCheck.code": true}

func TestDates(t *testing.T) {
	d, err := ParseDate("1994-05-17")
	if err != nil || d.String() != "1994-05-17" || d.Time().Format(time.RFC3339) != "1994-05-17T00:00:00+01:00" {
		t.Errorf("%s, %v", d, err)
	}
	for _, bad := range []string{"1994-02-30", "17.05.1994", ""} {
		if _, err := ParseDate(bad); err == nil {
			t.Errorf("%q is taken for a date", bad)
		}
	}
	if !(Date{}).IsZero() || !(Date{}).Time().IsZero() || (Date{}).String() != "" {
		t.Error("the zero date is a date")
	}
}
