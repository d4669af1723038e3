package specgen

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	journeysFile = "journeys.yaml"
	arazzoFile   = "openapi/dist/creditpocket.arazzo.yaml"
)

// journeySource is openapi/journeys.yaml.
type journeySource struct {
	Info      yaml.Node
	Inputs    yaml.Node
	Workflows []struct {
		ID, Summary, Then string
		Inputs, After     []string
		Steps             []journeyStep
		Outputs           yaml.Node
	}
}

// journeyStep is one call.
type journeyStep struct {
	ID, Operation        string
	With, Query, Headers yaml.Node
	Expect               yaml.Node
	Outputs              yaml.Node
	Wait                 *struct{ Field, Value string }
	Refused              *struct{ Status, Reason string }
}

// addArazzo adds the journeys in the form of Arazzo 1.0. A step that names what the document has not is an error.
func (f Files) addArazzo(dir string, document *yaml.Node) error {
	n, err := loadYAML(dir, journeysFile)
	if err != nil {
		return err
	}
	var source journeySource
	if err := n.Decode(&source); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, journeysFile), err)
	}
	info := clone(&source.Info)
	set(info, "version", clone(lookup(lookup(document, "info"), "version")))
	out := object("arazzo", text("1.0.1"), "info", info, "sourceDescriptions", list(
		object("name", text("creditpocket"), "url", text("./creditpocket-mobile.yaml"), "type", text("openapi"))))
	workflows := list()
	a := arazzo{postman: postman{document}, operations: map[string]*yaml.Node{}}
	eachOperation(document, func(op *yaml.Node) { a.operations[lookup(op, "operationId").Value] = op })
	for _, w := range source.Workflows {
		description := w.Summary + "."
		if w.Then != "" {
			description += " Then: " + strings.ToLower(w.Then[:1]) + w.Then[1:]
		}
		made := object("workflowId", text(w.ID), "summary", text(w.Summary), "description", text(description))
		properties := mapping()
		required := list()
		hasToken := false
		for _, name := range w.Inputs {
			input := lookup(&source.Inputs, name)
			if input == nil {
				return fmt.Errorf("%s: %s: there is no input %q", journeysFile, w.ID, name)
			}
			set(properties, name, clone(input))
			required.Content = append(required.Content, text(name))
			hasToken = hasToken || name == "token"
		}
		set(made, "inputs", object("type", text("object"), "required", required, "properties", properties))
		if len(w.After) > 0 {
			after := list()
			for _, id := range w.After {
				after.Content = append(after.Content, text(id))
			}
			set(made, "dependsOn", after)
		}
		steps := list()
		known := map[string]bool{}
		for _, name := range w.Inputs {
			known["$inputs."+name] = true
		}
		for _, s := range w.Steps {
			step, err := a.step(s, hasToken)
			if err == nil {
				err = uses(step, known)
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %s: %w", journeysFile, w.ID, s.ID, err)
			}
			_ = pairs(&s.Outputs, func(key, _ *yaml.Node) error {
				known["$steps."+s.ID+".outputs."+key.Value] = true
				return nil
			})
			steps.Content = append(steps.Content, step)
		}
		if err := uses(&w.Outputs, known); err != nil {
			return fmt.Errorf("%s: %s: %w", journeysFile, w.ID, err)
		}
		set(made, "steps", steps)
		if w.Outputs.Kind == yaml.MappingNode {
			set(made, "outputs", clone(&w.Outputs))
		}
		workflows.Content = append(workflows.Content, made)
	}
	set(out, "workflows", workflows)
	f[arazzoFile], err = EncodeYAML(plainStyle(out))
	return err
}

// arazzo writes steps.
type arazzo struct {
	postman
	operations map[string]*yaml.Node
}

func (a arazzo) step(s journeyStep, hasToken bool) (*yaml.Node, error) {
	op := a.operations[s.Operation]
	if op == nil {
		return nil, fmt.Errorf("there is no operation %q", s.Operation)
	}
	made := object("stepId", text(s.ID), "description", text(lookup(op, "summary").Value+"."), "operationId", text(s.Operation))
	parameters := list()
	if hasToken && a.takesSession(op) {
		parameters.Content = append(parameters.Content, object("name", text("Authorization"), "in", text("header"), "value", text("Bearer {$inputs.token}")))
	}
	for _, place := range []struct {
		in    string
		named *yaml.Node
	}{{"query", &s.Query}, {"header", &s.Headers}} {
		in := place.in
		if err := pairs(place.named, func(key, value *yaml.Node) error {
			if !a.declares(op, key.Value, in) {
				return fmt.Errorf("the operation has no %s parameter %q", in, key.Value)
			}
			parameters.Content = append(parameters.Content, object("name", text(key.Value), "in", text(in), "value", clone(value)))
			return nil
		}); err != nil {
			return nil, err
		}
	}
	if len(parameters.Content) > 0 {
		set(made, "parameters", parameters)
	}
	if body := a.follow(lookup(op, "requestBody")); body != nil {
		kind, media := lookup(body, "content").Content[0], lookup(body, "content").Content[1]
		payload, err := a.payload(media, &s.With)
		if err != nil {
			return nil, err
		}
		set(made, "requestBody", object("contentType", text(kind.Value), "payload", payload))
	}
	return made, a.outcome(made, op, s)
}

func (a arazzo) takesSession(op *yaml.Node) bool {
	security := lookup(op, "security")
	if security == nil {
		return true
	}
	for _, alternative := range security.Content {
		if lookup(alternative, "session") != nil {
			return true
		}
	}
	return false
}

func (a arazzo) declares(op *yaml.Node, name, in string) bool {
	parameters := lookup(op, "parameters")
	if parameters == nil {
		return false
	}
	for _, p := range parameters.Content {
		p = a.follow(p)
		if lookup(p, "name").Value == name && lookup(p, "in").Value == in {
			return true
		}
	}
	return false
}

// payload is the first example of a body with the step's own values over it; null takes a field away.
func (a arazzo) payload(media, over *yaml.Node) (*yaml.Node, error) {
	example := a.firstExample(media)
	if example == nil {
		return nil, fmt.Errorf("the body has no example")
	}
	payload := clone(example)
	properties := lookup(a.follow(lookup(media, "schema")), "properties")
	err := pairs(over, func(key, value *yaml.Node) error {
		switch {
		case lookup(properties, key.Value) == nil:
			return fmt.Errorf("the body has no field %q", key.Value)
		case value.Tag == "!!null":
			remove(payload, func(name string, _ *yaml.Node) bool { return name == key.Value })
		default:
			set(payload, key.Value, clone(value))
		}
		return nil
	})
	return payload, err
}

// outcome adds what a step must see, what it keeps, and how often it is repeated.
func (a arazzo) outcome(made, op *yaml.Node, s journeyStep) error {
	status := "200"
	criteria := list()
	criterion := func(condition string) {
		criteria.Content = append(criteria.Content, object("condition", text(condition)))
	}
	if s.Refused != nil {
		status = s.Refused.Status
	}
	response := a.follow(lookup(lookup(op, "responses"), status))
	if response == nil {
		return fmt.Errorf("the operation never answers %s", status)
	}
	schema := a.follow(lookup(lookup(lookup(response, "content"), "application/json"), "schema"))
	data := lookup(lookup(schema, "properties"), "data")
	field := func(path string) error { return a.has(data, path) }
	criterion("$statusCode == " + status)
	if s.Refused != nil {
		if err := field("reason"); err != nil {
			return err
		}
		if lookup(a.examplesOf(response), s.Refused.Reason) == nil {
			return fmt.Errorf("the operation never refuses with %q", s.Refused.Reason)
		}
		criterion("$response.body#/data/reason == '" + s.Refused.Reason + "'")
	} else {
		criterion("$response.body#/code == 1")
	}
	err := pairs(&s.Expect, func(key, value *yaml.Node) error {
		criterion("$response.body#/data/" + key.Value + " == " + value.Value)
		return field(key.Value)
	})
	if err != nil {
		return err
	}
	if s.Wait != nil {
		if err := field(s.Wait.Field); err != nil {
			return err
		}
		criterion("$response.body#/data/" + s.Wait.Field + " == " + s.Wait.Value)
	}
	set(made, "successCriteria", criteria)
	if s.Wait != nil { // not there yet is no failure of the journey
		set(made, "onFailure", list(object("name", text("notYet"), "type", text("retry"), "retryAfter", number(1), "retryLimit", number(60),
			"criteria", list(object("condition", text("$statusCode == 200"))))))
	}
	outputs := mapping()
	err = pairs(&s.Outputs, func(key, value *yaml.Node) error {
		set(outputs, key.Value, text("$response.body#/data/"+value.Value))
		return field(value.Value)
	})
	if len(outputs.Content) > 0 {
		set(made, "outputs", outputs)
	}
	return err
}

// examplesOf are the examples of an answer, which for a refusal are named by their reasons.
func (a arazzo) examplesOf(response *yaml.Node) *yaml.Node {
	return lookup(lookup(lookup(response, "content"), "application/json"), "examples")
}

// has tells whether a schema has the field at a pointer; a number is a place in a list.
func (a arazzo) has(schema *yaml.Node, path string) error {
	for _, part := range strings.Split(path, "/") {
		schema = a.follow(schema)
		if _, err := strconv.Atoi(part); err == nil && lookup(schema, "items") != nil {
			schema = lookup(schema, "items")
		} else {
			schema = lookup(lookup(schema, "properties"), part)
		}
		if schema == nil {
			return fmt.Errorf("the answer has no field data/%s", path)
		}
	}
	return nil
}

var expression = regexp.MustCompile(`\$(inputs|steps)\.[A-Za-z0-9_.]+`)

// uses refuses an expression that no input and no earlier step gives.
func uses(n *yaml.Node, known map[string]bool) error {
	for _, e := range expression.FindAllString(n.Value, -1) {
		if !known[e] {
			return fmt.Errorf("nothing before gives %s", e)
		}
	}
	for _, child := range n.Content {
		if err := uses(child, known); err != nil {
			return err
		}
	}
	return nil
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

func number(n int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(n)}
}

// object is a mapping of keys (strings) and nodes in turn.
func object(keysAndValues ...any) *yaml.Node {
	n := mapping()
	for i := 0; i < len(keysAndValues); i += 2 {
		set(n, keysAndValues[i].(string), keysAndValues[i+1].(*yaml.Node))
	}
	return n
}

// plainStyle prints every mapping and list in block style, however its source was typed.
func plainStyle(n *yaml.Node) *yaml.Node {
	n.Style &^= yaml.FlowStyle
	if n.Kind == yaml.ScalarNode {
		n.Style &^= yaml.FoldedStyle | yaml.LiteralStyle
	}
	for _, child := range n.Content {
		plainStyle(child)
	}
	return n
}
