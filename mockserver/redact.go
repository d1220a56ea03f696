package mockserver

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// redacted stands where a secret was.
const redacted = "[redacted]"

// alwaysCredential are headers that carry credentials on any API.
var alwaysCredential = []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key"}

// isCredentialHeader reports whether the value of a header must not be kept.
// name is canonical.
func isCredentialHeader(name string, ofAPI []string) bool {
	return slices.Contains(alwaysCredential, name) || slices.ContainsFunc(ofAPI, func(other string) bool {
		return http.CanonicalHeaderKey(other) == name
	})
}

// secretMembers are the members of JSON documents, and the parameters of
// queries, whose value is a secret. Names are compared without case, dashes
// and underscores.
var secretMembers = map[string]bool{
	"accesstoken": true, "refreshtoken": true, "idtoken": true, "token": true, "authtoken": true, "bearertoken": true,
	"apikey": true, "apisecret": true, "secret": true, "secretkey": true, "clientsecret": true, "privatekey": true,
	"password": true, "passphrase": true, "authorization": true, "credential": true, "xapikey": true,
}

// secretContainers are the members whose every value is one: what they hold
// keeps its shape and its names.
var secretContainers = map[string]bool{
	"llmextraheaders": true, "headers": true, "extraheaders": true, "credentials": true, "secrets": true,
}

// valueContainers are the members whose member "value" is a secret.
var valueContainers = map[string]bool{"llmcredentials": true}

// plainName is a member name without case, dashes and underscores.
func plainName(name string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == '_' {
			return -1
		}
		return c
	}, strings.ToLower(name))
}

// redact returns a JSON document with its secrets taken out. Text that is
// not, or not completely, JSON is redacted as far as it goes.
func redact(data []byte) []byte {
	var out bytes.Buffer
	redactInto(&out, data, false)
	return out.Bytes()
}

// redactAt redacts a value by the name that a pointer gives it, too.
func redactAt(value []byte, pointer string) []byte {
	inside := false
	for _, step := range splitPointer(pointer) {
		name := plainName(step)
		if secretMembers[name] {
			return []byte(redacted)
		}
		inside = inside || secretContainers[name] || valueContainers[name]
	}
	var out bytes.Buffer
	redactInto(&out, value, inside)
	return out.Bytes()
}

// redactInto copies JSON text token by token and leaves the secrets out.
// everything: every value is one.
func redactInto(out *bytes.Buffer, data []byte, everything bool) {
	for at := 0; at < len(data); {
		c := data[at]
		switch {
		case c == '"':
			end := skipString(data, at)
			if end < 0 {
				end = len(data) // cut off
			}
			colon := skipSpace(data, end)
			if colon >= len(data) || data[colon] != ':' { // a value
				if everything {
					out.WriteString(`"` + redacted + `"`)
				} else {
					out.Write(data[at:end])
				}
				at = end
				continue
			}
			value := skipSpace(data, colon+1)
			out.Write(data[at:value])
			at = redactMember(out, data, value, plainName(memberName(data[at:end])))
		case everything && (c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f'):
			end := max(skipValue(data, at), at+1)
			out.WriteString(`"` + redacted + `"`)
			at = end
		default:
			out.WriteByte(c)
			at++
		}
	}
}

// memberName is a name as it stands in the text, without quotes and escapes.
func memberName(raw []byte) string {
	if name, ok := asString(raw); ok {
		return name
	}
	return string(bytes.Trim(raw, `"`))
}

// redactMember writes the value of a member that needs special care, and
// returns the position after it; of any other it returns the position of the
// value.
func redactMember(out *bytes.Buffer, data []byte, value int, name string) int {
	inner := secretContainers[name]
	if !secretMembers[name] && !inner && !valueContainers[name] {
		return value
	}
	if bytes.HasPrefix(data[value:], []byte("null")) {
		return value
	}
	end := skipValue(data, value)
	if end < 0 {
		end = len(data)
	}
	switch {
	case inner:
		redactInto(out, data[value:end], true)
	case valueContainers[name]:
		at := value
		for _, m := range membersNamed(data[:end], value, "value") {
			redactInto(out, data[at:m.value], false)
			redactInto(out, data[m.value:m.end], true)
			at = m.end
		}
		redactInto(out, data[at:end], false)
	default:
		out.WriteString(`"` + redacted + `"`)
	}
	return end
}

// membersNamed finds the members of that name in an object or in the objects
// of an array. Of text that is cut off it takes what is left.
func membersNamed(data []byte, start int, name string) []member {
	var found []member
	if start < len(data) && data[start] == '[' {
		eachMember(data, start, func(_ []byte, m member) bool {
			found = append(found, membersNamed(data[:m.end], m.value, name)...)
			return true
		})
		return found
	}
	if !eachMember(data, start, func(raw []byte, m member) bool {
		if sameName(raw, name) {
			found = append(found, m)
		}
		return true
	}) {
		return []member{{start, start, len(data)}} // broken: all of it
	}
	return found
}

// redactQuery takes the secrets out of a raw query.
func redactQuery(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		if name, _, ok := strings.Cut(part, "="); ok && (secretMembers[plainName(name)] || plainName(name) == "key") {
			parts[i] = name + "=" + redacted
		}
	}
	return strings.Join(parts, "&")
}
