"""The rules as pure functions: standard library and pydantic only; time is an argument."""
