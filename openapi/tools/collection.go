package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
)

// postmanCollection reads the generated collection.
func (c *checkout) postmanCollection() (object, error) {
	raw, err := os.ReadFile(c.dist("creditpocket.postman_collection.json"))
	if err != nil {
		return nil, err
	}
	var book object
	return book, json.Unmarshal(raw, &book)
}

// entry is a request of a collection.
type entry struct {
	folder, operation string
	item              object
}

var describes = regexp.MustCompile("^`([A-Za-z]+)`")

// entries are the requests in their order. The description of each begins with its operation.
func entries(book object) (all []entry) {
	for _, folder := range book["item"].([]any) {
		folder := folder.(object)
		for _, item := range folder["item"].([]any) {
			item := item.(object)
			said, _ := at(item, "request")["description"].(string)
			e := entry{folder: folder["name"].(string), item: item}
			if m := describes.FindStringSubmatch(said); m != nil {
				e.operation = m[1]
			}
			all = append(all, e)
		}
	}
	return all
}

// answersOf are the answers saved with a request.
func answersOf(item object) (all []object) {
	saved, _ := item["response"].([]any)
	for _, answer := range saved {
		all = append(all, answer.(object))
	}
	return all
}

// pick is a collection of the requests of some operations, in the order given.
func pick(book object, operations ...string) (object, error) {
	picked := copied(book)
	var items []any
	for _, operation := range operations {
		found := false
		for _, e := range entries(book) {
			if e.operation == operation {
				items, found = append(items, copied(e.item)), true
			}
		}
		if !found {
			return nil, fmt.Errorf("the collection has no request of %s", operation)
		}
	}
	picked["item"] = []any{object{"name": "picked", "item": items}}
	return picked, nil
}

// typeIn changes properties of a JSON body, as a person at the screen would.
func (e entry) typeIn(values object) error {
	body := at(e.item, "request", "body")
	var sent object
	raw, _ := body["raw"].(string)
	if err := json.Unmarshal([]byte(raw), &sent); err != nil {
		return fmt.Errorf("%s has no JSON body: %w", e.operation, err)
	}
	for key, value := range values {
		sent[key] = value
	}
	changed, err := json.Marshal(sent)
	body["raw"] = string(changed)
	return err
}

// setScript puts a line in the place of what a request does with its answer.
func setScript(item object, line string) {
	item["event"] = []any{object{"listen": "test", "script": object{"type": "text/javascript", "exec": []any{line}}}}
}

// copied is a deep copy.
func copied(tree object) object {
	raw, err := json.Marshal(tree)
	if err != nil {
		panic(err) // it came from JSON
	}
	var made object
	if err := json.Unmarshal(raw, &made); err != nil {
		panic(err)
	}
	return made
}
