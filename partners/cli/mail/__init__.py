"""`partners mail …`, `stop`, `go`."""
