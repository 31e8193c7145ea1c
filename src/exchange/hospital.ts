/** A tertiary hospital as the bridge knows it, and what can go wrong when it is asked. */
import { parseReference, type Reference } from '../fhir/reference.ts';
import type { Resource } from '../fhir/resource.ts';

export interface Hospital {
  /** Short and stable: the code of `meta.tag` on what came from it, and what people read. */
  readonly name: string;
  /** Its FHIR base, without a trailing slash. */
  readonly url: string;
  /** Sent as a bearer token, to this origin only. */
  readonly token?: string;
}

export type FaultReason =
  /** Nobody answers, or the answer breaks off. */
  | 'unreachable'
  | 'too-slow'
  /** It says that it is overloaded or closed (429, 502, 503, 504). */
  | 'busy'
  /** It does not let us (401, 403). */
  | 'refused'
  /** Any other error status. */
  | 'failed'
  /** The answer is not what FHIR says it should be. */
  | 'nonsense'
  /** The pull was stopped from our side. */
  | 'stopped';

/** Why the hospital could not be read. The text is for staff and the log: it quotes nothing of the answer's content. */
export class HospitalFault extends Error {
  override readonly name = 'HospitalFault';
  readonly reason: FaultReason;
  readonly status: number | undefined;

  constructor(reason: FaultReason, text: string, status?: number) {
    super(text);
    this.reason = reason;
    this.status = status;
  }
}

/** Faults of the hospital as a whole: asking for the next thing would only wait again. */
const WHOLE: ReadonlySet<FaultReason> = new Set(['unreachable', 'too-slow', 'busy', 'stopped']);
export const isWholeFault = (fault: HospitalFault): boolean => WHOLE.has(fault.reason) || fault.status === 401;

/** One page of a search. */
export interface RemotePage {
  /** What the entries hold, OperationOutcomes left out; not yet known to be resources. */
  readonly resources: readonly unknown[];
  /** On the hospital's own origin: any other is a fault. */
  readonly next: string | undefined;
}

/** What the bridge asks of a hospital. Every method throws HospitalFault. */
export interface HospitalClient {
  search(type: string, parameters: Readonly<Record<string, string>>): Promise<RemotePage>;
  follow(next: string): Promise<RemotePage>;
  /** Undefined where it has none (404, 410). */
  read(type: string, id: string): Promise<Resource | undefined>;
}

/** The full URL of a hospital's resource: its key in our rows, and `meta.source` of our copy. */
export const remoteUrl = (hospital: Hospital, type: string, id: string): string => `${hospital.url}/${type}/${id}`;

/** `Type/id` where a reference in the hospital's resource means a resource of that hospital. */
export function ownReference(hospital: Hospital, text: string): { readonly type: string; readonly id: string } | undefined {
  const reference: Reference = parseReference(text);
  if (reference.kind === 'relative') return reference;
  return reference.kind === 'absolute' && reference.base === hospital.url ? reference : undefined;
}
