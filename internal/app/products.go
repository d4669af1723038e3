package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/productfile"
)

// mostProductFile bounds a file of products, in bytes.
const mostProductFile = 4 << 20

// readProducts reads a file of products; "-" is standard input.
func readProducts(path string) ([]lending.Product, error) {
	in := io.Reader(os.Stdin)
	if path != "-" {
		file, err := os.Open(path) // #nosec G304 -- the file that the command line names
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, mostProductFile+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > mostProductFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, mostProductFile)
	}
	products, err := productfile.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return products, nil
}

// ProductCheck says of every product of a file what it costs, whether it can be sold, and what the policy check finds. It asks no
// database. A product that cannot be sold, or breaks policy, is an error.
func ProductCheck(path string, out io.Writer) error {
	products, err := readProducts(path)
	if err != nil {
		return err
	}
	count := map[lending.Severity]int{}
	invalid := 0
	for _, p := range products {
		p = p.WithDefaults()
		fmt.Fprintf(out, "product %d %q of %s\n", p.ID, p.Name, p.Brand)
		var bad *lending.InvalidProduct
		if err := p.Validate(); errors.As(err, &bad) {
			invalid++
			for _, v := range bad.Violations {
				fmt.Fprintf(out, "  invalid  %s %s\n", backoffice.ContractName(v.Field), v.Rule)
			}
			continue
		} else if err != nil {
			return err
		}
		terms, err := p.Price()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  price    %s for %d days: service fee %s, interest %s, upfront fee %s; due %s; nominal APR %d.%02d%%\n", terms.Principal, p.TermDays,
			terms.ServiceFee, terms.Interest, terms.UpfrontFee, terms.Due, terms.APRBps()/100, terms.APRBps()%100)
		findings := lending.CheckPolicy(p)
		for _, f := range findings {
			count[f.Severity]++
			fmt.Fprintf(out, "  %-8s %s: %s\n", f.Severity, f.Rule, f.Text)
		}
		if lending.Compliant(p) {
			fmt.Fprintln(out, "  ok       breaks no policy")
		}
	}
	fmt.Fprintf(out, "RESULT product-check products=%d invalid=%d breaches=%d warnings=%d notices=%d\n", len(products), invalid, count[lending.Breach],
		count[lending.Warning], count[lending.Notice])
	if invalid > 0 || count[lending.Breach] > 0 {
		return fmt.Errorf("%d products cannot be sold, %d rules of policy are broken", invalid, count[lending.Breach])
	}
	return nil
}

// ProductImport adds the products of a file as new versions, all or none. One that breaks policy needs override, a reason that the audit
// trail keeps; without it the command says what is broken, and nothing changes.
func ProductImport(ctx context.Context, environ []string, path, override string, out io.Writer) error {
	products, err := readProducts(path)
	if err != nil {
		return err
	}
	return withStaff(ctx, environ, func(ctx context.Context, staff *backoffice.Service) error {
		versions, err := staff.ImportProducts(ctx, products, override)
		if err != nil {
			for _, line := range backoffice.Refusals(err) {
				fmt.Fprintln(out, " ", line)
			}
			return fmt.Errorf("nothing was imported: %w", err)
		}
		imported, overridden := 0, 0
		for _, v := range versions {
			what := "is unchanged"
			if v.Imported {
				imported++
				what = "is imported, sold from " + v.Product.EffectiveFrom.Format("2006-01-02T15:04:05Z")
			}
			if v.Imported && v.Override != "" {
				overridden++
				what += ", although it breaks policy; the reason is in the audit trail"
			}
			fmt.Fprintf(out, "product %d %q of %s: version %d %s\n", v.Product.ID, v.Product.Name, v.Product.Brand, v.Product.Version, what)
		}
		_, err = fmt.Fprintf(out, "RESULT product-import products=%d imported=%d overridden=%d\n", len(versions), imported, overridden)
		return err
	})
}
