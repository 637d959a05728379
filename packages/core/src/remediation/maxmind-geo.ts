import type { open } from 'maxmind';
import * as z from 'zod';
import { messageOf } from '../errors.js';
import { importOptional } from '../import-optional.js';
import { validate } from '../validate.js';
import type { GeoSource } from './geo-source.js';

/** Databases in MaxMind's format, by their files; at least one. */
export interface MaxmindGeoOptions {
  /** Tells countries: GeoLite2-Country, GeoIP2-City and their like. */
  readonly country?: string | undefined;
  /** Tells AS numbers: GeoLite2-ASN, GeoIP2-ISP. */
  readonly asn?: string | undefined;
}

const optionsSchema = z
  .strictObject({ country: z.string().min(1).optional(), asn: z.string().min(1).optional() })
  .refine(({ country, asn }) => country !== undefined || asn !== undefined, {
    error: 'name the file of a database: `country`, `asn` or both',
  });

/**
 * Tells where an address is by MaxMind's databases. They are read into memory, by the optional package `maxmind`, when the
 * agent starts; a newer file is noticed by the next start.
 *
 * @throws CrowdsecError `CROWDSEC_OPTION_INVALID` if no file is named
 */
export function maxmindGeo(options: MaxmindGeoOptions): GeoSource {
  const files = validate(optionsSchema, options, 'maxmindGeo');
  return {
    async open() {
      const [countries, networks] = await Promise.all([
        openDatabase<{ country?: { iso_code?: string } }>(files.country),
        openDatabase<{ autonomous_system_number?: number }>(files.asn),
      ]);
      return (ip) => ({
        country: countries?.get(ip)?.country?.iso_code,
        asn: networks?.get(ip)?.autonomous_system_number,
      });
    },
  };
}

interface Database<Entry> {
  get(ip: string): Entry | null;
}

async function openDatabase<Entry>(file: string | undefined): Promise<Database<Entry> | undefined> {
  if (file === undefined) return undefined;
  const maxmind = (await importOptional('maxmind').catch((cause: unknown) => {
    throw new Error('maxmindGeo needs the package "maxmind": npm install maxmind', { cause });
  })) as { readonly open: typeof open };
  try {
    return (await maxmind.open(file)) as Database<Entry>;
  } catch (cause) {
    throw new Error(`${file} can't be read as a database of MaxMind's: ${messageOf(cause)}`, { cause });
  }
}
