import { describe, expect, test } from '@jest/globals';
import { chart as draw, spanOf, type Treatment, type Trend } from '../../src/web/chart.ts';
import { createWhen } from '../../src/web/when.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22);
const points = [0, 7, 14].map((days, n) => ({ at: NOW - (20 - days) * DAY, value: n * 4, level: n === 2 ? ('high' as const) : ('normal' as const) }));

const chart = (trends: readonly Trend[], treatments: readonly Treatment[], now: number) =>
  draw(trends, treatments, spanOf(trends, treatments, now), createWhen('Pacific/Auckland').shortDay);

/** Each circle's centre, by class. */
const circles = (svg: string): readonly { kind: string; x: number; y: number }[] =>
  [...svg.matchAll(/<circle class="(\w+)" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, kind = '', x, y]) => ({ kind, x: Number(x), y: Number(y) }));

describe('the chart', () => {
  const svg = chart([{ name: 'Pain', low: 0, high: 10, points }], [{ at: NOW - 15 * DAY, number: 1 }], NOW).html;

  test('draws later answers further right and higher values higher up', () => {
    const drawn = circles(svg);
    expect(drawn.map(({ kind }) => kind)).toEqual(['normal', 'normal', 'high']);
    expect(drawn.map(({ x }) => x)).toEqual(drawn.map(({ x }) => x).toSorted((a, b) => a - b));
    expect(drawn[2]?.y).toBeLessThan(drawn[0]?.y ?? 0);
  });

  test('puts a treatment between the answers that it lies between, on the same axis', () => {
    const line = Number(/<line x1="([\d.]+)"/.exec(svg)?.[1]);
    const [first, second] = circles(svg);
    expect(line).toBeGreaterThan(first?.x ?? 0);
    expect(line).toBeLessThan(second?.x ?? 0);
  });

  test('says in words what it shows', () => {
    expect(svg).toContain('aria-label="1 symptom over time, with 1 hospital treatment marked by number"');
    expect(svg).toMatch(/Pain: <tspan class="latest">8</);
  });

  test('names the days of its axis in the time zone of the site', () => {
    const late = Date.UTC(2026, 10, 21, 20); // 22 Nov in Auckland
    const svg = draw([], [], { from: late, to: late + 3 * DAY }, createWhen('Pacific/Auckland').shortDay).html;
    expect([...svg.matchAll(/>(\d+ \w+)<\/text>/g)].map(([, label]) => label)).toEqual(['22 Nov', '23 Nov', '24 Nov', '25 Nov']);
  });

  test('treatments close together keep their labels apart', () => {
    const close = chart(
      [{ name: 'Pain', low: 0, high: 10, points }],
      [1, 2, 3].map((number) => ({ at: NOW - number * 3_600_000, number })),
      NOW,
    ).html;
    const tops = [...close.matchAll(/<line x1="[\d.]+" x2="[\d.]+" y1="(\d+)"/g)].map(([, top]) => top);
    expect(new Set(tops).size).toBeGreaterThan(1);
  });
});
