import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { CrowdsecError } from '@crowdsec-sdk/core';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../src/failure.js';
import { folderWith, installationFolder, runCommand } from './run-command.js';

describe('what was asked wrongly ends with 2 and one line', () => {
  it.each([
    [['decisons', 'list'], "unknown command 'decisons'. (Did you mean decisions?)"],
    [['decisions', 'lst'], "unknown command 'lst'. (Did you mean list?)"],
    [['signals', 'quarantine', 'dorp'], "unknown command 'dorp'. (Did you mean drop?)"],
    [['decisions', 'list', '--orgin', 'CAPI'], "unknown option '--orgin'. (Did you mean --origin?)"],
    [['decisions', 'list', '-l', 'many'], 'whole number'],
    [['decisions', 'list', '--output', 'xml'], 'Allowed choices are human, json, raw'],
    [['decisions', 'check'], "missing required argument 'ip'"],
    [['explain', '1.1.1.1', '2.2.2.2'], 'too many arguments'],
    [['explain', 'localhost'], '"localhost" is no IP address'],
    [['decisions', 'add'], 'Give either --ip or --range'],
    [['decisions', 'add', '--ip', '1.1.1.1', '--duration', 'soon'], 'decision.duration'],
    [['decisions', 'add', '--ip', 'one'], '"one" is no IP address'],
    [['decisions', 'list', '--ip', '1.1.1.0/24'], 'is no IP address'],
    [['decisions', 'delete'], 'Say which'],
    [['decisions', 'import', 'missing.csv'], 'There is no file missing.csv'],
    [['signals', 'push'], 'Name a file'],
    [['signals', 'quarantine', 'drop'], 'Name signals by their ID'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runCommand(args, { cwd: await installationFolder() });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('a missing configuration', async () => {
    const { code, stderr } = await runCommand(['decisions', 'list'], { cwd: await folderWith() });
    expect(stderr).toMatch(/^crowdsec-sdk: CROWDSEC_CONFIG_INVALID: Nothing is configured.*--config\.\n$/);
    expect(code).toBe(2);
  });

  it('an option that does not exist, in an object too', async () => {
    const cwd = await folderWith({
      'crowdsec.config.json': '{ "env": "dev", "lapi": { "url": "http://127.0.0.1:1", "apikey": "k" } }',
    });
    const { code, stderr } = await runCommand(['decisions', 'list'], { cwd });
    expect(stderr).toMatch(/crowdsec\.config\.json: there is no option lapi\.apikey\. Did you mean apiKey\?\n$/);
    expect(code).toBe(2);
  });

  it('an option with a wrong value', async () => {
    const { code, stderr } = await runCommand(['config', 'validate'], {
      cwd: await installationFolder({ mode: 'off' }),
    });
    expect(stderr).toMatch(/^crowdsec-sdk: CROWDSEC_OPTION_INVALID: options\.mode: .*\n$/);
    expect(code).toBe(2);
  });
});

/** A name that is a value: the compiler would look for it. */
const NOT_INSTALLED = ['@crowdsec-sdk', 'not-installed'].join('/');

describe('a package that the command does not find', () => {
  it.each([
    ['import()', () => import(NOT_INSTALLED) as Promise<unknown>],
    ['require()', async () => Promise.resolve(createRequire(import.meta.url)(NOT_INSTALLED) as unknown)],
  ])('may be installed beside the application: %s', async (_by, load) => {
    const cause: unknown = await load().catch((error: unknown) => error);
    const message = 'A store given by URL needs the package @keyv/redis: install it (npm install @keyv/redis)';
    const { line, exitCode } = failureOf(new CrowdsecError('CROWDSEC_OPTION_INVALID', message, { cause }));
    expect(line).toContain(`${message}. This command finds the packages that are installed beside it alone`);
    expect(line).toContain('npm install --save-dev @crowdsec-sdk/cli');
    expect(exitCode).toBe(2);
  });

  it('is not spoken of where another cause lies', () => {
    const cause = Object.assign(new Error('no such file'), { code: 'ENOENT' });
    expect(failureOf(new CrowdsecError('CROWDSEC_OPTION_INVALID', 'x: is wrong', { cause })).line).toBe(
      'CROWDSEC_OPTION_INVALID: x: is wrong.',
    );
  });
});

describe('the help', () => {
  it.each([
    [['--help'], 'crowdsec-sdk explain 203.0.113.7'],
    [['decisions', '--help'], 'refresh'],
    [['decisions', 'add', '--help'], 'crowdsec-sdk decisions add --ip 203.0.113.7'],
    [['alerts', 'list', '--help'], 'crowdsec-sdk signals list'],
    [['help', 'capi'], 'register'],
  ])('%j ends with 0', async (args, text) => {
    const { code, stdout, stderr } = await runCommand(args, { cwd: await folderWith() });
    expect(stdout).toContain(text);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each(['--version', '-V'])('%s tells the version, as npm writes it', async (flag) => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    const { code, stdout, stderr } = await runCommand([flag], { cwd: await folderWith() });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('of a group without a subcommand goes to the standard error, with 2', async () => {
    const { code, stdout, stderr } = await runCommand(['decisions'], { cwd: await folderWith() });
    expect(stderr).toContain('Usage: crowdsec-sdk decisions');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
