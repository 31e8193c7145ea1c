/** The full-text index: each word is kept with the number of the parameter that has it before it, so that one index serves them all. */
import type { Atom, Test } from '../../../search/ast.ts';
import { paramKey } from '../index-rows.ts';
import { existsIn, FALSE, not, raw, type Sql, sql, TRUE } from '../sql.ts';
import { LAST_GATHERED } from '../word-index.ts';
import { wordToken } from '../word-token.ts';
import type { Context } from './context.ts';
import type { Select } from './select-parts.ts';

type Words = Extract<Test, { is: 'words' }>;

/** The words as they are kept; undefined where no stored resource has a text for the parameter. */
function phrase(context: Context, { param }: Atom, { words }: Words): string | undefined {
  const no = context.number('param', paramKey(param));
  return no === undefined ? undefined : words.map((word) => wordToken(no, word)).join(' ');
}

/** Whether the resource has any text for the parameter. */
export function anyWordsHold(context: Context, { param }: Atom, missing: boolean, seq: Sql): Sql {
  const no = context.number('param', paramKey(param));
  const alias = raw(context.alias('w'));
  const has = no === undefined ? FALSE : existsIn(sql`said ${alias}`, sql`${alias}.seq = ${seq} AND instr(${alias}.text, ${` ${wordToken(no, '')}`}) > 0`);
  return missing ? not(has) : has;
}

/** Looked for in the words of that one resource: the index would first gather all resources that have them. */
export function wordsHold(context: Context, atom: Atom, test: Words, seq: Sql): Sql {
  const asked = phrase(context, atom, test);
  if (asked === undefined) return FALSE;
  const alias = raw(context.alias('w'));
  return existsIn(sql`said ${alias}`, sql`${alias}.seq = ${seq} AND ${isIn(raw(`${alias.text}.text`), asked, test)}`);
}

const isIn = (text: Sql, asked: string, { prefix }: Words): Sql => sql`instr(${text}, ${` ${asked}${prefix ? '' : ' '}`}) > 0`;

/** In the full-text index, and in what it does not have yet. https://www.sqlite.org/fts5.html#fts5_phrases */
export function wordRows(context: Context, atom: Atom, test: Words): Select {
  const asked = phrase(context, atom, test);
  const found = asked === undefined ? undefined : spokenBy(asked, test);
  const alias = raw(context.alias('w'));
  const from = sql`(${found ?? raw('SELECT 0 AS seq')}) ${alias}`;
  return { from, where: found ? TRUE : FALSE, seq: raw(`${alias.text}.seq`), repeats: false, answers: [], leads: found ? [found] : [] };
}

const spokenBy = (asked: string, test: Words): Sql =>
  sql`SELECT rowid AS seq FROM words WHERE words MATCH ${`"${asked}"${test.prefix ? ' *' : ''}`}
    UNION ALL SELECT seq FROM said WHERE seq > ${LAST_GATHERED} AND ${isIn(raw('text'), asked, test)}`;
