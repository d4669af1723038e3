package specgen

// The parts of Postman's collection format v2.1 that the collection uses.

type postmanCollection struct {
	Info     postmanInfo     `json:"info"`
	Auth     *postmanAuth    `json:"auth"`
	Variable []postmanPair   `json:"variable"`
	Item     []postmanFolder `json:"item"`
}

type postmanInfo struct {
	ID          string `json:"_postman_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Version     string `json:"version"`
	Schema      string `json:"schema"`
}

type postmanFolder struct {
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Item        []postmanItem `json:"item"`
}

type postmanItem struct {
	Name     string            `json:"name"`
	Event    []postmanEvent    `json:"event,omitempty"`
	Request  postmanRequest    `json:"request"`
	Response []postmanResponse `json:"response"`
}

type postmanEvent struct {
	Listen string        `json:"listen"`
	Script postmanScript `json:"script"`
}

type postmanScript struct {
	Type string   `json:"type"`
	Exec []string `json:"exec"`
}

type postmanRequest struct {
	Method      string        `json:"method"`
	Auth        *postmanAuth  `json:"auth,omitempty"` // nil: the collection's
	Header      []postmanPair `json:"header"`
	Body        *postmanBody  `json:"body,omitempty"`
	URL         postmanURL    `json:"url"`
	Description string        `json:"description,omitempty"`
}

type postmanURL struct {
	Raw      string        `json:"raw"`
	Host     []string      `json:"host"`
	Path     []string      `json:"path"`
	Query    []postmanPair `json:"query,omitempty"`
	Variable []postmanPair `json:"variable,omitempty"`
}

type postmanAuth struct {
	Type   string        `json:"type"`
	Bearer []postmanPair `json:"bearer,omitempty"`
}

type postmanBody struct {
	Mode     string         `json:"mode"`
	Raw      string         `json:"raw,omitempty"`
	FormData []postmanPair  `json:"formdata,omitempty"`
	Options  map[string]any `json:"options,omitempty"`
}

// postmanPair is a variable, a parameter, a header or a form field.
type postmanPair struct {
	Key         string `json:"key"`
	Value       string `json:"value"`
	Type        string `json:"type,omitempty"`
	Disabled    bool   `json:"disabled,omitempty"`
	Description string `json:"description,omitempty"`
}

type postmanResponse struct {
	Name            string         `json:"name"`
	OriginalRequest postmanRequest `json:"originalRequest"`
	Status          string         `json:"status"`
	Code            int            `json:"code"`
	Language        string         `json:"_postman_previewlanguage"`
	Header          []postmanPair  `json:"header"`
	Body            string         `json:"body"`
}
