package testkit

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"unicode"
)

// OneLine checks that what a type says of itself is one line that can be
// printed, whatever a server puts into its texts. Each value is a pointer; all
// that is zero in it is filled.
func OneLine(t *testing.T, values ...fmt.Stringer) {
	t.Helper()
	for _, value := range values {
		fillTexts(reflect.ValueOf(value).Elem(), 0)
		line := fmt.Sprint(reflect.ValueOf(value).Elem().Interface())
		for _, printed := range []string{value.String(), line} {
			for _, r := range printed {
				if !unicode.IsPrint(r) {
					t.Errorf("%T: %q", value, printed)
					break
				}
			}
		}
	}
}

// oddText has line breaks, an escape sequence of terminals, and a mark that
// turns the direction of what follows.
const oddText = "a\r\nb\x1b[2J\u0085c\u2028d\u202ee"

// fillTexts puts odd texts wherever there is room for one.
func fillTexts(v reflect.Value, depth int) {
	const deepest = 5
	if depth > deepest || !v.CanSet() {
		return
	}
	if raw, ok := v.Addr().Interface().(*json.RawMessage); ok {
		if len(*raw) == 0 {
			*raw = json.RawMessage("{\"a\":\n\"\u0085\"}")
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		if v.Len() == 0 {
			v.SetString(oddText)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fillTexts(v.Field(i), depth+1)
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fillTexts(v.Elem(), depth+1)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fillTexts(v.Index(i), depth+1)
		}
	case reflect.Map:
		if v.Len() == 0 && v.Type().Key().Kind() == reflect.String {
			item := reflect.New(v.Type().Elem()).Elem()
			fillTexts(item, depth+1)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf(oddText).Convert(v.Type().Key()), item)
		}
	}
}
