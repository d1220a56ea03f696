package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// phoneagentsPlatforms are the kinds of phone numbers.
var phoneagentsPlatforms = []string{"whatsapp", "instagram", "webchat"}

// phoneagentsNumber is a phone number, or an account or widget that stands
// for one, as it is kept. The access token is not: nothing ever needs it.
type phoneagentsNumber struct {
	ID          string  `json:"id"`
	UserID      string  `json:"user_id"`
	Platform    string  `json:"platform"`
	MetaID      string  `json:"meta_phone_number_id"`
	DisplayName *string `json:"display_name"`
	phoneagentsStamps
	AgentID string `json:"agent_id,omitempty"` // the agent on this number
}

// phoneagentsNumberView is a phone number as it is answered.
type phoneagentsNumberView struct {
	ID                string  `json:"id"`
	UserID            string  `json:"user_id"`
	Platform          string  `json:"platform"`
	MetaPhoneNumberID string  `json:"meta_phone_number_id"`
	DisplayName       *string `json:"display_name"`
	CreatedAt         string  `json:"created_at"`
	UpdatedAt         string  `json:"updated_at"`
}

func (n *phoneagentsNumber) view(timeLayout string) phoneagentsNumberView {
	return phoneagentsNumberView{
		ID:                n.ID,
		UserID:            n.UserID,
		Platform:          n.Platform,
		MetaPhoneNumberID: n.MetaID,
		DisplayName:       n.DisplayName,
		CreatedAt:         n.CreatedAt.Format(timeLayout),
		UpdatedAt:         n.UpdatedAt.Format(timeLayout),
	}
}

// numberForAgent returns the phone number that an agent is to be bound to, or
// the refusal. A number that nobody added is added now, unless the variant
// PhoneagentsRegisteredNumbers is on.
func (d phoneagentsDialect) numberForAgent(x *exchange, id string) (*phoneagentsNumber, *answer) {
	state := x.state.(*phoneagentsState)
	number := state.PhoneNumbers.get(x.tenant, id)
	if number == nil && !x.variant(PhoneagentsRegisteredNumbers) {
		x.guess("phoneagents.number-on-first-use")
		now := x.now()
		number = &phoneagentsNumber{
			ID:                id,
			UserID:            x.params["user_id"],
			Platform:          "whatsapp",
			MetaID:            id,
			phoneagentsStamps: phoneagentsStamps{now, now},
		}
		state.PhoneNumbers.add(x.tenant, id, number)
	}
	if number == nil || number.UserID != x.params["user_id"] {
		x.guess("phoneagents.404-phone-number")
		return nil, new(d.refuse(x, http.StatusNotFound, "Not Found", "Phone number not found",
			"/phone_number_id: expected a phone number of the user in the path"))
	}
	return number, nil
}

func (d phoneagentsDialect) addPhoneNumber(x *exchange, members object) answer {
	values, refusal := d.read(x, members, []phoneagentsRule{
		{name: "platform", required: true, allowed: phoneagentsPlatforms},
		{name: "meta_phone_number_id", longest: 100, required: true},
		{name: "access_token", shortest: 10, longest: 1000, required: true},
		{name: "display_name", longest: 255, nullable: true},
		{name: "id", longest: 50, identifier: true},
	})
	if refusal != nil {
		return *refusal
	}
	const failed = "Failed to add phone number"
	state := x.state.(*phoneagentsState)
	id, metaID, platform := values["id"], values["meta_phone_number_id"], values["platform"]
	if id != "" && state.PhoneNumbers.get(x.tenant, id) != nil {
		return d.refuse(x, http.StatusBadRequest, failed, "Phone number with ID "+id+" already exists",
			"/id: there is a phone number with this id")
	}
	for other := range state.PhoneNumbers.oldestFirst(x.tenant) {
		if other.MetaID == metaID && other.Platform == platform {
			return d.refuse(x, http.StatusBadRequest, failed,
				fmt.Sprintf("Meta phone number %s is already registered for %s", metaID, platform),
				"/meta_phone_number_id: the platform has a phone number with this id")
		}
	}
	if id == "" {
		id = "pn_" + x.hexID("phoneagents.number", 12)
	}
	now := x.now()
	number := &phoneagentsNumber{
		ID:                id,
		UserID:            x.params["user_id"],
		Platform:          platform,
		MetaID:            metaID,
		phoneagentsStamps: phoneagentsStamps{now, now},
	}
	if name, given := values["display_name"]; given {
		number.DisplayName = &name
	}
	state.PhoneNumbers.add(x.tenant, id, number)
	x.commit()
	return d.record(x, http.StatusCreated, number.view(d.timeLayout(x)))
}

// listPhoneNumbers answers an unknown user with an empty list: the mock has
// no list of users.
func (d phoneagentsDialect) listPhoneNumbers(x *exchange) answer {
	platform := x.query.Get("platform")
	if platform != "" && !slices.Contains(phoneagentsPlatforms, platform) {
		return d.badPlatform(x, "query platform: expected "+strings.Join(phoneagentsPlatforms, ", ")+"; got something else")
	}
	var numbers []*phoneagentsNumber
	for number := range x.state.(*phoneagentsState).PhoneNumbers.oldestFirst(x.tenant) {
		if number.UserID == x.params["user_id"] && (platform == "" || number.Platform == platform) {
			numbers = append(numbers, number)
		}
	}
	numbers, problem := phoneagentsPage(x.query, 50, numbers, []phoneagentsColumn[phoneagentsNumber]{
		{"created_at", func(a, b *phoneagentsNumber) int { return a.CreatedAt.Compare(b.CreatedAt) }},
		{"updated_at", func(a, b *phoneagentsNumber) int { return a.UpdatedAt.Compare(b.UpdatedAt) }},
		{"id", func(a, b *phoneagentsNumber) int { return strings.Compare(a.ID, b.ID) }},
		{"platform", func(a, b *phoneagentsNumber) int { return strings.Compare(a.Platform, b.Platform) }},
		{"meta_phone_number_id", func(a, b *phoneagentsNumber) int { return strings.Compare(a.MetaID, b.MetaID) }},
	})
	if problem != "" {
		return d.badPage(x, problem, "phone numbers")
	}
	views := make([]phoneagentsNumberView, len(numbers))
	for i, number := range numbers {
		views[i] = number.view(d.timeLayout(x))
	}
	return d.list(x, struct {
		PhoneNumbers []phoneagentsNumberView `json:"phone_numbers"`
	}{views}, views, len(views))
}

func (d phoneagentsDialect) badPlatform(x *exchange, reason string) answer {
	return d.refuse(x, http.StatusBadRequest, "Invalid platform",
		"Platform must be one of: "+strings.Join(phoneagentsPlatforms, ", "), reason)
}

func (d phoneagentsDialect) deletePhoneNumber(x *exchange) answer {
	state := x.state.(*phoneagentsState)
	number := state.PhoneNumbers.get(x.tenant, x.params["phone_number_id"])
	switch {
	case number == nil:
		return d.refuse(x, http.StatusNotFound, "", "", "there is no phone number with the id in the path")
	case number.UserID != x.params["user_id"]:
		return d.refuse(x, http.StatusForbidden, "", "", "the phone number belongs to another user than the one in the path")
	case number.AgentID != "":
		x.guess("phoneagents.409-delete-bound-number")
		return d.refuse(x, http.StatusConflict, "",
			"Cannot delete phone number with an active agent. Delete the agent first.",
			"the phone number has an agent")
	}
	state.PhoneNumbers.remove(x.tenant, number.ID)
	x.commit()
	return d.deleted(x, "Phone number deleted successfully")
}
