package server

import (
	"bytes"
	"encoding/json"
	"log/slog"

	"github.com/creditpocket/creditpocket/internal/contractplan"
	"github.com/getkin/kin-openapi/openapi3"
)

// jsonBody is a JSON body of the contract.
type jsonBody struct {
	schema *openapi3.Schema
	plan   *contractplan.Schema // nil: kin-openapi checks it
}

// compileOperations gives the bodies and parameters of all operations their plans, and says in the log which bodies have none.
func compileOperations(doc *openapi3.T, ops map[string]*operation, log *slog.Logger) {
	plan, gaps := contractplan.Compile(doc, contractplan.Formats())
	bodies := 0
	for _, op := range ops {
		for i := range op.parameters {
			op.parameters[i].plan = plan.Parameter(op.parameters[i].Parameter)
		}
		if op.body != nil {
			bodies++
			op.body.plan = plan.Request(op.body.schema)
		}
		for _, a := range op.answers {
			for _, body := range a.types {
				if body != nil {
					bodies++
					body.plan = plan.Response(body.schema)
				}
			}
		}
	}
	log.Info("JSON bodies are checked by the compiled contract", "bodies", bodies, "byKinOpenAPI", len(gaps))
	for _, gap := range gaps {
		log.Warn("a JSON body is checked by kin-openapi: it could not be compiled", "body", gap.String())
	}
}

// checkByKin holds a body to its schema without a plan.
func checkByKin(schema *openapi3.Schema, raw []byte, options []openapi3.SchemaValidationOption) *contractplan.Violation {
	if p := checkJSON(raw, false); p != nil {
		return &contractplan.Violation{Text: true, Problems: contractplan.Problems{{Place: contractplan.Fit(p.place), Rule: p.rule}}}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return &contractplan.Violation{Text: true, Problems: contractplan.Problems{{Rule: contractplan.RuleJSON}}}
	}
	if err := schema.VisitJSON(value, options...); err != nil {
		var bad contractplan.Violation
		bad.Problems.AddFrom(err, "")
		return &bad
	}
	return nil
}
