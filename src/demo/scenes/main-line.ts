/** Fever nine days after chemotherapy: from her answer to the closed alert. */
import type { Observation, ServiceRequest, Task } from 'fhir/r4';
import { weekly } from '../answers-given.ts';
import { daysBetween, later, sayTime } from '../calendar.ts';
import { acknowledge, alertAbout, type Concern, formPath, NURSE, takeStep } from '../care.ts';
import { player } from '../cast.ts';
import { FEVER_DAYS_AFTER_INFUSION } from '../people.ts';
import { codeOf, extensionOf, minutesBetween, scoresOf } from '../reading.ts';
import { HOSPITAL_NAME } from '../stage.ts';
import { check, type Scene } from '../story.ts';
import { submit, type Taken, type Tale } from '../tale.ts';
import { lastInfusion, timelineOf } from '../timeline.ts';

const EMERGENCY_NUMBER = '000 (example)';
const FEVER: Concern = { patient: player('fever'), symptom: 'fever' };
const WHO = FEVER.patient.called;

/** What is known from one scene to the next. */
interface Known {
  taken?: Taken;
  followUp?: string;
}

/** `at`: when she answers. `followUpAt`: when she answers again. */
export function mainLine(tale: Tale, at: Date, followUpAt: Date): Scene[] {
  const known: Known = {};
  return [
    { at, title: `${WHO} answers her weekly check: fever, everything else low`, run: () => reportFever(tale, known) },
    { at: later(at, 1), title: 'An alert is there, critical, due to be acknowledged within 30 minutes', run: () => seeAlert(tale, known) },
    { at: later(at, 2), title: `Beside it stands her last chemotherapy, fetched from ${HOSPITAL_NAME}`, run: () => seeTimeline(tale, at) },
    { at: later(at, 4), title: 'Closing it without an assessment is refused', run: () => closeTooEarly(tale) },
    { at: later(at, 6), title: `${NURSE} acknowledges it on the staff page`, run: () => acknowledge(tale, FEVER) },
    { at: later(at, 13), title: `${NURSE} calls her and records the assessment`, run: () => assess(tale) },
    { at: later(at, 20), title: `${NURSE} refers her to ${HOSPITAL_NAME}`, run: () => refer(tale) },
    { at: followUpAt, title: `${WHO} answers again: no fever`, run: () => followUp(tale, known) },
    { at: later(followUpAt, 45), title: 'With the follow-up answer the alert is closed', run: () => close(tale, known) },
  ];
}

async function reportFever(tale: Tale, known: Known): Promise<string> {
  known.taken = await submit(tale, { patient: FEVER.patient.ref, instrument: 'cancer-weekly', values: weekly({ fever: true, fatigue: 3, nausea: 1 }) });
  const { advice, response } = known.taken;
  const text = advice.payload?.[0]?.contentString ?? '';
  check(advice.language === FEVER.patient.language, `the advice is in her language, ${FEVER.patient.language}`, advice.language);
  check(text.startsWith(`Call ${EMERGENCY_NUMBER} now`), 'the advice begins with the call to the emergency number', text);
  check(text.includes('fever during cancer treatment'), 'the advice speaks of her fever', text);
  check(advice.about?.some(({ reference }) => reference === `QuestionnaireResponse/${response.id}`) === true, 'the advice names the answer', advice.about);
  const scores = [...(await scoresOf(tale.centre, response.id)).values()];
  const highest = Math.max(...scores.map(({ valueQuantity }) => valueQuantity?.value ?? 0));
  check(highest === 3, 'the highest of her scores is 3', highest);
  return `stored, scored and judged at once; she is told to call ${EMERGENCY_NUMBER}`;
}

async function seeAlert(tale: Tale, known: Known): Promise<string> {
  const { issues, task, tier } = await alertAbout(tale, FEVER);
  const [issue] = issues;
  const response = `QuestionnaireResponse/${known.taken?.response.id}`;
  check(tier === 'critical', 'the alert is critical', tier);
  check(issue?.severity === 'high' && extensionOf(issue, 'tier') === 'critical', 'its reason (DetectedIssue) is of high severity', issue?.severity);
  check(issue.implicated?.some(({ reference }) => reference === response) === true, 'its reason names the answer', issue.implicated);
  check(task.priority === 'stat' && task.status === 'requested', 'its work item (Task) is urgent and nobody has it yet', [task.priority, task.status]);
  const allowed = minutesBetween(task.authoredOn, task.restriction?.period?.end);
  check(allowed === 30, 'it is due 30 minutes after receipt', allowed);
  return issue.detail ?? '';
}

async function seeTimeline(tale: Tale, at: Date): Promise<string> {
  const { flag } = await alertAbout(tale, FEVER);
  const timeline = await timelineOf(tale.centre, FEVER.patient.ref);
  const alerts = timeline.entry?.filter(({ resource }) => resource?.resourceType === 'Flag' && resource.id === flag.id) ?? [];
  check(alerts.length === 1, 'the timeline has the alert', alerts.length);
  const { what, start, source } = lastInfusion(timeline);
  const days = daysBetween(start, at);
  check(days === FEVER_DAYS_AFTER_INFUSION, `her last chemotherapy is ${FEVER_DAYS_AFTER_INFUSION} days before the fever`, days);
  check(source.hospital === HOSPITAL_NAME && source.url.startsWith(tale.stage.hospital.client.base), 'it says that it comes from the hospital', source);
  const age = at.getTime() - source.fetched.getTime();
  check(age > 0 && age < 12 * 60 * 60_000, 'it says that it was fetched last night', source.fetched);
  await tale.staff.requireOnPage(FEVER.patient, FEVER.patient.called, 'Fever', what, `${days} days before`, HOSPITAL_NAME, FEVER.patient.phone);
  return `${what}, ${days} days before, fetched ${sayTime(source.fetched)}`;
}

async function closeTooEarly(tale: Tale): Promise<string> {
  const alert = await alertAbout(tale, FEVER);
  const { status } = await tale.staff.post(formPath(FEVER, alert, 'close'), { actor: NURSE, reason: 'She will be fine' });
  check(status >= 400 && status < 500, 'closing is refused', status);
  const after = await alertAbout(tale, FEVER);
  check(after.state === 'raised', 'the alert stands as it stood', after.state);
  return 'the alert stands';
}

async function assess(tale: Tale): Promise<string> {
  const note = 'Temperature 38.6 since this morning, shivering, drinks enough.';
  const { state, task, flag } = await takeStep(tale, FEVER, 'assess', { actor: NURSE, contact: 'phone', severity: 'severe', direct: 'on', note });
  check(state === 'assessed', 'the alert is assessed', state);
  const assessment = await outputOf<Observation>(tale, task, ['care', 'symptom-assessment']);
  check(codeOf(assessment.method, 'contact') === 'phone', 'the assessment was made by telephone', assessment.method);
  check(codeOf(assessment.valueCodeableConcept, 'verified-severity') === 'severe', 'the nurse found it severe', assessment.valueCodeableConcept);
  check(extensionOf(assessment, 'with-patient') === true, 'she spoke with the patient', assessment.extension);
  check(assessment.focus?.[0]?.reference === `Flag/${flag.id}`, 'the assessment is about this alert', assessment.focus);
  check(assessment.note?.[0]?.text === note, 'the note is kept', assessment.note);
  return 'by telephone, spoken with the patient, severe';
}

async function refer(tale: Tale): Promise<string> {
  const fields = { actor: NURSE, action: 'referral', target: HOSPITAL_NAME, note: 'Possible neutropenic fever, please see her today.' };
  const { state, task, flag } = await takeStep(tale, FEVER, 'act', fields);
  check(state === 'intervened', 'the action is on record', state);
  const request = await outputOf<ServiceRequest>(tale, task, ['action', 'referral']);
  check(request.intent === 'order' && request.status === 'active', 'the referral is an active order (ServiceRequest)', [request.intent, request.status]);
  check(request.supportingInfo?.some(({ reference }) => reference === `Flag/${flag.id}`) === true, 'the referral names the alert', request.supportingInfo);
  const [work] = (await tale.centre.search<Task>(`Task?focus=ServiceRequest/${request.id}`)).filter(({ code }) => codeOf(code, 'task') === 'referral');
  check(work?.for?.reference === FEVER.patient.ref, 'somebody is asked to carry the referral out (Task)', work?.for);
  return 'the order and the work it asks for are on record';
}

async function outputOf<T extends Observation | ServiceRequest>(tale: Tale, task: Task, [system, code]: readonly [string, string]): Promise<T> {
  const reference = task.output?.find(({ type }) => codeOf(type, system) === code)?.valueReference?.reference;
  check(reference !== undefined, `the work item names its ${code}`, task.output);
  return tale.centre.read<T>(reference);
}

async function followUp(tale: Tale, known: Known): Promise<string> {
  const { response } = await submit(tale, { patient: FEVER.patient.ref, instrument: 'cancer-weekly', values: weekly({ fatigue: 2 }) });
  const { state, flag } = await alertAbout(tale, FEVER);
  check(flag.status === 'active' && state === 'intervened', 'a better answer does not close the alert by itself', state);
  known.followUp = (await scoresOf(tale.centre, response.id)).get('fatigue-7d')?.id ?? '';
  return 'the alert still waits for a human';
}

async function close(tale: Tale, known: Known): Promise<string> {
  const fields = { actor: NURSE, followUp: known.followUp ?? '', reason: 'Treated at the hospital, no fever for two days.' };
  const { flag, task, state } = await takeStep(tale, FEVER, 'close', fields);
  check(flag.status === 'inactive' && flag.period?.end !== undefined, 'the alert is over', flag.status);
  check(task.status === 'completed' && state === 'closed', 'the work is done', [task.status, state]);
  await outputOf<Observation>(tale, task, ['care', 'follow-up-score']);
  return 'by a human, after an assessment and with a follow-up score';
}
