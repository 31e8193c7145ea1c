/** What compiling a tree needs to know besides the tree. */
import { FhirError } from '../../../fhir/outcome.ts';
import type { Test } from '../../../search/ast.ts';
import type { Param } from '../../../search/param.ts';
import { paramKey } from '../index-rows.ts';
import type { NameKind } from '../names.ts';
import { all, FALSE, raw, type Sql, sql } from '../sql.ts';
import { type Columns, compositeCondition, condition, rowColumns } from './condition.ts';
import type { Facts } from './facts.ts';

export interface Context {
  readonly facts: Facts;
  /** Undefined where no stored resource ever used the text. */
  readonly number: (kind: NameKind, text: string) => number | undefined;
  /** A name for one more table in the statement. */
  readonly alias: (letter: 'e' | 'v' | 'c' | 'p' | 's' | 'j' | 'w') => string;
}

export function newContext(facts: Facts, number: Context['number']): Context {
  let made = 0;
  return { facts, number, alias: (letter) => `${letter}${++made}` };
}

const MAX_DEPTH = 40;

export function deeper(depth: number): number {
  if (depth >= MAX_DEPTH) throw new FhirError('too-costly', `The search nests more than ${MAX_DEPTH} levels deep. Ask for it in parts.`);
  return depth + 1;
}

const columnsOf = (context: Context, alias: string): Columns => rowColumns(alias, (system) => context.number('system', system));

/**
 * The same on a row that is looked up by its resource. The plus keeps SQLite from finding it by its value and upper end
 * instead, which NOT INDEXED does not forbid where an index covers all that is asked.
 */
export function knownRowCondition(context: Context, test: Test, alias: string): Sql {
  if (test.is === 'composite') return rowCondition(context, test, alias);
  return condition(test, { ...columnsOf(context, alias), high: raw(`+${alias}.high`) });
}

/** The test on an index row, its parameter aside. */
export function rowCondition(context: Context, test: Test, alias: string): Sql {
  if (test.is !== 'composite') return condition(test, columnsOf(context, alias));
  const passes = compositeCondition(test.parts, raw(`${alias}.text`));
  const [lead] = test.parts;
  return lead?.is === 'token' && lead.code !== undefined ? all([sql`${raw(alias)}.value IN (${lead.code}, '')`, passes]) : passes;
}

/** That the row is of the parameter; never, where no stored resource has a value for it. */
export function paramIs(context: Context, param: Param, alias: string): Sql {
  const no = context.number('param', paramKey(param));
  return no === undefined ? FALSE : sql`${raw(alias)}.param = ${no}`;
}

/** That log row `alias` is the current version of the resource that `ref` names, and no tombstone. */
export const isCurrentOf = (alias: string, ref: Sql): Sql =>
  sql`${raw(alias)}.ref = ${ref} AND ${raw(alias)}.version = (SELECT max(version) FROM log WHERE ref = ${ref}) AND ${raw(alias)}.method <> 2`;

/** Texts `Type/…`. */
export const isOfType = (column: Sql, type: string): Sql => sql`${column} >= ${`${type}/`} AND ${column} < ${`${type}0`}`;
