package testkit

import (
	"encoding/json"
	"fmt"
)

// Essence is an answer without what belongs to the one HTTP exchange: the envelope's moment and the request's id.
func Essence(status int, body []byte) string {
	var envelope map[string]any
	if json.Unmarshal(body, &envelope) != nil {
		return string(body)
	}
	delete(envelope, "token")
	if problem, ok := envelope["data"].(map[string]any); ok {
		delete(problem, "requestId")
	}
	raw, _ := json.Marshal(envelope)
	return fmt.Sprintf("%d %s", status, raw)
}
