"""One function per thing that happens: the verbs of the product.

The shape of each: ask the outside world first (positions), then one transaction, then nudge the workers. No I/O inside
a transaction, no effect before its commit.
"""
