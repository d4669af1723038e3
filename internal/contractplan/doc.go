// Package contractplan holds JSON bodies to the schemas of an OpenAPI document, straight from their bytes.
//
// A document that kin-openapi has loaded is compiled once. Checking a body then walks its bytes a single time: grammar of
// RFC 8259, names that are there twice, and every keyword of the schema together, without decoding anything into memory and
// without allocating. Only a body that does not pass is looked at again, slowly, to name all that is wrong with it.
//
// kin-openapi stays the referee: for every schema that compiles, the verdict and the problems in words are those of its
// VisitJSON, which the differential fuzzer of this package holds. What the package does not know how to compile it names in
// a Gap, and the caller uses kin-openapi for it. The package imports kin-openapi's openapi3 and the standard library only.
package contractplan
