package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// StatusTable shows how often each operation gave each status: operations down, statuses across. A dot stands for a status
// that the operation does not declare, MISS for one that it declares and nothing produced. The cells that miss are returned.
func (d *Document) StatusTable(seen map[Cell]int) (table string, missing []Cell) {
	all := map[int]bool{}
	width := 0
	for _, op := range d.Operations {
		width = max(width, len(op.ID))
		for _, status := range op.Statuses {
			all[status] = true
		}
	}
	statuses := slices.Sorted(maps.Keys(all))
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s", width, "operation")
	for _, status := range statuses {
		fmt.Fprintf(&b, "%6d", status)
	}
	for _, op := range d.Operations {
		fmt.Fprintf(&b, "\n%-*s", width, op.ID)
		for _, status := range statuses {
			cell := Cell{op.ID, status}
			switch n := seen[cell]; {
			case !op.Declares(status):
				fmt.Fprintf(&b, "%6s", ".")
			case n == 0:
				missing = append(missing, cell)
				fmt.Fprintf(&b, "%6s", "MISS")
			default:
				fmt.Fprintf(&b, "%6d", n)
			}
		}
	}
	b.WriteByte('\n')
	return b.String(), missing
}

// ReasonTable lists for each operation the reasons of its errors with how often each was given, by status. It returns the
// reasons that the document's examples promise and nothing produced, and those that were given and no example names.
func (d *Document) ReasonTable(seen map[ReasonCell]int) (table string, missing, undeclared []ReasonCell) {
	var b strings.Builder
	for _, op := range d.Operations {
		cells := map[ReasonCell]int{}
		for reason, status := range op.Reasons {
			cells[ReasonCell{op.ID, status, reason}] = 0
		}
		for cell, n := range seen {
			if cell.Operation == op.ID {
				cells[cell] = n
			}
		}
		fmt.Fprintf(&b, "%s\n", op.ID)
		status := 0
		for _, cell := range slices.SortedFunc(maps.Keys(cells), compareReasons) {
			if cell.Status != status {
				if status != 0 {
					b.WriteByte('\n')
				}
				status = cell.Status
				fmt.Fprintf(&b, "  %d", status)
			}
			n := cells[cell]
			if op.Reasons[cell.Reason] != cell.Status {
				undeclared = append(undeclared, cell)
			}
			if n == 0 {
				missing = append(missing, cell)
			}
			fmt.Fprintf(&b, " %s:%d", cell.Reason, n)
		}
		b.WriteByte('\n')
	}
	return b.String(), missing, undeclared
}

func compareReasons(a, b ReasonCell) int {
	if a.Status != b.Status {
		return a.Status - b.Status
	}
	return strings.Compare(a.Reason, b.Reason)
}
