/** Writes a code system that is too big to hold into the store's rows: all of it, or nothing that is seen. */
import type { Store, Write } from '../store/store.ts';
import type { KeptSystem } from '../terminology/outside.ts';
import { valueText } from '../terminology/properties.ts';
import { codeKind, HEADERS, INDEXED, indexKind, indexPrefix, type KeptRow } from './kept-codes.ts';

/** A code with its place in lists that have an order. */
export interface LoadedCode {
  readonly row: KeptRow;
  /** Value of an indexed property → place: codes of an answer list come in the list's order. */
  readonly order?: ReadonlyMap<string, number>;
}

type Rows = Pick<Store, 'rows' | 'transact'>;

/** Rows of one transaction. */
const BATCH = 1000;

/** The header goes first and comes last: a system that is half written is not there. Gives the number of codes. */
export async function loadCodes(store: Rows, header: KeptSystem, codes: Iterable<LoadedCode> | AsyncIterable<LoadedCode>): Promise<number> {
  const canonical = `${header.url}|${header.version}`;
  await write(store, [{ write: 'row-delete', kind: HEADERS, key: canonical }]);
  await removeRows(store, codeKind(canonical));
  await removeRows(store, indexKind(canonical));
  let count = 0;
  let batch: Write[] = [];
  for await (const code of codes) {
    batch.push(...rowsOf(canonical, code));
    count += 1;
    if (batch.length < BATCH) continue;
    await write(store, batch);
    batch = [];
  }
  const about: Write = { write: 'row', row: { kind: HEADERS, key: canonical, value: JSON.stringify({ ...header, count }) } };
  await write(store, [...batch, about]);
  return count;
}

function rowsOf(canonical: string, { row, order }: LoadedCode): Write[] {
  const indexed = (row.property ?? []).filter(({ code }) => INDEXED.has(code)).map((property) => [property.code, valueText(property)] as const);
  const keys = [...row.parents.map((parent) => ['parent', parent] as const), ...indexed];
  return [
    { write: 'row', row: { kind: codeKind(canonical), key: row.code, value: JSON.stringify(row) } },
    ...keys.map(([property, value]): Write => {
      const key = indexPrefix(property, value) + row.code;
      return { write: 'row', row: { kind: indexKind(canonical), key, value: String(order?.get(value) ?? 0) } };
    }),
  ];
}

async function removeRows(store: Rows, kind: string): Promise<void> {
  for (let rows = await store.rows({ kind, limit: BATCH }); rows.length > 0; rows = await store.rows({ kind, limit: BATCH }))
    await write(
      store,
      rows.map(({ key }) => ({ write: 'row-delete', kind, key })),
    );
}

async function write(store: Rows, writes: readonly Write[]): Promise<void> {
  const { ok } = await store.transact({ writes, expects: [] });
  if (!ok) throw new Error('The rows of a code system could not be written: another process writes them too.');
}
