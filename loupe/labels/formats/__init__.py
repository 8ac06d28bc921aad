"""Label formats: one module each, found by name through `registry`."""
