import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, runCommand } from './run-command.js';

const isThere = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;

/** The script of a shell, in a file. */
async function scriptOf(shell: string): Promise<string> {
  const { stdout, code } = await runCommand(['completion', shell], { cwd: await folderWith() });
  expect(code).toBe(0);
  return join(await folderWith({ script: stdout }), 'script');
}

describe('completion', () => {
  it.skipIf(!isThere('bash'))('of commands and flags works in bash', async () => {
    const script = await scriptOf('bash');
    const complete = (...words: string[]): string => {
      const line = `COMP_WORDS=(crowdsec-sdk ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
      const asked = `source '${script}'; ${line}; _crowdsec_sdk; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', asked], { encoding: 'utf8' }).stdout.trim();
    };
    expect(complete('dec')).toBe('decisions');
    expect(complete('al')).toBe('alerts');
    expect(complete('decisions', 're')).toBe('refresh');
    expect(complete('alerts', 'quarantine', 'd')).toBe('drop');
    expect(complete('decisions', 'list', '--or')).toBe('--origin');
    expect(complete('completion', 'f')).toBe('fish');
  });

  it.skipIf(!isThere('fish'))('of commands and flags works in fish', async () => {
    const script = await scriptOf('fish');
    const complete = (line: string): readonly string[] => {
      const asked = `source '${script}'; complete -C '${line}'`;
      const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', asked], { encoding: 'utf8' });
      expect(stderr).toBe('');
      return stdout.split('\n').flatMap((each) => (each === '' ? [] : [each.split('\t')[0]!]));
    };
    expect(complete('crowdsec-sdk dec')).toEqual(['decisions']);
    expect(complete('crowdsec-sdk al')).toEqual(['alerts']);
    expect(complete('crowdsec-sdk decisions re')).toEqual(['refresh']);
    expect(complete('crowdsec-sdk alerts quarantine d')).toEqual(['drop']);
    expect(complete('crowdsec-sdk decisions list --or')).toEqual(['--origin']);
    expect(complete('crowdsec-sdk completion ')).toEqual(['bash', 'fish', 'zsh']);
  });

  it.skipIf(!isThere('zsh'))('of commands and flags works in zsh, at a prompt of its own', async () => {
    const script = await scriptOf('zsh');
    const lines = ['deci\tre\t', 'al\tquar\td\t', 'decisions li\t--or\tlists', 'comp\tfi\t'];
    const cwd = await folderWith({ 'prompt.zsh': PROMPT });
    const { stdout } = spawnSync('zsh', ['-f', 'prompt.zsh', script, ...lines], {
      cwd,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect([...stdout.matchAll(/^ran:(.*);\r?$/gm)].map(([, ran]) => ran)).toEqual([
      'decisions refresh',
      'alerts quarantine drop',
      'decisions list --origin lists',
      'completion fish',
    ]);
  });
});

/** Types each line at an interactive shell, with a command in the place of ours that says what it was called with. */
const PROMPT = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT= ; autoload -Uz compinit && compinit -D -u; source '$1
zpty -w shell 'crowdsec-sdk() { print -r -- "ran:$*;" }; print re""ady'
zpty -r shell said '*ready*'
for line in "\${@:2}"; zpty -w -n shell "crowdsec-sdk $line"$'\\n'
zpty -w shell exit
while zpty -r shell said; do print -rn -- "$said"; done
`;
