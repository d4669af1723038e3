// Code generated from openapi.json for the comparison with huma. DO NOT EDIT.

package main

type WorkInfo struct {
	CompanyAddress   string `json:"companyAddress,omitempty" maxLength:"200"`
	CompanyName      string `json:"companyName,omitempty" maxLength:"100"`
	CompanyPhone     string `json:"companyPhone,omitempty" maxLength:"20" pattern:"^[+0-9 -]{0,20}$"`
	EmploymentStatus int32  `json:"employmentStatus" minimum:"1" maximum:"6"`
	IncomeCode       string `json:"incomeCode" maxLength:"8" minLength:"1" pattern:"^[0-9A-Z_]{1,8}$"`
	PayDay           int32  `json:"payDay,omitempty" minimum:"1" maximum:"31"`
	Position         string `json:"position,omitempty" maxLength:"60"`
}

type InfoStatus struct {
	BankStatus    int32  `json:"bankStatus" minimum:"0" maximum:"1"`
	BasicStatus   int32  `json:"basicStatus" minimum:"0" maximum:"1"`
	CardStatus    int32  `json:"cardStatus" minimum:"0" maximum:"1"`
	Complete      int32  `json:"complete" minimum:"0" maximum:"1"`
	ConsentStatus int32  `json:"consentStatus" minimum:"0" maximum:"1"`
	ContactStatus int32  `json:"contactStatus" minimum:"0" maximum:"1"`
	MoreStatus    int32  `json:"moreStatus" minimum:"0" maximum:"1"`
	NextStep      string `json:"nextStep" enum:"BASIC,WORK,CONTACT,BANK,CONSENT,READY"`
	WorkStatus    int32  `json:"workStatus" minimum:"0" maximum:"1"`
}

type InfoStatusResponse struct {
	Code    int32      `json:"code" minimum:"1" maximum:"1"`
	Data    InfoStatus `json:"data"`
	Message string     `json:"message" maxLength:"200"`
	Token   string     `json:"token" maxLength:"13" pattern:"^[0-9]{13}$"`
}

type LoanVo struct {
	ActualBalance        string `json:"actualBalance" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	ActualbackAmt        string `json:"actualbackAmt" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	AppCode              string `json:"appCode" maxLength:"32" pattern:"^[A-Za-z0-9]{2,32}$"`
	ApplyCity            string `json:"applyCity" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	ApplyTerminal        int32  `json:"applyTerminal" minimum:"1" maximum:"3"`
	ArriveTime           string `json:"arriveTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
	AuditRiskDetail      string `json:"auditRiskDetail" maxLength:"500"`
	AuditRiskReson       string `json:"auditRiskReson" maxLength:"500"`
	AuditRiskStatus      int32  `json:"auditRiskStatus" minimum:"-1" maximum:"2"`
	AuditRiskTime        string `json:"auditRiskTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
	AuditUserId          string `json:"auditUserId" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	AuditUserReson       string `json:"auditUserReson" maxLength:"500"`
	AuditUserTime        string `json:"auditUserTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
	Balance              string `json:"balance" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	BankAccNo            string `json:"bankAccNo" maxLength:"10" pattern:"^([0-9]{10})?$"`
	BankCardNo           string `json:"bankCardNo" maxLength:"19" pattern:"^([0-9]{13,19}|[0-9]{6}\\*{3,9}[0-9]{4})?$"`
	BankName             string `json:"bankName" maxLength:"100"`
	BankNo               string `json:"bankNo" maxLength:"6" pattern:"^([0-9A-Z]{3,6})?$"`
	BankaccName          string `json:"bankaccName" maxLength:"140"`
	CouponCount          string `json:"couponCount" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	CouponIds            string `json:"couponIds" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	CouponsFee           int32  `json:"couponsFee" minimum:"0" maximum:"2147483647"`
	CreatedTime          string `json:"createdTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
	Cycle                int32  `json:"cycle" minimum:"1" maximum:"3650"`
	DentityCard          string `json:"dentityCard" maxLength:"11" pattern:"^([0-9]{11}|[0-9]{3}\\*{4}[0-9]{4})?$"`
	ExtensionStatus      int32  `json:"extensionStatus" minimum:"0" maximum:"1000"`
	Fee                  int32  `json:"fee" minimum:"0" maximum:"2147483647"`
	FeeGetway            int32  `json:"feeGetway" minimum:"0" maximum:"2147483647"`
	FeePercent           int32  `json:"feePercent" minimum:"0" maximum:"2147483647"`
	FeeType              int32  `json:"feeType" minimum:"0" maximum:"2147483647"`
	FirstName            string `json:"firstName" maxLength:"64"`
	HeadImgCode          string `json:"headImgCode" maxLength:"36" pattern:"^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$"`
	Id                   string `json:"id" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	IndentNo             string `json:"indentNo" maxLength:"16" pattern:"^[A-Z]{2,4}[0-9]{12}$"`
	InitialrepaymentTime string `json:"initialrepaymentTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
	LastName             string `json:"lastName" maxLength:"64"`
	LastbackTime         string `json:"lastbackTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
	Limits               string `json:"limits" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	LoanCount            int32  `json:"loanCount" minimum:"0" maximum:"1000000"`
	LoanReason           int32  `json:"loanReason" minimum:"0" maximum:"2147483647"`
	MiddleName           string `json:"middleName" maxLength:"64"`
	Mobile               string `json:"mobile" maxLength:"10" pattern:"^[0-9]{10}$"`
	OverDays             string `json:"overDays" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	OverdueFee           string `json:"overdueFee" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	OverduePercent       int32  `json:"overduePercent" minimum:"0" maximum:"2147483647"`
	PayUserId            string `json:"payUserId" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	ProductId            string `json:"productId" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	Profit               string `json:"profit" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	ReduceAmt            string `json:"reduceAmt" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	RemainingAmount      string `json:"remainingAmount" maxLength:"19" pattern:"^[0-9]{0,19}$"`
	ServiceFee           int32  `json:"serviceFee" minimum:"0" maximum:"2147483647"`
	ShouldbackFee        string `json:"shouldbackFee" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	ShouldbackTime       string `json:"shouldbackTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
	Status               int32  `json:"status" minimum:"1" maximum:"99"`
	SuffixFee            int32  `json:"suffixFee" minimum:"0" maximum:"2147483647"`
	TradeMode            int32  `json:"tradeMode" minimum:"0" maximum:"2147483647"`
	Uid                  string `json:"uid" maxLength:"19" pattern:"^[0-9]{1,19}$"`
	UpdatedTime          string `json:"updatedTime" maxLength:"19" pattern:"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"`
}

type LoanPage struct {
	List  []LoanVo `json:"list" maxItems:"100"`
	Res   string   `json:"res" maxLength:"0" pattern:"^$"`
	Total string   `json:"total" maxLength:"19" pattern:"^[0-9]{1,19}$"`
}

type LoanPageResponse struct {
	Code    int32    `json:"code" minimum:"1" maximum:"1"`
	Data    LoanPage `json:"data"`
	Message string   `json:"message" maxLength:"200"`
	Token   string   `json:"token" maxLength:"13" pattern:"^[0-9]{13}$"`
}
