/**
 * What Redis or Valkey does in one step. All keys of an installation share a hash tag, so the scripts run on a cluster too.
 */

/** KEYS: value, lease?; ARGV: text, holder? → 0 when the lease is not the holder's */
export const PUT = `
if KEYS[2] and redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1`;

/** KEYS: value */
export const DELETE = `return redis.call('DEL', KEYS[1])`;

/** KEYS: lease, counter of tokens; ARGV: holder, ttl in ms → the token, or 0 when somebody holds it */
export const TAKE_LEASE = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
return redis.call('INCR', KEYS[2])`;

/** KEYS: lease; ARGV: holder */
export const HOLDS_LEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0`;

/** KEYS: lease; ARGV: holder, ttl in ms */
export const RENEW_LEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: lease; ARGV: holder */
export const RELEASE_LEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** KEYS: piece; ARGV: bytes, ms that they stay unless a manifest names them */
export const PUT_PIECE = `return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`;

/**
 * Makes a new version of a blob the one that counts: its pieces stay from now on, those of the old one for a while only.
 *
 * KEYS: manifest, lease?; ARGV: manifest, version, pieces, bytes of a piece, ms that the old pieces stay, holder?
 */
export const COMMIT_BLOB = `
if KEYS[2] and redis.call('GET', KEYS[2]) ~= ARGV[6] then return 0 end
for index = 0, ARGV[3] - 1 do
  if redis.call('PERSIST', KEYS[1] .. ':' .. ARGV[2] .. ':' .. index) == 0 then
    return redis.error_reply('ERR it took so long to write that its first pieces have expired')
  end
end
local old = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
local readable, manifest = pcall(cjson.decode, old)
if readable and type(manifest) == 'table' and manifest.format == 1 then
  for index = 0, math.ceil(manifest.length / ARGV[4]) - 1 do
    redis.call('PEXPIRE', KEYS[1] .. ':' .. manifest.version .. ':' .. index, ARGV[5])
  end
end
return 1`;

/** KEYS: order, values, counter; ARGV: id, value, id, value… */
export const APPEND = `
for index = 1, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[index], ARGV[index + 1])
  if not redis.call('ZSCORE', KEYS[1], ARGV[index]) then
    redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[3]), ARGV[index])
  end
end
return 1`;

/** KEYS: order, values; ARGV: limit → id, value, id, value… */
export const READ = `
local read = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)) do
  local value = redis.call('HGET', KEYS[2], id)
  if value then
    read[#read + 1] = id
    read[#read + 1] = value
  end
end
return read`;

/** KEYS: order, values; ARGV: ids */
export const ACKNOWLEDGE = `
for _, id in ipairs(ARGV) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
return 1`;

/** KEYS: order */
export const SIZE = `return redis.call('ZCARD', KEYS[1])`;
