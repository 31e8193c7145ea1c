/** The one door to csv-parse: tables of text, row by row, however long the file is. */
import { createReadStream } from 'node:fs';
import { type Options, parse } from 'csv-parse';

export type TableRow = Readonly<Record<string, string | undefined>>;

/** Comma-separated with quotes, as LOINC's files are. Throws where a wanted column is missing, or a row is broken. */
export const readCsv = (file: string, columns: readonly string[]): AsyncIterable<TableRow> => readTable(file, columns, { bom: true });

/** Tab-separated without any quoting, as SNOMED CT's RF2 files are. */
export const readTabbed = (file: string, columns: readonly string[]): AsyncIterable<TableRow> =>
  readTable(file, columns, { bom: true, delimiter: '\t', quote: null, escape: null });

/** Longest row, in bytes. */
const MAX_ROW = 1_000_000;

async function* readTable(file: string, columns: readonly string[], options: Options): AsyncIterable<TableRow> {
  const rows = createReadStream(file).pipe(parse({ ...options, columns: true, skip_empty_lines: true, max_record_size: MAX_ROW }));
  let first = true;
  for await (const row of rows as AsyncIterable<TableRow>) {
    if (first) requireColumns(file, row, columns);
    first = false;
    yield row;
  }
}

function requireColumns(file: string, row: TableRow, columns: readonly string[]): void {
  const missing = columns.filter((column) => row[column] === undefined);
  if (missing.length > 0) throw new Error(`${file} has no column ${missing.join(', ')}; is it the release's own file?`);
}
