package admin

// What the tests look at.
type (
	ErrorView = errorView
	CallsView = callsView
	APIsView  = apisView
)

// Route is an operation of the admin API.
type Route struct {
	Method, Pattern string
	Status          int
	Response        any
}

// Routes are all operations.
func Routes() []Route {
	var all []Route
	for _, r := range routes() {
		all = append(all, Route{r.method, r.pattern, r.status, r.response})
	}
	return all
}
