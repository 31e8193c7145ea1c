/** `_id` is answered from the log itself: every resource has one, and no two of a type the same. No index rows are kept for it. */
import type { Atom, Test } from '../../../search/ast.ts';
import { FALSE, not, raw, type Sql, sql, TRUE } from '../sql.ts';
import { type Context, isCurrentOf } from './context.ts';
import type { Select } from './select-parts.ts';

/** The id asked for; an id has no system, so that one with a system is nobody's. */
const asked = (test: Test): string | undefined => (test.is === 'token' && (test.system ?? '') === '' ? test.code : undefined);

export function idHolds({ param, test }: Atom, seq: Sql): Sql {
  const id = asked(test);
  if (id !== undefined) return sql`(SELECT ref FROM log WHERE seq = ${seq}) = ${`${param.type}/${id}`}`;
  if (test.is === 'differs') return not(idHolds({ op: 'atom', param, test: test.from }, seq));
  if (test.is === 'codes' && test.system === '')
    return oneOf(
      test.codes.map((code) => `${param.type}/${code}`),
      seq,
    );
  const any = test.is === 'missing' ? !test.missing : test.is === 'token' && test.system === '';
  return any ? TRUE : FALSE;
}

const oneOf = (refs: readonly string[], seq: Sql): Sql =>
  sql`(SELECT ref FROM log WHERE seq = ${seq}) IN (SELECT value FROM json_each(${JSON.stringify(refs)}))`;

/** Undefined where the test names no id. */
export function idRows(context: Context, { param, test }: Atom): Select | undefined {
  const id = asked(test);
  if (id === undefined) return undefined;
  const alias = context.alias('v');
  const where = isCurrentOf(alias, sql`${`${param.type}/${id}`}`);
  return { from: sql`log ${raw(alias)}`, where, seq: raw(`${alias}.seq`), repeats: false, answers: [], leads: [] };
}

export const idKey = (seq: Sql): Sql => sql`(SELECT substr(ref, instr(ref, '/') + 1) FROM log WHERE seq = ${seq})`;
