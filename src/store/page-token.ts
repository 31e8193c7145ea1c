/** Page tokens (`next`) as every adapter makes them: sort keys as base64url of JSON, checked on the way in. */
import { FhirError } from '../fhir/outcome.ts';

/** One sort key of the last resource of a page; null where it has no value for that parameter. */
export type Key = string | number | null;

const INFINITE = { Infinity: Infinity, '-Infinity': -Infinity } as const;
type InfiniteName = keyof typeof INFINITE;

/** JSON has no infinity: an open end of a period travels as `["Infinity"]`. */
const toJson = (key: Key): unknown => (typeof key === 'number' && !Number.isFinite(key) ? [String(key)] : key);

function fromJson(part: unknown): Key | undefined {
  if (part === null || typeof part === 'string' || typeof part === 'number') return part;
  const name = Array.isArray(part) && part.length === 1 ? part[0] : undefined;
  return typeof name === 'string' && Object.hasOwn(INFINITE, name) ? INFINITE[name as InfiniteName] : undefined;
}

export const pageToken = (keys: readonly Key[]): string => Buffer.from(JSON.stringify(keys.map(toJson))).toString('base64url');

const broken = (): FhirError =>
  new FhirError('bad-parameter', 'The page token is not one that this server gave out. Follow the `next` link as it was given, or start the search again.');

/** The keys in a token that has exactly `length` of them, the last one a log position. Throws `bad-parameter` on any other text. */
export function readPageToken(token: string, length: number): readonly Key[] {
  const keys = parse(token);
  if (keys?.length !== length || !Number.isSafeInteger(keys.at(-1))) throw broken();
  return keys;
}

function parse(token: string): readonly Key[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(json)) return undefined;
  const keys = json.map(fromJson);
  return keys.includes(undefined) ? undefined : (keys as Key[]);
}

/** A log position out of a cursor of `changes`: a whole number, 0 for the beginning. */
export function readPosition(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^\d{1,15}$/.test(cursor))
    throw new FhirError('bad-parameter', 'The cursor is not one that this store gave out. Start from the beginning, or keep cursors as they were given.');
  return Number(cursor);
}
