package jsontext

import (
	"bytes"
	"maps"
	"net/url"
	"regexp"
	"strings"
)

// Redacted stands where a secret was.
const Redacted = "[redacted]"

// Secrets names what is secret in JSON documents and in queries. Names are
// compared without case, dashes and underscores.
// The zero value has the names that every API has.
type Secrets struct {
	members, containers, valueContainers map[string]bool // besides the common ones
}

// NewSecrets returns the names of secrets that every API has, and more.
// members are those whose value is a secret, containers those whose every
// value is one (what they hold keeps its shape and its names), and
// valueContainers those whose member "value" is one.
func NewSecrets(members, containers, valueContainers []string) Secrets {
	return Secrets{
		members:         nameSet(members),
		containers:      nameSet(containers),
		valueContainers: nameSet(valueContainers),
	}
}

// Join returns the secrets of several APIs together.
func Join(all ...Secrets) Secrets {
	joined := NewSecrets(nil, nil, nil)
	for _, s := range all {
		maps.Copy(joined.members, s.members)
		maps.Copy(joined.containers, s.containers)
		maps.Copy(joined.valueContainers, s.valueContainers)
	}
	return joined
}

var (
	commonMembers = nameSet([]string{
		"access_token", "refresh_token", "id_token", "token", "auth_token", "bearer_token",
		"api_key", "api_secret", "secret", "secret_key", "client_secret", "private_key",
		"password", "passphrase", "authorization", "credential", "x_api_key", "access_key",
		"auth_value", "cookie", "set_cookie",
	})
	commonContainers = nameSet([]string{"headers", "extra_headers", "custom_headers", "credentials", "secrets", "env_vars"})
)

func nameSet(names []string) map[string]bool {
	set := make(map[string]bool)
	for _, name := range names {
		set[plainName(name)] = true
	}
	return set
}

func (s Secrets) isMember(name string) bool { return commonMembers[name] || s.members[name] }

func (s Secrets) isContainer(name string) bool { return commonContainers[name] || s.containers[name] }

// plainName is a member name without case, dashes and underscores.
func plainName(name string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == '_' {
			return -1
		}
		return c
	}, strings.ToLower(name))
}

// Redact returns a JSON document with its secrets taken out. Text that is
// not, or not completely, JSON is redacted as far as it goes.
func (s Secrets) Redact(data []byte) []byte { return s.redactAs(data, plainValue) }

// RedactAt redacts a value by the name that a pointer gives it, too.
func (s Secrets) RedactAt(value []byte, pointer string) []byte {
	at := plainValue
	for _, step := range splitPointer(pointer) {
		name := plainName(step)
		if s.isMember(name) {
			return []byte(Redacted)
		}
		if s.isContainer(name) || s.valueContainers[name] {
			at = secretValue
		}
	}
	return s.redactAs(value, at)
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
func (s Secrets) redactAs(data []byte, whole secrecy) []byte {
	const stand = `"` + Redacted + `"`
	var out bytes.Buffer
	out.Grow(len(data))
	within := []secrecy{whole} // that of the items of each container that is open
	value := whole             // that of the next value
	broken := false            // a quote is missing, or one too many: what looks like a string may be what is between two
	for at := 0; at < len(data); {
		switch c := data[at]; {
		case c == '"':
			end := skipString(data, at)
			if end < 0 {
				end = len(data) // cut off
			}
			colon := skipSpace(data, end)
			if colon >= len(data) || data[colon] != ':' {
				broken = broken || colon < len(data) && strings.IndexByte(",]}", data[colon]) < 0 && bytes.IndexByte(data[end:colon], '\n') < 0
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
			if s.isMember(name) && !bytes.HasPrefix(data[at:], []byte("null")) {
				out.WriteString(stand)
				if at = skipValue(data, next); at < 0 {
					at = len(data)
				}
				continue
			}
			value = s.memberSecrecy(within[len(within)-1], name)
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
	if broken {
		return s.redactLoosely(out.Bytes())
	}
	return out.Bytes()
}

// looseValue is what may be the value of a member, wherever strings begin and
// end.
var looseValue = regexp.MustCompile(`^(?:\\*"(?:[^"\\]|\\.)*"?|[{\[][^{}\[\]]*[}\]]?|[^\s,"{}\[\]]+)`)

// redactLoosely takes out what may be a secret in text of which it is not known
// where its strings begin and end.
func (s Secrets) redactLoosely(data []byte) []byte {
	var out []byte
	copied := 0
	for at := 0; ; {
		colon := bytes.IndexByte(data[at:], ':')
		if colon < 0 {
			return append(out, data[copied:]...)
		}
		colon += at
		at = colon + 1
		written := looseName(data[copied:colon])
		if len(written) == 0 {
			continue
		}
		name := plainName(string(written))
		if !s.isMember(name) && !s.isContainer(name) && !s.valueContainers[name] {
			continue
		}
		begin := skipSpace(data, at)
		value := looseValue.Find(data[begin:])
		if len(value) == 0 || string(value) == "null" || bytes.Contains(value, []byte(Redacted)) {
			continue
		}
		out = append(append(out, data[copied:begin]...), `"`+Redacted+`"`...)
		copied = begin + len(value)
		at = copied
	}
}

// looseName returns what may be the name of a member at the end of text.
func looseName(text []byte) []byte {
	text = bytes.TrimRight(text, " \t\r\n")
	if len(text) > 0 && (text[len(text)-1] == '"' || text[len(text)-1] == '\'') {
		text = bytes.TrimRight(text[:len(text)-1], `\`)
	}
	begin := len(text)
	for begin > 0 && isNamePart(text[begin-1]) {
		begin--
	}
	return text[begin:]
}

func isNamePart(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// memberSecrecy is that of a member of an Object.
func (s Secrets) memberSecrecy(Object secrecy, name string) secrecy {
	switch {
	case Object == secretValue, s.isContainer(name), Object == credentialValue && name == "value":
		return secretValue
	case s.valueContainers[name]:
		return credentialValue
	}
	return plainValue
}

// memberName is a name as it stands in the text, without quotes and escapes.
func memberName(raw []byte) string {
	if name, ok := String(raw); ok {
		return name
	}
	return string(bytes.Trim(raw, `"`))
}

// RedactQuery takes the secrets out of a raw query.
func (s Secrets) RedactQuery(query string) string {
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
		if plain = plainName(plain); s.isMember(plain) || plain == "key" {
			parts[i] = name + "=" + Redacted
		}
	}
	return strings.Join(parts, "&")
}
