package creditpocket

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
)

// Client calls one server. It is safe for many goroutines, and so are its services.
type Client struct {
	server   string
	settings settings

	Auth     *AuthService
	Users    *UserService
	Banks    *BankService
	Home     *HomeService
	Dicts    *DictService
	Loans    *LoanService
	Messages *MessageService
	Support  *SupportService
	Devices  *DeviceService
	Images   *ImageService
}

// New is a client of the server at baseURL, such as "https://api.example.com".
func New(baseURL string, options ...ClientOption) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("creditpocket: the base URL must be like https://api.example.com")
	}
	return build(strings.TrimRight(baseURL, "/")+"/", defaults(), options)
}

// With is a client of the same server with further options, such as the session of one borrower. The two share connections.
func (c *Client) With(options ...ClientOption) (*Client, error) {
	return build(c.server, c.settings.with(nil), options)
}

func build(server string, s settings, options []ClientOption) (*Client, error) {
	for _, o := range options {
		o.client(&s)
	}
	if err := s.err(); err != nil {
		return nil, err
	}
	c := &Client{server: server, settings: s}
	c.Auth, c.Users, c.Banks, c.Home, c.Dicts = &AuthService{c}, &UserService{c}, &BankService{c}, &HomeService{c}, &DictService{c}
	c.Loans, c.Messages, c.Support, c.Devices, c.Images = &LoanService{c}, &MessageService{c}, &SupportService{c}, &DeviceService{c}, &ImageService{c}
	if s.login != nil {
		c.settings.tokens = NewTokenSource(c.Auth.loginWith(*s.login))
		c.settings.login = nil
	}
	return c, nil
}

func (s *settings) agent() string {
	agent := fmt.Sprintf("creditpocket-go/%s (%s; %s/%s)", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if s.userAgent != "" {
		return s.userAgent + " " + agent
	}
	return agent
}
