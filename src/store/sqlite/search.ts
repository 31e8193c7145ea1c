/** Carries out a compiled search on one connection, whichever thread that belongs to. */
import { fittingPage, MAX_INCLUDED, MAX_ITERATIONS, MAX_PAGE_CHARACTERS, tooManyIncluded } from '../limits.ts';
import { type Key, pageToken } from '../page-token.ts';
import type { Page } from '../store.ts';
import type { IncludePlan } from './compile/include.ts';
import { type PagePlan, VERSION_COLUMNS } from './compile/page.ts';
import { raw, type Sql, sql } from './sql.ts';
import type { Row, Statements } from './statements.ts';
import { toVersion } from './version-row.ts';

export interface SearchPlan extends PagePlan {
  readonly includes: readonly IncludePlan[];
}

const VERSION_WIDTH = 6;

export function runSearch(statements: Statements, plan: SearchPlan): Page {
  const found = plan.matches ? firstOf(statements, plan.matches, plan.count) : [];
  const matches = found.slice(0, Math.min(plan.count, fittingPage(found.map(textOf))));
  const last = matches.at(-1);
  return {
    matches: matches.map(toVersion),
    included: plan.includes.length > 0 ? included(statements, plan.includes, matches).map(toVersion) : [],
    ...(found.length > matches.length && last ? { next: nextToken(last) } : {}),
    ...(plan.total ? { total: Number(statements.first(plan.total)?.[0]) } : {}),
  };
}

const TEXT_COLUMN = 5;
const textOf = (row: Row): string => String(row[TEXT_COLUMN]);

/** Pages of so many are read in one go, which takes half the time; a longer one is watched while it grows. */
const SHORT_PAGE = 100;

/** The rows that a page can hold, and one behind them: what comes after in a long one is not read into memory. */
function firstOf(statements: Statements, matches: Sql, count: number): Row[] {
  if (count <= SHORT_PAGE) return statements.all(matches);
  const rows: Row[] = [];
  let characters = 0;
  for (const row of statements.each(matches)) {
    rows.push(row);
    characters += textOf(row).length;
    if (characters > MAX_PAGE_CHARACTERS && rows.length > 1) break;
  }
  return rows;
}

const nextToken = (last: Row): string => pageToken([...last.slice(VERSION_WIDTH), last[0]] as Key[]);

/** Round by round: first from the matches; then, for `:iterate`, from what the round before brought. In the order of writing. */
function included(statements: Statements, includes: readonly IncludePlan[], matches: readonly Row[]): Row[] {
  const seen = new Set(matches.map(([seq]) => seq));
  const all: Row[] = [];
  let at: readonly Row[] = matches;
  for (let round = 0; round < MAX_ITERATIONS && at.length > 0; round++) {
    const steps = round === 0 ? includes : includes.filter(({ iterate }) => iterate);
    at = rowsAt(statements, newPositions({ statements, steps, at, seen }));
    all.push(...at);
    if (all.length > MAX_INCLUDED || fittingPage(all.map(textOf)) < all.length) throw tooManyIncluded();
  }
  return all.toSorted((a, b) => Number(a[0]) - Number(b[0]));
}

interface Round {
  readonly statements: Statements;
  readonly steps: readonly IncludePlan[];
  readonly at: readonly Row[];
  readonly seen: Set<unknown>;
}

function newPositions({ statements, steps, at, seen }: Round): unknown[] {
  const found: unknown[] = [];
  for (const step of steps) {
    const limit = step.filters.size > 0 ? -1 : seen.size + MAX_INCLUDED + 1;
    const reached = statements.all({ text: step.text, values: [given(step, at), ...step.values, limit] }).filter(([seq]) => !seen.has(seq));
    for (const seq of allowed(statements, step, reached)) {
      seen.add(seq);
      found.push(seq);
    }
    if (found.length > MAX_INCLUDED) throw tooManyIncluded();
  }
  return found;
}

/** Those of the positions and types reached that may be included. */
function allowed(statements: Statements, { filters }: IncludePlan, reached: readonly Row[]): unknown[] {
  if (filters.size === 0) return reached.map(([seq]) => seq);
  const byType = Map.groupBy(reached, ([, type]) => type);
  return [...byType].flatMap(([type, rows]) => {
    const positions = rows.map(([seq]) => seq);
    const filter = filters.get(Number(type));
    return filter ? statements.all({ text: filter.text, values: [JSON.stringify(positions), ...filter.values] }).map(([seq]) => seq) : positions;
  });
}

function given(step: IncludePlan, rows: readonly Row[]): string {
  const prefix = `${step.from}/`;
  const own = rows.filter(([, ref]) => String(ref).startsWith(prefix));
  return JSON.stringify(own.map(([seq, ref]) => (step.given === 'refs' ? ref : seq)));
}

const COLUMNS = raw(
  VERSION_COLUMNS.split(', ')
    .map((name) => `v.${name}`)
    .join(', '),
);

function rowsAt(statements: Statements, positions: readonly unknown[]): Row[] {
  if (positions.length === 0) return [];
  return statements.all(sql`SELECT ${COLUMNS} FROM json_each(${JSON.stringify(positions)}) j CROSS JOIN log v WHERE v.seq = j.value`);
}

/** Whether what leads the search holds more than so many rows. */
export function isLong(statements: Statements, { leads }: Pick<SearchPlan, 'leads'>, rows: number): boolean {
  let left = rows;
  for (const { text, values } of leads) {
    const counted = statements.first({ text: `SELECT count(*) FROM (${text} LIMIT ?)`, values: [...values, left + 1] });
    left -= Number(counted?.[0]);
    if (left < 0) return true;
  }
  return false;
}
