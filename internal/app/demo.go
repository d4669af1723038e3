package app

import (
	"context"
	"fmt"
	"io"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/store"
)

// The demo borrower. The password is public, so the borrower exists in development only.
const (
	demoMobile   = "7000000003"
	demoPassword = "demo-borrower-pocket"
	demoAccount  = "0000003001" // ends in 01: the simulator keeps its transfers pending for a moment
)

// seedDemo adds a borrower who is ready to apply for a loan. Run again it changes nothing.
func (a *App) seedDemo(ctx context.Context, out io.Writer) error {
	if a.Config.Mode != config.Development {
		return fmt.Errorf("the demo borrower is for development only")
	}
	brand := a.Config.DefaultBrand
	id, err := a.Access.Provision(ctx, brand, "+234"+demoMobile, demoPassword)
	if err != nil {
		return err
	}
	who := onboarding.Subject{Borrower: id, Brand: brand}
	ready, err := a.Onboarding.Status(ctx, who)
	if err != nil {
		return err
	}
	if !ready.Complete() {
		if err := a.fillDemo(ctx, who); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "Demo borrower: mobile %s, password %s.\n", demoMobile, demoPassword)
	return err
}

func (a *App) fillDemo(ctx context.Context, who onboarding.Subject) error {
	bands, err := a.Support.IncomeBands(ctx)
	if err != nil {
		return err
	}
	if len(bands) == 0 {
		return fmt.Errorf("the income dictionary is empty")
	}
	if _, err := a.Onboarding.SaveBasic(ctx, who, onboarding.Basic{FirstName: "TEST", LastName: "BORROWER", BVN: "22222222222",
		Birthday: clock.NewDate(1994, 5, 17), Gender: 2, Email: "borrower@example.com", Address: "12 Allen Avenue, Ikeja"}); err != nil {
		return err
	}
	if _, err := a.Onboarding.SaveWork(ctx, who, store.WorkInfo{EmploymentStatus: 1, IncomeCode: bands[len(bands)/2].Code, PayDay: 25,
		Company: "Lagos Textiles", Position: "Buyer"}); err != nil {
		return err
	}
	if _, err := a.Onboarding.SaveContacts(ctx, who, []store.EmergencyContact{{Name: "Ada Obi", Mobile: "+2348031234567", Relation: 2}}); err != nil {
		return err
	}
	consents, err := a.Onboarding.Consents(ctx, who)
	if err != nil {
		return err
	}
	for _, c := range consents {
		if !c.Policy.Required {
			continue
		}
		if _, err := a.Onboarding.SaveConsent(ctx, who, c.Policy.Purpose, c.Policy.Version, true); err != nil {
			return err
		}
	}
	_, err = a.Onboarding.SaveAccount(ctx, who, onboarding.NewAccount{BankCode: "058", Number: demoAccount, Default: true})
	return err
}
