package phoneagents

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

// A list ends where the server says so, and if it says nothing, where there is
// nothing more: a pagination that does not tell is not the end.
func TestListsEndWhereTheServerSaysSo(t *testing.T) {
	const total = 120
	for name, pagination := range map[string]func(offset, end int) string{
		"all is told":             func(offset, end int) string { return fmt.Sprintf(`{"total":120,"hasMore":%t}`, end < total) },
		"a total":                 func(int, int) string { return `{"total":120}` },
		"a total as text":         func(int, int) string { return `{"total":"120"}` },
		"that there is more":      func(_, end int) string { return fmt.Sprintf(`{"hasMore":%t}`, end < total) },
		"nothing":                 func(int, int) string { return `{}` },
		"null":                    func(int, int) string { return `null` },
		"the part only":           func(offset, _ int) string { return fmt.Sprintf(`{"limit":50,"offset":%d}`, offset) },
		"members of another name": func(int, int) string { return `{"page":1,"has_more":true,"total":null}` },
	} {
		for _, shape := range []string{`{"messages":%s,"pagination":%s}`, `{"data":{"messages":%s,"pagination":%s}}`} {
			t.Run(name+" in "+shape, func(t *testing.T) {
				client, recorder := suite.Record(t)
				recorder.Then(func(request testkit.Request) (int, string) {
					target, _ := url.Parse(request.URL)
					offset, _ := strconv.Atoi(target.Query().Get("offset"))
					end := min(offset+50, total)
					messages := []Message{}
					for n := offset; n < end; n++ {
						messages = append(messages, Message{ID: fmt.Sprint("m", n)})
					}
					text, _ := json.Marshal(messages)
					return 200, fmt.Sprintf(shape, text, pagination(offset, end))
				})
				got := 0
				for _, err := range client.AllConversationMessages(t.Context(), "u", "c", ListConversationMessagesRequest{}) {
					if err != nil {
						t.Fatal(err)
					}
					got++
				}
				if got != total {
					t.Errorf("%d messages in %d requests", got, len(recorder.Requests))
				}
			})
		}
	}
}

// A server that does not cut the list of a platform into pages may have just
// as many phone numbers there as a page would have.
func TestEnsurePhoneNumberOnAFullPlatform(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Then(func(request testkit.Request) (int, string) {
		if request.Method == "POST" {
			return 201, `{"id":"new","platform":"whatsapp","meta_phone_number_id":"new"}`
		}
		target, _ := url.Parse(request.URL)
		from, to := 0, 100
		if target.Query().Get("platform") == "" {
			offset, _ := strconv.Atoi(target.Query().Get("offset"))
			limit, _ := strconv.Atoi(target.Query().Get("limit"))
			from, to = min(offset, 100), min(offset+limit, 100)
		}
		numbers := []PhoneNumber{}
		for n := from; n < to; n++ {
			numbers = append(numbers, PhoneNumber{ID: fmt.Sprint("pn", n), Platform: PlatformWhatsApp, MetaPhoneNumberID: fmt.Sprint(n)})
		}
		text, _ := json.Marshal(PhoneNumberList{numbers})
		return 200, string(text)
	})
	number, change, err := client.EnsurePhoneNumber(t.Context(), "u", AddPhoneNumberRequest{Platform: PlatformWhatsApp, MetaPhoneNumberID: "new", AccessToken: "EAAxxxx"})
	if err != nil || change != agentclients.Created || number.ID != "new" {
		t.Errorf("%v, %q, %v", number, change, err)
	}
}
