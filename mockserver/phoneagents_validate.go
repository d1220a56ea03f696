package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// withUser checks the user id of the path.
func (d phoneagentsDialect) withUser(handle func(*exchange) answer) func(*exchange) answer {
	rule := phoneagentsRule{name: "user_id", longest: 50, identifier: true}
	return func(x *exchange) answer {
		if problem := rule.check(x.params["user_id"]); problem != "" {
			x.guess("phoneagents.user-id")
			return d.refuse(x, http.StatusBadRequest, "", problem, "path: "+problem)
		}
		return handle(x)
	}
}

// withBody reads the JSON object that the request must carry, and then checks
// the user id of the path.
func (d phoneagentsDialect) withBody(handle func(*exchange, object) answer) func(*exchange) answer {
	return func(x *exchange) answer {
		if !isJSON(x.header) {
			x.guess("phoneagents.415")
			return d.refuse(x, http.StatusUnsupportedMediaType, "", "Content-Type must be application/json",
				"header Content-Type: expected application/json, got another type")
		}
		members, err := parseObject(x.body)
		if err != nil {
			x.guess("phoneagents.400-body")
			return d.refuse(x, http.StatusBadRequest, "", err.Error(), "body: expected a JSON object; "+err.Error())
		}
		return d.withUser(func(x *exchange) answer { return handle(x, members) })(x)
	}
}

// phoneagentsRule is what a member that is a string must be.
type phoneagentsRule struct {
	name              string
	shortest, longest int // in UTF-16 units; shortest 0 means 1
	required          bool
	nullable          bool // null counts as absent, and the empty string is allowed
	identifier        bool // letters, digits, - and _ only
	allowed           []string
}

// check returns what is wrong with a value, or "".
func (r phoneagentsRule) check(value string) string {
	shortest := cmp.Or(r.shortest, 1)
	if r.nullable {
		shortest = 0
	}
	switch length := len(utf16.Encode([]rune(value))); {
	case r.longest > 0 && (length < shortest || length > r.longest):
		return fmt.Sprintf("%s must be %d to %d characters long", r.name, shortest, r.longest)
	case r.identifier && strings.ContainsFunc(value, isNotIdentifier):
		return r.name + " may contain only letters, digits, hyphens and underscores"
	}
	return ""
}

func isNotIdentifier(c rune) bool {
	return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

func isBlankOrControl(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }

// read returns the members that are there, or the refusal of the first that
// breaks its rule. First all required ones must be there, then each is looked
// at.
func (d phoneagentsDialect) read(x *exchange, members object, rules []phoneagentsRule) (map[string]string, *answer) {
	for _, r := range rules {
		text, isText := asString(members[r.name])
		if r.required && (!members.has(r.name) || isText && text == "") {
			return nil, new(d.refuse(x, http.StatusBadRequest, "", r.name+" is required",
				mismatch("/"+r.name, "a string that is not empty", members[r.name])))
		}
	}
	values := make(map[string]string, len(rules))
	for _, r := range rules {
		raw, given := members[r.name]
		if !given || r.nullable && isNull(raw) {
			continue
		}
		text, isText := asString(raw)
		if r.allowed != nil {
			if !isText || !slices.Contains(r.allowed, text) {
				return nil, new(d.badPlatform(x, mismatch("/"+r.name, strings.Join(r.allowed, ", "), raw)))
			}
			values[r.name] = text
			continue
		}
		problem := r.name + " must be a string"
		if isText {
			problem = r.check(text)
		}
		if problem != "" {
			x.guess("phoneagents.format-text")
			return nil, new(d.refuse(x, http.StatusBadRequest, "", problem, "/"+r.name+": "+problem+"; got "+kindOf(raw)))
		}
		values[r.name] = text
	}
	return values, nil
}

// phoneagentsColumn is a column that a list can be ordered by.
type phoneagentsColumn[T any] struct {
	name    string
	compare func(a, b *T) int
}

// phoneagentsPage cuts the page that the query asks for out of records that
// come oldest first, ordered by the first column unless the query says
// otherwise. problem is what is wrong with the query, or "".
func phoneagentsPage[T any](query url.Values, limit int, records []*T, columns []phoneagentsColumn[T]) (page []*T, problem string) {
	offset := 0
	for _, parameter := range []struct {
		name  string
		value *int
	}{{"limit", &limit}, {"offset", &offset}} {
		if text := query.Get(parameter.name); text != "" {
			number, err := strconv.Atoi(text)
			if err != nil || number < 0 {
				return nil, parameter.name + " must be an integer that is not negative"
			}
			*parameter.value = number
		}
	}
	column := columns[0]
	if name := query.Get("orderBy"); name != "" {
		i := slices.IndexFunc(columns, func(c phoneagentsColumn[T]) bool { return c.name == name })
		if i < 0 {
			return nil, "orderBy names no column to order by"
		}
		column = columns[i]
	}
	switch strings.ToUpper(query.Get("orderDirection")) {
	case "ASC":
		slices.SortStableFunc(records, column.compare)
	case "DESC", "":
		slices.Reverse(records)
		slices.SortStableFunc(records, func(a, b *T) int { return column.compare(b, a) })
	default:
		return nil, "orderDirection must be ASC or DESC"
	}
	records = records[min(offset, len(records)):]
	return records[:min(limit, len(records))], ""
}

// badPage refuses a list whose query is wrong.
func (d phoneagentsDialect) badPage(x *exchange, problem, what string) answer {
	if x.variant(PhoneagentsUpstream) {
		return d.refuse(x, http.StatusNotFound, "Failed to retrieve "+what, "Failed to get "+what, "query: "+problem)
	}
	x.guess("phoneagents.400-query")
	return d.refuse(x, http.StatusBadRequest, "", problem, "query: "+problem)
}
