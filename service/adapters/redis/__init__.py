"""Redis or Valkey, alone or under Sentinel: positions, feed and nudges over one way to reach it (`server`)."""
