package orq

import (
	"slices"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
)

// Diff lists what the agent lacks of what the request sets, extra fields
// included. Not compared is what the server may spell in its own way: ids of
// tools, the values of variables (it tells those that it found in the
// instructions), and ids of models, knowledge bases, memory stores and
// evaluators where it tells an id of its own making. Nil: the agent is
// what the request asks for.
func (r CreateAgentRequest) Diff(agent *Agent) []agentclients.FieldDiff {
	return r.compare(agent).All()
}

var rules = diff.Rules{
	Own:       []string{"key", "settings.tools.id", "variables"},
	Unordered: []string{"memory_stores", "knowledge_bases", "team_of_agents", "skills", "settings.tools", "settings.evaluators", "settings.guardrails"},
	Omitted:   []string{"system_prompt", "display_name", "skills", "source", "engine"},
}

func (r CreateAgentRequest) compare(agent *Agent) diff.Result {
	result, _ := r.compareAll(agent)
	return result
}

// compareAll also reports whether everything that the request sets could be
// compared, but for models.
func (r CreateAgentRequest) compareAll(agent *Agent) (result diff.Result, sure bool) {
	want, err := diff.Object(createAgentBody(r), r.ExtraFields)
	if err != nil {
		return diff.Unsendable(err), true
	}
	have, err := diff.Object(agent, nil)
	if err != nil {
		return diff.Unsendable(err), true
	}
	new(spelling).alignModel(want, have) // documented as the server's own spelling
	var ids spelling
	asked, found := member(want, "settings"), member(have, "settings")
	ids.align(list(want, "memory_stores"), list(have, "memory_stores"), "")
	ids.align(list(want, "knowledge_bases"), list(have, "knowledge_bases"), "knowledge_id")
	ids.align(list(asked, "evaluators"), list(found, "evaluators"), "id")
	ids.align(list(asked, "guardrails"), list(found, "guardrails"), "id")
	alignTools(asked)
	if samePath(want["path"], have["path"]) {
		have["path"] = want["path"]
	}
	if want["display_name"] == "" { // the server may make one up
		delete(want, "display_name")
	}
	result = diff.Of[Agent](want, have, rules)
	for _, differences := range [][]agentclients.FieldDiff{result.Different, result.Untold} {
		for i := range differences {
			if differences[i].Path == "model.fallback_models" {
				differences[i].Path = "fallback_models"
			}
		}
	}
	return result, !ids.foreign && len(member(want, "variables")) == 0
}

// spelling makes ids the same that may name the same.
type spelling struct {
	foreign bool // some id is of the server's own making, so that it tells nothing
}

// alignModel brings the models of a request into the form that agents have:
// objects, the fallback models in the model.
func (s *spelling) alignModel(want, have map[string]any) {
	model := modelObject(want["model"])
	if fallbacks, ok := want["fallback_models"].([]any); ok {
		objects := make([]any, len(fallbacks))
		for i := range fallbacks {
			objects[i] = modelObject(fallbacks[i])
		}
		model["fallback_models"] = objects
		delete(want, "fallback_models")
	}
	want["model"] = model

	found := member(have, "model")
	if found["id"] == "" { // not told
		delete(have, "model")
		return
	}
	if fallbacks, ok := found["fallback_models"].([]any); ok {
		for i := range fallbacks {
			fallbacks[i] = modelObject(fallbacks[i])
		}
		s.align(list(model, "fallback_models"), fallbacks, "id")
	}
	s.align([]any{model}, []any{found}, "id")
}

// modelObject returns a model as an object.
func modelObject(value any) map[string]any {
	if id, ok := value.(string); ok {
		return map[string]any{"id": id}
	}
	object, _ := value.(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	return object
}

// alignTools gives the type of each tool the name that it has in agents.
func alignTools(settings map[string]any) {
	for _, item := range list(settings, "tools") {
		if tool, ok := item.(map[string]any); ok {
			tool["action_type"] = tool["type"]
			delete(tool, "type")
		}
	}
}

// align gives the ids of one list the spelling of those of the other, where
// they may name the same: in their order, but for those that both lists have.
// name is the member of the items that is the id, "" if the items are ids.
func (s *spelling) align(want, have []any, name string) {
	left := others(have, want, name)
	for i, item := range others(want, have, name) {
		if i == len(left) {
			return
		}
		asked, found := id(want[item], name), id(have[left[i]], name)
		generated := isGenerated(asked) != isGenerated(found)
		if asked == "" || found == "" || !generated && !sameName(asked, found) {
			continue
		}
		s.foreign = s.foreign || generated
		if object, ok := have[left[i]].(map[string]any); ok {
			object[name] = asked
		} else {
			have[left[i]] = asked
		}
	}
}

// others returns the places of the items of a list whose ids another list does
// not have.
func others(items, list []any, name string) (places []int) {
	for i := range items {
		own := id(items[i], name)
		if !slices.ContainsFunc(list, func(item any) bool { return own != "" && id(item, name) == own }) {
			places = append(places, i)
		}
	}
	return places
}

// id returns the id of an item, "" if it has none.
func id(item any, name string) string {
	if object, ok := item.(map[string]any); ok {
		item = object[name]
	}
	text, _ := item.(string)
	return text
}

// sameName reports whether two names of models are the same, one of them with
// its provider and the other one without.
func sameName(a, b string) bool {
	_, bareA, qualifiedA := strings.Cut(a, "/")
	_, bareB, qualifiedB := strings.Cut(b, "/")
	return qualifiedA && !qualifiedB && bareA == b || qualifiedB && !qualifiedA && bareB == a
}

// isGenerated reports whether an id is one that servers make: a ULID, a UUID
// or 24 hexadecimal digits.
func isGenerated(id string) bool {
	if len(id) == 26 && id[0] <= '7' && strings.Trim(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == "" {
		return true
	}
	digits := strings.ToLower(id)
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
		digits = strings.ReplaceAll(digits, "-", "")
	}
	return (len(digits) == 24 || len(digits) == 32) && strings.Trim(digits, "0123456789abcdef") == ""
}

// samePath reports whether two paths may name the same place: with a key that
// belongs to a project the name of the project may be left out.
func samePath(a, b any) bool {
	asked, _ := a.(string)
	found, _ := b.(string)
	asked, found = strings.Trim(asked, "/"), strings.Trim(found, "/")
	return found != "" && (asked == found || strings.HasSuffix(asked, "/"+found) || strings.HasSuffix(found, "/"+asked))
}

// member returns a member that is an object, nil if it is none.
func member(object map[string]any, name string) map[string]any {
	inner, _ := object[name].(map[string]any)
	return inner
}

// list returns a member that is a list, nil if it is none.
func list(object map[string]any, name string) []any {
	items, _ := object[name].([]any)
	return items
}
