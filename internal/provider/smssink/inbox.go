package smssink

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
)

//go:embed pages
var pageFiles embed.FS

// Handler serves the inbox: GET /sms is a page (newest first, ?mobile= to see one phone), GET /sms.json the same for
// programs ({"messages": [...]}), GET /sms.css the page's style. The page reloads itself and has no script.
func (s *Sink) Handler() http.Handler {
	page := template.Must(template.ParseFS(pageFiles, "pages/inbox.html"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sms", func(w http.ResponseWriter, r *http.Request) {
		mobile := r.URL.Query().Get("mobile")
		messages, err := s.Messages(mobile)
		if err != nil {
			http.Error(w, "the inbox cannot be read", http.StatusInternalServerError)
			return
		}
		secure(w, "text/html; charset=utf-8")
		_ = page.Execute(w, map[string]any{"Mobile": mobile, "Messages": messages})
	})
	mux.HandleFunc("GET /sms.json", func(w http.ResponseWriter, r *http.Request) {
		messages, err := s.Messages(r.URL.Query().Get("mobile"))
		if err != nil {
			http.Error(w, "the inbox cannot be read", http.StatusInternalServerError)
			return
		}
		secure(w, "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(map[string]any{"messages": messages})
	})
	mux.HandleFunc("GET /sms.css", func(w http.ResponseWriter, r *http.Request) {
		secure(w, "text/css; charset=utf-8")
		http.ServeFileFS(w, r, pageFiles, "pages/inbox.css")
	})
	return mux
}

func secure(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}
