package creditpocket

import (
	"context"
	"net/http"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// UserService is a borrower's profile.
type UserService struct{ c *Client }

// SaveBasic saves who the borrower is. Errors: ErrUnderage, ErrIdentityAlreadyUsed, ErrInfoLocked. Operation saveBasicInfo.
func (s *UserService) SaveBasic(ctx context.Context, r BasicInfo, options ...CallOption) (ProfileStatus, error) {
	return invoke[ProfileStatus](ctx, s.c, opSaveBasicInfo, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSaveBasicInfoRequestWithBody(server, "application/json", nil)
	}, options)
}

// Status says which parts of the profile are there. Operation getInfoStatus.
func (s *UserService) Status(ctx context.Context, options ...CallOption) (ProfileStatus, error) {
	return invoke[ProfileStatus](ctx, s.c, opGetInfoStatus, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetInfoStatusRequest(server)
	}, options)
}

// SaveContacts replaces the emergency contacts: one to five people, none of them the borrower, none twice (ErrContactInvalid).
// Operation saveEmergencyContacts.
func (s *UserService) SaveContacts(ctx context.Context, contacts []EmergencyContact, options ...CallOption) (ProfileStatus, error) {
	return invoke[ProfileStatus](ctx, s.c, opSaveEmergencyContacts, jsonBody(emergencyContacts{contacts}), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSaveEmergencyContactsRequestWithBody(server, "application/json", nil)
	}, options)
}

// SaveWork saves how the borrower earns; ErrDictValueUnknown for an income code of no dictionary. Operation saveWorkInfo.
func (s *UserService) SaveWork(ctx context.Context, r WorkInfo, options ...CallOption) (ProfileStatus, error) {
	return invoke[ProfileStatus](ctx, s.c, opSaveWorkInfo, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSaveWorkInfoRequestWithBody(server, "application/json", nil)
	}, options)
}

// SaveMore saves further facts, none of them needed for a loan. Operation saveMoreInfo.
func (s *UserService) SaveMore(ctx context.Context, r MoreInfo, options ...CallOption) (ProfileStatus, error) {
	return invoke[ProfileStatus](ctx, s.c, opSaveMoreInfo, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSaveMoreInfoRequestWithBody(server, "application/json", nil)
	}, options)
}

// Get reads everything the borrower has told. Operation getUserInfo.
func (s *UserService) Get(ctx context.Context, options ...CallOption) (User, error) {
	return invoke[User](ctx, s.c, opGetUserInfo, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetUserInfoRequest(server)
	}, options)
}

// Credit reads how much the borrower may owe. Operation getCreditInfo.
func (s *UserService) Credit(ctx context.Context, options ...CallOption) (Credit, error) {
	return invoke[Credit](ctx, s.c, opGetCreditInfo, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetCreditInfoRequest(server)
	}, options)
}

// SaveBankAccount adds an account to pay loans to. Errors: ErrProfileIncomplete, ErrBankUnknown, ErrAccountNotResolved,
// ErrAccountNameMismatch, ErrPasswordRequired, ErrAccountChangeLocked. Operation saveBankAccount.
func (s *UserService) SaveBankAccount(ctx context.Context, r NewBankAccount, options ...CallOption) (BankAccount, error) {
	return invoke[BankAccount](ctx, s.c, opSaveBankAccount, jsonBody(r), func(server string, key *string) (*http.Request, error) {
		return raw.NewSaveBankAccountRequestWithBody(server, &raw.SaveBankAccountParams{IdempotencyKey: key}, "application/json", nil)
	}, options)
}

// EnsureRecipient makes an account ready to receive money; "" is the default account. ErrCardNotFound if there is none.
// Operation ensureTransferRecipient.
func (s *UserService) EnsureRecipient(ctx context.Context, accountID string, options ...CallOption) (Recipient, error) {
	return invoke[Recipient](ctx, s.c, opEnsureTransferRecipient, jsonBody(recipientQuery{accountID}), func(server string, key *string) (*http.Request, error) {
		return raw.NewEnsureTransferRecipientRequestWithBody(server, &raw.EnsureTransferRecipientParams{IdempotencyKey: key}, "application/json", nil)
	}, options)
}

// Settings reads the borrower's settings. Operation getUserSetting.
func (s *UserService) Settings(ctx context.Context, options ...CallOption) (Settings, error) {
	return invoke[Settings](ctx, s.c, opGetUserSetting, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetUserSettingRequest(server)
	}, options)
}

// SaveSettings changes some settings and answers all. Operation saveUserSetting.
func (s *UserService) SaveSettings(ctx context.Context, r SettingsChange, options ...CallOption) (Settings, error) {
	return invoke[Settings](ctx, s.c, opSaveUserSetting, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSaveUserSettingRequestWithBody(server, "application/json", nil)
	}, options)
}

// Subscribe subscribes a device to push messages. Operation subscribeTopic.
func (s *UserService) Subscribe(ctx context.Context, r Topic, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opSubscribeTopic, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSubscribeTopicRequestWithBody(server, "application/json", nil)
	}, options)
}

// Consents lists what there is to agree to, those needed for a loan first. Operation listConsents.
func (s *UserService) Consents(ctx context.Context, options ...CallOption) ([]Consent, error) {
	list, err := invoke[listOf[Consent]](ctx, s.c, opListConsents, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListConsentsRequest(server)
	}, options)
	return list.Items, err
}

// SaveConsent records a decision; ErrConsentVersionMismatch if there is a newer text. Operation saveConsent.
func (s *UserService) SaveConsent(ctx context.Context, r ConsentDecision, options ...CallOption) (Consent, error) {
	return invoke[Consent](ctx, s.c, opSaveConsent, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSaveConsentRequestWithBody(server, "application/json", nil)
	}, options)
}
