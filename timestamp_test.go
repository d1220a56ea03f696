package agentclients_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestTimestampTime(t *testing.T) {
	moment := time.Date(2025, 2, 10, 10, 0, 0, 0, time.UTC)
	for text, want := range map[agentclients.Timestamp]time.Time{
		"2025-02-10T10:00:00Z":           moment,
		"2025-02-10T11:00:00+01:00":      moment,
		"2025-02-10T10:00:00":            moment,
		"2025-02-10 10:00:00":            moment,
		"2025-02-10 10:00:00Z":           moment,
		"2025-02-10 12:30:00+02:30":      moment,
		"2025-02-10T10:00:00.25Z":        moment.Add(250 * time.Millisecond),
		"2025-02-10T10:00:00.123456789Z": moment.Add(123456789),
		"2025-02-10T10:00:00.5":          moment.Add(500 * time.Millisecond),
		"2025-02-10T10:00:00+0000":       moment,
		"2025-02-10T10:00:00+00":         moment,
		"2025-02-10T11:00:00.25+0100":    moment.Add(250 * time.Millisecond),
		"2025-02-10 10:00:00+00":         moment,
		"2025-02-10 10:00:00.5 +0000":    moment.Add(500 * time.Millisecond),
		"2025-02-10 10:00:00 UTC":        moment,
		"2025-02-10T10:00Z":              moment,
		"2025-02-10T12:00+0200":          moment,
		"2025-02-10T10:00":               moment,
		"2025-02-10 10:00":               moment,
		"Mon, 10 Feb 2025 10:00:00 GMT":  moment,
		"2025-02-10":                     moment.Add(-10 * time.Hour),
		"1739181600":                     moment,
		"1739181600.5":                   moment.Add(500 * time.Millisecond),
		"1739181600000":                  moment,
		"1739181600250":                  moment.Add(250 * time.Millisecond),
		"-1":                             time.Unix(-1, 0),
		"0":                              time.Unix(0, 0),
	} {
		got, err := text.Time()
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, not %v", text, got, err, want)
		}
	}
	if got, _ := agentclients.Timestamp("1739181600").Time(); got.Location() != time.UTC {
		t.Errorf("in %v", got.Location())
	}
	for _, text := range []agentclients.Timestamp{"", "soon", "NaN", "Inf", "1e300", "2025-13-01", "2025-02-10T", "10/02/2025", "null"} {
		if got, err := text.Time(); err == nil || !got.IsZero() {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestTimestampJSON(t *testing.T) {
	for raw, want := range map[string]agentclients.Timestamp{
		`"2025-02-10T10:00:00Z"`: "2025-02-10T10:00:00Z",
		`""`:                     "",
		`"a\u0062\"c"`:           `ab"c`,
		`1739181600`:             "1739181600",
		`1739181600.250`:         "1739181600.250",
		`null`:                   "kept",
		`true`:                   "true",
		`{"seconds":1}`:          `{"seconds":1}`,
		`["x"]`:                  `["x"]`,
	} {
		value := struct{ At agentclients.Timestamp }{"kept"}
		if err := json.Unmarshal([]byte(`{"At":`+raw+`}`), &value); err != nil || value.At != want {
			t.Errorf("%s: %q, %v, not %q", raw, value.At, err, want)
		}
	}
	encoded, err := json.Marshal(agentclients.Timestamp("2025-02-10T10:00:00Z"))
	if err != nil || string(encoded) != `"2025-02-10T10:00:00Z"` {
		t.Errorf("%s, %v", encoded, err)
	}
}

func FuzzTimestamp(f *testing.F) {
	for _, raw := range []string{`"2025-02-10T10:00:00Z"`, "1739181600", "-1e14", `"\ud800"`, "\"\xff\"", "null", "{}"} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var stamp agentclients.Timestamp
		if json.Unmarshal(raw, &stamp) != nil {
			return
		}
		moment, err := stamp.Time()
		if err == nil && math.Abs(float64(moment.Year())) > 40_000 {
			t.Errorf("%q is in the year %d", stamp, moment.Year())
		}
		encoded, err := json.Marshal(stamp)
		if err != nil {
			t.Fatal(err)
		}
		var again agentclients.Timestamp
		if err := json.Unmarshal(encoded, &again); err != nil || again != stamp {
			t.Errorf("%q became %q, %v", stamp, again, err)
		}
	})
}
