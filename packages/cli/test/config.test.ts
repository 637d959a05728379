import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCrowdsecConfig, loadCrowdsecOptions } from '../src/config/index.js';
import { folderWith, runCommand } from './run-command.js';

const TYPESCRIPT = `
import { homedir } from 'node:os';
interface Given { readonly env: 'dev'; readonly machineIdPrefix: string }
const given: Given = { env: 'dev', machineIdPrefix: homedir() === '' ? 'a' : 'shop' };
export default given;
`;

describe('the configuration file', () => {
  it.each([
    ['crowdsec.config.ts', TYPESCRIPT],
    ['crowdsec.config.mts', TYPESCRIPT],
    ['crowdsec.config.js', "module.exports = { env: 'dev', machineIdPrefix: 'shop' };"],
    ['crowdsec.config.mjs', "export default async () => ({ env: 'dev', machineIdPrefix: 'shop' });"],
    ['crowdsec.config.cjs', "module.exports = { env: 'dev', machineIdPrefix: 'shop' };"],
    ['crowdsec.config.json', '{ "env": "dev", "machineIdPrefix": "shop" }'],
    ['crowdsec.config.yaml', 'env: dev\nmachineIdPrefix: shop\n'],
    ['crowdsec.config.yml', 'env: dev\nmachineIdPrefix: shop\n'],
  ])('may be %s, here or in a folder above', async (name, content) => {
    const folder = await folderWith({ [name]: content });
    const cwd = join(folder, 'packages', 'api');
    await mkdir(cwd, { recursive: true });
    expect(await loadCrowdsecConfig({ cwd, env: {} })).toEqual({
      options: { env: 'dev', machineIdPrefix: 'shop' },
      file: join(folder, name),
      variables: [],
    });
  });

  it('may be named, by a variable too, and the flag goes before it', async () => {
    const cwd = await folderWith({ 'a.json': '{ "env": "dev" }', 'b.json': '{ "env": "prod" }' });
    expect(await loadCrowdsecOptions({ cwd, env: { CROWDSEC_CONFIG: 'a.json' } })).toEqual({ env: 'dev' });
    expect(await loadCrowdsecOptions({ cwd, config: 'b.json', env: { CROWDSEC_CONFIG: 'a.json' } })).toEqual({
      env: 'prod',
    });
  });

  it('names paths that are relative to its folder', async () => {
    const folder = await folderWith({
      'crowdsec.config.yaml':
        'env: dev\nstateDir: state\nlapi: { url: "http://127.0.0.1:1", apiKeyFile: secrets/key }\n',
    });
    const cwd = join(folder, 'deep');
    await mkdir(cwd);
    expect(await loadCrowdsecOptions({ cwd, env: {} })).toMatchObject({
      stateDir: join(folder, 'state'),
      lapi: { apiKeyFile: join(folder, 'secrets/key') },
    });
  });

  it.each([
    ['crowdsec.config.json', '{ "env": }', /crowdsec\.config\.json|configuration file/i],
    ['crowdsec.config.yaml', 'env: [', /configuration file can't be read/],
    ['crowdsec.config.mjs', "throw new Error('no such thing');", /no such thing/],
    ['crowdsec.config.mjs', 'export default 42;', /holds no options/],
    ['crowdsec.config.json', '{ "enviroment": "dev" }', /there is no option enviroment\./],
    ['crowdsec.config.json', '{ "stateDri": "x" }', /there is no option stateDri\. Did you mean stateDir\?/],
  ])('%s that reads %s is refused in one line', async (name, content, message) => {
    const { code, stderr } = await runCommand(['config', 'show'], { cwd: await folderWith({ [name]: content }) });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it('that is named must be there', async () => {
    const { code, stderr } = await runCommand(['config', 'show', '-c', 'none.json'], { cwd: await folderWith() });
    expect(stderr).toMatch(/There is no file .*none\.json\.\n$/);
    expect(code).toBe(2);
  });
});

describe('variables', () => {
  it('go before the file, member by member, and are read as what they are', async () => {
    const cwd = await folderWith({
      'crowdsec.config.json':
        '{ "env": "dev", "mode": "log", "lapi": { "url": "http://127.0.0.1:1", "apiKeyFile": "key" } }',
    });
    const env = {
      CROWDSEC_ENV: 'prod',
      CROWDSEC_SCENARIOS: 'acme/a, acme/b',
      CROWDSEC_TIMEOUT_MS: '5000',
      CROWDSEC_EPHEMERAL: 'yes',
      CROWDSEC_TRUSTED_PROXIES: '2',
      CROWDSEC_LAPI_API_KEY: 'secret-key',
      CROWDSEC_NAMESPACE: '',
    };
    expect(await loadCrowdsecOptions({ cwd, env })).toEqual({
      env: 'prod',
      mode: 'log',
      scenarios: ['acme/a', 'acme/b'],
      timeoutMs: 5000,
      ephemeral: true,
      trustedProxies: 2,
      lapi: { url: 'http://127.0.0.1:1', apiKey: 'secret-key' },
    });
  });

  it('hold secrets, or name their files; neither is ever shown', async () => {
    const cwd = await folderWith({ password: 'pA55word-of-the-machine-1234\n' });
    const env = {
      CROWDSEC_ENV: 'dev',
      CROWDSEC_MACHINE_ID: 'm'.repeat(48),
      CROWDSEC_PASSWORD_FILE: join(cwd, 'password'),
      CROWDSEC_LAPI_URL: 'http://127.0.0.1:1',
      CROWDSEC_LAPI_API_KEY: 'kEy-of-the-bouncer-5678',
    };
    expect(await loadCrowdsecOptions({ cwd, env })).toMatchObject({
      credentials: { password: 'pA55word-of-the-machine-1234' },
    });
    for (const args of [
      ['config', 'show'],
      ['config', 'show', '--json'],
      ['config', 'validate', '--json'],
    ]) {
      const { code, stdout, stderr } = await runCommand(args, { cwd, env });
      expect(code).toBe(0);
      expect(stdout + stderr).not.toMatch(/pA55word|kEy-of/);
    }
  });

  it.each([
    [{ CROWDSEC_ENV: 'dev', CROWDSEC_TIMEOUT_MS: 'soon' }, /CROWDSEC_TIMEOUT_MS must be a whole number/],
    [{ CROWDSEC_ENV: 'dev', CROWDSEC_EPHEMERAL: 'maybe' }, /CROWDSEC_EPHEMERAL must be true or false/],
    [
      { CROWDSEC_ENV: 'dev', CROWDSEC_STATEDIR: 'x' },
      /no variable CROWDSEC_STATEDIR\. Did you mean CROWDSEC_STATE_DIR\?/,
    ],
    [
      { CROWDSEC_ENV: 'dev', CROWDSEC_PASSWORD_FILE: '/nowhere/x' },
      /CROWDSEC_PASSWORD_FILE: the file \/nowhere\/x can't be read \(ENOENT\)/,
    ],
    [{ CROWDSEC_ENV: 'dev', CROWDSEC_PASSWORD: 'a', CROWDSEC_PASSWORD_FILE: 'b' }, /both set/],
  ])('%j are refused', async (env, message) => {
    await expect(loadCrowdsecOptions({ cwd: await folderWith(), env })).rejects.toThrow(message);
  });

  it('of other software are left alone', async () => {
    const env = { CROWDSEC_ENV: 'dev', CROWDSEC_SERVICE_HOST: '10.0.0.1', CROWDSEC_LAPI_PORT_8080_TCP: 'x' };
    expect(await loadCrowdsecOptions({ cwd: await folderWith(), env })).toEqual({ env: 'dev' });
  });

  it('name files that hold nothing', async () => {
    const cwd = await folderWith();
    await writeFile(join(cwd, 'empty'), '\n');
    const env = { CROWDSEC_ENV: 'dev', CROWDSEC_PASSWORD_FILE: join(cwd, 'empty') };
    await expect(loadCrowdsecOptions({ cwd, env })).rejects.toThrow('is empty');
  });
});
