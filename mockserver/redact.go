package mockserver

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

// redacted stands where a secret was.
const redacted = "[redacted]"

// credentialEndings are how the names of headers end that carry credentials
// on any API, in canonical form.
var credentialEndings = []string{
	"Authorization", "Cookie", "Api-Key", "Apikey", "Access-Key", "Token", "Secret", "Password", "Credential", "Credentials",
}

// isCredentialHeader reports whether the value of a header must not be kept.
// Both are canonical: the name, and the names that the API has besides.
func isCredentialHeader(name string, ofAPI []string) bool {
	for _, ending := range credentialEndings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return slices.Contains(ofAPI, name)
}

// secretMembers are the members of JSON documents, and the parameters of
// queries, whose value is a secret. Names are compared without case, dashes
// and underscores.
var secretMembers = map[string]bool{
	"accesstoken": true, "refreshtoken": true, "idtoken": true, "token": true, "authtoken": true, "bearertoken": true,
	"apikey": true, "apisecret": true, "secret": true, "secretkey": true, "clientsecret": true, "privatekey": true,
	"password": true, "passphrase": true, "authorization": true, "credential": true, "xapikey": true, "accesskey": true,
	"authvalue": true, "cookie": true, "setcookie": true,
}

// secretContainers are the members whose every value is one: what they hold
// keeps its shape and its names.
var secretContainers = map[string]bool{
	"llmextraheaders": true, "headers": true, "extraheaders": true, "customheaders": true, "credentials": true, "secrets": true,
	"envvars": true,
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
func redact(data []byte) []byte { return redactAs(data, plainValue) }

// redactAt redacts a value by the name that a pointer gives it, too.
func redactAt(value []byte, pointer string) []byte {
	at := plainValue
	for _, step := range splitPointer(pointer) {
		name := plainName(step)
		if secretMembers[name] {
			return []byte(redacted)
		}
		if secretContainers[name] || valueContainers[name] {
			at = secretValue
		}
	}
	return redactAs(value, at)
}

// secrecy is what is done to a value.
type secrecy int

const (
	plainValue      secrecy = iota // it hides what its members' names say
	credentialValue                // its member "value" is a secret; without members it is one itself
	secretValue                    // all of it is one
)

// redactAs copies JSON text token by token and leaves the secrets out. It
// takes time in proportion to the text, however deep that is nested.
func redactAs(data []byte, whole secrecy) []byte {
	const stand = `"` + redacted + `"`
	var out bytes.Buffer
	out.Grow(len(data))
	within := []secrecy{whole} // that of the items of each container that is open
	value := whole             // that of the next value
	for at := 0; at < len(data); {
		switch c := data[at]; {
		case c == '"':
			end := skipString(data, at)
			if end < 0 {
				end = len(data) // cut off
			}
			colon := skipSpace(data, end)
			if colon >= len(data) || data[colon] != ':' {
				if value == plainValue {
					out.Write(data[at:end])
				} else {
					out.WriteString(stand)
				}
				at = end
				continue
			}
			name := plainName(memberName(data[at:end]))
			next := skipSpace(data, colon+1)
			out.Write(data[at:next])
			at = next
			if secretMembers[name] && !bytes.HasPrefix(data[at:], []byte("null")) {
				out.WriteString(stand)
				if at = skipValue(data, next); at < 0 {
					at = len(data)
				}
				continue
			}
			value = memberSecrecy(within[len(within)-1], name)
		case c == '{' || c == '[':
			within = append(within, value)
			out.WriteByte(c)
			at++
		case c == '}' || c == ']':
			if len(within) > 1 {
				within = within[:len(within)-1]
			}
			value = within[len(within)-1]
			out.WriteByte(c)
			at++
		case c == ',':
			value = within[len(within)-1]
			out.WriteByte(c)
			at++
		case value != plainValue && (c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f'):
			out.WriteString(stand)
			at = max(skipValue(data, at), at+1)
		default:
			out.WriteByte(c)
			at++
		}
	}
	return out.Bytes()
}

// memberSecrecy is that of a member of an object.
func memberSecrecy(object secrecy, name string) secrecy {
	switch {
	case object == secretValue, secretContainers[name], object == credentialValue && name == "value":
		return secretValue
	case valueContainers[name]:
		return credentialValue
	}
	return plainValue
}

// memberName is a name as it stands in the text, without quotes and escapes.
func memberName(raw []byte) string {
	if name, ok := asString(raw); ok {
		return name
	}
	return string(bytes.Trim(raw, `"`))
}

// redactQuery takes the secrets out of a raw query.
func redactQuery(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		plain, err := url.QueryUnescape(name)
		if err != nil {
			plain = name
		}
		if plain = plainName(plain); secretMembers[plain] || plain == "key" {
			parts[i] = name + "=" + redacted
		}
	}
	return strings.Join(parts, "&")
}
