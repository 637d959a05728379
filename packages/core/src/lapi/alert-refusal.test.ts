import { describe, expect, it } from 'vitest';
import { alertsErrorKind } from './alert-refusal.js';

describe('an error of a push of alerts', () => {
  it.each([
    [500, 'validation failure list:\nvalidation failure list:\n0.source.value in body is required'],
    [500, 'creating alert decisions: decision duration \'soon\': time: invalid duration "soon"'],
    [500, "unable to convert 'x' to int: invalid ip address 'x': invalid ip address / range"],
    [500, 'unable to parse time'],
    [500, 'pq: value too long for type character varying(255): unable to insert bulk'],
    [500, "Error 1406: Data too long for column 'scenario' at row 1: unable to insert bulk"],
    [500, 'pq: invalid byte sequence for encoding "UTF8": 0x00: unable to insert bulk'],
    [500, 'too many SQL variables: unable to insert bulk'],
    [400, 'json: cannot unmarshal string into Go struct field Alert.events_count of type int32'],
    [400, 'http: request body too large'],
    [422, 'validation failure list'],
    [413, undefined],
  ])('is about what is in it: %i %s', (status, said) => {
    expect(alertsErrorKind(status, said)).toBe('content');
  });

  it.each([
    [500, 'creating alert: database is locked: unable to insert bulk'],
    [500, 'invalid connection: unable to insert bulk'],
    [500, 'driver: bad connection'],
    [500, 'Error 1213: Deadlock found when trying to get lock'],
    [500, 'context deadline exceeded'],
    [500, 'disk I/O error: unable to insert row'],
    [500, 'attempt to write a readonly database'],
    [500, undefined],
    [502, undefined],
    [503, 'service unavailable'],
    [429, 'too many requests'],
    [404, undefined],
    [403, 'access forbidden'],
    [401, 'signature is invalid'],
    // A proxy or a TLS port, whose answer is not LAPI's.
    [400, undefined],
  ])('passes: %i %s', (status, said) => {
    expect(alertsErrorKind(status, said)).toBe('passing');
  });

  it('may be about anything', () => {
    expect(alertsErrorKind(500, 'something unheard of')).toBe('unknown');
  });
});
