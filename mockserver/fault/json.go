package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// MarshalJSON writes the fault as the documentation of Fault has it.
func (f Fault) MarshalJSON() ([]byte, error) {
	if f.kind == nil {
		return nil, errors.New("fault is empty")
	}
	var out bytes.Buffer
	out.WriteByte('{')
	add := func(name string, value any) {
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + name + `":`)
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		encoder.Encode(value) //nolint:errcheck // values of ours
		out.Truncate(out.Len() - 1)
	}
	add(f.kind.name, f.kind.write(&f))
	if f.kind.usualStatus != 0 {
		add("status", f.status)
	}
	if f.retryAfter != nil {
		add("retry_after", f.retryAfter.String())
	}
	if f.header != nil {
		header := make(map[string]string, len(f.header))
		for name := range f.header {
			header[name] = strings.Join(f.header[name], ", ")
		}
		add("header", header)
	}
	if f.body != nil {
		add("body", *f.body)
	}
	if f.stage != "" {
		add("stage", f.stage)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads a fault as the documentation of Fault has it. The error
// names an unknown member and lists the faults that there are.
func (f *Fault) UnmarshalJSON(data []byte) error {
	members, err := jsontext.ParseObject(data)
	if err != nil {
		return errors.New("a fault must be a JSON object such as {\"status\":503}")
	}
	*f = Fault{}
	options := []string{"stage", "retry_after", "header", "body"}
	var named []string // the faults that the object names
	for _, name := range members.Names() {
		switch {
		case name == "status": // also an option
		case kindNamed(name) != nil:
			named = append(named, name)
		case !slices.Contains(options, name):
			return fmt.Errorf("unknown fault %q; there are %s, with the options %s", name, jsontext.Quote(Names()), jsontext.Quote(options))
		}
	}
	if _, ok := members["status"]; ok && (len(named) == 0 || !kindNamed(named[0]).responds) {
		named = append(named, "status")
	}
	switch len(named) {
	case 0:
		return errors.New("the object names no fault; there are " + jsontext.Quote(Names()))
	case 1:
	default:
		return fmt.Errorf("one object names the faults %s; give one each and put them together with \"then\"", jsontext.Quote(named))
	}
	f.kind = kindNamed(named[0])
	if err := f.kind.read(f, members[f.kind.name]); err != nil {
		return fmt.Errorf("fault %q: %w", f.kind.name, err)
	}
	if err := f.readOptions(members); err != nil {
		return fmt.Errorf("fault %q: %w", f.kind.name, err)
	}
	return f.Validate()
}

func (f *Fault) readOptions(members jsontext.Object) error {
	if f.kind.usualStatus != 0 {
		f.status = f.kind.usualStatus
		if raw, ok := members["status"]; ok {
			var err error
			if f.status, err = readStatus(raw); err != nil {
				return fmt.Errorf("status %w", err)
			}
		}
	}
	for name, raw := range members {
		switch name {
		case "stage":
			stage, ok := jsontext.String(raw)
			if !ok || stage == "" {
				return fmt.Errorf("stage must be one of %s", jsontext.Quote(Stages()))
			}
			f.stage = Stage(stage)
		case "retry_after":
			d, err := readDuration(raw)
			if err != nil {
				return fmt.Errorf("retry_after %w", err)
			}
			f.retryAfter = &d
		case "header":
			var header map[string]string
			if json.Unmarshal(raw, &header) != nil {
				return errors.New("header must be an object of strings")
			}
			for name, value := range header {
				Header(name, value).apply(f)
			}
		case "body":
			text, err := readBody(raw)
			if err != nil {
				return fmt.Errorf("body %w", err)
			}
			f.body = &text
		}
	}
	return nil
}

// readBody reads a text, or JSON that is to be sent as it stands.
func readBody(raw json.RawMessage) (string, error) {
	if text, ok := jsontext.String(raw); ok {
		return text, nil
	}
	if raw[0] == '{' || raw[0] == '[' {
		return string(jsontext.Compact(raw)), nil
	}
	return "", errors.New("must be a string, or an object or an array to send as JSON")
}

// readDuration reads a duration such as "1.5s".
func readDuration(raw json.RawMessage) (time.Duration, error) {
	text, ok := jsontext.String(raw)
	d, err := time.ParseDuration(text)
	if !ok || err != nil {
		return 0, errors.New(`must be a duration such as "50ms" or "2s"`)
	}
	return d, nil
}
