"""The wire formats of the upstreams and the student: parse, render, call. No routing."""
