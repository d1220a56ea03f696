package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

func address(flags *flag.FlagSet, into *string, name, usage string) {
	flags.Func(name, usage, func(value string) error {
		_, port, err := net.SplitHostPort(value)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
			return errors.New("must be host:port with a port from 0 to 65535, such as 127.0.0.1:4141")
		}
		*into = value
		return nil
	})
}

func toggle(flags *flag.FlagSet, into *bool, name, usage string) {
	flags.BoolFunc(name, usage, func(value string) error {
		on, err := strconv.ParseBool(value)
		if err != nil {
			return errors.New("must be true or false")
		}
		*into = on
		return nil
	})
}

func choice(flags *flag.FlagSet, into *string, name, usage string, allowed []string) {
	flags.Func(name, usage, func(value string) error {
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("must be one of %s", strings.Join(allowed, ", "))
		}
		*into = value
		return nil
	})
}

// list reads values separated by commas. Nil allows any value.
func list(flags *flag.FlagSet, into *[]string, name, usage string, allowed []string) {
	flags.Func(name, usage, func(value string) error {
		var values []string
		for item := range strings.SplitSeq(value, ",") {
			item = strings.TrimSpace(item)
			if item == "" {
				return errors.New("must be values separated by commas, none of them empty")
			}
			if allowed != nil && !slices.Contains(allowed, item) {
				return fmt.Errorf("%q is unknown; must be some of %s", item, strings.Join(allowed, ","))
			}
			values = append(values, item)
		}
		*into = values
		return nil
	})
}

// pieces splits a value at its commas. What is wrong with them is found later:
// an error here would show the value.
func pieces(flags *flag.FlagSet, into *[]string, name, usage string) {
	flags.Func(name, usage, func(value string) error {
		*into = strings.Split(value, ",")
		return nil
	})
}

func whole(flags *flag.FlagSet, into *int, name, usage string, least, most int) {
	flags.Func(name, usage, func(value string) error {
		number, err := strconv.Atoi(value)
		if err != nil || number < least || number > most {
			return fmt.Errorf("must be a whole number from %d to %d", least, most)
		}
		*into = number
		return nil
	})
}

func duration(flags *flag.FlagSet, into *time.Duration, name, usage string, least time.Duration) {
	flags.Func(name, usage, func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < least {
			return fmt.Errorf("must be a duration of at least %s, such as 30s or 5m", least)
		}
		*into = d
		return nil
	})
}

// sizeUnits are the units of a size, the longest first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}, {"", 1}}

func size(flags *flag.FlagSet, into *int64, name, usage string) {
	flags.Func(name, usage, func(value string) error {
		for _, unit := range sizeUnits {
			digits, ok := strings.CutSuffix(value, unit.name)
			if !ok {
				continue
			}
			number, err := strconv.ParseInt(digits, 10, 32)
			if err != nil || number < 1 {
				break
			}
			*into = number * unit.bytes
			return nil
		}
		return errors.New("must be a size of at least 1B, such as 512KiB or 16MiB")
	})
}
