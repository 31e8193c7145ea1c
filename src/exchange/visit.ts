/** What the parts of a pull share. */
import { everythingAs } from '../access/permit.ts';
import type { Egress } from '../egress/egress.ts';
import type { Clock, IdMaker, Ref } from '../fhir/resource.ts';
import type { RecordKeeper } from '../record/record.ts';
import type { Params } from '../search/params.ts';
import type { Store, Write } from '../store/store.ts';
import type { Find } from './find.ts';
import type { Gate } from './gate.ts';
import type { Hospital, HospitalClient } from './hospital.ts';
import { type PullRow, pairKey, rowWrite } from './rows.ts';

/** As pino has it. Nothing personal goes into either argument. */
interface Log {
  info(fields: Readonly<Record<string, unknown>>, text: string): void;
  warn(fields: Readonly<Record<string, unknown>>, text: string): void;
  error(fields: Readonly<Record<string, unknown>>, text: string): void;
}

export interface BridgeParts {
  readonly store: Store;
  readonly record: RecordKeeper;
  readonly egress: Egress;
  readonly hospitals: readonly Hospital[];
  readonly params: Params;
  readonly clock: Clock;
  /** Makes the local ids of what is pulled. */
  readonly ids: IdMaker;
  readonly log: Log;
}

/** The bridge, as author of what it writes. */
export const BRIDGE_DEVICE: Ref = 'Device/pro-bridge-exchange';
export const BRIDGE_PERMIT = everythingAs('bridge', BRIDGE_DEVICE);

/** One patient at one hospital, in one pull. */
export interface Visit {
  readonly parts: BridgeParts;
  readonly find: Find;
  readonly gate: Gate;
  readonly hospital: Hospital;
  readonly client: HospitalClient;
  readonly patient: Ref;
  /** As it will be written by `saveState`. */
  state: PullRow;
  readonly tally: Tally;
  /** URLs of Organizations, Practitioners and Medications read in this visit. */
  readonly looked: Set<string>;
}

export interface Tally {
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
}

/** The patient's consent or enrolment ended while the record was being fetched. */
export class NotShared extends Error {
  override readonly name = 'NotShared';
}

/** Asked before each write. Throws NotShared. */
export async function requireSharing({ gate, patient }: Visit): Promise<void> {
  if (!(await gate.maySee(patient))) throw new NotShared();
}

export const nowOf = (visit: Visit): string => visit.parts.clock().toISOString();

/** `also`: what is noted in the same step. */
export async function saveState(visit: Visit, state: PullRow, also: readonly Write[] = []): Promise<void> {
  visit.state = state;
  await visit.parts.store.transact({ writes: [...also, rowWrite('pull', pairKey(visit.hospital.url, visit.patient), state)], expects: [] });
}
