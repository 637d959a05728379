import { expect, it } from 'vitest';
import type { Subject } from '../suite.js';
import { visit } from '../visit.js';
import { CLEAN } from '../test-environment.js';

/** From start to shutdown. */
export function lifecycleCases({ environment }: Subject): void {
  it('sends what was reported when it shuts down', async () => {
    const { sandbox } = environment();
    const running = await environment().freshHost();
    const before = sandbox.signals.length;
    await visit(running, CLEAN, '/report', 'post').expect(200);
    expect(sandbox.signals).toHaveLength(before);
    await running.stop();
    expect(sandbox.signals.slice(before)).toMatchObject([
      { signal: { scenario: 'acme/login-bruteforce', source: { value: '198.51.100.66' } } },
    ]);
  });
}
