package phoneagents

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// phoneNumber is a phone number, or an account or widget that stands for one,
// as it is kept. The access token is not: nothing ever needs it.
type phoneNumber struct {
	ID          string  `json:"id"`
	UserID      string  `json:"user_id"`
	Platform    string  `json:"platform"`
	MetaID      string  `json:"meta_phone_number_id"`
	DisplayName *string `json:"display_name"`
	stamps
}

// Summary tells where persons reach it.
func (n *phoneNumber) Summary() emulate.Summary {
	return emulate.Summary{Name: n.Platform + " " + n.MetaID}
}

// ReadRecord reads a phone number from a document. One without a user belongs
// to all of them.
func (n *phoneNumber) ReadRecord(_, id string, document json.RawMessage) error {
	*n = phoneNumber{ID: id, Platform: platforms[0], MetaID: id}
	if err := json.Unmarshal(document, n); err != nil {
		return err
	}
	n.stamps.complete()
	return nil
}

// of is the phone number as one of a user; nil if it is another's.
func (n *phoneNumber) of(user string) *phoneNumber {
	if n.UserID == "" {
		shared := *n
		shared.UserID = user
		return &shared
	}
	if n.UserID != user {
		return nil
	}
	return n
}

// phoneNumberView is a phone number as responses have it.
type phoneNumberView struct {
	ID                string  `json:"id"`
	UserID            string  `json:"user_id"`
	Platform          string  `json:"platform"`
	MetaPhoneNumberID string  `json:"meta_phone_number_id"`
	DisplayName       *string `json:"display_name"`
	CreatedAt         string  `json:"created_at"`
	UpdatedAt         string  `json:"updated_at"`
}

func (n *phoneNumber) view(timeLayout string) phoneNumberView {
	return phoneNumberView{
		ID:                n.ID,
		UserID:            n.UserID,
		Platform:          n.Platform,
		MetaPhoneNumberID: n.MetaID,
		DisplayName:       n.DisplayName,
		CreatedAt:         n.CreatedAt.UTC().Format(timeLayout),
		UpdatedAt:         n.UpdatedAt.UTC().Format(timeLayout),
	}
}

// numberForAgent makes sure that the phone number is there that an agent is
// to be bound to. It returns the number to add if nobody has, unless the
// variant registeredNumbers is on.
func numberForAgent(r *emulate.Request, s *state, id string) (added *phoneNumber, err error) {
	user := r.Params["user_id"]
	number := s.PhoneNumbers.Get(r.Tenant, id)
	switch {
	case number == nil && !r.Variant(registeredNumbers):
		r.Guess("number-on-first-use")
		now := r.Now()
		return &phoneNumber{ID: id, UserID: user, Platform: "whatsapp", MetaID: id, stamps: stamps{now, now}}, nil
	case number == nil || number.of(user) == nil:
		r.Guess("404-phone-number")
		return nil, refuse(r, http.StatusNotFound, "Not Found", "Phone number not found",
			"/phone_number_id: expected a phone number of the user in the path")
	}
	return nil, nil
}

func addPhoneNumber(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	if err := check(r, r.Operation.Body, members); err != nil {
		return emulate.Response{}, err
	}
	now := r.Now()
	made := &phoneNumber{
		ID:       stringOf(members, "id"),
		UserID:   r.Params["user_id"],
		Platform: stringOf(members, "platform"),
		MetaID:   stringOf(members, "meta_phone_number_id"),
		stamps:   stamps{now, now},
	}
	jsontext.Assign(members, "display_name", &made.DisplayName, jsontext.PointerTo(jsontext.String))
	if err := refuseTaken(r, s, made); err != nil {
		return emulate.Response{}, err
	}
	if made.ID == "" {
		made.ID = s.PhoneNumbers.FreeID(r.Tenant, func() string { return "pn_" + emulate.HexID(r, "number", 12) })
	}
	r.Commit(func() { s.PhoneNumbers.Add(r.Tenant, made.ID, made) })
	return record(r, http.StatusCreated, made.view(timeLayout(r)))
}

// refuseTaken refuses a phone number that is there already, whoever has it.
func refuseTaken(r *emulate.Request, s *state, made *phoneNumber) error {
	const failed = "Failed to add phone number"
	if made.ID != "" && s.PhoneNumbers.Get(r.Tenant, made.ID) != nil {
		return refuse(r, http.StatusBadRequest, failed, "Phone number with ID "+made.ID+" already exists",
			"/id: there is a phone number with this id")
	}
	for other := range s.PhoneNumbers.OldestFirst(r.Tenant) {
		if other.MetaID == made.MetaID && other.Platform == made.Platform {
			return refuse(r, http.StatusBadRequest, failed,
				fmt.Sprintf("Meta phone number %s is already registered for %s", made.MetaID, made.Platform),
				"/meta_phone_number_id: the platform has a phone number with this id")
		}
	}
	return nil
}

// listPhoneNumbers responds to an unknown user with an empty list: the mock
// has no list of users.
func listPhoneNumbers(r *emulate.Request, s *state) (emulate.Response, error) {
	platform := r.Query.Get("platform")
	if platform != "" && !slices.Contains(platforms, platform) {
		return emulate.Response{}, refusePlatform(r, "query platform: expected "+strings.Join(platforms, ", ")+"; got something else")
	}
	var numbers []*phoneNumber
	for n := range s.PhoneNumbers.OldestFirst(r.Tenant) {
		if n = n.of(r.Params["user_id"]); n != nil && (platform == "" || n.Platform == platform) {
			numbers = append(numbers, n)
		}
	}
	numbers, problem := page(r.Query, 50, numbers, []column[phoneNumber]{
		{"created_at", func(a, b *phoneNumber) int { return a.CreatedAt.Compare(b.CreatedAt) }},
		{"updated_at", func(a, b *phoneNumber) int { return a.UpdatedAt.Compare(b.UpdatedAt) }},
		{"id", func(a, b *phoneNumber) int { return strings.Compare(a.ID, b.ID) }},
		{"platform", func(a, b *phoneNumber) int { return strings.Compare(a.Platform, b.Platform) }},
		{"meta_phone_number_id", func(a, b *phoneNumber) int { return strings.Compare(a.MetaID, b.MetaID) }},
	})
	if problem != "" {
		return emulate.Response{}, refusePage(r, problem, "phone numbers")
	}
	views := make([]phoneNumberView, len(numbers))
	for i, n := range numbers {
		views[i] = n.view(timeLayout(r))
	}
	return list(r, struct {
		PhoneNumbers []phoneNumberView `json:"phone_numbers"`
	}{views}, views)
}

func deletePhoneNumber(r *emulate.Request, s *state) (emulate.Response, error) {
	id := r.Params["phone_number_id"]
	number := s.PhoneNumbers.Get(r.Tenant, id)
	switch {
	case number == nil:
		return emulate.Response{}, refuse(r, http.StatusNotFound, "", "", "there is no phone number with the id in the path")
	case number.of(r.Params["user_id"]) == nil:
		return emulate.Response{}, refuse(r, http.StatusForbidden, "", "", "the phone number belongs to another user than the one in the path")
	case s.agentOn(r.Tenant, id) != nil:
		r.Guess("409-delete-bound-number")
		return emulate.Response{}, refuse(r, http.StatusConflict, "",
			"Cannot delete phone number with an active agent. Delete the agent first.",
			"the phone number has an agent")
	}
	r.Commit(func() { s.PhoneNumbers.Remove(r.Tenant, id) })
	return deleted(r, "Phone number deleted successfully")
}
