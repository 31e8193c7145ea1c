/** What a resource says to search parameters, as rows of the table `entry`. */
import type { Indexed, Value } from '../../search/entry.ts';
import type { Param } from '../../search/param.ts';
import { wordStarts } from '../../search/words.ts';

/** One row, its names still texts: `system` '' and `patient` '' for none. */
export interface IndexRows {
  readonly entries: readonly IndexRow[];
  readonly words: readonly WordRow[];
}

/** The texts of one parameter, each as its words; all of a resource's go into one row of the table `words`. */
export interface WordRow {
  readonly param: string;
  readonly texts: readonly (readonly string[])[];
}

export interface IndexRow {
  readonly param: string;
  readonly value: string;
  /** Which row of the same parameter and value in this resource, from 0 on. */
  readonly n: number;
  readonly system: string;
  readonly patient: string;
  readonly high: number | null;
  readonly low: number | null;
  readonly text: string | null;
  readonly unit: string | null;
  /** For a reference to a resource of this server: its type. */
  readonly target: string;
}

/** These stand in the log itself, and have no rows. */
export const isId = (param: Param): boolean => param.code === '_id';
export const isUpdated = (param: Param): boolean => param.code === '_lastUpdated';

type Content = Omit<IndexRow, 'param' | 'n'>;
/** What every row of a resource may carry besides its own value. */
type Shared = Pick<IndexRow, 'patient' | 'high' | 'low'>;

/** Made once for each parameter: it is looked up by it for every row. */
const KEYS = new WeakMap<Param, string>();

export function paramKey(param: Param): string {
  const known = KEYS.get(param);
  if (known !== undefined) return known;
  const key = `${param.type}.${param.code}`;
  KEYS.set(param, key);
  return key;
}

const NONE: Omit<Content, 'value'> = { system: '', patient: '', high: null, low: null, text: null, unit: null, target: '' };

const LOCAL = /^([A-Z][A-Za-z]*)\/[A-Za-z0-9.-]{1,64}$/;
/** The type in `Type/id`; '' for a URL. */
const targetType = (target: string): string => LOCAL.exec(target)?.[1] ?? '';

/** Whether a reference to it is kept in the order by patient as well. One to a resource here is selective by itself. */
export const isStoredForPatient = (target: string): boolean => targetType(target) === '';

export const indexRows = (type: string, indexed: Indexed): IndexRows => ({ entries: entryRows(type, indexed), words: wordRows(indexed) });

function wordRows({ entries }: Indexed): WordRow[] {
  const texts = new Map<string, (readonly string[])[]>();
  for (const { param, value } of entries) {
    if (value.kind !== 'text') continue;
    const known = texts.get(paramKey(param));
    if (known === undefined) texts.set(paramKey(param), [value.words]);
    else known.push(value.words);
  }
  return [...texts].map(([param, all]) => ({ param, texts: all }));
}

/** A search by patient and a search by value alone are two orders of the rows; the first is kept where it is asked for. */
function entryRows(type: string, indexed: Indexed): readonly IndexRow[] {
  const { patients, date } = indexed;
  const patient = patients.length === 1 && type !== 'Patient' ? (patients[0] ?? '') : '';
  const shared = { patient, high: date?.high ?? null, low: date?.low ?? null };
  const rows: IndexRow[] = [];
  for (const [key, said] of contentsByParam(indexed, shared)) {
    for (const { content, n } of said.length === 1 ? alone(said) : distinct(said)) rows.push({ param: key, n, ...content });
  }
  return rows;
}

function contentsByParam({ entries }: Indexed, shared: Shared): ReadonlyMap<string, readonly Content[]> {
  const byParam = new Map<string, Content[]>();
  for (const { param, value } of entries) {
    if (isId(param) || isUpdated(param) || value.kind === 'text') continue;
    const key = paramKey(param);
    const said = byParam.get(key) ?? [];
    said.push(...contents(value, shared));
    byParam.set(key, said);
  }
  return byParam;
}

interface Numbered {
  readonly content: Content;
  readonly n: number;
}

const alone = (said: readonly Content[]): Numbered[] => said.map((content) => ({ content, n: 0 }));

/** What a resource says twice gives one row; rows of one value are numbered. Most values stand alone, and cost no set. */
function distinct(said: readonly Content[]): Numbered[] {
  const firsts = new Map<string, Content>();
  const others = new Map<string, Set<string>>();
  const numbered: Numbered[] = [];
  for (const content of said) {
    const first = firsts.get(content.value);
    if (first === undefined) firsts.set(content.value, content);
    const same = first && (others.get(content.value) ?? new Set([restOf(first)]));
    const n = same?.size ?? 0;
    if (same && same.add(restOf(content)).size === n) continue;
    if (same) others.set(content.value, same);
    numbered.push({ content, n });
  }
  return numbered;
}

const restOf = ({ system, high, low, text, unit }: Content): string => `${system} ${high} ${low} ${text} ${unit}`;

/** Stands as the value of a quantity that has a row in its canonical unit besides; without one it is ''. */
export const WITH_CANONICAL = '=';
/** The value of a quantity's row in a canonical unit. */
export const canonicalValue = (code: string): string => `u:${code}`;

function contents(value: Exclude<Value, { kind: 'text' }>, shared: Shared): readonly Content[] {
  switch (value.kind) {
    case 'token':
      return [{ ...NONE, ...shared, value: value.code, system: value.system }];
    case 'string':
      return stringContents(value, { ...shared, patient: '' });
    case 'position':
      return [{ ...NONE, value: '', high: value.latitude, low: value.longitude }];
    case 'uri':
      return [{ ...NONE, ...shared, value: value.value }];
    case 'reference':
      return [referenceContent(value, shared)];
    case 'date':
    case 'number':
      return [{ ...NONE, value: '', high: value.high, low: value.low }];
    case 'quantity':
      return quantityContents(value);
    case 'composite':
      return compositeContents(value.parts, shared);
  }
}

/** A row for the whole, and one for each word that a search may begin with, which has no text. */
function stringContents({ folded, text }: Of<'string'>, shared: Shared): readonly Content[] {
  const whole = { ...NONE, ...shared, value: folded, text };
  const starts = wordStarts(folded);
  return starts.length === 0 ? [whole] : [whole, ...starts.map((value) => ({ ...NONE, ...shared, value }))];
}

function quantityContents({ low, high, system, code, unit, canonical }: Of<'quantity'>): readonly Content[] {
  const said = { ...NONE, high, low, system, text: code, unit };
  if (canonical === undefined) return [{ ...said, value: '' }];
  return [
    { ...said, value: WITH_CANONICAL },
    { ...NONE, value: canonicalValue(canonical.code), high: canonical.high, low: canonical.low },
  ];
}

type Of<K extends Value['kind']> = Extract<Value, { kind: K }>;

function referenceContent({ target, version }: Extract<Value, { kind: 'reference' }>, shared: Shared): Content {
  const type = targetType(target);
  return { ...NONE, ...shared, patient: isStoredForPatient(target) ? shared.patient : '', value: target, text: version, target: type };
}

/** A row for each value of a first part that is a token, which leads to it; all parts lie in its text, and are looked at one by one. */
function compositeContents(parts: readonly (readonly Value[])[], shared: Shared): readonly Content[] {
  const [first = [], ...others] = parts;
  const row = (lead: readonly Value[], value: string): Content => ({ ...NONE, ...shared, value, text: JSON.stringify([lead, ...others].map(partJson)) });
  const tokens = first.filter((value) => value.kind === 'token');
  if (tokens.length === 0 || tokens.length < first.length) return [row(first, '')];
  return tokens.map((token) => row([token], token.code));
}

const partJson = (values: readonly Value[]): unknown[] =>
  values
    .filter((value) => value.kind !== 'text')
    .flatMap((value) => contents(value, NO_SHARE))
    .map(finite);

const NO_SHARE: Shared = { patient: '', high: null, low: null };

/** JSON has no infinity; the largest number stands for it. */
const finite = ({ value, system, high, low, text, unit }: Content): unknown => ({ value, system, high: clamp(high), low: clamp(low), text, unit });
const clamp = (bound: number | null): number | null => (bound === null ? null : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, bound)));
