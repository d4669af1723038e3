package wire

import (
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// Login reads LoginInfo for a brand. It returns VALIDATION_FAILED.
func Login(brand string, in api.LoginInfo) (access.Login, error) {
	mobile, err := ParseMobile("mobile", in.Mobile)
	if err != nil {
		return access.Login{}, err
	}
	device, err := sessionDevice(in.DeviceID, in.ApplyTerminal)
	if err != nil {
		return access.Login{}, err
	}
	if (in.Password == nil) == (in.Code == nil) {
		const rule = "send exactly one of password and code"
		return access.Login{}, fault.Invalid("password", rule).WithField("code", rule)
	}
	return access.Login{Brand: brand, Mobile: mobile, Password: access.Secret(Text(in.Password)), Code: access.Secret(Text(in.Code)), Device: device}, nil
}

// Registration reads RegisterInfo for a brand. It returns VALIDATION_FAILED.
func Registration(brand string, in api.RegisterInfo, key *string) (access.Registration, error) {
	mobile, err := ParseMobile("mobile", in.Mobile)
	if err != nil {
		return access.Registration{}, err
	}
	device, err := sessionDevice(in.DeviceID, in.ApplyTerminal)
	if err != nil {
		return access.Registration{}, err
	}
	invite, err := CleanText("inviteCode", Text(in.InviteCode))
	if err != nil {
		return access.Registration{}, err
	}
	return access.Registration{Brand: brand, Mobile: mobile, Code: access.Secret(in.Code), Password: access.Secret(in.Password),
		Device: device, InviteCode: invite, Key: Text(key)}, nil
}

func sessionDevice(id *string, terminal *int32) (access.Device, error) {
	name, err := CleanText("deviceId", Text(id))
	return access.Device{ID: name, Terminal: Int(terminal)}, err
}

// UserVo shows a session that was just opened. It is the only place where a session token leaves the program.
func UserVo(o access.Opened) api.UserVo {
	return api.UserVo{
		UID:             ID(o.Borrower),
		Mobile:          Mobile(o.Mobile),
		Token:           o.Token.Reveal(),
		TokenExpireTime: Time(o.Ends),
		AppCode:         o.Brand,
		FirstName:       o.Face.FirstName,
		MiddleName:      o.Face.MiddleName,
		LastName:        o.Face.LastName,
		HeadImgCode:     o.Face.HeadImage,
		IsNew:           Flag(!o.Face.HadPayout),
		IsPasswordSet:   Flag(o.HasPassword),
	}
}

// LoginState shows whether a session of the borrower is alive.
func LoginState(borrower int64, s access.State) api.LoginState {
	if !s.Alive {
		return api.LoginState{}
	}
	return api.LoginState{Login: 1, UID: ID(borrower), TokenExpireTime: Time(s.Ends)}
}

// CodeSent shows how a code that was sent behaves.
func CodeSent(c access.CodeSent) api.CodeSent {
	return api.CodeSent{
		CodeLength:    Int32(c.Digits),
		ExpireSeconds: Int32(int(c.Life / time.Second)),
		ResendSeconds: Int32(int(c.Resend / time.Second)),
	}
}
