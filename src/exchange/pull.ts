/**
 * The bridge: fetches the record that tertiary hospitals hold of enrolled, consenting patients, again and again, and
 * says at any time how that stands.
 */
import type { Ref } from '../fhir/resource.ts';
import { createBackoff } from './backoff.ts';
import { asResource, createFind } from './find.ts';
import { createGate } from './gate.ts';
import { type Hospital, HospitalFault } from './hospital.ts';
import { createHospitalClient } from './hospital-client.ts';
import { BRIDGE } from './provenance.ts';
import { noteProblem, type PatientPull, pullPatient } from './pull-patient.ts';
import { EMPTY_PULL, pairKey, readRow } from './rows.ts';
import { type BridgeStatus, statusOf } from './status.ts';
import { BRIDGE_DEVICE, BRIDGE_PERMIT, type BridgeParts, type Visit } from './visit.ts';

interface PullReport {
  readonly started: string;
  readonly finished: string;
  /** One for each enrolled patient and hospital. */
  readonly pulls: readonly PatientPull[];
}

export interface Bridge {
  /** Every enrolled patient at every hospital; a hospital that does not answer is left alone for a while. Rejects only where our own store fails. */
  pullAll(): Promise<PullReport>;
  /** One patient at every hospital, whether or not it answered a moment ago. Rejects as `pullAll` does. */
  pullPatient(patient: Ref): Promise<readonly PatientPull[]>;
  status(patient: Ref): Promise<BridgeStatus>;
  /** Pulls all now and then at this interval in minutes, counted from the end of the pull before. 0: only by hand. */
  start(intervalMinutes: number): void;
  /** Ends what is under way, and waits until it has ended. */
  stop(): Promise<void>;
}

const MINUTE = 60_000;

export function createBridge(parts: BridgeParts): Bridge {
  const stopping = new AbortController();
  const pulls = createPulls(parts, stopping.signal);
  const running = new Set<Promise<unknown>>();
  let timer: NodeJS.Timeout | undefined;

  const track = <T>(work: Promise<T>): Promise<T> => {
    const forget = (): void => void running.delete(work);
    running.add(work);
    work.then(forget, forget);
    return work;
  };
  const round = async (minutes: number): Promise<void> => {
    await pulls.all().catch((error: unknown) => parts.log.error({ err: error }, 'a round of pulls failed on our side'));
    if (!stopping.signal.aborted) timer = setTimeout(() => void track(round(minutes)), minutes * MINUTE);
  };
  return {
    pullAll: () => track(pulls.all()),
    pullPatient: (patient) => track(pulls.one(patient)),
    status: pulls.status,
    start: (minutes) => {
      if (minutes > 0 && parts.hospitals.length > 0) void track(round(minutes));
    },
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await Promise.allSettled(running);
    },
  };
}

interface Pulls {
  all(): Promise<PullReport>;
  one(patient: Ref): Promise<readonly PatientPull[]>;
  status(patient: Ref): Promise<BridgeStatus>;
}

function createPulls(parts: BridgeParts, stopped: AbortSignal): Pulls {
  const find = createFind(parts.params);
  const gate = createGate(parts.store, find, parts.clock);
  const backoff = createBackoff(parts.clock);
  const clients = new Map(parts.hospitals.map((hospital) => [hospital.url, createHospitalClient(hospital, parts.egress, stopped)]));
  const underWay = new Map<string, Promise<PatientPull>>();

  async function visitOf(hospital: Hospital, patient: Ref): Promise<Visit> {
    const client = clients.get(hospital.url);
    if (client === undefined) throw new Error(`${hospital.url} is not configured.`);
    const state = (await readRow(parts.store, 'pull', pairKey(hospital.url, patient))) ?? EMPTY_PULL;
    const tally = { created: 0, updated: 0, unchanged: 0, skipped: 0 };
    return { parts, find, gate, hospital, client, patient, state, tally, looked: new Set() };
  }

  async function visit(hospital: Hospital, patient: Ref): Promise<PatientPull> {
    const made = await visitOf(hospital, patient);
    try {
      const pull = await pullPatient(made);
      backoff.answered(hospital.url);
      return pull;
    } catch (fault) {
      if (!(fault instanceof HospitalFault)) throw fault;
      if (fault.reason !== 'stopped') backoff.failed(hospital.url);
      return { patient, hospital: hospital.name, outcome: 'failed', tally: made.tally, problem: fault.message };
    }
  }

  /** A second wish for what is under way is the same wish. */
  function once(hospital: Hospital, patient: Ref): Promise<PatientPull> {
    const key = pairKey(hospital.url, patient);
    const work = underWay.get(key) ?? visit(hospital, patient).finally(() => underWay.delete(key));
    underWay.set(key, work);
    return work;
  }

  async function onceIfAnswering(hospital: Hospital, patient: Ref): Promise<PatientPull> {
    const until = backoff.waitsUntil(hospital.url);
    if (until === undefined) return once(hospital, patient);
    const made = await visitOf(hospital, patient);
    const fault = new HospitalFault('unreachable', `The hospital did not answer; it is asked again after ${until}.`);
    if (await gate.maySee(patient)) await noteProblem(made, fault);
    return { patient, hospital: hospital.name, outcome: 'waiting', tally: made.tally, problem: fault.message };
  }
  return {
    status: (patient) => statusOf({ store: parts.store, gate, hospitals: parts.hospitals }, patient),
    one: async (patient) => {
      await ensureDevice(parts);
      return Promise.all(parts.hospitals.map((hospital) => once(hospital, patient)));
    },
    all: async () => {
      const started = parts.clock().toISOString();
      await ensureDevice(parts);
      const pulls: PatientPull[] = [];
      for await (const patient of gate.enrolled()) {
        if (stopped.aborted) break;
        pulls.push(...(await Promise.all(parts.hospitals.map((hospital) => onceIfAnswering(hospital, patient)))));
      }
      return { started, finished: parts.clock().toISOString(), pulls };
    },
  };
}

/** The author of what the bridge writes must exist before it is named. */
async function ensureDevice({ store, record }: BridgeParts): Promise<void> {
  const id = BRIDGE_DEVICE.slice('Device/'.length);
  const known = await store.read('Device', id);
  if (known === undefined || known.method === 'delete')
    await record.commit({ operations: [{ op: 'update', id, resource: asResource(BRIDGE) }] }, BRIDGE_PERMIT);
}
