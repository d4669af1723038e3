package main

import (
	"sync"
	"time"
)

// What a client may be told, and what must be true in the database ever after.
type promise string

const (
	promisedBorrower promise = "borrower" // id
	promisedProfile  promise = "profile"  // id of the borrower
	promisedAccount  promise = "account"  // id
	promisedLoan     promise = "loan"     // id
	promisedPage     promise = "page"     // reference of a payment page
	promisedPaid     promise = "paid"     // reference of a charge of a card
	promisedBound    promise = "bound"    // reference of a card check
)

// acknowledged is one answer that a client was given.
type acknowledged struct {
	What     promise
	Subject  string // id or reference
	Borrower string
	Loan     string
	Amount   int64
}

// glance is one answer that showed a loan, and when it was asked and given, since the run began.
type glance struct {
	Loan      string
	Status    int
	Remaining int64
	From, To  time.Duration
}

// pressed is a payment at the gateway: the borrower pressed Pay, or asked for a charge of the card.
type pressed struct {
	Reference string
	From      time.Duration
	Done      time.Duration // when the answer said that it is booked; 0 for never
}

// diary is what the clients saw. Safe for concurrent use.
type diary struct {
	began time.Time
	mu    sync.Mutex

	acks    map[acknowledged]bool
	glances map[string][]glance // by loan
	pressed map[string]pressed  // by reference
	applied map[string]int      // how many loans a borrower has wished for
	charged map[string]int      // how many charges of the card a loan's borrower has wished for
	odd     []string            // answers that no fault explains
	forged  []string            // events with a wrong signature that were answered with 200
	ended   map[string]int      // loans seen to the end, by status
}

func newDiary() *diary {
	return &diary{began: time.Now(), acks: map[acknowledged]bool{}, glances: map[string][]glance{}, pressed: map[string]pressed{},
		applied: map[string]int{}, charged: map[string]int{}, ended: map[string]int{}}
}

func (d *diary) now() time.Duration { return time.Since(d.began) }

func (d *diary) ack(a acknowledged) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acks[a] = true
}

func (d *diary) see(g glance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.glances[g.Loan] = append(d.glances[g.Loan], g)
}

// press notes the moment before a payment; a repeat keeps the first.
func (d *diary) press(reference string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.pressed[reference]; !known {
		d.pressed[reference] = pressed{Reference: reference, From: d.now()}
	}
}

// booked notes that a charge was answered as paid.
func (d *diary) booked(reference string, asked time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, known := d.pressed[reference]
	if !known {
		p = pressed{Reference: reference, From: asked}
	}
	if p.Done == 0 {
		p.Done = d.now()
	}
	d.pressed[reference] = p
}

func (d *diary) wish(m map[string]int, who string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m[who]++
}

func (d *diary) oddity(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.odd) < 200 {
		d.odd = append(d.odd, text)
	}
}

func (d *diary) end(status string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended[status]++
}

func (d *diary) forge(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forged = append(d.forged, name)
}
