package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// faultBody is a Fault on the wire.
type faultBody struct {
	Kind        FaultKind `json:"kind"`
	Times       int       `json:"times,omitempty"`
	Match       string    `json:"match,omitempty"`
	Probability float64   `json:"probability,omitempty"`
	DelayMillis int64     `json:"delay_ms,omitempty"`
	Copies      int       `json:"copies,omitempty"`
}

// Books is all the simulator knows, as /simulator/books tells it.
type Books struct {
	Balance money.Kobo `json:"balance"`
	// Audit is "" if everything adds up, or what does not.
	Audit          string          `json:"audit"`
	Ledger         []LedgerEntry   `json:"ledger"`
	Transfers      []Transfer      `json:"transfers"`
	Charges        []Charge        `json:"charges"`
	Refunds        []Refund        `json:"refunds"`
	Recipients     []Recipient     `json:"recipients"`
	Authorizations []Authorization `json:"authorizations"`
	Webhooks       []Webhook       `json:"webhooks"`
}

// Books returns everything.
func (s *Simulator) Books() Books {
	b := Books{
		Balance: s.Balance(), Ledger: s.Ledger(), Transfers: s.Transfers(), Charges: s.Charges(), Refunds: s.Refunds(),
		Recipients: s.Recipients(), Authorizations: s.Authorizations(), Webhooks: s.Webhooks(),
	}
	if err := s.Audit(); err != nil {
		b.Audit = err.Error()
	}
	return b
}

// control adds the endpoints that steer and inspect. They take no key: whoever reaches the simulator may steer it. What
// they do refuse is a request a foreign web page makes a browser send.
func (s *Simulator) control(mux *http.ServeMux) {
	mux.HandleFunc("GET /simulator/books", func(w http.ResponseWriter, r *http.Request) {
		write(w, answer{status: http.StatusOK, body: s.Books()})
	})
	mux.HandleFunc("GET /simulator/faults", func(w http.ResponseWriter, r *http.Request) {
		write(w, answer{status: http.StatusOK, body: s.faultBodies()})
	})
	mux.HandleFunc("POST /simulator/faults", s.steer(func(w http.ResponseWriter, r *http.Request) error {
		var in faultBody
		if err := readStrict(w, r, &in); err != nil {
			return err
		}
		return s.Inject(Fault{
			Kind: in.Kind, Times: in.Times, Match: in.Match, Probability: in.Probability,
			Delay: time.Duration(in.DelayMillis) * time.Millisecond, Copies: in.Copies,
		})
	}))
	mux.HandleFunc("DELETE /simulator/faults", s.steer(func(http.ResponseWriter, *http.Request) error {
		s.ClearFaults()
		return nil
	}))
	mux.HandleFunc("POST /simulator/accounts", s.steer(func(w http.ResponseWriter, r *http.Request) error {
		var in Account
		if err := readStrict(w, r, &in); err != nil {
			return err
		}
		if _, known := bankByCode(in.BankCode); !known || !isNUBAN(in.AccountNumber) || in.AccountName == "" {
			return errors.New("account_number (ten digits), bank_code (of the list) and account_name are needed")
		}
		return s.RegisterAccount(in)
	}))
	mux.HandleFunc("POST /simulator/tamper", s.steer(s.tamperHandler))
	mux.HandleFunc("POST /simulator/webhook", s.steer(func(w http.ResponseWriter, r *http.Request) error {
		var in struct {
			URL string `json:"url"`
		}
		if err := readStrict(w, r, &in); err != nil {
			return err
		}
		if in.URL != "" && !isWebURL(in.URL) {
			return errors.New("url must be http or https, or empty to hold events back")
		}
		s.SetWebhookURL(in.URL)
		return nil
	}))
}

// steer refuses cross-site requests, runs h, and answers with the faults that now stand.
func (s *Simulator) steer(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" || foreignOrigin(r) {
			write(w, refuse(http.StatusForbidden, "cross_site", "Another site cannot steer the simulator"))
			return
		}
		if err := h(w, r); err != nil {
			write(w, refuse(http.StatusBadRequest, "invalid_params", err.Error()))
			return
		}
		write(w, answer{status: http.StatusOK, body: s.faultBodies()})
	}
}

func foreignOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

// readStrict wants JSON, and says so by content type too: a plain HTML form cannot send that.
func readStrict(w http.ResponseWriter, r *http.Request, v any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errors.New("content type must be application/json")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	return decoder.Decode(v)
}

func (s *Simulator) faultBodies() map[string]any {
	out := []faultBody{}
	for _, f := range s.Faults() {
		out = append(out, faultBody{
			Kind: f.Kind, Times: f.Times, Match: f.Match, Probability: f.Probability,
			DelayMillis: f.Delay.Milliseconds(), Copies: f.Copies,
		})
	}
	return map[string]any{"faults": out}
}

// naira formats kobo for people: "1,234.50".
func naira(k money.Kobo) string {
	whole := strconv.FormatInt(int64(k)/100, 10)
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return fmt.Sprintf("%s.%02d", b.String(), int64(k)%100)
}
