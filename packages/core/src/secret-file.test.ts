import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { secretOf } from './secret-file.js';

async function fileWith(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crowdsec-secret-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'key');
  await writeFile(file, content);
  return file;
}

describe('a secret that is given as a text or as a file', () => {
  it.each([
    ['one line break', 'k3y\n'],
    ['one of Windows', 'k3y\r\n'],
    ['several', 'k3y\n\n'],
    ['none', 'k3y'],
  ])('loses line breaks at the end of its file: %s', async (_, content) => {
    expect(secretOf({ file: await fileWith(content) }, 'options.x')?.reveal()).toBe('k3y');
  });

  it('keeps blanks and line breaks that stand within it', async () => {
    expect(secretOf({ file: await fileWith(' a\nb \n') }, 'options.x')?.reveal()).toBe(' a\nb ');
  });

  it('is taken as it is when it is a text, and is none when nothing was given', () => {
    expect(secretOf({ value: 'k3y' }, 'options.x')?.reveal()).toBe('k3y');
    expect(secretOf({}, 'options.x')).toBeUndefined();
  });

  it('names the option when the file is not there, is empty, or when both were given', async () => {
    const empty = await fileWith('\n');
    const refused = (path: string): Error =>
      expect.objectContaining({ code: 'CROWDSEC_OPTION_INVALID', path }) as Error;
    expect(() => secretOf({ file: '/nowhere/key' }, 'options.x')).toThrow(refused('options.xFile'));
    expect(() => secretOf({ file: empty }, 'options.x')).toThrow(refused('options.xFile'));
    expect(() => secretOf({ value: 'a', file: empty }, 'options.x')).toThrow(refused('options.x'));
  });
});
