import * as z from 'zod';
import { CrowdsecError } from './errors.js';
import { checkTarget } from './decide.js';
import { validate } from './validate.js';

/** What is to end at the engine. */
export interface LiftAtEngineRequest {
  /** The address, in any legal spelling; this or `range`. Its decisions end, and those about ranges that hold it, see `keepRanges`. */
  readonly ip?: string | undefined;
  /** The range, in CIDR notation. Its decisions end, and those about ranges that hold all of it; those within it stay. */
  readonly range?: string | undefined;
  /** With `ip`: only decisions about the very address end, not those about ranges that hold it; false by default. */
  readonly keepRanges?: boolean | undefined;
}

const requestSchema = z
  .strictObject({ ip: z.unknown().optional(), range: z.unknown().optional(), keepRanges: z.boolean().default(false) })
  .refine(({ range, keepRanges }) => !keepRanges || range === undefined, {
    path: ['keepRanges'],
    error: 'is for `ip` alone',
  });

/**
 * Checks a request, and says in the engine's words which decisions are meant; `undefined` for what is neither address nor range.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID`
 */
function engineTarget(request: LiftAtEngineRequest): EngineTarget | undefined {
  const { keepRanges } = validate(requestSchema, request, 'decision');
  const { ip, range } = request;
  const value = checkTarget({ ...('ip' in request ? { ip } : {}), ...('range' in request ? { range } : {}) });
  if (value === undefined) return undefined;
  if (value.includes('/')) return { range: value };
  return { ip: value, ...(keepRanges ? { scopes: 'Ip' } : {}) };
}

/**
 * Ends decisions by the machine of a local API, by whose word alone they end; resolves how many there were.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` without a machine or a target
 */
export async function liftAtEngine(
  deleteDecisions: ((target: EngineTarget) => Promise<number>) | undefined,
  request: LiftAtEngineRequest,
): Promise<number> {
  const target = engineTarget(request);
  if (deleteDecisions === undefined) {
    throw new CrowdsecError(
      'CROWDSEC_OPTION_INVALID',
      'liftAtEngine() needs a machine of a local API: make one by "cscli machines add", and give it as `lapi.machine`.',
      { path: 'options.lapi.machine' },
    );
  }
  return target === undefined ? 0 : deleteDecisions(target);
}

type EngineTarget = { readonly ip: string; readonly scopes?: string } | { readonly range: string };
