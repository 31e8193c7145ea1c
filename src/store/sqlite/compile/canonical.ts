/** Canonical URLs lead to the resources that bear them as their `url`, and where a version is named, as their `version`. */
import { all, any, existsIn, raw, type Sql, sql } from '../sql.ts';
import type { Context } from './context.ts';

interface Meaning {
  /** Of the `entry` row that holds the canonical. */
  readonly row: string;
  /** Of the `entry` row that holds the `url` of what it may mean. */
  readonly url: string;
  /** The types that may be meant. */
  readonly types: readonly string[];
}

/** That the row `url` is of a resource that the canonical in `row` means. */
export function isMeant(context: Context, { row, url, types }: Meaning): Sql {
  return all([isUrlOf(context, url, types), sql`${raw(url)}.value = ${raw(row)}.value`, versionFits(context, { row, url, types })]);
}

/** That the row is a `url` of a resource of one of the types; never, where no stored resource of them has one. */
function isUrlOf(context: Context, url: string, types: readonly string[]): Sql {
  return any(numbers(context, types, 'url').map((no) => sql`${raw(url)}.param = ${no}`));
}

const numbers = (context: Context, types: readonly string[], code: string): number[] =>
  types.map((type) => context.number('param', `${type}.${code}`)).filter((no) => no !== undefined);

function versionFits(context: Context, { row, url, types }: Meaning): Sql {
  const version = raw(context.alias('e'));
  const isVersion = any(numbers(context, types, 'version').map((no) => sql`${version}.param = ${no}`));
  const same = existsIn(sql`entry ${version} NOT INDEXED`, all([sql`${version}.seq = ${raw(url)}.seq`, isVersion, sql`${version}.value = ${raw(row)}.text`]));
  return any([sql`${raw(row)}.text = ''`, same]);
}
