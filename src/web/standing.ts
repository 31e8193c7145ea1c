/** Where a thing comes from and how old it is; and what is known of a category, never a blank. */
import type { HistoryEntry, Timeline } from '../exchange/timeline.ts';
import type { PageDeps } from './deps.ts';

export function sourceOf({ when }: PageDeps, { source }: Pick<HistoryEntry, 'source'>): string {
  const at = when.at(Date.parse(source.fetched));
  return source.hospital === undefined ? `recorded here ${at}` : `${source.hospital}, fetched ${at}`;
}

type Category = Timeline['hospitals'][number]['categories']['history'];

const NEVER: Readonly<Record<string, string>> = {
  'not-asked-yet': 'never fetched: the hospital has not been asked yet',
  'to-confirm': 'never fetched: somebody must confirm that the hospital means the same person',
  declined: 'never fetched: the hospital’s patient was found to be another person',
  'not-found': 'never fetched: the hospital does not know this patient',
};

/** "none recorded", "not shared", "never fetched" or "fetched then": what a category's state means, never a blank. */
export function statusWords({ when }: PageDeps, status: Category): string {
  const at = (text: string): string => when.at(Date.parse(text));
  switch (status.state) {
    case 'not-shared':
      return status.why === 'no-consent' ? 'not shared: there is no valid consent' : 'not shared: the hospital refuses';
    case 'never-fetched':
      return NEVER[status.why] ?? 'never fetched';
    case 'failed':
      return `the hospital could not be read since ${at(status.since)}; ${status.fetched === undefined ? 'never fetched before' : `what stands here was fetched ${at(status.fetched)}`}`;
    case 'fetched':
      return `${status.count === 0 ? 'none recorded; ' : ''}fetched ${at(status.fetched)}${status.skipped > 0 ? `; ${status.skipped} entries could not be taken over` : ''}`;
  }
}
