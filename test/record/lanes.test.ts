import { describe, expect, test } from '@jest/globals';
import { createLanes } from '../../src/record/lanes.ts';

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe('lanes', () => {
  test('one at a time within a lane, in order of arrival, whatever happens to those before', async () => {
    const lanes = createLanes();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} starts`);
      await pause();
      seen.push(`${name} ends`);
      if (name === 'a') throw new Error('a fails');
      return name;
    };
    const results = await Promise.allSettled([lanes.run('p', work('a')), lanes.run('p', work('b')), lanes.run('p', work('c'))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(seen).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  test('lanes do not wait for each other', async () => {
    const lanes = createLanes();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(name);
      await pause();
      seen.push(name);
    };
    await Promise.all([lanes.run('p', work('a')), lanes.run('q', work('b'))]);
    expect(seen).toEqual(['a', 'b', 'a', 'b']);
  });
});
