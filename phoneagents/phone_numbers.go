package phoneagents

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Platform is where an agent meets people. The API may add platforms.
type Platform string

// The documented platforms.
const (
	PlatformWhatsApp  Platform = "whatsapp"
	PlatformInstagram Platform = "instagram"
	PlatformWebchat   Platform = "webchat"
)

// PhoneNumber is a WhatsApp number, an Instagram account or a webchat channel
// of a user.
type PhoneNumber struct {
	// ID identifies the phone number, such as "pn_abc123".
	ID string `json:"id"`
	// UserID is the user that the phone number belongs to.
	UserID string `json:"user_id"`
	// Platform is where the phone number is.
	Platform Platform `json:"platform"`
	// MetaPhoneNumberID is what Meta calls the phone number or account, or the
	// id of a web chat.
	MetaPhoneNumberID string `json:"meta_phone_number_id"`
	// DisplayName is the name for people, "" if there is none.
	DisplayName string `json:"display_name,omitempty"`
	// CreatedAt is when the phone number was added.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// UpdatedAt is when the phone number was last changed.
	UpdatedAt agentclients.Timestamp `json:"updated_at"`
}

// AddPhoneNumberRequest says what phone number to add.
type AddPhoneNumberRequest struct {
	// Platform is where the phone number is. Required.
	Platform Platform `json:"platform"`
	// MetaPhoneNumberID is what Meta calls the phone number or account; of a
	// web chat it is an id of the caller's choice, by which RunAgent finds it.
	// Required, at most 100 characters.
	MetaPhoneNumberID string `json:"meta_phone_number_id"`
	// AccessToken is the Meta access token to send with. Required, 10 to 1000
	// characters, also for a web chat, which sends nothing with it. It is a
	// secret: it is sent and never printed, and the API does not return it.
	AccessToken string `json:"access_token"`
	// DisplayName is the name for people. At most 255 characters; nil leaves
	// it out.
	DisplayName *string `json:"display_name,omitempty"`
	// ID is an id chosen by the caller: 1 to 50 letters, digits, _ and -. It
	// lets AddPhoneNumber settle a lost response. Nil lets the server make one.
	ID *string `json:"id,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. Their values are never printed. The
	// id cannot be set here.
	ExtraFields map[string]any `json:"-"`
}

// Format prints the request without secrets.
func (r AddPhoneNumberRequest) Format(state fmt.State, verb rune) {
	redact.Format(state, verb, r.String())
}

// String returns the request as JSON in one line, without secrets.
func (r AddPhoneNumberRequest) String() string {
	r.AccessToken = redact.Secret(r.AccessToken)
	r.ExtraFields = redact.Values(r.ExtraFields)
	return wire.Line(r)
}

// LogValue describes the request to log/slog without secrets.
func (r AddPhoneNumberRequest) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%+v", r))
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. AddPhoneNumber calls it.
func (r AddPhoneNumberRequest) Validate() error {
	var problems validate.Problems
	problems.Required("platform", string(r.Platform))
	problems.Required("meta_phone_number_id", r.MetaPhoneNumberID)
	problems.Required("access_token", r.AccessToken)
	problems.NotEmpty("id", r.ID)
	problems.NotExtra("id", r.ExtraFields)
	problems.UTF8(r)
	return problems.Err(provider, "add phone number")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields and
// with the access token.
func (r AddPhoneNumberRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(addPhoneNumberBody(r), r.ExtraFields)
}

// addPhoneNumberBody is the request without its extra fields.
type addPhoneNumberBody AddPhoneNumberRequest

// AddPhoneNumber registers a phone number, an Instagram account or a webchat
// channel for a user.
//
// With an ID it is repeated after a lost response, since the server refuses a
// second phone number with the same id. If it stays open what became of it, the
// phone numbers are listed, once, and the one of the ID is returned if it is
// what the request says, as far as the API tells: it does not tell the access
// token. (That proves that there is such a phone number, not who added it.)
//
// Without an ID it is not repeated when the response is lost. The error then
// matches [agentclients.ErrOutcomeUnknown]: list the phone numbers of the user
// and look for the Meta id, or use EnsurePhoneNumber, which does so.
//
// Errors: [agentclients.ErrConflict] if the ID or the Meta id is registered
// already, [agentclients.ErrBadRequest] for an unknown platform.
//
// API reference: Add Phone Number, POST /users/{user_id}/phone_numbers.
func (c *Client) AddPhoneNumber(ctx context.Context, userID string, request AddPhoneNumberRequest, options ...agentclients.CallOption) (*PhoneNumber, error) {
	op := request.op(userID)
	if request.ID == nil {
		return transport.Call(ctx, c.transport, op, options, decodePhoneNumber)
	}
	op.Replay, op.ResourceID = transport.ReplayKeyed, *request.ID
	return transport.Create(ctx, c.transport, op, options, func(body []byte) (*PhoneNumber, error) {
		number, err := decodePhoneNumber(body)
		if err == nil && number.ID != *request.ID {
			return nil, wire.Other("id", number.ID, *request.ID)
		}
		return number, err
	}, transport.Settling[PhoneNumber]{
		Find: func(options ...agentclients.CallOption) (*PhoneNumber, error) {
			return c.findPhoneNumber(ctx, userID, options, func(n *PhoneNumber) bool { return n.ID == *request.ID })
		},
		Compare: func(found *PhoneNumber) diff.Result {
			return diff.Compare(addPhoneNumberBody(request), request.ExtraFields, found, diff.Rules{Omitted: []string{"display_name"}})
		},
	})
}

// op is the operation that adds the phone number, without an id.
func (r AddPhoneNumberRequest) op(userID string) transport.Op {
	return transport.Op{
		Name:    "add phone number",
		Method:  http.MethodPost,
		Path:    "/users/{user_id}/phone_numbers",
		Params:  []string{userID},
		Invalid: r.Validate(),
		Body:    addPhoneNumberBody(r),
		Extra:   r.ExtraFields,
		Replay:  transport.ReplayNever,
	}
}

// findPhoneNumber returns the first phone number of a user that is the one
// looked for, nil if there is none. It lists all platforms: the list of one has
// no pages, and one that is just as long as a page would look like a page that
// comes again.
func (c *Client) findPhoneNumber(ctx context.Context, userID string, options []agentclients.CallOption, isIt func(*PhoneNumber) bool) (*PhoneNumber, error) {
	all := pages.Offsets(provider, "list phone numbers", 0, defaultLimit, func(n PhoneNumber) string { return n.ID }, func(offset, limit int) ([]PhoneNumber, error) {
		list, err := c.ListPhoneNumbers(ctx, userID, ListPhoneNumbersRequest{Limit: limit, Offset: offset}, options...)
		if err != nil {
			return nil, err
		}
		return list.PhoneNumbers, nil
	})
	for number, err := range all {
		if err != nil {
			return nil, err
		}
		if isIt(&number) {
			return &number, nil
		}
	}
	return nil, nil
}

// ListPhoneNumbersRequest says which phone numbers to list. The zero value is
// the first page of all.
type ListPhoneNumbersRequest struct {
	// Platform lists only the phone numbers there. The server then ignores
	// Limit and Offset. "": all platforms.
	Platform Platform
	// Limit is how many phone numbers to return at most. 0: as many as
	// the server likes, which is 50 or 100.
	Limit int
	// Offset is how many phone numbers to leave out at the beginning.
	Offset int
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListPhoneNumbers calls it.
func (r ListPhoneNumbersRequest) Validate() error {
	var problems validate.Problems
	validateListing(&problems, r.Limit, r.Offset, "", "")
	return problems.Err(provider, "list phone numbers")
}

// PhoneNumberList is one page of the phone numbers of a user.
type PhoneNumberList struct {
	// PhoneNumbers are the phone numbers of this page.
	PhoneNumbers []PhoneNumber `json:"phone_numbers"`
}

// ListPhoneNumbers reads one page of the phone numbers of a user. It is
// repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if the server knows its users and this
// is none, [agentclients.ErrBadRequest] for an unknown platform.
//
// API reference: List Phone Numbers, GET /users/{user_id}/phone_numbers.
func (c *Client) ListPhoneNumbers(ctx context.Context, userID string, request ListPhoneNumbersRequest, options ...agentclients.CallOption) (*PhoneNumberList, error) {
	query := listingQuery(request.Limit, request.Offset, "", "")
	if request.Platform != "" {
		query.Set("platform", string(request.Platform))
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "list phone numbers",
		Method:  http.MethodGet,
		Path:    "/users/{user_id}/phone_numbers",
		Params:  []string{userID},
		Invalid: request.Validate(),
		Query:   query,
		Replay:  transport.ReplaySafe,
	}, options, decodePhoneNumberList)
}

// DeletePhoneNumber removes a phone number of a user. It is repeated after
// every transient failure; 404 to a repeat means that an earlier try
// removed the phone number.
//
// Errors: [agentclients.ErrNotFound] if there is no such phone number,
// [agentclients.ErrForbidden] if it is another user's,
// [agentclients.ErrConflict] if an agent answers on it and the server refuses
// to remove both.
//
// API reference: Delete Phone Number, DELETE /users/{user_id}/phone_numbers/{phone_number_id}.
func (c *Client) DeletePhoneNumber(ctx context.Context, userID, phoneNumberID string, options ...agentclients.CallOption) error {
	return transport.Do(ctx, c.transport, transport.Op{
		Name:   "delete phone number",
		Method: http.MethodDelete,
		Path:   "/users/{user_id}/phone_numbers/{phone_number_id}",
		Params: []string{userID, phoneNumberID},
		Replay: transport.ReplaySafe,
	}, options)
}

func decodePhoneNumber(body []byte) (*PhoneNumber, error) {
	return wire.DecodeWith(unwrap(body), "id", func(n *PhoneNumber) bool { return n.ID != "" })
}

func decodePhoneNumberList(body []byte) (*PhoneNumberList, error) {
	numbers, err := decodeList[PhoneNumber](body, "phone_numbers")
	if err != nil {
		return nil, err
	}
	return &PhoneNumberList{PhoneNumbers: numbers}, nil
}
