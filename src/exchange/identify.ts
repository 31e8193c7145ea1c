/** Finds the hospital's record of a patient, and keeps the link that says so. */
import type { Patient, Task } from 'fhir/r4';
import { identifierSystem } from '../fhir/names.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Ref } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Condition } from '../record/record.ts';
import { confirmedIn, confirmTask, isUnanswered, type Question, questionKey } from './confirm.ts';
import { asResource, readNow, resourceOf, token } from './find.ts';
import { HospitalFault, remoteUrl } from './hospital.ts';
import { type BusinessId, businessIds, type Candidate, matchPatient } from './match.ts';
import { provenanceOf } from './provenance.ts';
import { type LinkRow, linkDelete, type MatchState, pairKey, readRow, rowWrite } from './rows.ts';
import { BRIDGE_PERMIT, nowOf, requireSharing, type Visit } from './visit.ts';

/** A patient with more is not looked for by all of them. */
const MOST_IDENTIFIERS = 5;

/** Looks again at every pull: a link lasts as long as what it rests on. The link is undefined where nothing may be shown. */
export async function identify(visit: Visit): Promise<{ readonly match: MatchState; readonly link?: LinkRow }> {
  const here = await readNow<Patient>(visit.parts.store, visit.patient);
  if (here === undefined) return { match: { state: 'not-found', at: nowOf(visit) } };
  const found = await candidatesFor(visit, here);
  const { match, link } = await decide(visit, here, found);
  await requireSharing(visit);
  if (link === undefined) await unlink(visit, here);
  else await keepLink(visit, here, link);
  return link === undefined ? { match } : { match, link };
}

async function candidatesFor({ client }: Visit, here: Patient): Promise<readonly Patient[]> {
  const pages = [];
  for (const identifier of businessIds(here).slice(0, MOST_IDENTIFIERS)) pages.push(await client.search('Patient', { identifier: tokenText(identifier) }));
  return pages.flatMap(({ resources }) => resources).filter(isPatient);
}

/** https://hl7.org/fhir/R4/search.html#escaping */
const tokenText = ({ system, value }: BusinessId): string => [system, value].map((part) => part.replace(/[\\$,|]/g, '\\$&')).join('|');

const isPatient = (value: unknown): value is Patient =>
  typeof value === 'object' && value !== null && 'resourceType' in value && value.resourceType === 'Patient';

type Decision = { readonly match: MatchState; readonly link?: LinkRow };

async function decide(visit: Visit, here: Patient, found: readonly Patient[]): Promise<Decision> {
  const at = nowOf(visit);
  const match = compared(here, found);
  if (match.grade === 'none') return { match: { state: 'not-found', at } };
  if (match.grade === 'certain') return { match: { state: 'linked', at }, link: linkOf(match.candidate, found, { by: 'match', at }) };
  const question: Question = { hospital: visit.hospital, patient: visit.patient, candidates: match.candidates };
  const { task, ref } = await askPerson(visit, question);
  const confirmed = match.candidates.find(({ id }) => id === confirmedIn(task, question));
  if (confirmed !== undefined) return { match: { state: 'linked', at, task: ref }, link: linkOf(confirmed, found, { by: 'person', task: ref, at }) };
  return { match: { state: isUnanswered(task) ? 'to-confirm' : 'declined', at, task: ref } };
}

/** The hospital's Patients have been read but not checked: one of another shape is its fault, not ours. */
function compared(here: Patient, found: readonly Patient[]): ReturnType<typeof matchPatient> {
  try {
    return matchPatient(here, found);
  } catch {
    throw new HospitalFault('nonsense', 'The Patient that the hospital gave is not built as FHIR says.');
  }
}

function linkOf(evidence: Candidate, found: readonly Patient[], how: Pick<LinkRow, 'by' | 'task' | 'at'>): LinkRow {
  const there = found.find(({ id }) => id === evidence.id);
  const deceased = there?.deceasedBoolean === true || there?.deceasedDateTime !== undefined;
  return { remote: evidence.id, ...how, evidence, ...(deceased ? { deceased } : {}) };
}

/** The Task that asks this question, made where there is none yet. */
async function askPerson(visit: Visit, question: Question): Promise<{ readonly task: Task; readonly ref: Ref }> {
  const { record, log } = visit.parts;
  await requireSharing(visit);
  const operation = { op: 'create', resource: asResource(confirmTask(question, nowOf(visit))), ifNoneExist: sameQuestion(visit, question) } as const;
  const [done] = await record.commit({ operations: [operation] }, BRIDGE_PERMIT);
  if (done?.version === undefined) throw new Error('A conditional create answered without a version.');
  const ref = refOf('Task', done.version.id);
  if (done.outcome === 'created')
    log.warn({ hospital: visit.hospital.name, patient: visit.patient, task: ref }, 'a hospital record differs from ours; a person is asked');
  return { task: resourceOf<Task>(done.version), ref };
}

function sameQuestion({ find }: Visit, question: Question): Condition {
  const [system, value] = [identifierSystem('patient-match'), questionKey(question)];
  return { type: 'Task', where: find.where('Task', 'identifier', token(system, value)), text: `Task?identifier=${system}|${value}` };
}

async function keepLink(visit: Visit, here: Patient, link: LinkRow): Promise<void> {
  const { hospital, patient, parts } = visit;
  const url = remoteUrl(hospital, 'Patient', link.remote);
  const former = await formerHolder(visit, url, link.remote);
  await markPatient(visit, here, url);
  const writes = [rowWrite('link', pairKey(hospital.url, patient), link), rowWrite('remote', url, { local: patient })];
  await parts.store.transact({ writes: [...writes, ...(former === undefined ? [] : [linkDelete(pairKey(hospital.url, former))])], expects: [] });
}

/** One record is one patient's. Undefined where no other patient here is linked with it; throws where that one still may be. */
async function formerHolder({ parts, hospital, patient, gate }: Visit, url: string, remote: string): Promise<Ref | undefined> {
  const holder = (await readRow(parts.store, 'remote', url))?.local;
  if (holder === undefined || holder === patient) return undefined;
  if ((await readRow(parts.store, 'link', pairKey(hospital.url, holder)))?.remote !== remote) return undefined;
  if (await gate.maySee(holder))
    throw new HospitalFault('failed', `The hospital's record is linked with another patient here, ${holder}; one person is registered twice.`);
  return holder;
}

async function unlink(visit: Visit, here: Patient): Promise<void> {
  const key = pairKey(visit.hospital.url, visit.patient);
  if ((await readRow(visit.parts.store, 'link', key)) === undefined) return;
  visit.parts.log.warn({ hospital: visit.hospital.name, patient: visit.patient }, 'the link to the hospital record is withdrawn: the records no longer agree');
  await markPatient(visit, here, undefined);
  await visit.parts.store.transact({ writes: [linkDelete(key)], expects: [] });
}

/** Our Patient carries the hospital's id while it is linked, and nothing else of the hospital's Patient. */
async function markPatient(visit: Visit, here: Patient, url: string | undefined): Promise<void> {
  const system = identifierSystem('hospital-id');
  const isOurs = (value: string | undefined): boolean => value?.startsWith(`${visit.hospital.url}/Patient/`) === true;
  const marks = (here.identifier ?? []).filter((identifier) => identifier.system === system && isOurs(identifier.value));
  if (marks.length === (url === undefined ? 0 : 1) && marks.every(({ value }) => value === url)) return;
  const others = (here.identifier ?? []).filter((identifier) => !marks.includes(identifier));
  const identifier = url === undefined ? others : [...others, { system, value: url }];
  const { identifier: _, ...rest } = here;
  await update(visit, identifier.length === 0 ? rest : { ...rest, identifier }, url);
}

/** Left for the next pull where someone else has just changed the Patient. */
async function update(visit: Visit, patient: Patient, url: string | undefined): Promise<void> {
  const { record, log } = visit.parts;
  const { id = '', meta } = patient;
  const operation = { op: 'update', id, resource: asResource(patient), ifMatch: Number(meta?.versionId) } as const;
  const source =
    url === undefined
      ? []
      : [{ op: 'create', resource: asResource(provenanceOf(visit.hospital, [{ local: visit.patient, from: url }], nowOf(visit))) } as const];
  try {
    await record.commit({ operations: [operation, ...source] }, BRIDGE_PERMIT);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    log.warn({ hospital: visit.hospital.name, patient: visit.patient, fault: error.fault }, 'the hospital id could not be noted on the patient');
  }
}
