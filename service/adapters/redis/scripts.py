"""What Redis does with positions in one step: Lua, since what is read must still be true when it is written.

All take the keys `places`, the GEO index, and `tracks`, a hash of unit → track (see `packing`). The hash has one more
field, COMPLETE: this Redis knows all of this agency. It lies in the hash, so that whatever takes the tracks away takes
the promise away with them. Its value is when somebody last kept a track here, in seconds by Redis's own clock: a Redis
that nobody could reach for a while comes back with what it knew then, and must not be believed.
"""

COMPLETE = "complete"
TRUSTED_S = 60
"""So long nobody may have kept anything for it to be believed: fixes of that age count as good all the same."""
REBUILD_FIRST = "Redis was wiped or left alone, and is not yet rebuilt"

_IS_TRUSTED = f"""
local function is_trusted(tracks)
  local kept_at = tonumber(redis.call('HGET', tracks, '{COMPLETE}') or 0)
  return math.abs(redis.call('TIME')[1] - kept_at) <= {TRUSTED_S}
end
"""

# Grows the radius until it holds enough, because GEOSEARCH pays for all units inside before it drops those beyond
# COUNT: 10 km of a dense city cost 14 ms, the radius that just holds enough a thirtieth. It grows by what the density
# so far makes likely, at most fourfold. When all units are fewer than the limit they come as they are.
NEAR = f"""{_IS_TRUSTED}
local places, tracks, limit = KEYS[1], KEYS[2], tonumber(ARGV[3])
if not is_trusted(tracks) then return false end
local units
if redis.call('ZCARD', places) < limit then
  units = redis.call('ZRANGE', places, 0, -1)
else
  local radius_m = 250
  repeat
    units = redis.call('GEOSEARCH', places, 'FROMLONLAT', ARGV[1], ARGV[2],
                       'BYRADIUS', radius_m, 'm', 'ASC', 'COUNT', limit)
    radius_m = radius_m * math.max(1.3, math.min(4, 1.2 * math.sqrt(limit / (#units + 1))))
  until #units >= limit or radius_m > 40100000
end
local found = {{}}
for first = 1, #units, 1000 do
  local last = math.min(first + 999, #units)
  for _, track in ipairs(redis.call('HMGET', tracks, unpack(units, first, last))) do found[#found + 1] = track end
end
return {{units, found}}
"""

# Newer wins, whoever writes last; but a stored fix that cannot be (ARGV[1]: the latest that can) gives way to any.
# ARGV[2]: in a rebuild the field that it wrote first, without which this Redis was wiped since; else empty. Then five
# for each unit: its id, its track, and of its fix the time in µs, longitude and latitude, empty when there is none.
KEEP = f"""{_IS_TRUSTED}
local places, tracks, latest, rebuild = KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV[2]
if rebuild == '' then
  if not is_trusted(tracks) then return 0 end
  redis.call('HSET', tracks, '{COMPLETE}', redis.call('TIME')[1])
elseif redis.call('HEXISTS', tracks, rebuild) == 0 then
  return 0
end
for i = 3, #ARGV, 5 do
  local unit, track, at = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local stored = redis.call('HGET', tracks, unit)
  local stored_at = stored and tonumber(string.match(stored, '^%[(%-?%d+)'))
  if not stored_at or stored_at > latest or (at and at >= stored_at) then
    redis.call('HSET', tracks, unit, track)
    if at then redis.call('GEOADD', places, ARGV[i + 3], ARGV[i + 4], unit) else redis.call('ZREM', places, unit) end
  end
end
return 1
"""

# ARGV[1]: what `rebuild` wrote first; if it is gone, so is some of what came after it.
MARK = f"""
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], '{COMPLETE}', redis.call('TIME')[1])
return 1
"""

# One step of a walk over the hash. ARGV: the walk's cursor, how many fields to look at, and the time in µs before which
# a track is old: by its fix, or without one by its suspect. Fields that are no track match neither.
FORGET = """
local places, tracks, before = KEYS[1], KEYS[2], tonumber(ARGV[3])
local step = redis.call('HSCAN', tracks, ARGV[1], 'COUNT', ARGV[2])
for i = 1, #step[2], 2 do
  local unit, track = step[2][i], step[2][i + 1]
  local at = string.match(track, '^%[(%-?%d+)') or string.match(track, '^%[null,.*%[(%-?%d+)')
  if at and tonumber(at) < before then
    redis.call('HDEL', tracks, unit)
    redis.call('ZREM', places, unit)
  end
end
return step[1]
"""
