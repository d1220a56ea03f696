package phoneagents_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

type item map[string]any

// withPhone adds an agent on a phone number of a platform, and returns its id.
func (l live) withPhone(id, platform string) string {
	l.t.Helper()
	l.do("POST", user1+"/phone_numbers", fmt.Sprintf(`{"id":%q,"platform":%q,"meta_phone_number_id":"meta_%s","access_token":"0123456789"}`, id, platform, id), 201)
	return l.newAgent(id)
}

// A message of a person has the same effect as one of web chat, on the platform
// of the phone number.
func TestReceivedMessage(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		wa := l.withPhone("pn_wa", "whatsapp")
		l.script(script.Reply{Text: "Yes", Delay: time.Second})
		got := l.Receive(mockserver.Phoneagents, script.Inbound{From: "+15550100", To: "meta_pn_wa", Text: "Open?"})
		if !strings.HasPrefix(got.Message, "wamid.") || !strings.HasSuffix(got.Message, "=") {
			t.Errorf("received %+v", got)
		}
		<-time.After(time.Second) // virtual
		list := read[data[[]item]](l, "GET", user1+"/messages?orderDirection=ASC", "", 200)
		answer, _ := list.Data[1]["message_id"].(string)
		platformID := list.Data[1]["platform_message_id"]
		want := []item{
			{"message_id": got.Message, "conversation_id": got.Conversation, "sender": "user", "text": "Open?", "timestamp": "2026-02-08T09:00:00.000Z", "status": "sent", "sequence_no": 1.0, "platform_message_id": nil,
				"agent_id": wa, "customer_phone": "+15550100", "conversation_active": true, "phone_number_id": "pn_wa", "agent_name": "Ada", "platform": "whatsapp", "phone_display_name": nil},
			{"message_id": answer, "conversation_id": got.Conversation, "sender": "agent", "text": "Yes", "timestamp": "2026-02-08T09:00:01.000Z", "status": "sent", "sequence_no": 2.0, "platform_message_id": platformID,
				"agent_id": wa, "customer_phone": "+15550100", "conversation_active": true, "phone_number_id": "pn_wa", "agent_name": "Ada", "platform": "whatsapp", "phone_display_name": nil},
		}
		if diff := cmp.Diff(want, list.Data); diff != "" || platformID == nil {
			t.Errorf("%v %s", platformID, diff)
		}
		if diff := cmp.Diff(&page{Total: 2, Limit: 50}, list.Pagination); diff != "" {
			t.Error(diff)
		}
		if got := read[data[item]](l, "GET", user1+"/messages/"+url.PathEscape(answer)+"/status", "", 200).Data; fmt.Sprint(got["delivery_status"]) != "map[error_reason:<nil> status:sent updated_at:2026-02-08T09:00:01.000Z]" ||
			got["is_failed"] != false || got["failure_reason"] != nil || len(got) != 17 {
			t.Errorf("%v", got)
		}
		if got := read[data[item]](l, "GET", user1+"/messages/"+url.PathEscape(got.Message)+"/status", "", 200).Data; got["delivery_status"] != nil || got["sender"] != "user" {
			t.Errorf("%v", got)
		}
		// It goes on, by the conversation or by who writes to whom.
		l.script(script.Reply{Text: "No", Error: "blocked", Code: "failed"})
		if again := l.Receive(mockserver.Phoneagents, script.Inbound{Conversation: got.Conversation, Text: "Still?"}); again.Conversation != got.Conversation {
			t.Errorf("%+v", again)
		}
		failed := read[data[[]item]](l, "GET", user1+"/messages?status=failed", "", 200).Data
		if len(failed) != 1 || failed[0]["text"] != "No" || failed[0]["sequence_no"] != 4.0 {
			t.Fatalf("%v", failed)
		}
		report := read[data[item]](l, "GET", user1+"/messages/"+failed[0]["message_id"].(string)+"/status", "", 200).Data
		if report["is_failed"] != true || report["failure_reason"] != "blocked" || report["status"] != "failed" {
			t.Errorf("%v", report)
		}
		if got := l.Receive(mockserver.Phoneagents, script.Inbound{From: "v", To: "pn_web", Text: "x"}); !strings.HasPrefix(got.Message, "msg_") {
			t.Errorf("%+v", got)
		}
		if got := l.history("v"); got != "1 user x\n2 agent "+usualReply {
			t.Error(got)
		}
	})
}

// What nobody can receive changes nothing, and says why; the admin API takes it
// as well.
func TestReceiveRefusals(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		receive := func(status int, body string) string {
			t.Helper()
			return roomtest.Admin(t, l.Server, status, "POST", "/messages", body)
		}
		c := l.say("v", "x").ConversationID
		l.history("v")
		if got := receive(201, `{"api":"phoneagents","from":"v","text":"y"}`); !strings.Contains(got, c) {
			t.Error(got)
		}
		l.withPhone("pn_wa", "whatsapp")
		archived := l.say("w", "x").ConversationID
		l.history("w")
		before := string(l.Snapshot())
		for body, want := range map[string]string{
			`"conversation":"none","text":"x"`:                    `no conversation \"none\"`,
			`"conversation":"` + c + `","from":"w","text":"x"`:    `with \"v\", not with \"w\"`,
			`"from":"v","to":"none","text":"x"`:                   `no phone number \"none\" with an agent`,
			`"from":"v","text":"x"`:                               "to is missing or names several",
			`"from":"` + strings.Repeat("1", 51) + `","text":"x"`: "from must be 1 to 50 characters long",
			`"to":"pn_wa","text":"x"`:                             "conversation or from is missing",
		} {
			if got := receive(400, `{"api":"phoneagents",`+body+`}`); !strings.Contains(got, want) {
				t.Errorf("%s: %s", body, got)
			}
		}
		if before != string(l.Snapshot()) {
			t.Error("something was changed")
		}
		l.do("DELETE", user1+"/agents/"+l.agent, "", 200)
		if got := receive(400, `{"api":"phoneagents","conversation":"`+archived+`","text":"x"}`); !strings.Contains(got, "is archived") {
			t.Error(got)
		}
	})
}

func TestReadsOfConversations(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		wa := l.withPhone("pn_wa", "whatsapp")
		for i, from := range []string{"v-1", "v-2", "v-3"} {
			l.say(from, fmt.Sprint("q", i))
			<-time.After(time.Minute) // virtual
		}
		c := l.Receive(mockserver.Phoneagents, script.Inbound{From: "+1", To: "pn_wa", Text: "hi"}).Conversation
		ids := func(query string) string {
			t.Helper()
			var names []string
			for _, one := range read[data[[]item]](l, "GET", user1+"/conversations"+query, "", 200).Data {
				names = append(names, one["customer_phone"].(string))
			}
			return strings.Join(names, " ")
		}
		for query, want := range map[string]string{
			"": "+1 v-3 v-2 v-1", "?orderDirection=ASC": "v-1 v-2 v-3 +1", "?limit=2&offset=1": "v-3 v-2", "?agent_id=" + wa: "+1", "?phone_number_id=pn_web": "v-3 v-2 v-1",
			"?customer_phone=v-2": "v-2", "?is_active=true": "+1 v-3 v-2 v-1", "?is_active=TRUE": "", "?is_active=false": "", "?orderBy=created_at&limit=1": "+1", "?offset=9": "",
			"?phone_number_id=pn_web&customer_phone=%2B1": "",
		} {
			if got := ids(query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		if p := read[data[[]item]](l, "GET", user1+"/conversations?limit=2&offset=1", "", 200).Pagination; *p != (page{4, 2, 1, true}) {
			t.Errorf("%+v", p)
		}
		if p := read[data[[]item]](l, "GET", user1+"/conversations?limit=2&offset=2", "", 200).Pagination; *p != (page{4, 2, 2, false}) {
			t.Errorf("%+v", p)
		}
		one := read[data[item]](l, "GET", user1+"/conversations/"+c, "", 200).Data
		want := item{"conversation_id": c, "agent_id": wa, "customer_phone": "+1", "openai_conversation_id": nil, "created_at": "2026-02-08T09:03:00.000Z", "last_message_at": "2026-02-08T09:03:00.000Z",
			"is_active": true, "agent_name": "Ada", "phone_number_id": "pn_wa", "platform": "whatsapp", "phone_display_name": nil, "message_count": 2.0,
			"prompt_id": "p_1", "user_id": "usr_1", "user_message_count": 1.0, "agent_message_count": 1.0}
		if diff := cmp.Diff(want, one); diff != "" {
			t.Error(diff)
		}
		listed := read[data[[]item]](l, "GET", user1+"/conversations?limit=1", "", 200).Data[0]
		if listed["last_message_text"] != usualReply || listed["last_message_sender"] != "agent" {
			t.Errorf("%v", listed)
		}

		for range 3 {
			l.Receive(mockserver.Phoneagents, script.Inbound{Conversation: c, Text: "more"})
		}
		numbers := func(query string) string {
			t.Helper()
			got := read[data[struct {
				ConversationID string `json:"conversation_id"`
				Messages       []struct {
					SequenceNo int `json:"sequence_no"`
				}
				ConversationInfo item `json:"conversation_info"`
			}]](l, "GET", user1+"/conversations/"+c+"/messages"+query, "", 200)
			if got.Data.ConversationID != c || got.Data.ConversationInfo["agent_id"] != wa || len(got.Data.ConversationInfo) != 5 {
				t.Errorf("%+v", got.Data)
			}
			var all []string
			for _, m := range got.Data.Messages {
				all = append(all, fmt.Sprint(m.SequenceNo))
			}
			return fmt.Sprint(strings.Join(all, " "), " ", got.Pagination.HasMore)
		}
		for query, want := range map[string]string{
			"": "1 2 3 4 5 6 7 8 false", "?limit=3": "1 2 3 true", "?limit=3&offset=5": "6 7 8 false", "?limit=2&before_sequence=6": "4 5 true", "?limit=9&before_sequence=3&offset=7": "1 2 false",
		} {
			if got := numbers(query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}

		// Refusals, other users, and the words of the server.
		for path, want := range map[string]string{
			"/conversations/none":                                 "404 Conversation not found: The specified conversation does not exist",
			"/conversations/none/messages":                        "404 Conversation not found: The specified conversation does not exist",
			"/messages/none/status":                               "404 Message not found: The specified message does not exist or does not belong to this user",
			"/messages?sender=bot":                                `400 Invalid sender: Sender must be either "user" or "agent"`,
			"/messages?status=read":                               "400 Invalid status: Status must be one of: sent, failed, pending",
			"/messages?limit=x":                                   "400 Validation error: limit must be an integer that is not negative",
			"/messages?start_date=x":                              "400 Validation error: start_date must be a time such as 2026-02-08T09:00:00Z",
			"/messages?orderBy=text":                              "400 Validation error: orderBy names no column to order by",
			"/conversations?offset=-1":                            "400 Validation error: offset must be an integer that is not negative",
			"/conversations/" + c + "/messages?limit=x":           "400 Validation error: limit must be an integer that is not negative",
			"/conversations/" + c + "/messages?before_sequence=x": "400 Validation error: before_sequence must be an integer that is not negative",
		} {
			var status int
			fmt.Sscan(want, &status) //nolint:errcheck // it was written here
			got := read[apiError](l, "GET", user1+path, "", status)
			if text := fmt.Sprintf("%d %s: %s", status, got.Error, got.Message); text != want {
				t.Errorf("%s: %s, want %s", path, text, want)
			}
		}
		const user2 = "/users/usr_2"
		for path, want := range map[string]int{"/conversations/" + c: 403, "/conversations/" + c + "/messages": 403} {
			if got := read[apiError](l, "GET", user2+path, "", want); got.Message != "Conversation does not belong to this user" {
				t.Errorf("%s: %+v", path, got)
			}
		}
		for _, path := range []string{"/messages", "/conversations"} {
			if got := read[data[[]item]](l, "GET", user2+path, "", 200).Data; len(got) != 0 {
				t.Errorf("%s: %v", path, got)
			}
		}
	})
}

func TestMessageFilters(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		first := l.say("v-1", "a").ConversationID
		<-time.After(2 * time.Hour) // virtual
		l.script(script.Reply{Text: "C", Error: "x", Code: "failed"})
		l.say("v-2", "c")
		for query, want := range map[string]string{
			"": "C c " + usualReply + " a", "?sender=user": "c a", "?status=failed": "C", "?status=pending": "", "?conversation_id=" + first: usualReply + " a", "?conversation_id=none": "",
			"?sender=user&conversation_id=" + first: "a", "?start_date=2026-02-08T11:00:00Z": "C c", "?end_date=2026-02-08T09:00:00Z": usualReply + " a", "?start_date=2026-02-09": "",
			"?limit=2&offset=1": "c " + usualReply, "?orderBy=sequence_no&orderDirection=ASC&sender=user": "a c", "?orderBy=status&orderDirection=ASC&limit=1": "C",
		} {
			var texts []string
			for _, m := range read[data[[]item]](l, "GET", user1+"/messages"+query, "", 200).Data {
				texts = append(texts, m["text"].(string))
			}
			if got := strings.Join(texts, " "); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		for query, want := range map[string]string{
			"": `{"total_messages":4,"by_sender":{"user":2,"agent":2},"by_status":{"sent":3,"failed":1,"pending":0},"active_conversations":2,"time_range":"day"}`,
			"?time_range=hour&phone_number_id=pn_web": `{"total_messages":2,"by_sender":{"user":1,"agent":1},"by_status":{"sent":1,"failed":1,"pending":0},"active_conversations":2,"time_range":"hour"}`,
			"?time_range=year":                        `{"total_messages":4,"by_sender":{"user":2,"agent":2},"by_status":{"sent":3,"failed":1,"pending":0},"active_conversations":2,"time_range":"year"}`,
			"?agent_id=another":                       `{"total_messages":0,"by_sender":{"user":0,"agent":0},"by_status":{"sent":0,"failed":0,"pending":0},"active_conversations":0,"time_range":"day"}`,
		} {
			if got := read[data[json.RawMessage]](l, "GET", user1+"/messages/stats"+query, "", 200).Data; string(got) != want {
				t.Errorf("%s: %s", query, got)
			}
		}
	})
}

// Conversations stay when their agent goes, and rest after three weeks.
func TestConversationsAreArchived(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		c := l.say("v", "x").ConversationID
		l.do("PATCH", user1+"/agents/"+l.agent, `{"name":"Eve","prompt_id":"p_2"}`, 200)
		l.script(script.Reply{Text: "never", Delay: time.Hour})
		l.say("v", "y")
		l.do("DELETE", user1+"/agents/"+l.agent, "", 200)
		l.do("DELETE", user1+"/phone_numbers/pn_web", "", 200)
		<-time.After(2 * time.Hour) // virtual
		got := read[data[item]](l, "GET", user1+"/conversations/"+c, "", 200).Data
		if got["is_active"] != false || got["agent_name"] != "Eve" || got["prompt_id"] != "p_2" || got["phone_display_name"] != "Shop" || got["message_count"] != 3.0 {
			t.Errorf("%v", got)
		}
		l.do("POST", chat+"/messages", visitorBody("v", "x"), 404)
	})
	inBubble(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsReplace, mockserver.PhoneagentsUpstream}}, func(t *testing.T, l live) {
		c := l.say("v", "x").ConversationID
		<-time.After(21*24*time.Hour - time.Millisecond) // virtual
		if again := l.say("v", "y").ConversationID; again != c {
			t.Error("it is another conversation after less than three weeks")
		}
		<-time.After(21 * 24 * time.Hour) // virtual
		if got := read[data[item]](l, "GET", user1+"/conversations/"+c, "", 200).Data; got["is_active"] != false || got["message_count"] != "4" {
			t.Errorf("%v", got)
		}
		if got := l.history("v"); got != "" {
			t.Error(got)
		}
		next := l.say("v", "z").ConversationID
		if next == c {
			t.Error("it is the same conversation after three weeks")
		}
		l.do("POST", user1+"/agents", agentBody("pn_web", "p", "Next"), 201)
		if got := read[data[item]](l, "GET", user1+"/conversations/"+next, "", 200).Data; got["is_active"] != false || got["agent_name"] != "Ada" {
			t.Errorf("%v", got)
		}
	})
}
