/** The hospital's record at the centre: fetched with consent, kept up to date, and never somebody else's. */
import type { FhirResource, Observation } from 'fhir/r4';
import { atHospital, held, knownFrom, load, type Pulled, pull } from '../bridge.ts';
import { daysAgo, later, sayTime } from '../calendar.ts';
import { player } from '../cast.ts';
import { centrePatients } from '../centre-data.ts';
import { hospitalRecords } from '../hospital-data.ts';
import { hospitalPatientId, PEOPLE, TEST_DATA } from '../people.ts';
import { tasksOf } from '../reading.ts';
import { HOSPITAL_NAME } from '../stage.ts';
import { check, type Scene } from '../story.ts';
import type { Tale } from '../tale.ts';
import { historyState, timelineOf } from '../timeline.ts';

const FEVER = player('fever');
const NEAR_MATCH = player('nearMatch');
const NO_CONSENT = player('noConsent');
/** Those of whom the hospital's record may be shown. */
const SHARED = PEOPLE.filter(({ id, consents }) => consents && id !== NEAR_MATCH.id);

/** Registration, enrolment, the hospital's past, and the first pull. */
export function beginning(tale: Tale, start: Date, fever: Date): Scene[] {
  const [past, future] = partition(hospitalRecords(fever), start);
  return [
    { at: start, title: `${HOSPITAL_NAME} has the treatment history of ${PEOPLE.length} patients`, run: () => loadPast(tale, past) },
    { at: later(start, 5), title: 'The centre registers and enrols them', run: () => enrol(tale, fever) },
    { at: later(start, 60), title: 'The centre fetches the hospital record of all who agreed to it', run: () => firstPull(tale) },
    { at: later(start, 70), title: `${NO_CONSENT.said} did not agree: nothing of hers is fetched`, run: () => seeNoConsent(tale) },
    { at: later(start, 75), title: `${NEAR_MATCH.said} is born on another day at the hospital: a human is asked`, run: () => seeNearMatch(tale) },
    { at: later(start, 90), title: 'Fetching again changes nothing', run: () => pullAgain(tale) },
    ...future.map((dated) => laterRecords(tale, dated)),
  ];
}

interface Dated {
  readonly at: Date;
  readonly resources: readonly FhirResource[];
}

/** What is known before the story starts, and the rest by the evening of the day on which it comes to be known. */
function partition(records: readonly FhirResource[], start: Date): [FhirResource[], Dated[]] {
  const evening = (time: Date): number => daysAgo(time, 0, '22:00').getTime();
  const isPast = (resource: FhirResource): boolean => (knownFrom(resource) ?? start) <= start;
  const days = Map.groupBy(
    records.filter((resource) => !isPast(resource)),
    (resource) => evening(knownFrom(resource) ?? start),
  );
  return [records.filter(isPast), [...days].map(([at, resources]) => ({ at: new Date(at), resources }))];
}

const laterRecords = (tale: Tale, { at, resources }: Dated): Scene => ({
  at,
  title: 'The hospital goes on treating',
  quiet: true,
  run: async () => {
    await load(tale.stage.hospital.client, resources);
    return undefined;
  },
});

async function loadPast(tale: Tale, past: readonly FhirResource[]): Promise<string> {
  await load(tale.stage.hospital.client, past);
  return `${past.length} resources, loaded over FHIR`;
}

async function enrol(tale: Tale, fever: Date): Promise<string> {
  await load(tale.centre, centrePatients(fever));
  const plans = await tale.centre.search('CarePlan?status=active&_count=100');
  const consents = await tale.centre.search('Consent?status=active&_count=100');
  check(plans.length === PEOPLE.length, `all of ${PEOPLE.length} are enrolled`, plans.length);
  check(consents.length === PEOPLE.length - 1, 'all but one have agreed that the record is shared', consents.length);
  return `${plans.length} enrolled, ${consents.length} agree that their hospital record is shared`;
}

async function firstPull(tale: Tale): Promise<string> {
  const pulls = await pull(tale);
  check(pulls.length === PEOPLE.length, 'the pull reports on everybody', pulls.length);
  requireOutcome(
    pulls,
    SHARED.map(({ id }) => `Patient/${id}`),
    'pulled',
  );
  const count = await requireRecord(tale);
  return `${count} resources of ${SHARED.length} patients, each with its source`;
}

function requireOutcome(pulls: readonly Pulled[], patients: readonly string[], outcome: string): void {
  for (const patient of patients) {
    const found = pulls.find((one) => one.patient === patient);
    check(found?.outcome === outcome, `the pull of ${patient} ends as ${outcome}`, found);
  }
}

/** The centre holds all that the hospital has of those who share it, and nothing else of it. */
export async function requireRecord(tale: Tale): Promise<number> {
  const there = new Set(await atHospital(tale, SHARED.map(hospitalPatientId)));
  const here = new Set((await held(tale)).keys());
  const [missing, strange] = [there.difference(here), here.difference(there)];
  check(missing.size === 0, 'everything that the hospital has is here', [...missing]);
  check(strange.size === 0, 'nothing is here that is not to be shared', [...strange]);
  return here.size;
}

async function seeNoConsent(tale: Tale): Promise<string> {
  const count = (await held(tale, NO_CONSENT.ref)).size;
  check(count === 0, 'nothing of her hospital record is here', count);
  const { state } = historyState(await timelineOf(tale.centre, NO_CONSENT.ref));
  check(state === 'not-shared', 'her timeline says that the record is not shared', state);
  await tale.staff.requireOnPage(NO_CONSENT, 'not shared');
  return 'her timeline and her page say that it is not shared';
}

async function seeNearMatch(tale: Tale): Promise<string> {
  const count = (await held(tale, NEAR_MATCH.ref)).size;
  check(count === 0, 'nothing of the hospital record is here', count);
  const { state } = historyState(await timelineOf(tale.centre, NEAR_MATCH.ref));
  check(state === 'never-fetched', 'the timeline says that the record was never fetched', state);
  const tasks = await tasksOf(tale.centre, NEAR_MATCH.ref, 'confirm-patient-match');
  check(tasks.length === 1 && tasks[0]?.status === 'requested', 'one work item asks a human whether it is the same person', tasks.length);
  await tale.staff.requireOnPage(NEAR_MATCH, 'never fetched');
  return 'same number, other birth date; nothing is linked or shown';
}

async function pullAgain(tale: Tale): Promise<string> {
  const before = await held(tale);
  const pulls = await pull(tale);
  requireNothingNew(pulls, before, await held(tale));
  await seeNearMatch(tale);
  return `${before.size} resources, no new versions; ${NEAR_MATCH.said} is still asked about once`;
}

function requireNothingNew(pulls: readonly Pulled[], before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): void {
  const changed = pulls.reduce((sum, { created, updated }) => sum + created + updated, 0);
  check(changed === 0, 'the pull brings nothing new', changed);
  const different = [...after].filter(([source, version]) => before.get(source) !== version);
  check(different.length === 0 && before.size === after.size, 'every resource is at the version that it had', different);
}

/** Routine pulls, and the night in which the hospital is down. */
export function nights(tale: Tale, fever: Date): Scene[] {
  const night = (days: number): Scene => ({ at: daysAgo(fever, days, '03:00'), title: 'The centre fetches what is new', run: () => catchUp(tale) });
  return [
    night(45),
    night(24),
    night(0),
    { at: daysAgo(fever, -1, '02:00'), title: `The night after, ${HOSPITAL_NAME} is down`, run: () => hospitalDown(tale) },
    { at: daysAgo(fever, -1, '06:30'), title: 'It is up again, with a new blood count', run: () => hospitalBack(tale) },
  ];
}

async function catchUp(tale: Tale): Promise<string> {
  const before = await held(tale);
  const pulls = await pull(tale);
  requireOutcome(
    pulls,
    SHARED.map(({ id }) => `Patient/${id}`),
    'pulled',
  );
  const total = await requireRecord(tale);
  return `${total - before.size} new resources, ${total} in all`;
}

async function hospitalDown(tale: Tale): Promise<string> {
  const before = await held(tale);
  await tale.stage.stopHospital();
  const since = tale.stage.now();
  const pulls = await pull(tale);
  const failed = pulls.filter(({ outcome }) => outcome === 'failed' || outcome === 'waiting').length;
  check(
    failed > 0 && pulls.every(({ outcome }) => outcome !== 'pulled'),
    'the pull says that it failed',
    pulls.map(({ outcome }) => outcome),
  );
  const after = await held(tale);
  check(after.size === before.size, 'nothing that was there is lost', [before.size, after.size]);
  const status = historyState(await timelineOf(tale.centre, FEVER.ref));
  check(status.state === 'failed', 'the timeline says that fetching failed', status.state);
  check(Math.abs(status.since.getTime() - since.getTime()) < 60_000, 'the timeline says since when', status.since);
  await tale.staff.requireOnPage(FEVER, 'could not be read since');
  return `the centre says so since ${sayTime(status.since)}, and shows all ${after.size} resources that it had`;
}

async function hospitalBack(tale: Tale): Promise<string> {
  const before = await held(tale);
  await tale.stage.startHospital();
  await load(tale.stage.hospital.client, [newBloodCount(tale.stage.now())]);
  const pulls = await pull(tale);
  requireOutcome(
    pulls,
    SHARED.map(({ id }) => `Patient/${id}`),
    'pulled',
  );
  const created = pulls.reduce((sum, one) => sum + one.created, 0);
  check(created === 1, 'only the new result arrives', created);
  const after = await held(tale);
  check(after.size === before.size + 1, 'nothing is there twice', [before.size, after.size]);
  check(
    [...before].every(([source, version]) => after.get(source) === version),
    'what was there is as it was',
  );
  await requireRecord(tale);
  const { state } = historyState(await timelineOf(tale.centre, FEVER.ref));
  check(state === 'fetched', 'the timeline says that the record was fetched', state);
  return 'only that arrives, nothing is there twice';
}

const newBloodCount = (taken: Date): Observation => ({
  resourceType: 'Observation',
  id: `${FEVER.id}-neutrophils-fever`,
  meta: TEST_DATA,
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '751-8' }], text: 'Neutrophils' },
  subject: { reference: `Patient/${hospitalPatientId(FEVER)}` },
  effectiveDateTime: taken.toISOString(),
  valueQuantity: { value: 0.4, unit: '10⁹/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'LL' }] }],
});
