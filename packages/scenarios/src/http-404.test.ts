import { describe, expect, it } from 'vitest';
import { answered, feed, times } from '../test/feed.js';
import { http404 } from './http-404.js';

const scenario = () => http404({ vendor: 'acme' });
const missing = (count: number, perSecond: number) =>
  times(count, (i) => answered(`/missing-${i}`, 404, { second: i / perSecond }));

describe('404 probing', () => {
  it('is whispered about at first, and banned when it goes on', async () => {
    const whisper = { scenario: 'acme/http-404', signal: 'whisper', eventCount: 21 };
    expect(await feed(scenario(), missing(21, 10))).toMatchObject([whisper]);
    const outcomes = await feed(scenario(), missing(100, 10));
    expect(outcomes).toMatchObject([whisper, { signal: 'decision', decision: { type: 'ban' } }]);
    expect(outcomes[0]).not.toHaveProperty('decision');
  });

  it('is not a page with ten broken images, even for a whole office', async () => {
    const office = times(1_000, (i) => answered(`/image-${i % 10}.png`, 404, { second: i / 10 }));
    expect(await feed(scenario(), office)).toEqual([]);
  });

  it('is not a patient crawler that walks old links', async () => {
    const outcomes = await feed(scenario(), missing(1_000, 0.2));
    expect(outcomes.filter(({ signal }) => signal === 'decision')).toEqual([]);
  });

  it.each([
    ['25 images', (i: number) => `/images/team-${i}.jpg`, 25],
    ['as many pictures of members as a long list has', (i: number) => `/api/members/${i}/picture`, 150],
    ['pictures by ids', (i: number) => `/avatars/0198c0de-0000-7000-8000-${String(i).padStart(12, '0')}`, 150],
    [
      'source maps, fonts and chunks of a version that is gone',
      (i: number) => `/assets/${i}.${['js', 'css', 'map', 'woff2'][i % 4]}`,
      180,
    ],
    ['segments of a video', (i: number) => `/video/part-${i}.ts`, 180],
  ])('is not a page that lacks %s', async (_, path, count) => {
    const page = (from: number, ip: string) =>
      times(count, (i) => answered(path(i), 404, { ip, second: from + i / 50 }));
    expect(await feed(scenario(), page(0, '203.0.113.7'))).toEqual([]);
    // An office behind one address looks at it all day.
    const office = Array.from({ length: 40 }, (_, visit) => visit).flatMap((visit) => page(visit * 600, '203.0.113.8'));
    expect(await feed(scenario(), office)).toEqual([]);
  });

  it('is not a link checker, by HEAD or as GET that finds three dead links in a hundred', async () => {
    const byHead = times(190, (i) => answered(`/article-${i}`, 404, { method: 'HEAD', second: i / 10 }));
    expect(await feed(scenario(), byHead)).toEqual([]);
    const byGet = times(5_000, (i) => answered(`/article-${i}`, i % 33 === 0 ? 404 : 200, { second: i / 5 }));
    expect(await feed(scenario(), byGet)).toEqual([]);
  });

  it('is found behind names of static resources, HEAD and ids too', async () => {
    for (const probe of [
      (i: number) => answered(`/backup-${i}.js`, 404, { second: i / 50 }),
      (i: number) => answered(`/admin-${i}`, 404, { method: 'HEAD', second: i / 50 }),
      (i: number) => answered(`/api/users/${i}`, 404, { second: i / 50 }),
    ]) {
      expect((await feed(scenario(), times(600, probe))).map(({ signal }) => signal)).toEqual(['whisper', 'decision']);
    }
    const archives = times(21, (i) => answered(`/backup-${i}.tar.gz`, 404, { second: i / 10 }));
    expect(await feed(scenario(), archives)).toHaveLength(1);
  });

  it('is neither what exists nor what never got to the application', async () => {
    expect(
      await feed(
        scenario(),
        times(500, (i) => answered(`/page-${i}`, i % 2 ? 200 : 500)),
      ),
    ).toEqual([]);
    expect(
      await feed(
        scenario(),
        times(500, (i) => answered(`/missing-${i}`, 404, { action: 'block' })),
      ),
    ).toEqual([]);
  });

  it('has thresholds to set', async () => {
    const strict = http404({ vendor: 'acme', capacity: 3, whisper: { capacity: 1 } });
    const outcomes = await feed(strict, missing(4, 10));
    expect(outcomes.map(({ signal, eventCount }) => [signal, eventCount])).toEqual([
      ['whisper', 2],
      ['decision', 4],
    ]);
    const images = http404({ vendor: 'acme', resources: { capacity: 3 }, resourcesWhisper: { capacity: 1 } });
    const broken = await feed(
      images,
      times(4, (i) => answered(`/image-${i}.png`, 404)),
    );
    expect(broken.map(({ signal }) => signal)).toEqual(['whisper', 'decision']);
  });
});
