import { expect, test } from '@jest/globals';
import type { HistoryEntry } from '../../src/exchange/timeline.ts';
import { markedIn } from '../../src/web/trend.ts';

const entry = (title: string, status: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  ref: 'Procedure/p',
  source: { hospital: 'City University Hospital', fetched: '2026-11-20T10:00:00Z' },
  resource: { resourceType: 'Procedure', id: 'p', status: 'completed', subject: {} },
  kind: 'procedure',
  title,
  start: '2026-11-10',
  status,
  ...more,
});

test('only what a hospital began is numbered among the treatments, in the order of time', () => {
  const history = [
    entry('on hold', 'on-hold'),
    entry('given', 'completed', { kind: 'treatment', start: '2026-11-09' }),
    entry('not given', 'not-done', { kind: 'treatment' }),
    entry('called off', 'cancelled'),
    entry('planned', 'preparation'),
    entry('broken off', 'stopped', { start: '2026-11-12' }),
    entry('of our own', 'completed', { source: { fetched: '2026-11-20T10:00:00Z' } }),
    entry('long ago', 'completed', { start: '2020' }),
  ];
  const marked = markedIn({ history }, Date.UTC(2026, 10, 1));
  expect(marked.map(({ entry: { title }, number }) => [number, title])).toEqual([
    [1, 'given'],
    [2, 'on hold'],
    [3, 'broken off'],
  ]);
});
