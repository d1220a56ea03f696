package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// proxyError is a proxy's refusal to connect. The request was never sent.
type proxyError struct {
	host   string
	status int
	words  string
}

func (e *proxyError) Error() string {
	text := fmt.Sprintf("the proxy %s refused to connect: %d %s", e.host, e.status, http.StatusText(e.status))
	text = strings.TrimSpace(text)
	if e.words != "" && !strings.EqualFold(e.words, http.StatusText(e.status)) {
		text += ": " + e.words
	}
	return text
}

// isFinalProxyError reports whether a proxy will not have a request. Asking
// again does not help.
func isFinalProxyError(err error) bool {
	var refused *proxyError
	if !errors.As(err, &refused) {
		return false
	}
	return refused.status == http.StatusProxyAuthRequired || refused.status == http.StatusForbidden
}

const (
	maxProxyWords  = 4 << 10     // bytes that are read of what a proxy says
	proxyWordsWait = time.Second // for them: net/http sets no limit here
)

// checkProxy returns the refusal of a proxy, nil if it connected.
func checkProxy(ctx context.Context, proxy *url.URL, request *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	// net/http closes the connection when this function returns, which ends
	// the read.
	read := make(chan string, 1)
	go func() {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxProxyWords)) //nolint:errcheck // what there is will do
		read <- wire.Text(withoutMark(body))
	}()
	timer := time.NewTimer(proxyWordsWait)
	defer timer.Stop()
	var words string
	select {
	case words = <-read:
	case <-timer.C:
	case <-ctx.Done():
	}
	_, reason, _ := strings.Cut(response.Status, " ")
	words = proxySecrets(proxy, request)(cmp.Or(words, reason))
	return &proxyError{host: proxy.Host, status: response.StatusCode, words: words}
}

// proxySecrets returns what hides the credentials of a proxy in a text.
func proxySecrets(proxy *url.URL, request *http.Request) func(string) string {
	var secrets []string
	if password, ok := proxy.User.Password(); ok {
		secrets = append(secrets, password)
	}
	for _, values := range request.Header {
		for _, value := range values { // only the proxy gets these
			_, credential, found := strings.Cut(value, " ")
			if !found {
				credential = value
			}
			secrets = append(secrets, credential)
		}
	}
	return redact.Hider(secrets)
}
