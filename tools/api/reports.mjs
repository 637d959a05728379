import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { exportedNames, trimReport } from './trim-report.mjs';

/** @import { ExtractorLogLevel, IConfigFile } from '@microsoft/api-extractor' */
/** @import { Entry } from './entries.mjs' */

/** As tsconfig.base.json has it; API Extractor brings the compiler that reads it. */
const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023', 'ESNext.Disposable'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};

/**
 * The API report of each entry, by the path that it is kept at. The packages must be built.
 *
 * @param {readonly Entry[]} entries
 * @returns {ReadonlyMap<string, string>}
 */
export function apiReports(entries) {
  const folder = mkdtempSync(join(tmpdir(), 'crowdsec-api-'));
  try {
    const reports = extract(entries, folder);
    return new Map(
      reports.map(({ entry, report }) => {
        const others = reports.filter((other) => other.entry.package === entry.package && other.entry !== entry);
        const elsewhere = new Set(others.flatMap((other) => [...exportedNames(other.report)]));
        const own = `API of \`${entry.specifier}\``;
        const titled = report.replace(/^## .*\n\n> .*$/m, `## ${own}\n\n> Made by \`npm run api\` (API Extractor).`);
        return [join(entry.folder, 'api', `${entry.name}.api.md`), trimReport(titled, elsewhere)];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * All entries in one program, since most of the time goes into reading what they share.
 *
 * @param {readonly Entry[]} entries
 * @param {string} reportFolder
 */
function extract(entries, reportFolder) {
  const configs = entries.map((entry, i) => configOf(entry, reportFolder, `${i}.api.md`));
  const [first, ...others] = configs;
  if (first === undefined) return [];
  const additionalEntryPoints = others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath);
  const compilerState = CompilerState.create(first, { additionalEntryPoints });
  return entries.map((entry, i) => {
    /** @type {string[]} */
    const problems = [];
    const { succeeded } = Extractor.invoke(configs[i], {
      localBuild: true,
      compilerState,
      messageCallback: (message) => {
        if (message.logLevel === 'error') problems.push(message.text);
        message.handled = true;
      },
    });
    if (!succeeded) throw new Error(`${entry.specifier} has no API report: ${problems.join(' ')}`);
    return { entry, report: readFileSync(join(reportFolder, `${i}.api.md`), 'utf8') };
  });
}

/**
 * @param {Entry} entry
 * @param {string} reportFolder
 * @param {string} reportFileName
 */
function configOf({ folder, types }, reportFolder, reportFileName) {
  const none = { default: { logLevel: /** @type {ExtractorLogLevel} */ ('none') } };
  /** @type {IConfigFile} */
  const configObject = {
    projectFolder: folder,
    mainEntryPointFilePath: types,
    newlineKind: 'lf',
    compiler: { overrideTsconfig: { compilerOptions } },
    apiReport: {
      enabled: true,
      includeForgottenExports: true,
      reportFileName,
      reportFolder,
      reportTempFolder: join(reportFolder, 'new'),
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: { extractorMessageReporting: none, tsdocMessageReporting: none },
  };
  const packageJsonFullPath = join(folder, 'package.json');
  return ExtractorConfig.prepare({ configObject, configObjectFullPath: undefined, packageJsonFullPath });
}
