/**
 * One patient's page. Its first screen says, without a scroll or a click and on a telephone too, why somebody should
 * look, since when, and what the hospital last did. Below: the steps of the care loop, the answers, the trend of every
 * symptom beside the treatment history on one time axis, and the record, each thing with its source and its age.
 */
import type { Timeline, TimelineAlert, TimelineResponse } from '../exchange/timeline.ts';
import type { PageResponse } from '../http/message.ts';
import { awaitsNotice } from '../pro/forms.ts';
import { dueOf } from './deadline.ts';
import type { PageDeps } from './deps.ts';
import { stepForms, typedInVain } from './forms.ts';
import { type Content, type Html, html } from './html.ts';
import { page } from './page.ts';
import { recordSections } from './record-sections.ts';
import { sourceOf, statusWords } from './standing.ts';
import { NOT_SEEN } from './task-kinds.ts';
import { trendSection } from './trend.ts';
import { due } from './when.ts';

export interface PatientPage {
  readonly timeline: Timeline;
  /** Name last used on this device for staff actions. */
  readonly actor: string;
  /** What went wrong with a form just sent. */
  readonly problem?: string;
  /** The form of an alert that was just refused: what was typed is not lost. */
  readonly refused?: { readonly flagId: string; readonly step: string; readonly typed: URLSearchParams };
  /** That a form just sent was taken. */
  readonly done?: string;
}

export function patientPage(deps: PageDeps, shown: PatientPage, status = 200): PageResponse {
  const { timeline } = shown;
  const content = html`${shown.problem !== undefined && html`<p class="problem" role="alert">${shown.problem}</p>`}${shown.done !== undefined && html`<p class="done" role="status">${shown.done}</p>`}
${heading(timeline)}${inVain(shown)}${reason(deps, timeline)}${reach(deps, timeline)}${alerts(deps, shown)}${unread(deps, shown)}${trendSection(deps, timeline)}${recordSections(deps, timeline)}
<p><a href="/form?patient=${timeline.patient.resource.id}">Fill in a form with this patient, or for them</a></p>`;
  return page({ ...deps, title: 'Patient' }, content, status);
}

/** The alert that the refused form was about is closed by now. */
const inVain = ({ timeline, refused }: PatientPage): Content =>
  refused !== undefined && timeline.alerts.every(({ resource }) => resource.id !== refused.flagId) && typedInVain(refused.typed);

const heading = ({ patient }: Timeline): Html =>
  html`<h1>${patient.name} <span class="soft">${patient.age !== undefined && html`${patient.age} years, `}${patient.birthDate !== undefined ? html`born ${patient.birthDate}` : 'birth date not recorded'}</span></h1>
${patient.deceased && html`<p class="problem">Recorded as deceased.</p>`}`;

const TIERS: Readonly<Record<string, string>> = { critical: 'Critical', severe: 'Severe', moderate: 'Moderate', personal: 'Personal limit' };

const tierMark = (tier: string): Html => html`<span class="tier ${tier}">${TIERS[tier] ?? tier}</span>`;

const STATES: Readonly<Record<string, string>> = {
  raised: 'nobody has taken note yet',
  acknowledged: 'seen',
  assessed: 'assessed',
  intervened: 'acted upon',
  monitoring: 'being watched',
};

/** What people have made of the alert so far. */
function stateWords({ task }: TimelineAlert): string {
  if (isCalledAgain(task)) return NOT_SEEN;
  return STATES[task?.state ?? ''] ?? '';
}

/** Somebody took note, and people were called to it again since. */
const isCalledAgain = (task: TimelineAlert['task']): boolean => task !== undefined && (task.state ?? 'raised') !== 'raised' && awaitsNotice(task.resource);

/** The most urgent alert in a few lines, and the hospital's last treatment. */
function reason(deps: PageDeps, timeline: Timeline): Html {
  const [first, ...others] = timeline.alerts;
  if (first === undefined)
    return html`<section class="card" id="reason"><p class="lead">No open alert.</p>${silence(deps, timeline)}${lastTreatment(deps, timeline, undefined)}</section>`;
  return html`<section class="card ${first.tier}" id="reason"><p>${tierMark(first.tier)} ${stateWords(first)}</p>
<p class="lead">${newest(first)}</p>${first.findings.length === 0 && atFirst(deps, first)}${reported(deps, first)}${deadline(deps, first)}
${lastTreatment(deps, timeline, timeOf(first))}
${others.length > 0 && html`<p>${others.length} more open: ${others.map(({ title, tier }, n) => html`${n > 0 && ', '}${title} (${(TIERS[tier] ?? tier).toLowerCase()})`)}</p>`}</section>`;
}

/** What was said and then taken back: without it an alert that lost its reasons could not be understood. */
function atFirst(deps: PageDeps, { withdrawn }: TimelineAlert): Content {
  return (
    withdrawn.length > 0 && html`<ul class="plain">${withdrawn.map((finding) => html`<li>At first: ${findingLine(deps, finding)} (taken back)</li>`)}</ul>`
  );
}

/** The finding that speaks now: the most urgent of the latest answers. */
const newest = (alert: TimelineAlert): string => alert.findings[0]?.detail ?? alert.title;

const timeOf = (alert: TimelineAlert): string | undefined => alert.findings[0]?.reported ?? alert.findings[0]?.received ?? alert.since;

function reported({ when, clock }: PageDeps, alert: TimelineAlert): Html {
  const at = timeOf(alert);
  const finding = alert.findings[0];
  const received = finding?.late === true && finding.received !== undefined && html`, received ${when.say(finding.received)}`;
  return html`<p>Reported ${at === undefined ? 'at a time not recorded' : html`<strong>${when.say(at)}</strong>${agoOf(when.sayAgo(at, clock().getTime()))}`}${received}${alert.corrected && html`. <strong>An answer behind this alert was corrected or withdrawn.</strong>`}</p>`;
}

function deadline({ when, clock }: PageDeps, { task }: TimelineAlert): Html | undefined {
  const open = task === undefined ? undefined : dueOf(task.resource);
  if (open === undefined) return undefined;
  const now = clock().getTime();
  return html`<p class="${open.at < now ? 'overdue' : ''}">${open.step} ${due(open.at, now)} <span class="soft">(${when.at(open.at)})</span></p>`;
}

/** What the hospital last did, and how long before the alert; or why that is not known. Never a blank. */
function lastTreatment(deps: PageDeps, timeline: Timeline, alertAt: string | undefined): Html {
  const { lastTreatment: entry } = timeline;
  if (entry === undefined) return html`<p id="last-treatment">Last hospital treatment: ${whyNoHistory(deps, timeline)}</p>`;
  const date = entry.start === undefined ? ', date not recorded' : `, ${deps.when.sayDay(entry.start)}${distance(deps, entry.start, alertAt)}`;
  const stopped = entry.status === 'stopped' && ', stopped before its end';
  return html`<p id="last-treatment">Last hospital treatment: <strong>${entry.title}</strong>${stopped}${date} <span class="soft">${sourceOf(deps, entry)}</span></p>`;
}

/** How the treatment lies to the report, in calendar days; nothing where a day is not known. */
function distance({ when }: PageDeps, treatedAt: string, reportedAt: string | undefined): string {
  const days = reportedAt === undefined ? undefined : when.daysBetween(treatedAt, reportedAt);
  if (days === undefined) return '';
  if (days === 0) return ', on the day of this report';
  return days > 0 ? `, ${days} ${days === 1 ? 'day' : 'days'} before this report` : ', after this report';
}

/** In words, for a category that shows nothing. */
function whyNoHistory(deps: PageDeps, { hospitals }: Timeline): string {
  if (hospitals.length === 0) return 'no hospital is connected.';
  return hospitals.map((hospital) => `${statusWords(deps, hospital.categories.history)} (${hospital.name})`).join('; ');
}

function silence({ when, clock }: PageDeps, { lastAnswer }: Timeline): Html {
  if (lastAnswer === undefined) return html`<p>No answer yet. Silence is not recovery.</p>`;
  return html`<p>Last answer <strong>${when.sayDay(lastAnswer.at)}</strong>${agoOf(when.sayAgo(lastAnswer.at, clock().getTime()))}.</p>`;
}

const agoOf = (words: string | undefined): Content => words !== undefined && `, ${words}`;

/** Whom to call, and when the patient was last heard. */
function reach(deps: PageDeps, timeline: Timeline): Html {
  const { phones, languages } = timeline.patient;
  const list =
    phones.length === 0
      ? html`<p>No telephone number is recorded.</p>`
      : html`<ul class="plain">${phones.map(({ number, whose }) => html`<li class="phone">${whose}: <a href="tel:${number.replace(/[^\d+]/g, '')}">${number}</a></li>`)}</ul>`;
  return html`<section class="card" aria-label="How to reach them">${list}${languages.length > 0 && html`<p class="soft">Speaks: ${languages.map(languageName).join(', ')}</p>`}${timeline.alerts.length > 0 && silence(deps, timeline)}${deps.outOfHours !== undefined && html`<p class="soft">Outside working hours: ${deps.outOfHours}</p>`}</section>`;
}

const LANGUAGES = new Intl.DisplayNames(['en'], { type: 'language' });

/** In English; the code itself where it is no language that can be named. */
function languageName(code: string): string {
  try {
    return LANGUAGES.of(code) ?? code;
  } catch {
    return code;
  }
}

function alerts(deps: PageDeps, shown: PatientPage): Content {
  const { timeline } = shown;
  if (timeline.alerts.length === 0) return undefined;
  return html`<h2>Open alerts</h2>${timeline.alerts.map((alert, n) => alertSection(deps, shown, { alert, isFirst: n === 0 }))}`;
}

/** Findings shown at once; the older ones are folded away. */
const SHOWN_FINDINGS = 3;

function findingsOf(deps: PageDeps, { findings }: TimelineAlert): Content {
  const items = findings.map((finding) => html`<li>${findingLine(deps, finding)}</li>`);
  const older = items.slice(SHOWN_FINDINGS);
  return html`<ul class="plain">${items.slice(0, SHOWN_FINDINGS)}</ul>${older.length > 0 && html`<details><summary>${older.length} earlier</summary><ul class="plain">${older}</ul></details>`}`;
}

function findingLine({ when }: PageDeps, { detail, reported, received, late, rule, ruleVersion }: TimelineAlert['findings'][number]): Html {
  const said = reported === undefined ? 'at a time not said' : when.say(reported);
  const came = late && received !== undefined && `, received ${when.say(received)}`;
  return html`${detail} <span class="soft">reported ${said}${came}; rule ${rule} ${ruleVersion}</span>`;
}

/** `isFirst`: the most urgent one, whose next step stands open. */
function alertSection(deps: PageDeps, { timeline, actor, refused }: PatientPage, { alert, isFirst }: { alert: TimelineAlert; isFirst: boolean }): Html {
  const { task } = alert;
  const facts = task && {
    patientId: timeline.patient.resource.id ?? '',
    flagId: alert.resource.id ?? '',
    version: task.resource.meta?.versionId ?? '',
    actor,
    state: task.state ?? 'raised',
    critical: alert.tier === 'critical',
    followUps: followUpsOf(deps, timeline, task.authored),
    ...(refused !== undefined && refused.flagId === alert.resource.id ? { refused } : {}),
  };
  const behind = new Set([...alert.findings, ...alert.withdrawn].flatMap((finding) => finding.responses));
  const responses = timeline.responses.filter(({ ref }) => behind.has(ref));
  return html`<section class="card ${alert.tier}" aria-labelledby="alert-${alert.resource.id}"><h3 id="alert-${alert.resource.id}">${tierMark(alert.tier)} ${alert.title}</h3>
<p class="soft">${stateWords(alert)}</p>${deadline(deps, alert)}
${findingsOf(deps, alert)}${atFirst(deps, alert)}
${answersBehind(deps, responses)}${facts && stepForms(facts, { again: isCalledAgain(task), isOpen: isFirst })}</section>`;
}

function followUpsOf({ when }: PageDeps, { scores }: Timeline, raised: string | undefined): { readonly id: string; readonly text: string }[] {
  const after = raised === undefined ? Number.POSITIVE_INFINITY : Date.parse(raised);
  return scores
    .flatMap(({ title, points }) => points.map((point) => ({ title, point, at: Date.parse(point.at) })))
    .filter(({ at, point }) => at > after && point.value !== undefined)
    .toSorted((a, b) => b.at - a.at)
    .slice(0, 20)
    .map(({ title, point, at }) => ({ id: point.resource.id ?? '', text: `${title} ${point.value}, ${when.day(at)}` }));
}

/** The newest answers, each to be unfolded; the older ones together. */
function answersBehind(deps: PageDeps, responses: readonly TimelineResponse[]): Content {
  const drawn = responses.map((response) => answersOf(deps, response));
  const older = drawn.slice(SHOWN_FINDINGS);
  return [...drawn.slice(0, SHOWN_FINDINGS), older.length > 0 && html`<details><summary>${older.length} earlier answers</summary>${older}</details>`];
}

function answersOf({ when }: PageDeps, response: TimelineResponse): Html {
  return html`<details><summary>Answers of ${when.say(response.at)}${response.by !== 'patient' && `, given by ${response.by}`}${response.status === 'entered-in-error' && ', withdrawn'}</summary>
<dl class="facts">${response.answers.map(({ question, values }) => html`<dt>${question}</dt><dd>${values.length === 0 ? 'not answered' : values.join(', ')}</dd>`)}</dl></details>`;
}

/** Free text that nobody has read yet, and the form that says it was read. */
function unread({ when }: PageDeps, { timeline, actor }: PatientPage): Content {
  const { unread: texts, patient } = timeline;
  if (texts.length === 0) return undefined;
  const responses = [...new Set(texts.map(({ response }) => response))];
  return html`<h2>In their own words, not read yet</h2><div class="card"><ul class="plain">${texts.map(({ at, by, question, text }) => html`<li><p>${text}</p><p class="soft">${question}, ${when.say(at)}${by !== 'patient' && `, by ${by}`}</p></li>`)}</ul>
<form method="post" action="/patients/${patient.resource.id}/read">${responses.map((response) => html`<input type="hidden" name="response" value="${response}">`)}
<label>Your name<input type="text" name="actor" value="${actor}" required autocomplete="name" maxlength="100"></label><p><button type="submit" class="quiet">I have read this</button></p></form></div>`;
}
