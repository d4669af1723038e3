package specgen

import "strings"

// kind is the sort of OpenAPI object that stands at a place of the document. It decides which section of components a
// reference found there belongs to, and where further references may stand: a $ref inside an example is data, not a
// reference.
type kind int

const (
	kindNone kind = iota
	kindDocument
	kindComponents
	kindPathItem
	kindOperation
	kindParameter
	kindRequestBody
	kindResponse
	kindHeader
	kindMediaType
	kindEncoding
	kindSchema
	kindExample
	kindLink
	kindCallback
	kindSecurityScheme
)

// many says whether a key holds one object, a map of them or a list of them.
type many int

const (
	one many = iota
	mapOf
	listOf
)

type child struct {
	kind kind
	many many
}

// sections names the section of components each kind of reusable object lives in, in the order the bundle prints them.
var sections = []struct {
	kind kind
	name string
}{
	{kindSecurityScheme, "securitySchemes"},
	{kindParameter, "parameters"},
	{kindHeader, "headers"},
	{kindRequestBody, "requestBodies"},
	{kindResponse, "responses"},
	{kindExample, "examples"},
	{kindLink, "links"},
	{kindCallback, "callbacks"},
	{kindSchema, "schemas"},
}

func sectionOf(k kind) string {
	for _, s := range sections {
		if s.kind == k {
			return s.name
		}
	}
	return ""
}

// shape is OpenAPI 3.0's grammar as far as references are concerned.
var shape = map[kind]map[string]child{
	kindDocument: {"paths": {kindPathItem, mapOf}, "components": {kindComponents, one}},
	kindComponents: {
		"securitySchemes": {kindSecurityScheme, mapOf},
		"parameters":      {kindParameter, mapOf},
		"headers":         {kindHeader, mapOf},
		"requestBodies":   {kindRequestBody, mapOf},
		"responses":       {kindResponse, mapOf},
		"examples":        {kindExample, mapOf},
		"links":           {kindLink, mapOf},
		"callbacks":       {kindCallback, mapOf},
		"schemas":         {kindSchema, mapOf},
	},
	kindPathItem: {
		"parameters": {kindParameter, listOf},
		"get":        {kindOperation, one}, "put": {kindOperation, one}, "post": {kindOperation, one},
		"delete": {kindOperation, one}, "options": {kindOperation, one}, "head": {kindOperation, one},
		"patch": {kindOperation, one}, "trace": {kindOperation, one},
	},
	kindOperation: {
		"parameters":  {kindParameter, listOf},
		"requestBody": {kindRequestBody, one},
		"responses":   {kindResponse, mapOf},
		"callbacks":   {kindCallback, mapOf},
	},
	kindParameter: {
		"schema": {kindSchema, one}, "examples": {kindExample, mapOf}, "content": {kindMediaType, mapOf},
	},
	kindHeader: {
		"schema": {kindSchema, one}, "examples": {kindExample, mapOf}, "content": {kindMediaType, mapOf},
	},
	kindRequestBody: {"content": {kindMediaType, mapOf}},
	kindResponse: {
		"headers": {kindHeader, mapOf}, "content": {kindMediaType, mapOf}, "links": {kindLink, mapOf},
	},
	kindMediaType: {
		"schema": {kindSchema, one}, "examples": {kindExample, mapOf}, "encoding": {kindEncoding, mapOf},
	},
	kindEncoding: {"headers": {kindHeader, mapOf}},
	kindSchema: {
		"properties": {kindSchema, mapOf}, "additionalProperties": {kindSchema, one}, "items": {kindSchema, one},
		"not": {kindSchema, one}, "allOf": {kindSchema, listOf}, "anyOf": {kindSchema, listOf},
		"oneOf": {kindSchema, listOf},
	},
}

// childOf tells what stands under a key of an object of kind k; ok is false where no reference can stand.
func childOf(k kind, key string) (c child, ok bool) {
	if k == kindCallback && !strings.HasPrefix(key, "x-") {
		return child{kindPathItem, one}, true
	}
	c, ok = shape[k][key]
	return c, ok
}
