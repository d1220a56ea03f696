package xpander

import (
	"encoding/json"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// defaultReply is what an agent says that nobody scripted: JSON if that was
// asked for.
func defaultReply(t task) script.Reply {
	if t.OutputFormat != "json" {
		return script.Reply{Text: "Hello! I'm a simulated reply."}
	}
	value, ok := smallest(t.OutputSchema, 0)
	if !ok {
		return script.Reply{Text: "{}"}
	}
	return script.Reply{Text: string(jsontext.MustMarshal(value))}
}

// The bounds of what is made up for a schema.
const (
	deepestSchema = 20
	mostItems     = 20
	longestString = 200
)

// smallest returns the smallest value that a JSON schema describes. It is not
// sure about a schema that it does not understand.
func smallest(schema json.RawMessage, depth int) (value any, sure bool) {
	members, ok := jsontext.Members(schema)
	if !ok || depth > deepestSchema {
		return nil, false
	}
	for _, hard := range []string{"$ref", "allOf", "not", "if", "pattern", "format", "multipleOf", "contains", "minProperties", "uniqueItems"} {
		if members[hard] != nil {
			return nil, false
		}
	}
	if members["const"] != nil {
		return members["const"], true
	}
	if values, _ := jsontext.Items(members["enum"]); len(values) > 0 {
		return values[0], true
	}
	for _, choice := range []string{"anyOf", "oneOf"} {
		if schemas, _ := jsontext.Items(members[choice]); len(schemas) > 0 {
			return smallest(schemas[0], depth+1)
		}
	}
	kind, _ := jsontext.String(members["type"])
	if kinds, _ := jsontext.Strings(members["type"]); len(kinds) > 0 {
		kind = kinds[0]
	} else if members["type"] == nil && members["properties"] != nil {
		kind = "object"
	}
	switch kind {
	case "object":
		return smallestObject(members, depth)
	case "array":
		return smallestArray(members, depth)
	case "string":
		length, _ := jsontext.Integer(members["minLength"])
		return strings.Repeat("a", int(max(0, min(length, longestString)))), length <= longestString
	case "integer", "number":
		return smallestNumber(members)
	case "boolean":
		return false, true
	case "null":
		return nil, true
	}
	return nil, false
}

// smallestObject has the members that are required.
func smallestObject(members jsontext.Object, depth int) (value any, sure bool) {
	object := map[string]any{}
	properties, _ := jsontext.Members(members["properties"])
	required, _ := jsontext.Strings(members["required"])
	for _, name := range required {
		if object[name], sure = smallest(properties[name], depth+1); !sure {
			return nil, false
		}
	}
	return object, true
}

func smallestArray(members jsontext.Object, depth int) (value any, sure bool) {
	least, _ := jsontext.Integer(members["minItems"])
	if least > mostItems {
		return nil, false
	}
	items := []any{}
	for range least {
		item, sure := smallest(members["items"], depth+1)
		if !sure {
			return nil, false
		}
		items = append(items, item)
	}
	return items, true
}

// smallestNumber is 0, or the bound that is nearest to it.
func smallestNumber(members jsontext.Object) (value any, sure bool) {
	if members["exclusiveMinimum"] != nil || members["exclusiveMaximum"] != nil {
		return nil, false
	}
	if least, ok := jsontext.Number(members["minimum"]); ok && least > 0 {
		return members["minimum"], true
	}
	if most, ok := jsontext.Number(members["maximum"]); ok && most < 0 {
		return members["maximum"], true
	}
	return 0, true
}
