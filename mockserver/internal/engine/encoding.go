package engine

import (
	"net/http"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// ContentEncoding is how a body is encoded, such as "gzip"; "" if it is not.
// No API documents that it reads such a body, so none is read here: a client
// that sends one should not learn of it only from the real API.
func ContentEncoding(header http.Header) string {
	var codings []string
	for _, value := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				codings = append(codings, coding)
			}
		}
	}
	return strings.Join(codings, ", ")
}

// encoding is how the body of the request is encoded.
func (x *exchange) encoding() string {
	if len(x.Body) == 0 {
		return ""
	}
	return ContentEncoding(x.Header)
}

// refuseEncoding refuses an encoded body by the name of its encoding.
func (x *exchange) refuseEncoding(encoding string) emulate.Response {
	x.Guess("content-encoding")
	return x.api.Refuse(&x.Request, http.StatusUnsupportedMediaType, "Content-Encoding "+jsontext.Excerpt(encoding)+" is not supported").
		Because("header Content-Encoding: expected none or identity, got "+jsontext.Excerpt(encoding)).
		With("Accept-Encoding", "identity")
}
