/** The trend of every symptom beside the treatment history, on one time axis; and the same in words, as tables. */
import type { HistoryEntry, ScorePoint, ScoreSeries, Timeline } from '../exchange/timeline.ts';
import { chart, type Point, spanOf, type Trend } from './chart.ts';
import type { PageDeps } from './deps.ts';
import { type Html, html } from './html.ts';

/** What is marked on the axis: what was done to the patient, and stays. */
const MARKED = new Set(['treatment', 'procedure']);

/** What was called off or never done is no treatment; one that was stopped had begun. */
const BEGUN = new Set(['completed', 'in-progress', 'on-hold', 'stopped']);

/** Days before the first answer from which treatments are still drawn; older ones stand in the record. */
const BEFORE = 42;
const DAY = 86_400_000;

/** v3-ObservationInterpretation: abnormal or high are raised, the doubled ones high. */
const LEVELS: Readonly<Record<string, Point['level']>> = { AA: 'raised', H: 'raised', HH: 'high', HX: 'high' };

const pointOf = (point: ScorePoint): Point[] =>
  point.value === undefined ? [] : [{ at: Date.parse(point.at), value: point.value, level: LEVELS[point.interpretation ?? ''] ?? 'normal' }];

function trendOf({ ranges }: PageDeps, { system, code, title, points }: ScoreSeries): Trend {
  const drawn = points.flatMap(pointOf);
  const reached = Math.max(10, ...drawn.map(({ value }) => value));
  const [low, high] = ranges.get(`${system}|${code}`) ?? [0, reached];
  return { name: title, low, high: high > WIDEST ? reached : high, points: drawn };
}

/** A count that could go on and on is drawn as far as it went: on its whole range it would be a flat line. */
const WIDEST = 60;

/** Charts shown at once; those of lower values now are folded away. */
const SHOWN = 6;

/** The worst now comes first. */
const byLatest = (a: Trend, b: Trend): number => share(b) - share(a);
const share = ({ points, low, high }: Trend): number => ((points.at(-1)?.value ?? low) - low) / (high - low || 1);

interface Marked {
  readonly entry: HistoryEntry;
  readonly at: number;
  readonly number: number;
}

/** What hospitals did from then on, numbered in the order of time. */
export function markedIn({ history }: Pick<Timeline, 'history'>, from: number): readonly Marked[] {
  return history
    .filter(({ kind, status, source }) => MARKED.has(kind) && BEGUN.has(status) && source.hospital !== undefined)
    .filter(({ start }) => start !== undefined && Date.parse(start) >= from)
    .map((entry) => ({ entry, at: Date.parse(entry.start ?? '') }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ entry, at }, index) => ({ entry, at, number: index + 1 }));
}

export function trendSection(deps: PageDeps, timeline: Timeline): Html {
  const trends = timeline.scores
    .map((series) => trendOf(deps, series))
    .filter(({ points }) => points.length > 0)
    .toSorted(byLatest);
  if (trends.length === 0) return html`<h2>Symptoms over time</h2><p class="card">Nothing has been scored yet.</p>`;
  const first = Math.min(...trends.flatMap(({ points }) => points.map(({ at }) => at)));
  const marked = markedIn(timeline, first - BEFORE * DAY);
  const span = spanOf(trends, marked, deps.clock().getTime());
  const others = trends.slice(SHOWN);
  const more =
    others.length > 0 && html`<details><summary>${others.length} more, lower now</summary>${chart(others, marked, span, deps.when.shortDay)}</details>`;
  return html`<h2>Symptoms and treatment over time</h2><div class="card">${chart(trends.slice(0, SHOWN), marked, span, deps.when.shortDay)}${more}${legend(deps, marked)}${table(deps, trends)}</div>`;
}

const legend = ({ when }: PageDeps, marked: readonly Marked[]): Html =>
  marked.length === 0
    ? html`<p class="soft">No hospital treatment is known in this time.</p>`
    : html`<h3>Treatments in this time</h3><ul class="plain">${marked.map(({ entry, number }) => html`<li><strong>${number}</strong> ${entry.title}, ${when.sayDay(entry.start ?? '')} <span class="soft">${entry.source.hospital}</span></li>`)}</ul>`;

const LEVEL_WORDS = { normal: '', raised: ' (raised)', high: ' (high)' } as const;

const table = ({ when }: PageDeps, trends: readonly Trend[]): Html =>
  html`<details><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Scores as a table"><table><thead><tr><th scope="col">Score</th><th scope="col">Values, oldest first</th></tr></thead>
<tbody>${trends.map(({ name, high, points }) => html`<tr><th scope="row">${name} (of ${high})</th><td>${points.map(({ at, value, level }, n) => `${n > 0 ? '; ' : ''}${when.shortDay(at)}: ${value}${LEVEL_WORDS[level]}`)}</td></tr>`)}</tbody></table></div></details>`;
