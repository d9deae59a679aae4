"""PostgreSQL, the truth. Statements live here and nowhere else; domain dataclasses come out, table classes never do."""
