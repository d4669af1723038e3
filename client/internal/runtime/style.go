// Package runtime is what the generated client needs at run time: turning one parameter into its place in a request. It has
// the names that generated code calls, and only the styles that the contract uses. Standard library only.
package runtime

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
)

// ParamLocation is the place of a parameter in a request.
type ParamLocation int

// The places a parameter can stand in.
const (
	ParamLocationUndefined ParamLocation = iota
	ParamLocationQuery
	ParamLocationPath
	ParamLocationHeader
	ParamLocationCookie
)

// StyleParamOptions says where a parameter stands and which type the document gives it.
type StyleParamOptions struct {
	ParamLocation ParamLocation
	Type          string
	Format        string
	Required      bool
	AllowReserved bool
}

// StyleParamWithOptions writes a scalar parameter: `name=value` for the query (style form), the escaped value for a path, the
// plain value for a header (style simple). Lists and objects are refused: the contract has none in parameters.
func StyleParamWithOptions(style string, _ bool, name string, value any, o StyleParamOptions) (string, error) {
	s, err := scalar(reflect.ValueOf(value))
	if err != nil {
		return "", fmt.Errorf("parameter %s: %w", name, err)
	}
	switch {
	case style == "form" && o.ParamLocation == ParamLocationQuery:
		return url.QueryEscape(name) + "=" + url.QueryEscape(s), nil
	case style == "simple" && o.ParamLocation == ParamLocationPath:
		return url.PathEscape(s), nil
	case style == "simple" && o.ParamLocation == ParamLocationHeader:
		return s, nil
	}
	return "", fmt.Errorf("parameter %s: style %s is not used by the contract", name, style)
}

func scalar(v reflect.Value) (string, error) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), nil
	}
	return "", fmt.Errorf("a value of kind %s is not a scalar", v.Kind())
}
