/** One patient's record at one hospital: found, read type by type, and every way in which that can end noted. */
import type { Ref } from '../fhir/resource.ts';
import { HospitalFault, isWholeFault } from './hospital.ts';
import { identify } from './identify.ts';
import { NOT_YET, pullType } from './pull-type.ts';
import { PULLED, type PulledType } from './pulled.ts';
import { relinkOpen } from './relink.ts';
import type { Problem } from './rows.ts';
import { NotShared, nowOf, saveState, type Tally, type Visit } from './visit.ts';

export interface PatientPull {
  readonly patient: Ref;
  /** The hospital's name. */
  readonly hospital: string;
  readonly outcome: PullOutcome;
  readonly tally: Tally;
  /** What went wrong, for the log and the status. */
  readonly problem?: string;
}

type PullOutcome =
  /** Everything was read to its end. */
  | 'pulled'
  /** Some types were, others failed. */
  | 'partly'
  /** Not enrolled, or no consent. Nothing was asked of the hospital, or nothing more. */
  | 'not-shared'
  /** A person must say, or has said no; or the hospital has no such patient. */
  | 'not-linked'
  | 'failed'
  /** Not asked, since the hospital did not answer a moment ago. */
  | 'waiting';

export async function pullPatient(visit: Visit): Promise<PatientPull> {
  const ended = await attempt(visit);
  const { patient, hospital, tally } = visit;
  const pull = { patient, hospital: hospital.name, tally, ...ended };
  visit.parts.log.info({ patient, hospital: hospital.name, outcome: pull.outcome, ...tally }, 'pulled a patient from a hospital');
  return pull;
}

type Ending = Pick<PatientPull, 'outcome' | 'problem'>;

async function attempt(visit: Visit): Promise<Ending> {
  try {
    if (!(await visit.gate.maySee(visit.patient))) return { outcome: 'not-shared' };
    return await readAll(visit);
  } catch (error) {
    if (error instanceof NotShared) return { outcome: 'not-shared' };
    if (!(error instanceof HospitalFault)) return failHere(visit, error);
    if (error.reason !== 'stopped') await noteProblem(visit, error);
    if (isWholeFault(error)) throw error;
    return { outcome: 'failed', problem: error.message };
  }
}

/** Our own fault, or our store's: the status must say so too, if it can still be written. */
async function failHere(visit: Visit, error: unknown): Promise<Ending> {
  const problem = 'It could not be stored here.';
  visit.parts.log.error({ patient: visit.patient, hospital: visit.hospital.name, err: error }, 'a pull failed on our side');
  await noteProblem(visit, new HospitalFault('failed', problem)).catch(() => undefined);
  return { outcome: 'failed', problem };
}

async function readAll(visit: Visit): Promise<Ending> {
  const { match, link } = await identify(visit);
  await saveState(visit, { ...visit.state, match, attempted: nowOf(visit) });
  if (link === undefined) {
    await clearProblem(visit);
    return { outcome: 'not-linked' };
  }
  const problems: string[] = [];
  for (const pulled of PULLED) {
    const problem = await readType(visit, pulled, link.remote);
    if (problem !== undefined) problems.push(`${pulled.type}: ${problem}`);
  }
  if (visit.tally.created > 0) await relinkOpen(visit);
  await clearProblem(visit);
  return problems.length === 0 ? { outcome: 'pulled' } : { outcome: 'partly', problem: problems.join(' ') };
}

/** The others go on where the fault is of this type alone. */
async function readType(visit: Visit, pulled: PulledType, remotePatient: string): Promise<string | undefined> {
  try {
    await pullType(visit, pulled, remotePatient);
    return undefined;
  } catch (fault) {
    if (!(fault instanceof HospitalFault)) throw fault;
    if (fault.reason !== 'stopped') await noteTypeProblem(visit, pulled, fault);
    if (isWholeFault(fault)) throw fault;
    return fault.message;
  }
}

async function noteTypeProblem(visit: Visit, { type }: PulledType, fault: HospitalFault): Promise<void> {
  const state = visit.state.types[type] ?? NOT_YET;
  const problem = problemOf(visit, state.problem, fault);
  logFault(visit, fault, type);
  await saveState(visit, { ...visit.state, types: { ...visit.state.types, [type]: { ...state, problem } } });
}

/** Of the hospital as a whole, for this patient. */
export async function noteProblem(visit: Visit, fault: HospitalFault): Promise<void> {
  logFault(visit, fault);
  await saveState(visit, { ...visit.state, attempted: nowOf(visit), problem: problemOf(visit, visit.state.problem, fault) });
}

const problemOf = (visit: Visit, known: Problem | undefined, { message, reason }: HospitalFault): Problem => ({
  since: known?.since ?? nowOf(visit),
  text: message,
  refused: reason === 'refused',
});

function logFault({ parts, hospital, patient }: Visit, { reason, message }: HospitalFault, type?: string): void {
  parts.log.warn({ hospital: hospital.name, patient, ...(type === undefined ? {} : { type }), reason }, message);
}

async function clearProblem(visit: Visit): Promise<void> {
  const { problem, ...state } = visit.state;
  if (problem !== undefined) await saveState(visit, state);
}
