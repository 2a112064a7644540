"""The `partners` command: one module a group of commands; each reads, calls, prints."""
