package simulator

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

// cardChoices are what the checkout page offers.
var cardChoices = []struct{ Card, Says string }{
	{"4084", "Visa ending 4084: success"},
	{"5395", "Mastercard ending 5395: success"},
	{"2506", "Verve ending 2506: success"},
	{"4080", "Visa ending 4080: asks for a second factor"},
	{"4081", "Visa ending 4081: declined"},
}

// pages adds what a person sees.
func (s *Simulator) pages(mux *http.ServeMux) {
	templates := template.Must(template.New("").ParseFS(pageFiles, "pages/*.html"))
	show := func(w http.ResponseWriter, status int, name string, data any) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if err := templates.ExecuteTemplate(w, name, data); err != nil {
			s.log.Error("simulator: page", "name", name, "error", err)
		}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		show(w, http.StatusOK, "start.html", map[string]any{"Magic": magicValues, "Faults": faultKinds, "Base": s.base(r)})
	})
	mux.HandleFunc("GET /assets/simulator.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "pages/simulator.css")
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { // browsers ask for it unasked
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /checkout/{code}", func(w http.ResponseWriter, r *http.Request) {
		charge, known := s.chargeByAccessCode(r.PathValue("code"))
		switch {
		case !known:
			show(w, http.StatusNotFound, "result.html", map[string]any{"Title": "No such payment"})
		case charge.Status == "paused":
			http.Redirect(w, r, "/checkout/2fa/"+charge.AccessCode, http.StatusSeeOther)
		case charge.Status != "abandoned":
			show(w, http.StatusOK, "result.html", map[string]any{"Title": "This payment is closed", "Charge": charge})
		default:
			show(w, http.StatusOK, "checkout.html", map[string]any{"Charge": charge, "Amount": naira(charge.Amount), "Cards": cardChoices})
		}
	})
	mux.HandleFunc("GET /checkout/2fa/{code}", func(w http.ResponseWriter, r *http.Request) {
		charge, known := s.chargeByAccessCode(r.PathValue("code"))
		switch {
		case !known:
			show(w, http.StatusNotFound, "result.html", map[string]any{"Title": "No such payment"})
		case charge.Status != "paused":
			show(w, http.StatusOK, "result.html", map[string]any{"Title": "This payment is closed", "Charge": charge})
		default:
			show(w, http.StatusOK, "twofactor.html", map[string]any{"Charge": charge, "Amount": naira(charge.Amount)})
		}
	})
	act := func(from string, fate func(*http.Request, Charge) (card, fate string, problem string)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
			status, charge, problem := s.act(r, from, fate)
			switch {
			case strings.Contains(r.Header.Get("Accept"), "application/json"):
				if problem != "" {
					write(w, refuse(status, "checkout", problem))
					return
				}
				write(w, ok(charge.GatewayResponse, s.actionView(r, charge)))
			case problem != "":
				show(w, status, "result.html", map[string]any{"Title": problem})
			default:
				if to := s.onward(r, charge); to != "" {
					http.Redirect(w, r, to, http.StatusSeeOther) // #nosec G710 -- the simulator sends on to where its client asked, as gateways do
					return
				}
				show(w, http.StatusOK, "result.html", map[string]any{"Title": charge.GatewayResponse, "Charge": charge})
			}
		}
	}
	mux.HandleFunc("POST /checkout/{code}/pay", act("abandoned", func(r *http.Request, _ Charge) (string, string, string) {
		card := strings.TrimSpace(r.PostFormValue("card"))
		if !isCard(card) {
			return "", "", "Choose a card by its last four digits; a card number never belongs here"
		}
		return card, cardFate(card), ""
	}))
	mux.HandleFunc("POST /checkout/{code}/decline", act("abandoned", func(*http.Request, Charge) (string, string, string) {
		return "", "failed", ""
	}))
	mux.HandleFunc("POST /checkout/2fa/{code}/approve", act("paused", func(_ *http.Request, charge Charge) (string, string, string) {
		return charge.Card, "success", ""
	}))
	mux.HandleFunc("POST /checkout/2fa/{code}/decline", act("paused", func(_ *http.Request, charge Charge) (string, string, string) {
		return charge.Card, "failed", ""
	}))
}

// act takes the charge of a page from one status to its fate. problem is "" if it did.
func (s *Simulator) act(r *http.Request, from string, fate func(*http.Request, Charge) (string, string, string)) (status int, charge Charge, problem string) {
	status, problem = http.StatusNotFound, "No such payment"
	err := s.update(func(c *change) {
		reference, known := c.books.AccessCodes[r.PathValue("code")]
		if !known {
			return
		}
		charge = c.books.Charges[reference]
		if charge.Status != from {
			status, problem = http.StatusConflict, "This payment is closed"
			return
		}
		var card, to string
		if card, to, problem = fate(r, charge); problem != "" {
			status = http.StatusBadRequest
			return
		}
		s.settle(c, &charge, card, to)
		c.put(record{Charge: &charge})
	})
	if err != nil {
		return http.StatusInternalServerError, charge, "The books cannot be written"
	}
	return status, charge, problem
}

func (s *Simulator) chargeByAccessCode(code string) (Charge, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reference, known := s.books.AccessCodes[code]
	return s.books.Charges[reference], known
}

// onward is where the payer's browser goes after a page: the second factor, the merchant, or "" to stay.
func (s *Simulator) onward(r *http.Request, charge Charge) string {
	if charge.Status == "paused" {
		return s.twoFactorURL(r, charge)
	}
	if charge.CallbackURL == "" {
		return ""
	}
	to, err := url.Parse(charge.CallbackURL)
	if err != nil {
		return ""
	}
	query := to.Query()
	query.Set("trxref", charge.Reference)
	query.Set("reference", charge.Reference)
	to.RawQuery = query.Encode()
	return to.String()
}

func (s *Simulator) twoFactorURL(r *http.Request, charge Charge) string {
	return s.base(r) + "/checkout/2fa/" + charge.AccessCode
}

// actionView is what a program is told that pays without a browser.
func (s *Simulator) actionView(r *http.Request, charge Charge) map[string]any {
	return map[string]any{"reference": charge.Reference, "status": charge.Status, "redirect": s.onward(r, charge)}
}
