import { MAX_BLOB_BYTES } from './blob-manifest.js';

/**
 * What Redis or Valkey does in one step. All keys of an installation share a hash tag, so the scripts run on a cluster too.
 */

/** KEYS: value; ARGV: most bytes → the text, nothing, or in an array what is wrong with it */
export const GET = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return false end
if kind ~= 'string' then return { 'a ' .. kind .. ' instead of a string' } end
local length = redis.call('STRLEN', KEYS[1])
if length > tonumber(ARGV[1]) then return { length .. ' bytes long, beyond ' .. ARGV[1] } end
return redis.call('GET', KEYS[1])`;

/** KEYS: value, copy; ARGV: ms that the copy stays → 1 when there is a copy */
export const SET_ASIDE = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
local copied = redis.pcall('COPY', KEYS[1], KEYS[2])
if copied ~= 1 then return 0 end
return redis.call('PEXPIRE', KEYS[2], ARGV[1])`;

/** KEYS: any; ARGV: nothing. Needs memory and a master, as every write does. */
export const PROBE = `
redis.call('SET', KEYS[1], '', 'PX', 60000)
return redis.call('DEL', KEYS[1])`;

/** KEYS: value, lease?; ARGV: text, holder? → 0 when the lease is not the holder's */
export const PUT = `
if KEYS[2] and redis.pcall('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1`;

/** Has the pieces of a blob, if the key holds one, expire in `ms`. A length that no blob has is not believed. */
const EXPIRE_PIECES = `
local function expire_pieces(key, piece_bytes, ms)
  local text = redis.pcall('GET', key)
  local readable, manifest = pcall(cjson.decode, text)
  if not readable or type(manifest) ~= 'table' or manifest.format ~= 1 then return end
  if type(manifest.version) ~= 'string' or type(manifest.length) ~= 'number' then return end
  if manifest.length > ${MAX_BLOB_BYTES} then return end
  for index = 0, math.ceil(manifest.length / piece_bytes) - 1 do
    redis.call('PEXPIRE', key .. ':' .. manifest.version .. ':' .. index, ms)
  end
end`;

/** KEYS: value, or manifest of a blob; ARGV: bytes of a piece */
export const DELETE = `${EXPIRE_PIECES}
expire_pieces(KEYS[1], ARGV[1], 0)
return redis.call('DEL', KEYS[1])`;

/**
 * A lease without an end was not written here, and counts as held once more for as long as it would be taken for. A counter
 * that is not a number starts again from the current time, beyond any token that was given.
 *
 * KEYS: lease, counter of tokens; ARGV: holder, ttl in ms, now in ms → the token, or 0 when somebody holds it
 */
export const TAKE_LEASE = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  return 0
end
local token = redis.pcall('INCR', KEYS[2])
if type(token) == 'number' then return token end
redis.call('SET', KEYS[2], ARGV[3])
return tonumber(ARGV[3])`;

/** KEYS: lease; ARGV: holder */
export const HOLDS_LEASE = `
if redis.pcall('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0`;

/** KEYS: lease; ARGV: holder, ttl in ms */
export const RENEW_LEASE = `
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: lease; ARGV: holder */
export const RELEASE_LEASE = `
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** KEYS: name; ARGV: ms that it stays → 1, or 0 when it is there */
export const CLAIM = `
if redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[1]) then return 1 end
return 0`;

/** KEYS: piece; ARGV: bytes, ms that they stay unless a manifest names them */
export const PUT_PIECE = `return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`;

/**
 * Makes a new version of a blob the one that counts: its pieces stay from now on, those of the old one for a while only.
 *
 * KEYS: manifest, lease?; ARGV: manifest, version, pieces, bytes of a piece, ms that the old pieces stay, holder?
 */
export const COMMIT_BLOB = `${EXPIRE_PIECES}
if KEYS[2] and redis.pcall('GET', KEYS[2]) ~= ARGV[6] then return 0 end
for index = 0, ARGV[3] - 1 do
  if redis.call('PERSIST', KEYS[1] .. ':' .. ARGV[2] .. ':' .. index) == 0 then
    return redis.error_reply('ERR it took so long to write that its first pieces have expired')
  end
end
expire_pieces(KEYS[1], ARGV[4], ARGV[5])
redis.call('SET', KEYS[1], ARGV[1])
return 1`;

/** KEYS: manifest; ARGV: the version that is damaged, what takes its place, bytes of a piece, ms that the pieces stay */
export const DAMAGE_BLOB = `${EXPIRE_PIECES}
local readable, manifest = pcall(cjson.decode, redis.pcall('GET', KEYS[1]))
if not readable or type(manifest) ~= 'table' or manifest.version ~= ARGV[1] then return 0 end
expire_pieces(KEYS[1], ARGV[3], ARGV[4])
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

/**
 * As `LeakyBuckets` counts, with the same names.
 *
 * KEYS: bucket; ARGV: at, capacity, ms of a leak, ms of silence, ms of lateness, ms until the key may go, hash of the
 * value or nothing → events and start when it overflowed
 */
export const POUR = `
local at, capacity, leak, blackhole = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local lateness, hash = tonumber(ARGV[5]), ARGV[7]
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local found = redis.call('HMGET', KEYS[1], 'first_at', 'last_at', 'empty_at', 'event_count', 'silent', 'values')
local first_at, last_at, empty_at = tonumber(found[1]), tonumber(found[2]), tonumber(found[3])
local event_count, silent, values = tonumber(found[4]), found[5], found[6]

local anew = not last_at or at < last_at - lateness
local now = anew and at or math.max(at, last_at)
if not anew and now >= (silent and last_at + blackhole or empty_at) then anew = true end
if anew then
  redis.call('DEL', KEYS[1])
  first_at, empty_at, event_count, values = now, now, 0, ''
elseif silent then
  return false
end
local is_new = true
if hash ~= '' then
  local held = math.ceil((empty_at - now) / leak)
  values = held > 0 and string.sub(values, -held * (#hash + 1)) or ''
  is_new = not string.find(values, hash, 1, true)
  if is_new then values = values .. ',' .. hash end
end
if is_new then
  first_at = math.min(first_at, at)
  event_count = event_count + 1
  empty_at = empty_at + leak
end
local overflows = empty_at - now > capacity * leak
if overflows then
  redis.call('DEL', KEYS[1])
  if blackhole == 0 then return { event_count, first_at } end
  redis.call('HSET', KEYS[1], 'last_at', now, 'silent', 1)
else
  redis.call('HSET', KEYS[1], 'first_at', first_at, 'last_at', now, 'empty_at', empty_at)
  redis.call('HSET', KEYS[1], 'event_count', event_count, 'values', values)
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return overflows and { event_count, first_at } or false`;
