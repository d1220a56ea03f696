package compare

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// event is one event of a stream.
type event struct {
	name string // the field event, "" if there is none
	data []byte
}

// errTooLong means that an event is longer than longestEvent.
var errTooLong = errors.New("the event is too long")

// frames reads the events of a stream, for looking at what comes by: neither
// the mock nor a vendor ends lines with a CR alone. Its work is linear in the
// bytes, in whatever pieces they come.
type frames struct {
	lines *bufio.Reader
	line  []byte // the beginning of one that is not whole yet
}

func newFrames(source io.Reader) *frames {
	return &frames{lines: bufio.NewReader(source)}
}

// next returns the next event that has data. An event whose blank line does
// not come is none.
func (f *frames) next() (event, error) {
	var read event
	hasData := false
	for {
		line, err := f.nextLine()
		if err != nil {
			return event{}, err
		}
		if len(line) == 0 {
			if hasData {
				return read, nil
			}
			read = event{}
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			read.name = string(value)
		case "data":
			if hasData {
				read.data = append(read.data, '\n')
			}
			hasData = true
			read.data = append(read.data, value...)
		}
		if len(read.data) > longestEvent {
			return event{}, errTooLong
		}
	}
}

// nextLine returns the next line, without its end. It is good until the next
// one.
func (f *frames) nextLine() ([]byte, error) {
	f.line = f.line[:0]
	for {
		part, err := f.lines.ReadSlice('\n')
		f.line = append(f.line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(bytes.TrimSuffix(f.line, []byte("\n")), []byte("\r")), nil
		case err != bufio.ErrBufferFull:
			return nil, err
		case len(f.line) > longestEvent:
			return nil, errTooLong
		}
	}
}
