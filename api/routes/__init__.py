"""One module per noun; each offers `router`."""
