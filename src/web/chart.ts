/**
 * The trend of every symptom beside the treatment history, on one time axis: a lane of numbered treatments on top,
 * below it a small chart for each symptom. Drawn by the server as SVG; a table with the same facts stands beside it.
 */
import { type Html, html } from './html.ts';

/** One symptom's answers over time. */
export interface Trend {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly points: readonly Point[];
}

export interface Point {
  /** ms since the epoch */
  readonly at: number;
  readonly value: number;
  /** As the score's interpretation says: drawn darker and larger, and said in the table. */
  readonly level: 'normal' | 'raised' | 'high';
}

/** One treatment: `number` is its label in the lane and in the list below the chart. */
export interface Treatment {
  readonly at: number;
  readonly number: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

const WIDTH = 360;
const LEFT = 24;
const RIGHT = 344;
const LANE = 40;
const ROW = 76;
const PLOT_TOP = 26;
const PLOT_BOTTOM = 64;
const DAY = 86_400_000;

const x = (span: Span, at: number): number => LEFT + ((at - span.from) / (span.to - span.from)) * (RIGHT - LEFT);
const y = (trend: Trend, value: number): number => PLOT_BOTTOM - ((value - trend.low) / (trend.high - trend.low || 1)) * (PLOT_BOTTOM - PLOT_TOP);
const round = (value: number): string => value.toFixed(1);

/** From the first thing to be drawn to now, with a day to spare. */
export function spanOf(trends: readonly Trend[], treatments: readonly Treatment[], now: number): Span {
  const times = [...trends.flatMap((trend) => trend.points.map((point) => point.at)), ...treatments.map((treatment) => treatment.at), now];
  const from = Math.min(...times) - DAY;
  return { from, to: Math.max(...times, from + 7 * DAY) + DAY };
}

/** Treatments nearer to each other than a label is wide take turns in two rows. */
function lane(treatments: readonly Treatment[], span: Span, height: number): Html {
  let last = Number.NEGATIVE_INFINITY;
  let raised = false;
  const marks = treatments.map((treatment) => {
    const at = x(span, treatment.at);
    raised = at - last < 18 ? !raised : false;
    last = at;
    return { at: round(at), top: raised ? 9 : 27, number: treatment.number };
  });
  const lines = marks.map(({ at, top }) => html`<line x1="${at}" x2="${at}" y1="${top}" y2="${height - 16}"/>`);
  const labels = marks.map(({ at, top, number }) => html`<circle cx="${at}" cy="${top}" r="8.5"/><text x="${at}" y="${top + 4}">${number}</text>`);
  return html`<g class="treatment">${lines}${labels}</g>`;
}

const RADIUS = { normal: 3, raised: 4.5, high: 5.5 } as const;

function plot(trend: Trend, span: Span, top: number): Html {
  const at = (point: Point): string => `${round(x(span, point.at))},${round(top + y(trend, point.value))}`;
  const last = trend.points.at(-1);
  return html`<g class="trend"><text class="name" x="${LEFT}" y="${top + 14}">${trend.name}: <tspan class="latest">${last?.value}</tspan></text>
<text class="scale" x="${LEFT - 6}" y="${top + PLOT_TOP + 4}">${trend.high}</text><text class="scale" x="${LEFT - 6}" y="${top + PLOT_BOTTOM + 4}">${trend.low}</text>
<path class="frame" d="M${LEFT} ${top + PLOT_TOP}H${RIGHT}M${LEFT} ${top + PLOT_BOTTOM}H${RIGHT}"/>
<polyline points="${trend.points.map(at).join(' ')}"/>
${trend.points.map((point) => html`<circle class="${point.level}" cx="${round(x(span, point.at))}" cy="${round(top + y(trend, point.value))}" r="${RADIUS[point.level]}"/>`)}</g>`;
}

function axis(span: Span, height: number, label: Label): Html {
  const ticks = [0, 1, 2, 3].map((n) => span.from + ((span.to - span.from) * n) / 3);
  const anchors = ['start', 'middle', 'middle', 'end'];
  return html`<g class="axis">${ticks.map((at, n) => html`<text x="${round(x(span, at))}" y="${height - 2}" text-anchor="${anchors[n]}">${label(at)}</text>`)}</g>`;
}

/** A day in the site's time zone, shortly. */
type Label = (at: number) => string;

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** The chart as one SVG picture with a text alternative, over `span`; nothing is in it that the tables beside it do not say. */
export function chart(trends: readonly Trend[], treatments: readonly Treatment[], span: Span, dayOf: Label): Html {
  const height = LANE + trends.length * ROW + 18;
  const label = `${counted(trends.length, 'symptom')} over time, with ${counted(treatments.length, 'hospital treatment')} marked by number`;
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
${lane(treatments, span, height)}${trends.map((trend, n) => plot(trend, span, LANE + n * ROW))}${axis(span, height, dayOf)}</svg>`;
}
