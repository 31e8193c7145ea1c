/** History and changes, read from the log by its positions. https://hl7.org/fhir/R4/http.html#history */
import { refOf } from '../../fhir/resource.ts';
import { pageToken, readPageToken } from '../page-token.ts';
import type { HistoryPage, HistoryQuery } from '../store.ts';
import type { Context } from './compile/context.ts';
import { VERSION_COLUMNS } from './compile/page.ts';
import { all, raw, type Sql, sql } from './sql.ts';
import type { Statements } from './statements.ts';
import { toVersion } from './version-row.ts';

export interface HistoryPlan {
  readonly versions: Sql;
  readonly count: number;
  /** Counts what is found; undefined where nobody asks. */
  readonly total: Sql | undefined;
}

const COLUMNS = raw(VERSION_COLUMNS);
/** The first version, of any type. */
const FIRST = raw("SELECT min(l.seq) FROM name n CROSS JOIN log l INDEXED BY log_updated WHERE n.kind = 'type' AND l.type = n.no");

export function historyPlan(number: Context['number'], query: HistoryQuery): HistoryPlan {
  const { since, at, after, count, oldestFirst = false } = query;
  const { source, order } = ofWhat(number, query);
  const asked = [
    ...(since === undefined ? [] : [sql`updated >= ${since} AND seq >= (${FIRST} AND l.updated >= ${since})`]),
    ...(at === undefined ? [] : [sql`updated < ${at.high}`, replacedAfter(at.low)]),
  ];
  const direction = raw(oldestFirst ? 'ASC' : 'DESC');
  const conditions = all(after === undefined ? asked : [...asked, sql`seq ${raw(oldestFirst ? '>' : '<')} ${Number(readPageToken(after, 1)[0])}`]);
  return {
    versions: sql`SELECT ${COLUMNS} FROM ${source} AND ${conditions} ORDER BY ${order} ${direction} LIMIT ${count + 1}`,
    count,
    total: query.total ? sql`SELECT count(*) FROM ${source} AND ${all(asked)}` : undefined,
  };
}

/** Each names the index that it reads, so that no plan depends on chance. The versions of one resource lie in the order of writing too. */
function ofWhat(number: Context['number'], { type, id }: HistoryQuery): { readonly source: Sql; readonly order: Sql } {
  if (type === undefined) return { source: sql`log NOT INDEXED WHERE seq > 0`, order: raw('seq') };
  if (id === undefined) return { source: sql`log INDEXED BY log_type WHERE type = ${number('type', type) ?? 0}`, order: raw('seq') };
  return { source: sql`log INDEXED BY log_ref WHERE ref = ${refOf(type, id)}`, order: raw('version') };
}

/** That no later version of the resource had taken its place by then. */
const replacedAfter = (moment: number): Sql =>
  sql`NOT EXISTS (SELECT 1 FROM log n WHERE n.ref = log.ref AND n.version = log.version + 1 AND n.updated <= ${moment})`;

export function runHistory(statements: Statements, { versions, count, total }: HistoryPlan): HistoryPage {
  const found = statements.all(versions);
  const page = found.slice(0, count);
  const last = page.at(-1);
  return {
    versions: page.map(toVersion),
    ...(found.length > page.length && last ? { next: pageToken([Number(last[0])]) } : {}),
    ...(total === undefined ? {} : { total: Number(statements.all(total)[0]?.[0]) }),
  };
}
