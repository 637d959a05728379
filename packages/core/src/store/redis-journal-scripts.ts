/**
 * What the journal does in Redis in one step: the values of its entries in a hash, their order in a sorted set. Whatever
 * somebody else did to these keys must not stop those who use them, so each script first sees to it that they fit.
 */

/** Moves a key of another type out of the way. */
const FITTING = `
local function fit(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= kind then redis.call('RENAME', key, key .. ':damaged') end
end
fit(KEYS[1], 'zset')
fit(KEYS[2], 'hash')`;

/** The place behind the last entry; a counter that was lost or is not a number starts there. */
const NEXT_SCORE = `
local function next_score()
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  local least = (tonumber(last[2]) or 0) + 1
  local score = redis.pcall('INCR', KEYS[3])
  if type(score) == 'number' and score >= least then return score end
  redis.call('SET', KEYS[3], least)
  return least
end`;

/** Makes order and values agree: an id without a value goes, a value without a place gets the last one. */
const RECONCILED = `${FITTING}${NEXT_SCORE}
local removed = 0
if redis.call('ZCARD', KEYS[1]) ~= redis.call('HLEN', KEYS[2]) then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if redis.call('HEXISTS', KEYS[2], id) == 0 then
      redis.call('ZREM', KEYS[1], id)
      removed = removed + 1
    end
  end
  for _, id in ipairs(redis.call('HKEYS', KEYS[2])) do
    if not redis.call('ZSCORE', KEYS[1], id) then redis.call('ZADD', KEYS[1], next_score(), id) end
  end
end`;

/** KEYS: order, values, counter; ARGV: id, value, id, value… */
export const APPEND = `${FITTING}${NEXT_SCORE}
for index = 1, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[index], ARGV[index + 1])
  if not redis.call('ZSCORE', KEYS[1], ARGV[index]) then redis.call('ZADD', KEYS[1], next_score(), ARGV[index]) end
end
return 1`;

/** KEYS: order, values, counter; ARGV: limit, most bytes of a value → how many went, then id, value, SHA-1 of it, id… */
export const READ = `${RECONCILED}
local read = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)) do
  if redis.call('HSTRLEN', KEYS[2], id) > tonumber(ARGV[2]) then
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[1], id)
    removed = removed + 1
  else
    local value = redis.call('HGET', KEYS[2], id)
    if value then
      read[#read + 1] = id
      read[#read + 1] = value
      read[#read + 1] = redis.sha1hex(value)
    end
  end
end
return { removed, read }`;

/** KEYS: order, values; ARGV: id, SHA-1 of the value or nothing, id… */
export const ACKNOWLEDGE = `${FITTING}
for index = 1, #ARGV, 2 do
  local id, revision = ARGV[index], ARGV[index + 1]
  local value = redis.call('HGET', KEYS[2], id)
  if revision == '' or not value or redis.sha1hex(value) == revision then
    redis.call('ZREM', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
  end
end
return 1`;

/** KEYS: order, values, damaged; ARGV: ms that they stay, how many stay at most, id, SHA-1 of the value, id… → how many went */
export const SET_ENTRIES_ASIDE = `${FITTING}
if redis.call('TYPE', KEYS[3]).ok ~= 'hash' then redis.call('DEL', KEYS[3]) end
local removed = 0
for index = 3, #ARGV, 2 do
  local id = ARGV[index]
  local value = redis.call('HGET', KEYS[2], id)
  if value and redis.sha1hex(value) == ARGV[index + 1] then
    if redis.call('HLEN', KEYS[3]) < tonumber(ARGV[2]) then redis.call('HSET', KEYS[3], id, value) end
    redis.call('ZREM', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
    removed = removed + 1
  end
end
redis.call('PEXPIRE', KEYS[3], ARGV[1])
return removed`;

/** KEYS: order, values; ARGV: id, value, id, value… → the ids that are not there */
export const REPLACE = `${FITTING}
local gone = {}
for index = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[2], ARGV[index]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[index], ARGV[index + 1])
  else
    gone[#gone + 1] = ARGV[index]
  end
end
return gone`;

/** KEYS: order, values; ARGV: ids → those that are there */
export const WAITING = `${FITTING}
local waiting = {}
for _, id in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[2], id) == 1 then waiting[#waiting + 1] = id end
end
return waiting`;

/** KEYS: order, values, counter → how many wait, how many went */
export const SIZE = `${RECONCILED}
return { redis.call('ZCARD', KEYS[1]), removed }`;
