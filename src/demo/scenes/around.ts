/** What happens around the main line: each a case that must be shown rightly to staff. */
import type { DetectedIssue, Extension, Observation, RelatedPerson } from 'fhir/r4';
import { boneCheckOnDenosumab, phq9, weekly } from '../answers-given.ts';
import { daysAgo, later, saturdayEvening, sayTime } from '../calendar.ts';
import { acknowledge, acknowledgeAgain, alertAbout, type Concern, handle, NURSE, ON_CALL, takeStep } from '../care.ts';
import { player } from '../cast.ts';
import { type Alert, extensionOf, minutesBetween, scoresOf } from '../reading.ts';
import { check, type Scene } from '../story.ts';
import { correct, submit, type Taken, type Tale } from '../tale.ts';
import { answeredAt } from './weeks.ts';

const CRISIS_NUMBER = '001 (example)';

/** Thoughts of suicide on a Saturday evening, the rest of the questionnaire nearly empty. */
export function saturday(tale: Tale, now: Date): Scene[] {
  const concern: Concern = { patient: player('saturday'), symptom: 'suicidal-thoughts' };
  const at = saturdayEvening(now);
  const { said } = concern.patient;
  return [
    { at, title: `Saturday evening, the site is closed: ${said} answers the last PHQ-9 question with "several days"`, run: () => reportItem9(tale, concern) },
    { at: later(at, 12), title: `${ON_CALL}, acknowledges it`, run: () => acknowledge(tale, concern, ON_CALL) },
    { at: later(at, 25), title: `${ON_CALL}, calls her and arranges support`, run: () => support(tale, concern) },
  ];
}

async function reportItem9(tale: Tale, concern: Concern): Promise<string> {
  const { advice, response } = await submit(tale, { patient: concern.patient.ref, instrument: 'phq-9', values: phq9(0, 1, 1, 1, 0, 0, 0, 0, 1) });
  const total = (await scoresOf(tale.centre, response.id)).get('phq-9-total')?.valueQuantity?.value;
  check(total === 4, 'the total is 4 of 27, which is minimal', total);
  check(advice.language === concern.patient.language, `she is answered in her language, ${concern.patient.language}`, advice.language);
  check(advice.payload?.[0]?.contentString?.includes(CRISIS_NUMBER) === true, 'the advice names the crisis line', advice.payload);
  const alert = await alertAbout(tale, concern);
  check(alert.tier === 'critical', 'the alert is critical', alert.tier);
  check(deadline(alert) === 30, 'the 30 minutes run although the site is closed', deadline(alert));
  return `total ${total} of 27 and a critical alert all the same, due in 30 minutes; she is told of the crisis line in Norwegian`;
}

const deadline = ({ task }: Alert): number => minutesBetween(task.authoredOn, task.restriction?.period?.end);

async function support(tale: Tale, concern: Concern): Promise<string> {
  const done = { action: 'psychological-support', note: 'Sees the psychologist on Monday.' };
  await handle(tale, concern, { actor: ON_CALL, contact: 'phone', severity: 'moderate', found: 'No plan, not alone tonight.', done });
  return 'the alert stays open and is watched';
}

/** Pain that rises over weeks: worse than before, then lasting, then severe, in one alert. */
export function risingPain(tale: Tale, fever: Date): Scene[] {
  const concern: Concern = { patient: player('risingPain'), symptom: 'pain' };
  const after = (week: number, minutes: number): Date => later(answeredAt('risingPain', fever, week), minutes);
  const see = (tier: string, rule: string) => () => seePain(tale, concern, { tier, rule });
  const again = { title: `${NURSE} takes note of the new answer`, quiet: true, run: () => acknowledgeAgain(tale, concern) };
  return [
    { at: after(4, 1), title: `${concern.patient.said}'s pain has risen: an alert says that it is worse`, run: see('moderate', 'pain-rise') },
    { at: after(4, 90), title: `${NURSE} calls him and explains how to take his medicines`, run: () => adviseOnPain(tale, concern) },
    { at: after(3, 60), ...again },
    { at: after(2, 1), title: 'His third answer in a row of 4 or more: the same alert becomes severe', run: see('severe', 'pain-persistent') },
    { at: after(2, 60), title: `${NURSE} calls him within the day`, run: () => adviseOnMedicine(tale, concern) },
    { at: after(1, 60), ...again },
    { at: after(0, 1), title: 'The pain is severe: people are called to the open alert once more', run: see('severe', 'pain-severe') },
    { at: after(0, 150), title: `${NURSE} sees him at home`, run: () => referToPalliativeTeam(tale, concern) },
  ];
}

async function adviseOnPain(tale: Tale, concern: Concern): Promise<string> {
  await acknowledge(tale, concern);
  const done = { action: 'education', note: 'Tablets by the clock, an extra dose early, laxative every day.' };
  await handle(tale, concern, { contact: 'phone', severity: 'moderate', found: 'Takes the long-acting tablets only when it hurts.', done });
  return 'seen, assessed and advised, 90 minutes after it was raised';
}

async function adviseOnMedicine(tale: Tale, concern: Concern): Promise<string> {
  await acknowledgeAgain(tale, concern);
  const done = { action: 'medication', note: 'The hospital raises the dose; he has the new prescription.' };
  await handle(tale, concern, { contact: 'phone', severity: 'severe', found: 'Pain at night, takes the extra doses.', done });
  return 'assessed an hour later, advice on medicine recorded';
}

async function referToPalliativeTeam(tale: Tale, concern: Concern): Promise<string> {
  await acknowledgeAgain(tale, concern);
  const done = { action: 'referral', target: 'The palliative team', note: 'Pain 8 in spite of a higher dose.' };
  await handle(tale, concern, { contact: 'in-person', severity: 'severe', found: 'Pain in the ribs on every breath.', done });
  return 'assessed in person and referred; the alert stays open';
}

async function seePain(tale: Tale, concern: Concern, expected: { readonly tier: string; readonly rule: string }): Promise<string> {
  const alert = await alertAbout(tale, concern);
  check(alert.tier === expected.tier, `the alert is ${expected.tier}`, alert.tier);
  const reason = newest(alert, expected.rule);
  check(reason !== undefined, `one of its reasons is the rule ${expected.rule}`, alert.issues.map(ruleOf));
  return reason.detail ?? '';
}

const ruleOf = ({ code }: DetectedIssue): string => code?.coding?.[0]?.code ?? '';

const newest = ({ issues }: Alert, rule: string): DetectedIssue | undefined =>
  issues.filter((issue) => ruleOf(issue) === rule).toSorted((a, b) => Date.parse(b.identifiedDateTime ?? '') - Date.parse(a.identifiedDateTime ?? ''))[0];

/** A moderate complaint, helped by advice, followed up and closed. */
export function education(tale: Tale, fever: Date): Scene[] {
  const concern: Concern = { patient: player('education'), symptom: 'nausea' };
  const reported = answeredAt('education', fever, 3);
  const better = answeredAt('education', fever, 2);
  return [
    { at: later(reported, 1), title: `${concern.patient.said}'s nausea is moderate after his infusion`, run: () => seeModerate(tale, concern) },
    { at: later(reported, 120), title: `${NURSE} calls him and explains what helps`, run: () => educate(tale, concern) },
    { at: later(better, 60), title: 'A week later it is better, and the alert is closed', run: () => closeBetter(tale, concern) },
  ];
}

async function seeModerate(tale: Tale, concern: Concern): Promise<string> {
  const alert = await alertAbout(tale, concern);
  check(alert.tier === 'moderate', 'the alert is moderate', alert.tier);
  check(deadline(alert) >= 72 * 60, 'there are 72 hours to document an action, days on which the site is closed not counted', deadline(alert));
  return `due ${sayTime(new Date(alert.task.restriction?.period?.end ?? ''))}: 72 hours, days on which the site is closed not counted`;
}

async function educate(tale: Tale, concern: Concern): Promise<string> {
  await acknowledge(tale, concern);
  const done = { action: 'education', note: 'Tablets before the meal, small meals, call if no drink stays down.' };
  await handle(tale, concern, { contact: 'phone', severity: 'moderate', found: 'Forgot the tablets on two days.', done });
  return 'acknowledged, assessed, advice recorded';
}

async function closeBetter(tale: Tale, concern: Concern): Promise<string> {
  const fields = { actor: NURSE, reason: 'Nausea 2 after a week of regular tablets.' };
  const { flag, state } = await takeStep(tale, concern, 'close', fields);
  check(flag.status === 'inactive' && state === 'closed', 'the alert is closed', [flag.status, state]);
  return 'closed by a human, with the reason';
}

/** Moderate pain in every report for four weeks. */
export function persistence(tale: Tale, fever: Date): Scene[] {
  const concern: Concern = { patient: player('persistent'), symptom: 'back-pain' };
  const after = (week: number, minutes: number): Date => later(answeredAt('persistent', fever, week), minutes);
  return [
    { at: after(4, 120), title: `${NURSE} calls ${concern.patient.said} about her back pain`, run: () => adviseOnBack(tale, concern) },
    { at: after(2, 120), title: `${NURSE} takes note of the new answer`, quiet: true, run: () => acknowledgeAgain(tale, concern) },
    {
      at: after(0, 1),
      title: `${concern.patient.said}'s back pain is moderate for the third time in four weeks`,
      run: () => seePain(tale, concern, { tier: 'severe', rule: 'back-pain-persistent' }),
    },
    { at: after(0, 180), title: `${NURSE} visits her and refers her to her doctor`, run: () => visit(tale, concern) },
  ];
}

async function adviseOnBack(tale: Tale, concern: Concern): Promise<string> {
  await acknowledge(tale, concern);
  const done = { action: 'education', note: 'Short walks, exercises of the leaflet, paracetamol before them.' };
  await handle(tale, concern, { contact: 'phone', severity: 'mild', found: 'No fall, no sudden pain.', done });
  return 'moderate; acknowledged, assessed, advice recorded';
}

async function visit(tale: Tale, concern: Concern): Promise<string> {
  await acknowledgeAgain(tale, concern);
  const done = { action: 'referral', target: 'Her family doctor', note: 'X-ray of the spine?' };
  await handle(tale, concern, { contact: 'in-person', severity: 'moderate', found: 'Stiff, no new deformity.', done });
  return 'seen at home, referred';
}

const WRITTEN: Extension = {
  url: 'http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode',
  valueCodeableConcept: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationMode', code: 'WRITTEN' }] },
};

/** A paper form, filled in four days before somebody typed it in. */
export function late(tale: Tale, now: Date): Scene[] {
  const concern: Concern = { patient: player('late'), symptom: 'pain' };
  const at = daysAgo(now, 1, '10:30');
  const title = `${concern.patient.said}'s paper form of four days ago is typed in: pain 5`;
  return [{ at, title, run: () => submitLate(tale, concern, daysAgo(at, 4, '09:00')) }];
}

async function submitLate(tale: Tale, concern: Concern, authored: Date): Promise<string> {
  await submit(tale, { patient: concern.patient.ref, instrument: 'cancer-weekly', values: weekly({ pain: 5 }), authored, extension: [WRITTEN] });
  const alert = await alertAbout(tale, concern);
  const [issue] = alert.issues;
  check(issue !== undefined && extensionOf(issue, 'late') === true, 'its reason says that the answer came late', issue?.extension);
  const [reported, received] = [extensionOf(issue, 'reported'), extensionOf(issue, 'received')].map((text) => new Date(String(text)));
  check(reported?.getTime() === authored.getTime(), 'it says when the answer was given', reported);
  check(received !== undefined && tale.stage.now().getTime() - received.getTime() < 60_000, 'it says when the answer was received', received);
  check(deadline(alert) >= 72 * 60, 'the deadline counts from receipt', deadline(alert));
  await tale.staff.requireOnPage(concern.patient, 'received');
  return `reported ${sayTime(authored)}, received ${sayTime(received)}, due from receipt on`;
}

/** Somebody else's words, and marked so. */
export function proxy(tale: Tale, fever: Date): Scene[] {
  const concern: Concern = { patient: player('proxy'), symptom: 'appetite-loss' };
  const at = daysAgo(fever, -2, '16:45');
  return [{ at, title: `${concern.patient.said}'s daughter answers for her: no appetite`, run: () => answerForMother(tale, concern) }];
}

async function answerForMother(tale: Tale, concern: Concern): Promise<string> {
  const daughter: RelatedPerson = {
    resourceType: 'RelatedPerson',
    active: true,
    patient: { reference: concern.patient.ref },
    relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'DAUC' }], text: 'Daughter' }],
    name: [{ text: '林晓', family: '林', given: ['晓'] }],
  };
  const { body } = await tale.centre.send<RelatedPerson>('POST', 'RelatedPerson', daughter);
  const source = `RelatedPerson/${body.id}`;
  const { response } = await submit(tale, { patient: concern.patient.ref, instrument: 'cancer-weekly', values: weekly({ 'appetite-loss': 5 }), source });
  const score: Observation | undefined = (await scoresOf(tale.centre, response.id)).get('appetite-loss-7d');
  check(score?.performer?.[0]?.reference === source, 'the score says whose words they are', score?.performer);
  const { tier, issues } = await alertAbout(tale, concern);
  check(tier === 'moderate', 'a moderate alert is raised', tier);
  await tale.staff.requireOnPage(concern.patient, 'another person');
  return issues[0]?.detail ?? '';
}

/** Denosumab is not to be delayed. */
export function overdueInjection(tale: Tale, now: Date): Scene[] {
  const concern: Concern = { patient: player('overdueInjection'), symptom: 'denosumab-overdue' };
  const title = `${concern.patient.said} says that her denosumab injection is overdue`;
  return [{ at: later(now, -300), title, run: () => reportOverdue(tale, concern) }];
}

async function reportOverdue(tale: Tale, concern: Concern): Promise<string> {
  await submit(tale, { patient: concern.patient.ref, instrument: 'osteoporosis-check', values: boneCheckOnDenosumab(true) });
  const alert = await alertAbout(tale, concern);
  check(alert.tier === 'severe' && deadline(alert) === 24 * 60, 'the alert is severe, due in 24 hours', [alert.tier, deadline(alert)]);
  return 'severe, to be assessed within 24 hours';
}

/** A wrong tick, corrected by the patient: the alert is marked and left to a human. */
export function correction(tale: Tale, now: Date): Scene[] {
  const concern: Concern = { patient: player('corrected'), symptom: 'bleeding' };
  const known: { taken?: Taken } = {};
  const { said } = concern.patient;
  return [
    { at: later(now, -40), title: `${said} ticks "bleeding"`, run: () => tickBleeding(tale, concern, known) },
    { at: later(now, -22), title: `${said} corrects her answer: no bleeding`, run: () => untick(tale, concern, known) },
    { at: later(now, -15), title: `${NURSE} acknowledges the corrected alert`, run: () => acknowledge(tale, concern) },
  ];
}

async function tickBleeding(tale: Tale, concern: Concern, known: { taken?: Taken }): Promise<string> {
  known.taken = await submit(tale, { patient: concern.patient.ref, instrument: 'cancer-weekly', values: weekly({ bleeding: true }) });
  const { tier } = await alertAbout(tale, concern);
  check(tier === 'critical', 'a critical alert is raised', tier);
  return 'a critical alert is raised';
}

async function untick(tale: Tale, concern: Concern, { taken }: { taken?: Taken }): Promise<string> {
  check(taken !== undefined, 'there is an answer to correct');
  await correct(tale, taken, { patient: concern.patient.ref, instrument: 'cancer-weekly', values: weekly() });
  const { flag, task, issues, tier } = await alertAbout(tale, concern);
  check(tier === 'critical' && task.status === 'requested', 'the alert stands, as critical as before', [tier, task.status]);
  check(extensionOf(flag, 'answer-corrected') === true, 'it is marked as corrected', flag.extension);
  check(
    issues.every(({ status }) => status === 'entered-in-error'),
    'its reason is marked as an error',
    issues[0]?.status,
  );
  await tale.staff.requireOnPage(concern.patient, 'corrected');
  return 'the alert is marked, and a human decides';
}
