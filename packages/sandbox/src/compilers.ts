import { AjvCompiler } from '@fastify/ajv-compiler';
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify';

/**
 * Compiles the schemas of routes. That takes longer than all else that a start does: so each schema is compiled when the first body
 * needs it, and once for all sandboxes of the process.
 */
export const validatorCompiler: FastifySchemaCompiler<unknown> = (route) => {
  let isValid: ReturnType<typeof validatorCompiler> | undefined;
  return (data) => {
    isValid ??= compiler()(route);
    return isValid(data) === true || { error: isValid.errors ?? [] };
  };
};

/** Routes do not describe their answers. Without this the framework loads a compiler for such descriptions all the same. */
export const schemaController: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildSerializer: () => () => JSON.stringify },
};

let shared: FastifySchemaCompiler<unknown> | undefined;

/** One for all, because it keeps what it compiled of each schema. It takes routes, as the framework calls it; its types tell of schemas. */
function compiler(): FastifySchemaCompiler<unknown> {
  shared ??= AjvCompiler()({}, { customOptions: AJV_OPTIONS }) as unknown as FastifySchemaCompiler<unknown>;
  return shared;
}

/** What breaks the contract is refused, not mended. */
const AJV_OPTIONS = { coerceTypes: false, removeAdditional: false, strictTypes: false } as const;
