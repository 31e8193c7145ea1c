/** One test as a condition on the columns of one index row (or of one part of a composite). The rules stand beside each test in `search/ast.ts`. */
import { FhirError } from '../../../fhir/outcome.ts';
import type { Test } from '../../../search/ast.ts';
import { latitudesAround } from '../../../search/distance.ts';
import { fold } from '../../../search/fold.ts';
import { canonicalValue, WITH_CANONICAL } from '../index-rows.ts';
import { all, any, existsIn, not, raw, type Sql, sql, TRUE } from '../sql.ts';

/** Where a value's parts stand. */
export interface Columns {
  readonly value: Sql;
  readonly high: Sql;
  readonly low: Sql;
  readonly text: Sql;
  readonly unit: Sql;
  readonly systemIs: (system: string) => Sql;
}

type Of<K extends Test['is']> = Extract<Test, { is: K }>;

/** Above every text that begins with the one before it. */
const LAST = '\u{10FFFF}';

export function condition(test: Test, at: Columns): Sql {
  switch (test.is) {
    case 'token':
      return tokenCondition(test, at);
    case 'string':
      return stringCondition(test, at);
    case 'uri':
      return uriCondition(test, at);
    case 'reference':
      return referenceCondition(test, at);
    case 'url':
      return test.below ? belowCondition(test, at) : all([sql`${at.value} = ${test.url}`, versionIs(test.version, at)]);
    case 'date':
      return dateCondition(test, at);
    case 'number':
      return numberCondition(test, at);
    case 'quantity':
      return quantityCondition(test, at);
    case 'codes':
      return all([sql`${at.value} IN (SELECT value FROM json_each(${JSON.stringify(test.codes)}))`, at.systemIs(test.system)]);
    case 'near':
      return nearCondition(test, at);
    case 'differs':
      return all([not(condition(test.from, at)), test.from.is === 'string' ? isWritten(at) : TRUE]);
    case 'missing':
    case 'words':
    case 'composite':
      throw new FhirError('internal', `A ${test.is} test is not one of a single value.`);
  }
}

function tokenCondition({ system, code }: Of<'token'>, at: Columns): Sql {
  return all([...(code === undefined ? [] : [sql`${at.value} = ${code}`]), ...(system === undefined ? [] : [at.systemIs(system)])]);
}

/** Rows without a text are words inside a value, or other spellings of it: only a search by beginnings finds by those. */
function stringCondition({ how, value }: Of<'string'>, at: Columns): Sql {
  switch (how) {
    case 'start':
      return startsWith(at.value, value);
    case 'begin':
      return all([startsWith(at.value, value), isWritten(at)]);
    case 'contains':
      return all([value === '' ? TRUE : sql`instr(${at.value}, ${value}) > 0`, isWritten(at)]);
    case 'end':
      return all([value === '' ? TRUE : sql`substr(${at.value}, -length(${value})) = ${value}`, isWritten(at)]);
    case 'equal':
      return all([sql`${at.value} = ${value}`, isWritten(at)]);
    case 'exact':
      return all([sql`${at.value} = ${fold(value)}`, sql`${at.text} = ${value}`]);
  }
}

const isWritten = ({ text }: Columns): Sql => sql`${text} IS NOT NULL`;

const startsWith = (column: Sql, start: string): Sql => (start === '' ? TRUE : all([sql`${column} >= ${start}`, sql`${column} < ${start + LAST}`]));

function uriCondition({ how, value }: Of<'uri'>, at: Columns): Sql {
  if (how === 'exact') return sql`${at.value} = ${value}`;
  if (how === 'above') return sql`${at.value} IN (SELECT value FROM json_each(${JSON.stringify(above(value))}))`;
  const root = value.endsWith('/') ? value : `${value}/`;
  const beneath = startsWith(at.value, root);
  return all([startsWith(at.value, value), any([sql`${at.value} = ${value}`, beneath])]);
}

/** The URI itself, and each beginning of it that ends before or behind a slash. */
function above(uri: string): readonly string[] {
  const found = [uri];
  for (let slash = uri.indexOf('/'); slash >= 0; slash = uri.indexOf('/', slash + 1)) found.push(uri.slice(0, slash), uri.slice(0, slash + 1));
  return found;
}

function referenceCondition({ type, id, version }: Of<'reference'>, at: Columns): Sql {
  const target = type === undefined ? sql`${at.value} IN (SELECT text || ${`/${id}`} FROM name WHERE kind = 'type')` : sql`${at.value} = ${`${type}/${id}`}`;
  return all([target, versionIs(version, at)]);
}

function belowCondition({ url, version }: Of<'url'>, at: Columns): Sql {
  if (version !== undefined) return all([sql`${at.value} = ${url}`, any([sql`${at.text} = ${version}`, startsWith(at.text, `${version}.`)])]);
  const beneath = startsWith(at.value, url.endsWith('/') ? url : `${url}/`);
  return all([startsWith(at.value, url), any([sql`${at.value} = ${url}`, beneath])]);
}

/** The latitude stands where ranges have their upper end, by which rows are ordered; the longitude at the lower. */
function nearCondition({ latitude, longitude, metres }: Of<'near'>, at: Columns): Sql {
  const { low, high } = latitudesAround(latitude, metres);
  return sql`(${at.high} >= ${low} AND ${at.high} <= ${high} AND metres_between(${at.high}, ${at.low}, ${latitude}, ${longitude}) <= ${metres})`;
}

const versionIs = (version: string | undefined, at: Columns): Sql => (version === undefined ? TRUE : sql`${at.text} = ${version}`);

/** Each begins with what bounds the upper end, by which rows are ordered. */
export function dateCondition({ prefix, low, high }: Of<'date'>, at: Pick<Columns, 'low' | 'high'>): Sql {
  switch (prefix) {
    case 'eq':
      return sql`(${at.high} > ${low} AND ${at.high} <= ${high} AND ${at.low} >= ${low})`;
    case 'ne':
      return sql`NOT (${at.high} <= ${high} AND ${at.low} >= ${low})`;
    case 'gt':
      return sql`${at.high} > ${high}`;
    case 'lt':
      return sql`${at.low} < ${low}`;
    case 'ge':
      return sql`(${at.high} > ${low} AND (${at.high} > ${high} OR ${at.low} >= ${low}))`;
    case 'le':
      return sql`(${at.low} < ${low} OR ${at.high} <= ${high})`;
    case 'sa':
      return sql`(${at.high} > ${high} AND ${at.low} >= ${high})`;
    case 'eb':
      return sql`${at.high} <= ${low}`;
    case 'ap':
      return sql`(${at.high} > ${low} AND ${at.low} < ${high})`;
  }
}

function numberCondition({ prefix, value, low, high }: Of<'number'> | Of<'quantity'>, at: Columns): Sql {
  switch (prefix) {
    case 'eq':
      return sql`(${at.high} >= ${low} AND ${at.high} < ${high} AND ${at.low} >= ${low})`;
    case 'ne':
      return sql`NOT (${at.high} < ${high} AND ${at.low} >= ${low})`;
    case 'gt':
      return sql`${at.high} > ${value}`;
    case 'lt':
      return sql`${at.low} < ${value}`;
    case 'ge':
      return sql`${at.high} >= ${value}`;
    case 'le':
      return sql`${at.low} <= ${value}`;
    case 'sa':
      return sql`(${at.high} > ${value} AND ${at.low} > ${value})`;
    case 'eb':
      return sql`${at.high} < ${value}`;
    case 'ap':
      return sql`(${at.high} >= ${low} AND ${at.low} <= ${high})`;
  }
}

function quantityCondition(test: Of<'quantity'>, at: Columns): Sql {
  const { canonical } = test;
  if (canonical !== undefined) return all([sql`${at.value} = ${canonicalValue(canonical.code)}`, numberCondition({ ...test, ...canonical }, at)]);
  return all([sql`${at.value} IN ('', ${WITH_CANONICAL})`, numberCondition(test, at), unitIs(test, at)]);
}

function unitIs({ system, code }: Of<'quantity'>, at: Columns): Sql {
  if (system !== undefined) return all([at.systemIs(system), code === undefined ? TRUE : sql`${at.text} = ${code}`]);
  return code === undefined ? TRUE : any([sql`${at.text} = ${code}`, sql`${at.unit} = ${code}`]);
}

/** Each part passes on the occurrence whose parts lie as JSON in `text`. */
export function compositeCondition(parts: readonly Test[], text: Sql): Sql {
  return all(parts.map((part, i) => existsIn(sql`json_each(${text}, ${`$[${i}]`}) j`, condition(part, PART))));
}

const field = (name: string): Sql => raw(`(j.value ->> '${name}')`);

const PART: Columns = {
  value: field('value'),
  high: field('high'),
  low: field('low'),
  text: field('text'),
  unit: field('unit'),
  systemIs: (system) => sql`${field('system')} = ${system}`,
};

const UNKNOWN = -1;

/** The columns of an `entry` row that is found by them; `system` as its number. */
export function rowColumns(alias: string, systemNumber: (system: string) => number | undefined): Columns {
  const column = (name: string): Sql => raw(`${alias}.${name}`);
  return {
    value: column('value'),
    high: column('high'),
    low: column('low'),
    text: column('text'),
    unit: column('unit'),
    // A system that no row has is asked for by a number that none has: before a constant, SQLite would give up the index that it is told to use.
    systemIs: (system) => sql`${column('system')} = ${system === '' ? 0 : (systemNumber(system) ?? UNKNOWN)}`,
  };
}
