package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/store"
)

// What must never be readable in the database.
var secrets = []string{"22212345678", "Adaeze", "Onyekachi", "adaeze@example.com", "Allen Avenue", "1994-05-17", "Ikeja Textiles", "Chidiebere",
	"8031234567", "0123456789", "AUTH_secret", "SIG_secret", "408408*", "fcm-secret"} // none that hexadecimal digits could form by chance

func TestNothingPersonalIsReadableAtRest(t *testing.T) {
	st := seeded(t)
	who := borrower(t, st, "+2347000000003")
	profile := store.Profile{BorrowerID: who, Brand: brand, FirstName: "Adaeze", LastName: "Onyekachi", BVN: "22212345678",
		Birthday: clock.NewDate(1994, 5, 17), Gender: 2, Email: "adaeze@example.com", Address: "12 Allen Avenue"}
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		for _, err := range []error{
			tx.SaveProfile(ctx, profile),
			tx.SaveWorkInfo(ctx, store.WorkInfo{BorrowerID: who, EmploymentStatus: 1, IncomeCode: "3", Company: "Ikeja Textiles", Address: "4 Allen Avenue", Phone: "0123456789"}),
			tx.SaveMoreInfo(ctx, store.MoreInfo{BorrowerID: who, ResidenceAddress: "12 Allen Avenue"}),
			tx.ReplaceEmergencyContacts(ctx, who, brand, []store.EmergencyContact{{Name: "Chidiebere", Mobile: "+2348031234567", Relation: 2}}),
		} {
			if err != nil {
				return err
			}
		}
		if _, err := tx.SavePushTopic(ctx, who, store.PushTopic{Topic: "reminders", Platform: 1, Token: "fcm-secret"}); err != nil {
			return err
		}
		account, err := tx.AddBankAccount(ctx, brand, store.BankAccount{BorrowerID: who, BankCode: "058", BankName: "GT Bank", AccountNo: "0123456789", AccountName: "ADAEZE"})
		if err != nil {
			return err
		}
		_, err = tx.BindCard(ctx, brand, store.Card{BorrowerID: who, BankAccountID: account, AuthorizationCode: "AUTH_secret", Email: "adaeze@example.com",
			Signature: "SIG_secret", CardFace: store.CardFace{Masked: "408408******4081", Type: "visa"}})
		return err
	})
	for _, table := range []string{"profiles", "work_infos", "more_infos", "emergency_contacts", "push_topics", "bank_accounts", "cards"} {
		rows := st.Dump(t, table)
		if len(rows) != 1 {
			t.Fatalf("%s has %d rows", table, len(rows))
		}
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(rows[0]), strings.ToLower(secret)) {
				t.Errorf("%s shows %q: %s", table, secret, rows[0])
			}
		}
	}
	got, err := st.Profile(t.Context(), who)
	profile.UpdatedAt = got.UpdatedAt
	if err != nil || got != profile {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAccountBorrowersCountsPeople(t *testing.T) {
	st := seeded(t)
	first, second, third := borrower(t, st, "+2347000000003"), borrower(t, st, "+2347000000004"), borrower(t, st, "+2347000000005")
	account := accountFor(t, st, first, "0000003019")
	accountFor(t, st, second, "0000003019")
	accountFor(t, st, third, "0000003026")
	if n, err := st.AccountBorrowers(t.Context(), account); err != nil || n != 2 {
		t.Errorf("%d, %v; want 2", n, err)
	}
}
