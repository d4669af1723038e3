package lending

// NubanVerdict is what the check digit of an account number says.
type NubanVerdict string

// The verdicts. Unknown is not a fault: wallets such as OPay and PalmPay do not follow the rule, nor do codes of 5 or 6 characters
// have one rule that all of them keep. The gateway's answer decides in every case.
const (
	NubanValid   NubanVerdict = "valid"
	NubanInvalid NubanVerdict = "invalid"
	NubanUnknown NubanVerdict = "unknown"
)

// CheckNuban compares the check digit of a ten-digit account number with the bank it is said to be at: weights 3, 7, 3 repeated over
// the 3-digit bank code and the 9-digit serial, check digit (10 - sum mod 10) mod 10. It is a hint for typing errors, never a refusal.
func CheckNuban(bankCode, account string) NubanVerdict {
	if len(account) != 10 || !digits(account) {
		return NubanInvalid
	}
	if len(bankCode) != 3 || !digits(bankCode) {
		return NubanUnknown
	}
	sum, weights := 0, [3]int{3, 7, 3}
	for i, c := range []byte(bankCode + account[:9]) {
		sum += int(c-'0') * weights[i%3]
	}
	if int(account[9]-'0') == (10-sum%10)%10 {
		return NubanValid
	}
	return NubanInvalid
}

// ValidBVN says whether s has the form of a bank verification number: 11 digits. There is no public check digit.
func ValidBVN(s string) bool { return len(s) == 11 && digits(s) }

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
