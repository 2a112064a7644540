"""`partners webhook …`."""
