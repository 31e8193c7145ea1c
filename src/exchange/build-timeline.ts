/** Puts a patient's timeline together from what a reader may see: bounded, indexed searches by patient, and reads of what they name. */
import type { DetectedIssue, FhirResource, Flag, Medication, Observation, Patient, Questionnaire, QuestionnaireResponse, ServiceRequest, Task } from 'fhir/r4';
import { codeSystem } from '../fhir/names.ts';
import type { Ref } from '../fhir/resource.ts';
import { not, type Tree } from '../search/ast.ts';
import type { Params } from '../search/params.ts';
import type { Reader } from '../store/store.ts';
import { code, createFind, type Find, pointsAt, readNow, token } from './find.ts';
import type { BridgeStatus } from './status.ts';
import type { FreeText, ReferralEntry, Section, TaskEntry, Timeline, TimelineAlert, TimelineFinding, TimelineResponse } from './timeline.ts';
import { alertEntry, byUrgency, findingEntry, isOpen, reasonsOf, taskEntry } from './timeline-alerts.ts';
import { freeTextIn, responseEntry } from './timeline-answers.ts';
import { allergyEntry, historyEntry, lastTreatmentOf, medicationRef, medicineEntry, type NameMedicine } from './timeline-history.ts';
import { patientEntry } from './timeline-patient.ts';
import { scoreSeries } from './timeline-scores.ts';
import { createSources, type Sources } from './timeline-source.ts';
import { byTimeDescending, maybe, titleOf, wordsOf } from './wording.ts';

/** How much of each is read at most, newest first. */
export const LIMITS = {
  alerts: 50,
  findings: 25,
  tasks: 100,
  responses: 60,
  scores: 1000,
  history: 300,
  medicines: 200,
  allergies: 100,
  referrals: 50,
  marks: 200,
};

/** `undefined` where there is no such patient, or the reader may not see them. */
export type BuildTimeline = (reader: Reader, status: BridgeStatus, patient: Ref, now: Date) => Promise<Timeline | undefined>;

export function timelineBuilder(params: Params): BuildTimeline {
  const find = createFind(params);
  const hasFlagStatus = params.find('Flag', 'status') !== undefined;
  return async (reader, status, patient, now) => {
    const person = await readNow<Patient>(reader, patient);
    if (person === undefined) return undefined;
    return build({ find, reader, patient, now, sources: createSources(status), cut: new Set(), hasFlagStatus }, person, status);
  };
}

interface Building {
  readonly find: Find;
  readonly reader: Reader;
  readonly patient: Ref;
  readonly now: Date;
  readonly sources: Sources;
  readonly cut: Set<Section>;
  /** R4 has no search by a Flag's status; our profiles add one. */
  readonly hasFlagStatus: boolean;
}

async function build(building: Building, person: Patient, status: BridgeStatus): Promise<Timeline> {
  const { sources, now, cut } = building;
  const tasks = (await list(building, { type: 'Task', section: 'tasks', sort: 'authored-on', limit: LIMITS.tasks })).map((task) => taskEntry(task, sources));
  const alerts = await alertsOf(building, tasks);
  const responses = await responsesOf(building, alerts);
  const history = await historyOf(building);
  const lastAnswer = responses.find(({ status: state }) => state !== 'entered-in-error' && state !== 'in-progress');
  return {
    patient: patientEntry(person, { sources, status, now }),
    asOf: now.toISOString(),
    alerts,
    responses,
    scores: await scoresOf(building),
    unread: await unreadOf(building, responses),
    ...maybe('lastAnswer', lastAnswer),
    ...history,
    ...maybe('lastTreatment', lastTreatmentOf(history.history, now)),
    referrals: await referralsOf(building, tasks),
    openTasks: tasks.filter((task) => isOpen(task) && task.kind !== 'respond-to-alert' && task.kind !== 'referral'),
    hospitals: status.hospitals,
    cut: [...cut],
  };
}

interface Listing<T extends string> {
  readonly type: T;
  readonly section: Section;
  readonly limit: number;
  readonly where?: readonly Tree[];
  /** A parameter; the latest first. */
  readonly sort?: string;
}

/** Those of the patient that may be shown; notes where there are more. */
async function list<T extends FhirResource['resourceType']>(
  building: Building,
  listing: Listing<T>,
): Promise<readonly Extract<FhirResource, { resourceType: T }>[]> {
  const { find, reader, patient, sources, cut } = building;
  const { type, section, limit, where = [], sort } = listing;
  const search = { type, where: [find.where(type, 'patient', pointsAt(patient)), ...where], limit, ...maybe('sort', sort) };
  const { resources, more } = await find.list(reader, search);
  if (more) cut.add(section);
  return resources.filter((resource) => sources.isVisible(resource));
}

/** The newest first, for types whose main date is a parameter of R4. */
const DATE: Readonly<Partial<Record<FhirResource['resourceType'], string>>> = {
  Condition: 'onset-date',
  Procedure: 'date',
  MedicationAdministration: 'effective-time',
  Encounter: 'date',
  DiagnosticReport: 'date',
  Observation: 'date',
  CarePlan: 'date',
};
const HISTORY = ['Condition', 'Procedure', 'MedicationAdministration', 'Encounter', 'DiagnosticReport', 'Observation', 'CarePlan'] as const;

async function historyOf(building: Building): Promise<Pick<Timeline, 'history' | 'medicines' | 'allergies'>> {
  const { sources } = building;
  const found: FhirResource[] = [];
  for (const type of HISTORY)
    found.push(
      ...(await list(building, { type, section: 'history', limit: LIMITS.history, where: onlyHistory(building, type), ...maybe('sort', DATE[type]) })),
    );
  const requests = await list(building, { type: 'MedicationRequest', section: 'medicines', sort: 'authoredon', limit: LIMITS.medicines });
  const allergies = await list(building, { type: 'AllergyIntolerance', section: 'allergies', sort: 'date', limit: LIMITS.allergies });
  const nameMedicine = await medicineNames(building, [...found, ...requests]);
  const history = found.flatMap((resource) => historyEntry(resource, sources, nameMedicine) ?? []);
  return {
    history: history.toSorted((left, right) => byTimeDescending(left.start, right.start)),
    medicines: requests.flatMap((request) => medicineEntry(request, sources, nameMedicine) ?? []),
    allergies: allergies.flatMap((allergy) => allergyEntry(allergy, sources) ?? []),
  };
}

/** Of Observations the laboratory's: scores and what staff found have places of their own. */
function onlyHistory({ find }: Building, type: (typeof HISTORY)[number]): readonly Tree[] {
  if (type === 'Observation') return [find.where('Observation', 'category', code('laboratory'))];
  return type === 'CarePlan' ? [not(find.where('CarePlan', 'category', token(codeSystem('care-plan'), 'symptom-monitoring')))] : [];
}

async function medicineNames({ reader }: Building, resources: readonly FhirResource[]): Promise<NameMedicine> {
  const names = new Map<string, string>();
  for (const ref of new Set(resources.flatMap((resource) => medicationRef(resource) ?? []))) {
    const name = wordsOf((await readNow<Medication>(reader, ref))?.code);
    if (name !== undefined) names.set(ref, name);
  }
  return (reference) => names.get(reference);
}

async function alertsOf(building: Building, tasks: readonly TaskEntry[]): Promise<readonly TimelineAlert[]> {
  const { find, sources, hasFlagStatus } = building;
  const where = hasFlagStatus ? [find.where('Flag', 'status', code('active'))] : [];
  const flags = await list(building, { type: 'Flag', section: 'alerts', sort: 'date', where, limit: hasFlagStatus ? LIMITS.alerts : LIMITS.history });
  const active = flags.filter(({ status }) => status === 'active').slice(0, LIMITS.alerts);
  const alerts = await Promise.all(
    active.map(async (flag) => alertEntry(flag, await findingsOf(building, flag), await workOn(building, flag, tasks), sources)),
  );
  return alerts.toSorted(byUrgency);
}

async function findingsOf({ reader, sources, cut }: Building, flag: Flag): Promise<readonly TimelineFinding[]> {
  const reasons = reasonsOf(flag);
  if (reasons.length > LIMITS.findings) cut.add('alerts');
  const issues = await Promise.all(reasons.slice(-LIMITS.findings).map((ref) => readNow<DetectedIssue>(reader, ref)));
  return issues.flatMap((issue) => (issue === undefined ? [] : [findingEntry(issue, sources)]));
}

/** Among the tasks read already, or, for an old alert, by what it is about. */
async function workOn({ find, reader, sources }: Building, flag: Flag, tasks: readonly TaskEntry[]): Promise<TaskEntry | undefined> {
  const ref = `Flag/${flag.id}`;
  const known = tasks.find(({ kind, resource }) => kind === 'respond-to-alert' && resource.focus?.reference === ref);
  if (known !== undefined) return known;
  const where = [find.where('Task', 'focus', pointsAt(ref)), find.where('Task', 'code', token(codeSystem('task'), 'respond-to-alert'))];
  const [task] = (await find.list(reader, { type: 'Task', where, limit: 1 })).resources;
  return task === undefined ? undefined : taskEntry(task, sources);
}

/** The latest, and those that alerts rest on. */
async function responsesOf(building: Building, alerts: readonly TimelineAlert[]): Promise<readonly TimelineResponse[]> {
  const { reader, sources } = building;
  const latest = await list(building, { type: 'QuestionnaireResponse', section: 'free-text', sort: 'authored', limit: LIMITS.responses });
  const known = new Set(latest.map(({ id }) => `QuestionnaireResponse/${id}`));
  const needed = new Set(
    alerts.flatMap(({ findings, withdrawn }) => [...findings, ...withdrawn].flatMap(({ responses }) => responses)).filter((ref) => !known.has(ref)),
  );
  const older = await Promise.all([...needed].map((ref) => readNow<QuestionnaireResponse>(reader, ref)));
  const questionnaires = new Map<string, Promise<Questionnaire | undefined>>();
  const entries = [...latest, ...older]
    .flatMap((response) => response ?? [])
    .map(async (response) => {
      const canonical = response.questionnaire ?? '';
      const asked = questionnaires.get(canonical) ?? questionnaireFor(building, canonical);
      questionnaires.set(canonical, asked);
      return responseEntry(response, await asked, sources);
    });
  return (await Promise.all(entries)).toSorted((left, right) => byTimeDescending(left.at, right.at));
}

/** For the words of questions and options. */
async function questionnaireFor({ find, reader }: Building, canonical: string): Promise<Questionnaire | undefined> {
  const [url = '', version] = canonical.split('|');
  if (url === '') return undefined;
  const where = [find.where('Questionnaire', 'url', { is: 'uri', how: 'exact', value: url })];
  const { resources } = await find.list(reader, { type: 'Questionnaire', where, limit: 20 });
  return resources.find((questionnaire) => questionnaire.version === version) ?? resources[0];
}

async function scoresOf(building: Building): Promise<Timeline['scores']> {
  const where = [building.find.where('Observation', 'category', token('http://terminology.hl7.org/CodeSystem/observation-category', 'survey'))];
  return scoreSeries(await list(building, { type: 'Observation', section: 'scores', where, sort: 'date', limit: LIMITS.scores }), building.sources);
}

/** Read is what an Observation of ours with the code `free-text-read` has in its focus. */
async function unreadOf(building: Building, responses: readonly TimelineResponse[]): Promise<readonly FreeText[]> {
  const written = responses.filter(({ status }) => status !== 'entered-in-error').flatMap(freeTextIn);
  if (written.length === 0) return [];
  const where = [building.find.where('Observation', 'code', token(codeSystem('care'), 'free-text-read'))];
  const marks: readonly Observation[] = await list(building, { type: 'Observation', section: 'free-text', where, sort: 'date', limit: LIMITS.marks });
  const current = marks.filter(({ status }) => status !== 'entered-in-error');
  const read = new Set(current.flatMap(({ focus = [] }) => focus.map(({ reference }) => reference)));
  return written.filter(({ response }) => !read.has(response));
}

async function referralsOf(building: Building, tasks: readonly TaskEntry[]): Promise<readonly ReferralEntry[]> {
  const requests = await list(building, { type: 'ServiceRequest', section: 'referrals', sort: 'authored', limit: LIMITS.referrals });
  return requests.filter(({ status }) => status !== 'entered-in-error').map((request) => referralOf(request, tasks, building.sources));
}

function referralOf(request: ServiceRequest, tasks: readonly TaskEntry[], sources: Sources): ReferralEntry {
  const { id, code: what, performer = [], authoredOn, status } = request;
  const task = tasks.find(
    ({ kind, resource }: { kind: string; resource: Task }) => kind === 'referral' && resource.focus?.reference === `ServiceRequest/${id}`,
  );
  return {
    ...sources.entry(request),
    title: titleOf(what),
    ...maybe('to', performer[0]?.display),
    ...maybe('authored', authoredOn),
    status,
    ...maybe('task', task),
  };
}
