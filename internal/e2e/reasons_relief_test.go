package e2e

// reliefReasons are those of payoffs, extensions, coupons and papers.
func (p *producers) reliefReasons() {
	c := p.cast
	const none = "7000000000000000001"
	id := func(value string) map[string]string { return map[string]string{"id": value, "date": ""} }
	for _, operation := range []string{"getExtension", "getStatement", "getStatementPdf", "getClearance", "getClearancePdf"} {
		p.want(c.active.get(operation, map[string]string{"id": none}), notFound, "LOAN_NOT_FOUND")
	}
	p.want(c.active.get("getPayoff", id(none)), notFound, "LOAN_NOT_FOUND")
	p.want(c.settled.get("getPayoff", id(c.settled.loan)), conflict, "LOAN_NOT_OWING")
	p.want(c.active.get("getClearance", map[string]string{"id": c.active.loan}), conflict, "LOAN_NOT_SETTLED")
	p.want(c.active.get("getClearancePdf", map[string]string{"id": c.active.loan}), conflict, "LOAN_NOT_SETTLED")
	p.want(call{Request: p.request("verifyDocument")}, notFound, "DOCUMENT_NOT_FOUND")
	p.want(p.register().profile().account("61").applyCall("301", map[string]string{"couponId": none}), refused, "COUPON_NOT_USABLE")

	p.want(c.settled.call("extendLoan", map[string]any{"id": c.settled.loan}), conflict, "LOAN_NOT_OWING")
	p.want(c.active.call("extendLoan", map[string]any{"id": none}), notFound, "LOAN_NOT_FOUND")
	p.want(c.active.call("extendLoan", map[string]any{"id": c.active.loan}), refused, "EXTENSION_NOT_ALLOWED") // its fee is not paid
	free := p.register().profile().account("62").apply(5).freeExtension()
	key := newKey()
	extend := free.call("extendLoan", map[string]any{"id": free.loan}).key(key)
	p.ok(extend)
	if a := p.ok(extend); a.Header.Get("Idempotency-Replayed") != "true" {
		p.Errorf("extendLoan: the repeat does not say that it is one")
	}
	p.want(free.call("extendLoan", map[string]any{"id": nil}).key(key), conflict, "IDEMPOTENCY_KEY_REUSED")
	p.unfinish(key)
	p.want(extend, conflict, "OPERATION_IN_PROGRESS")

	asking := p.register().profile().account("63").apply(5)
	p.gatewayDown()
	defer p.app.Simulator.ClearFaults()
	p.want(asking.get("getExtension", map[string]string{"id": asking.loan}), away, "GATEWAY_UNAVAILABLE")
}
