/**
 * What the bridge remembers between pulls, as plain rows of the store. A pull writes resources first and moves these
 * rows after; what it finds written already it finds again under the same local id, so that nothing is skipped,
 * doubled or half done, whenever it is interrupted.
 */
import type { Ref } from '../fhir/resource.ts';
import type { Store, Write } from '../store/store.ts';
import type { Candidate } from './match.ts';

/** One resource of a hospital and ours; for its Patient, the one of ours that it is linked with. Key: its URL. */
export interface RemoteRow {
  /** Chosen before the resource is first written. */
  readonly local: Ref;
  /** SHA-256 of what was last stored, without the hospital's version and time; absent: not stored yet. */
  readonly hash?: string;
  /** Our patient, where it is part of a patient's record: the same record may come to be another's. */
  readonly about?: Ref;
  /** meta.lastUpdated and meta.versionId as the hospital gave them. */
  readonly updated?: string;
  readonly version?: string;
}

/** The patient is the hospital's patient. Key: `<hospital url>|Patient/<local id>`. */
export interface LinkRow {
  /** The hospital's id of its Patient. */
  readonly remote: string;
  /** `match`: identifier, name and birth date agreed; `person`: someone said so in `task`. */
  readonly by: 'match' | 'person';
  readonly task?: Ref;
  readonly evidence: Candidate;
  readonly at: string;
  /** The hospital says that the patient has died. */
  readonly deceased?: boolean;
}

export interface Problem {
  /** When it first went wrong since it last went well. */
  readonly since: string;
  readonly text: string;
  /** The hospital did not let us. */
  readonly refused: boolean;
}

/** A resource that could not be taken over. */
export interface Skipped {
  /** Its URL, or what can be said of it. */
  readonly url: string;
  readonly why: string;
  readonly at: string;
}

/** How far one type has been read. */
export interface TypeState {
  /** The latest meta.lastUpdated of everything read: the next pull asks from there, and a little before. */
  readonly since?: string;
  /** An unfinished run goes on at this page … */
  readonly next?: string;
  /** … and has seen this latest meta.lastUpdated so far. */
  readonly highest?: string;
  /** When all of it was last read. */
  readonly fetched?: string;
  /** How many of them we hold. */
  readonly count?: number;
  readonly problem?: Problem;
  readonly skipped: readonly Skipped[];
}

/** How the last look for the patient at the hospital ended. */
export interface MatchState {
  readonly state: 'linked' | 'to-confirm' | 'declined' | 'not-found';
  readonly at: string;
  /** Where a person is asked, or has answered. */
  readonly task?: Ref;
}

/** A patient's standing with a hospital. Key as for LinkRow. */
export interface PullRow {
  readonly attempted?: string;
  readonly match?: MatchState;
  /** Of the hospital as a whole. */
  readonly problem?: Problem;
  readonly types: Readonly<Record<string, TypeState>>;
  /** URLs of resources that refer to others which had not been pulled yet. */
  readonly open: readonly string[];
}

interface Kinds {
  readonly remote: RemoteRow;
  readonly link: LinkRow;
  readonly pull: PullRow;
}

export const pairKey = (hospitalUrl: string, patient: Ref): string => `${hospitalUrl}|${patient}`;

export const EMPTY_PULL: PullRow = Object.freeze({ types: Object.freeze({}), open: Object.freeze([]) });

export async function readRow<Kind extends keyof Kinds>(store: Pick<Store, 'row'>, kind: Kind, key: string): Promise<Kinds[Kind] | undefined> {
  const row = await store.row(`bridge-${kind}`, key);
  return row === undefined ? undefined : (JSON.parse(row.value) as Kinds[Kind]); // only `rowWrite` writes rows of these kinds
}

/** `stamp` 0: only where there is none yet. */
export const rowWrite = <Kind extends keyof Kinds>(kind: Kind, key: string, value: Kinds[Kind], stamp?: 0): Write => ({
  write: 'row',
  row: { kind: `bridge-${kind}`, key, value: JSON.stringify(value) },
  ...(stamp === undefined ? {} : { stamp }),
});

export const linkDelete = (key: string): Write => ({ write: 'row-delete', kind: 'bridge-link', key });
