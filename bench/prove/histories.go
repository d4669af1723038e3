package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// A loan is a register that borrowers read while the system moves it and payments lower it. Every loan's history must be
// linearizable: there is one order of all moves, payments and readings in which each reading shows what was done before it,
// and which keeps to the real times. A payment begins when the borrower presses Pay and may take effect at any later time, but
// not after an answer said that it is booked.

// register is what a reading can show. Remaining counts once the loan is paid out.
type register struct {
	status    int
	remaining int64
}

// move is a step of the state machine that no payment makes.
type move struct {
	from, to int
	due      int64
}

// payment lowers what is owed.
type payment struct{ amount int64 }

// reading is what a client saw.
type reading struct{ register }

const settledEarly = 8

// loanModel is the register's behaviour; its history is of one loan.
var loanModel = porcupine.Model{
	Init: func() any { return register{status: 1} },
	Step: func(state, input, _ any) (bool, any) {
		r := state.(register)
		switch in := input.(type) {
		case move:
			if r.status != in.from {
				return false, r
			}
			r.status = in.to
			if in.to == 5 {
				r.remaining = in.due
			}
			return true, r
		case payment:
			switch r.status {
			case 5:
				if r.remaining -= min(in.amount, r.remaining); r.remaining == 0 {
					r.status = settledEarly
				}
				return true, r
			case settledEarly:
				return true, r // to the borrower's credit
			}
			return false, r
		case reading:
			same := r.status == in.status && (!owes(r.status) || r.remaining == in.remaining)
			return same, r
		}
		return false, r
	},
	DescribeOperation: func(input, _ any) string { return fmt.Sprintf("%T%+v", input, input) },
}

func owes(status int) bool { return status == 5 || status == settledEarly }

const never = math.MaxInt64

// auditHistories checks every loan that a client has looked at.
func (w *world) auditHistories(ctx context.Context, f *findings) error {
	moves, err := w.moves(ctx)
	if err != nil {
		return err
	}
	payments, err := w.payments(ctx)
	if err != nil {
		return err
	}
	for loan, glances := range w.diary.glances {
		history := append(moves[loan], payments[loan]...)
		for _, g := range glances {
			history = append(history, porcupine.Operation{ClientId: 0, Input: reading{register{g.Status, g.Remaining}}, Call: int64(g.From), Return: int64(g.To)})
		}
		w.counts.add("loan histories checked", 1)
		w.counts.add("operations in those histories", int64(len(history)))
		switch porcupine.CheckOperationsTimeout(loanModel, history, 10*time.Second) {
		case porcupine.Illegal:
			f.add(unordered, "loan %s: %s", loan, story(history))
		case porcupine.Unknown:
			w.counts.add("histories too long to check", 1)
		}
	}
	return nil
}

// moves reads what the system did to each loan.
func (w *world) moves(ctx context.Context) (map[string][]porcupine.Operation, error) {
	rows, err := w.pool.Query(ctx, `SELECT e.loan_id::text, e.from_code, e.to_code, l.due FROM loan_events e JOIN loans l ON l.id = e.loan_id
		WHERE e.from_code IS NOT NULL AND e.from_code <> e.to_code AND e.to_code NOT IN (6, 8, 22) ORDER BY e.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]porcupine.Operation{}
	for rows.Next() {
		var loan string
		var m move
		if err := rows.Scan(&loan, &m.from, &m.to, &m.due); err != nil {
			return nil, err
		}
		out[loan] = append(out[loan], porcupine.Operation{ClientId: 1, Input: m, Call: 0, Return: never})
	}
	return out, rows.Err()
}

// payments reads what the gateway took for each loan: its books, not ours, say how much.
func (w *world) payments(ctx context.Context) (map[string][]porcupine.Operation, error) {
	books, err := w.gateway.books(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := w.pool.Query(ctx, `SELECT reference, loan_id::text FROM payment_intents WHERE loan_id IS NOT NULL AND kind IN (1, 2)`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	loans := map[string]string{}
	for rows.Next() {
		var reference, loan string
		if err := rows.Scan(&reference, &loan); err != nil {
			return nil, err
		}
		loans[reference] = loan
	}
	out := map[string][]porcupine.Operation{}
	for _, c := range books.Charges {
		loan := loans[c.Reference]
		if loan == "" || (c.Status != "success" && c.Status != "reversed") {
			continue
		}
		done := int64(never)
		p := w.diary.pressed[c.Reference]
		if p.Done != 0 {
			done = int64(p.Done)
		}
		out[loan] = append(out[loan], porcupine.Operation{ClientId: 2, Input: payment{int64(c.Amount)}, Call: int64(p.From), Return: done})
	}
	return out, rows.Err()
}

// story is a history in a line.
func story(history []porcupine.Operation) string {
	text := ""
	for _, o := range history {
		end := "never"
		if o.Return != never {
			end = fmt.Sprintf("%.3f", time.Duration(o.Return).Seconds())
		}
		text += fmt.Sprintf("[%.3f-%s %T%v] ", time.Duration(o.Call).Seconds(), end, o.Input, o.Input)
	}
	return text[:min(len(text), 3000)]
}
