// Package browsertest tests the page of the mock in a real browser. It is a
// module of its own, so that nobody else needs what drives the browser. Without
// a browser its tests are skipped: the variable CHROMIUM names one that is not
// in the PATH.
package browsertest
