package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/httpheader"
)

// ReadError fills Code, Message, Fields, RequestID and RetryAfter of an error
// from its Body. It knows the shapes that the five APIs and the proxies before
// them use:
//
//	{"error":"text"}                                  {"message":"text"}
//	{"error":"class","message":"text"}                {"code":"…","message":"text"}
//	{"error":{"code":"…","message":"text"}}           {"title":"…","detail":"text"} (RFC 9457)
//	{"detail":"text"}                                 {"detail":[{"loc":[…],"msg":"…"}]}
//	{"message":"text","issues":[{"path":[…],"message":"…"}]}, also as errors or details.issues
//
// and takes the beginning of any other body, without HTML tags, as the
// message. What the body does not say stays as it is.
func ReadError(e *agentclients.Error) { ReadErrorFrom(e, e.Body) }

// ReadErrorFrom is ReadError for a part of the body, or for what a part stands
// for.
func ReadErrorFrom(e *agentclients.Error, body []byte) {
	members, err := Members(body)
	if err != nil {
		e.Message = cmp.Or(Text(body), e.Message)
		return
	}
	nested, _ := Members(members["error"])
	details, _ := Members(members["details"])

	e.Message = cmp.Or(
		String(members["message"]),
		String(nested["message"]),
		String(members["detail"]),
		String(members["error"]),
		String(members["title"]),
		e.Message,
	)
	e.Code = cmp.Or(Scalar(members["code"]), Scalar(nested["code"]), Scalar(nested["type"]), e.Code)
	if e.Code == "" && String(members["error"]) != e.Message {
		e.Code = String(members["error"])
	}
	for _, list := range []json.RawMessage{members["detail"], members["issues"], members["errors"], details["issues"]} {
		e.Fields = append(e.Fields, fieldErrors(list)...)
	}
	e.RequestID = cmp.Or(String(members["request_id"]), String(members["correlation_id"]), String(members["correlationId"]), e.RequestID)
	if e.RetryAfter == 0 {
		e.RetryAfter = cmp.Or(
			secondsToWait(members["retry_after_seconds"]),
			timeToWait(members["reset_at"], e.Header),
			timeToWait(nested["reset_at"], e.Header),
		)
	}
	if e.Message == "" && len(e.Fields) == 0 {
		e.Message = Text(body)
	}
}

// Members returns the members of a JSON object.
func Members(object []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(Trim(object), &members); err != nil {
		return nil, err
	}
	return members, nil
}

// String reads a JSON string; any other value is "".
func String(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// Scalar reads a JSON string or number as text; any other value is "".
func Scalar(raw json.RawMessage) string {
	var number json.Number
	if text := String(raw); text != "" {
		return text
	}
	if json.Unmarshal(raw, &number) != nil {
		return ""
	}
	return number.String()
}

// fieldErrors reads a list of problems: texts, or objects with the place
// under loc or path and the text under msg or message.
func fieldErrors(list json.RawMessage) []agentclients.FieldError {
	var items []json.RawMessage
	if json.Unmarshal(list, &items) != nil {
		return nil
	}
	var fields []agentclients.FieldError
	for _, raw := range items {
		item, _ := Members(raw)
		place := item["loc"]
		if place == nil {
			place = item["path"]
		}
		if message := cmp.Or(String(item["msg"]), String(item["message"]), String(raw)); message != "" {
			fields = append(fields, agentclients.FieldError{Path: joinPath(place), Message: message})
		}
	}
	return fields
}

// joinPath turns ["body","settings","tools",0,"type"] into
// "settings.tools[0].type". A path that is a string is taken as it is.
func joinPath(raw json.RawMessage) string {
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		return String(raw)
	}
	var path strings.Builder
	for i, element := range elements {
		name := Scalar(element)
		if i == 0 && name == "body" && len(elements) > 1 {
			continue
		}
		switch {
		case len(element) > 0 && element[0] != '"':
			path.WriteString("[" + name + "]")
		case path.Len() > 0:
			path.WriteString("." + name)
		default:
			path.WriteString(name)
		}
	}
	return path.String()
}

func secondsToWait(raw json.RawMessage) time.Duration {
	seconds, err := strconv.ParseFloat(Scalar(raw), 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, 1e9) * float64(time.Second))
}

func timeToWait(raw json.RawMessage, header http.Header) time.Duration {
	moment, err := agentclients.Timestamp(Scalar(raw)).Time()
	if err != nil {
		return 0
	}
	return max(0, moment.Sub(httpheader.Now(header)))
}

const (
	maxSnippet = 200      // bytes of the text that stands in for a message
	maxPage    = 64 << 10 // bytes of a page that are looked at for it
)

// Text returns the beginning of a body as plain text: without HTML tags,
// scripts and styles, with single spaces.
func Text(body []byte) string {
	var text bytes.Buffer
	body = bytes.TrimPrefix(body, byteOrderMark)
	body = body[:min(len(body), maxPage)]
	for len(body) > 0 && text.Len() < 4*maxSnippet {
		before, rest, ok := bytes.Cut(body, []byte("<"))
		text.Write(before[:min(len(before), 4*maxSnippet)])
		if !ok {
			break
		}
		tag, after, closed := bytes.Cut(rest, []byte(">"))
		if !closed || len(rest) == 0 || !isTagStart(rest[0]) {
			text.WriteByte('<')
			body = rest
			continue
		}
		text.WriteByte(' ')
		body = after
		for _, name := range []string{"script", "style"} {
			if len(tag) >= len(name) && strings.EqualFold(string(tag[:len(name)]), name) {
				if _, end, ok := bytes.Cut(after, append([]byte("</"), tag[:len(name)]...)); ok {
					_, body, _ = bytes.Cut(end, []byte(">"))
				}
			}
		}
	}
	plain := strings.Join(strings.Fields(strings.ToValidUTF8(text.String(), "�")), " ")
	if len(plain) <= maxSnippet {
		return plain
	}
	end := maxSnippet
	for !utf8.RuneStart(plain[end]) {
		end--
	}
	return fmt.Sprintf("%s…", plain[:end])
}

func isTagStart(c byte) bool {
	return c == '/' || c == '!' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
