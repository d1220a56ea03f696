package compare

import (
	"mime"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/shape"
)

func isSuccess(status int) bool { return status >= 200 && status < 300 }

func statusText(status int) string { return strconv.Itoa(status) }

// longestWord is how much of a word is kept that a real API chose.
const longestWord = 100

// contentType is a header Content-Type in a form that can be compared, "none"
// if there is none.
func contentType(value string) string {
	if value == "" {
		return "none"
	}
	media, parameters, err := mime.ParseMediaType(value)
	if err != nil {
		return shape.Clip(value, longestWord)
	}
	delete(parameters, "boundary") // another one each time
	if charset, ok := parameters["charset"]; ok {
		parameters["charset"] = strings.ToLower(charset)
	}
	return shape.Clip(mime.FormatMediaType(media, parameters), longestWord)
}
