package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Status responds with a status, 200 to 599, and an error in the API's own
// shape; 204 and 304 have no body. Usual stage: BeforeCommit. With AfterCommit the request has taken
// effect, and the client is told that it failed.
func Status(code int, options ...Option) Fault {
	return newFault(status, Fault{status: code}, options)
}

var status = &kind{
	name: "status", usual: BeforeCommit, responds: true, takesBody: true,
	check: checkStatus,
	read: func(f *Fault, raw json.RawMessage) (err error) {
		f.status, err = readStatus(raw)
		return err
	},
	write: func(f *Fault) any { return f.status },
	do:    func(f *Fault, t Target) { t.Respond(f.complete(t.Failure(f.status))) },
}

func checkStatus(f *Fault) error {
	if f.status < 200 || f.status > 599 {
		return fmt.Errorf("status is %d; allowed is 200 to 599", f.status)
	}
	hasBody := f.kind.name == "html" || f.body != nil && *f.body != ""
	if hasBody && (f.status == http.StatusNoContent || f.status == http.StatusNotModified) {
		return fmt.Errorf("status is %d, with which no response has a body", f.status)
	}
	return nil
}

func readStatus(raw json.RawMessage) (int, error) {
	value, ok := jsontext.Integer(raw)
	if !ok {
		return 0, errors.New("must be a status code")
	}
	return int(value), nil
}

// HTML responds with a status, 200 to 599, and the HTML page of a proxy
// instead of JSON. Usual stage: BeforeCommit.
func HTML(code int, options ...Option) Fault {
	return newFault(html, Fault{status: code}, options)
}

var html = &kind{
	name: "html", usual: BeforeCommit, responds: true, takesBody: true, usualStatus: http.StatusOK,
	check: checkStatus, read: readNothing, write: nothing,
	do: func(f *Fault, t Target) {
		title := strconv.Itoa(f.status) + " " + http.StatusText(f.status)
		t.Respond(f.complete(Response{Status: f.status, Header: http.Header{"Content-Type": {"text/html"}}, Body: page(title)}))
	},
}

// page is the page of a proxy.
func page(title string) []byte {
	return []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n<hr><center>proxy</center>\r\n</body>\r\n</html>\r\n")
}

// Redirect responds with a redirect, 301, 302, 303, 307 or 308, to a URL.
// Usual stage: BeforeCommit.
func Redirect(code int, to string, options ...Option) Fault {
	return newFault(redirect, Fault{status: code, text: to}, options)
}

var redirect = &kind{
	name: "redirect", usual: BeforeCommit, responds: true, usualStatus: http.StatusTemporaryRedirect,
	read: readText, write: text,
	check: func(f *Fault) error {
		if !slices.Contains([]int{301, 302, 303, 307, 308}, f.status) {
			return fmt.Errorf("status is %d; allowed are 301, 302, 303, 307 and 308", f.status)
		}
		if to, err := url.Parse(f.text); err != nil || f.text == "" || to.String() == "" {
			return errors.New("the address is not a URL")
		}
		return nil
	},
	do: func(f *Fault, t Target) {
		t.Respond(f.complete(Response{Status: f.status, Header: http.Header{"Location": {f.text}}}))
	},
}

// complete puts the options of the fault into the response that it makes.
func (f *Fault) complete(r Response) Response {
	if f.body != nil {
		r.Body = []byte(*f.body)
	}
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	maps.Copy(r.Header, f.header)
	if f.retryAfter != nil {
		r.Header.Set("Retry-After", strconv.Itoa(int((*f.retryAfter+time.Second-1)/time.Second)))
	}
	return r
}
