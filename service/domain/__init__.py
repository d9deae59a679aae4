"""The rules of the product, pure: no I/O, no framework, no clock. `now` is always an argument."""
