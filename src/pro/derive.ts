/**
 * All that follows from one answer: scores, findings, alerts, work, and the word to the patient. Pure; `record` gives
 * what is on record and writes what comes back in the same transaction as the answer itself.
 */
import type { Communication, DetectedIssue, Flag, Observation, Patient, Provenance, QuestionnaireResponse, Task } from 'fhir/r4';
import type { IdMaker, Ref } from '../fhir/resource.ts';
import type { Plan } from '../questionnaire/plan.ts';
import { advise, type Numbers } from './advice.ts';
import { deadlineFrom } from './deadline.ts';
import { type Digest, digest, type Receipt } from './digest.ts';
import type { Finding } from './finding.ts';
import { ownIdentifier, reasonsOf, refTo } from './forms.ts';
import type { Instrument, Policy } from './instrument.ts';
import { judge } from './judge.ts';
import { callsPeople, type OnRecord, type Reconciled, reconcile } from './reconcile.ts';
import { attentionTask, provenanceOf, type Scored, scoreKey, scoreObservation } from './resources.ts';
import { type Score, score } from './score.ts';

/** The answer that is being written. */
export interface Submission {
  readonly patient: Ref;
  /** `QuestionnaireResponse/<id>` */
  readonly written: Ref;
  /** As it will be stored; undefined where it is deleted, or taken out of this series. */
  readonly response: QuestionnaireResponse | undefined;
  /** The version that it will have. */
  readonly version: number;
  readonly receipt: Receipt;
  readonly plan: Plan;
  readonly instrument: Pick<Instrument, 'name' | 'scoring' | 'alerts'>;
}

/** What is on record beside it. */
export interface Surroundings {
  /** Digests of all other current answers of the series: same patient, same questionnaire, whatever version. */
  readonly others: readonly Digest[];
  readonly alerts: OnRecord;
  /** Score Observations that were made from earlier versions of this response. */
  readonly scores: readonly Observation[];
  /** For the language. */
  readonly patient: Pick<Patient, 'communication'> | undefined;
}

export interface Setting {
  readonly policy: Policy;
  readonly numbers: Numbers;
  /** The site's: an IANA name or an offset. */
  readonly timeZone: string;
  readonly now: Date;
  readonly ids: IdMaker;
  /** Enrolment, and the moments at which a clinician reset the baseline. */
  readonly baselineSince?: string | readonly string[];
}

export interface Derived {
  /** To be written with the answer, ids set: Observation, DetectedIssue, Flag, Task, Communication, Provenance. */
  readonly puts: readonly Derivative[];
  readonly claims: Reconciled['claims'];
  readonly releases: Reconciled['releases'];
  /** Among the puts: what the sender must hear of at once. */
  readonly advice: Communication | undefined;
  /** Of the answer itself, to be kept for judging the next ones; undefined where it is gone. */
  readonly digest: Digest | undefined;
}

type Derivative = Observation | DetectedIssue | Flag | Task | Communication | Provenance;

export function derive(submission: Submission, around: Surroundings, setting: Setting): Derived {
  const own = ownDigest(submission);
  const scored = deriveScores(submission, around.scores, { setting, clock: own?.clock });
  const digests = own === undefined ? around.others : [...around.others, own];
  const findings = judgeSeries(submission, digests, setting);
  const alerts = reconcile(around.alerts, findings, {
    ...setting,
    patient: submission.patient,
    symptoms: submission.instrument.alerts?.symptoms ?? [],
    rulesVersion: submission.instrument.alerts?.version ?? '',
    written: submission.written,
    series: digests.map(({ response }) => response),
    observations: new Map([...around.scores, ...scored.puts].map((observation) => [ownIdentifier(observation, 'score') ?? '', refTo(observation)])),
  });
  const advice = adviceFor(findings, submission, { around, setting, alerts });
  const derivatives = [...scored.puts, ...alerts.puts, ...unscorable(scored.scores, submission, setting), ...(advice === undefined ? [] : [advice])];
  return {
    puts: [...derivatives, ...provenances(derivatives, submission, { around, setting })],
    claims: alerts.claims,
    releases: alerts.releases,
    advice,
    digest: own,
  };
}

function ownDigest({ response, plan, instrument, receipt }: Submission): Digest | undefined {
  return response === undefined ? undefined : digest(plan, instrument.scoring, response, receipt);
}

function judgeSeries({ instrument }: Submission, digests: readonly Digest[], { policy, baselineSince }: Setting): readonly Finding[] {
  if (instrument.alerts === undefined) return [];
  const since = baselineSince === undefined ? {} : { baselineSince };
  return judge(instrument.alerts, digests, { lateAfterMinutes: policy.lateAfter.minutes, ...since });
}

interface DerivedScores {
  readonly scores: readonly Score[];
  /** New and changed Observations. */
  readonly puts: readonly Observation[];
}

interface ScoringAt {
  readonly setting: Setting;
  /** What the response's own time is worth. */
  readonly clock: Digest['clock'] | undefined;
}

function deriveScores(submission: Submission, existing: readonly Observation[], { setting, clock }: ScoringAt): DerivedScores {
  const scores = scoresOf(submission);
  const { response, instrument, receipt, plan } = submission;
  const byKey = new Map(existing.map((observation) => [ownIdentifier(observation, 'score') ?? '', observation]));
  const wanted = new Set(scores.map(({ rule }) => scoreKey(response?.id ?? '', rule.id)));
  const gone = existing.filter((observation) => observation.status !== 'entered-in-error' && !wanted.has(ownIdentifier(observation, 'score') ?? ''));
  const puts: Observation[] = gone.map((observation) => ({ ...observation, status: 'entered-in-error' }));
  if (response === undefined) return { scores, puts };
  const scored: Scored = {
    response,
    given: (clock === 'given' ? response.authored : undefined) ?? receipt.first,
    scoring: { name: instrument.name, version: instrument.scoring?.version ?? '' },
    questionnaire: `${plan.url}|${plan.version}`,
    now: setting.now,
  };
  for (const one of scores) puts.push(...rescored(one, scored, { before: byKey.get(scoreKey(response.id ?? '', one.rule.id)), ids: setting.ids }));
  return { scores, puts };
}

const SCORED: ReadonlySet<QuestionnaireResponse['status']> = new Set<QuestionnaireResponse['status']>(['completed', 'amended', 'stopped']);

function scoresOf({ response, plan, instrument: { scoring } }: Submission): readonly Score[] {
  if (response === undefined || scoring === undefined || !SCORED.has(response.status)) return [];
  return scoring.questionnaireVersions.includes(plan.version) ? score(scoring, plan, response) : [];
}

/** The Observation of a score, where it is new or says something else than before. */
function rescored(one: Score, scored: Scored, { before, ids }: { before: Observation | undefined; ids: IdMaker }): Observation[] {
  if (before === undefined) return [scoreObservation(one, scored, { id: ids(), status: 'final' })];
  const after = scoreObservation(one, scored, { id: before.id ?? ids(), status: 'amended' });
  return before.status !== 'entered-in-error' && saysTheSame(before, after) ? [] : [after];
}

function saysTheSame(before: Observation, after: Observation): boolean {
  const said = ({ effectiveDateTime, valueQuantity, dataAbsentReason, interpretation, method, performer, component }: Observation): string =>
    JSON.stringify([effectiveDateTime, valueQuantity?.value, dataAbsentReason?.text, interpretation?.[0]?.text, method?.text, performer, component]);
  return said(before) === said(after);
}

/** An answer that is there but cannot be scored is work for people: it points to a fault in the form or in the sender. */
function unscorable(scores: readonly Score[], { patient, written, version }: Submission, { policy, now, timeZone, ids }: Setting): Task[] {
  const faults = scores.filter(({ absent }) => absent?.code === 'error');
  if (faults.length === 0) return [];
  const { deadline, taskPriority } = policy.tiers.moderate;
  const due = deadlineFrom(now, deadline, policy.workingHours, timeZone);
  const description = 'An answer could not be scored.';
  const note = faults.map(({ rule, absent }) => `${rule.text.en}: ${absent?.text}`).join('\n');
  const key = `unscorable|${written}|${version}`;
  return [attentionTask({ key, code: 'unscorable-response', patient, focus: written, description, note, now, due, priority: taskPriority }, ids())];
}

interface Telling {
  readonly around: Surroundings;
  readonly setting: Setting;
  readonly alerts: Reconciled;
}

/** Only rules that were made for that version of the questionnaire can say that nothing was found. */
function adviceFor(findings: readonly Finding[], submission: Submission, { around, setting, alerts }: Telling): Communication | undefined {
  const { response, written, instrument, patient, version, plan } = submission;
  if (response === undefined || !SCORED.has(response.status)) return undefined;
  if (instrument.alerts?.questionnaireVersions.includes(plan.version) !== true) return undefined;
  const own = findings.filter((finding) => finding.response === written);
  const urgent = own.filter((finding) => callsPeople(finding, { written, ...setting }));
  const advising = {
    ...setting,
    patient,
    patientResource: around.patient,
    response,
    responseVersion: version,
    symptoms: instrument.alerts.symptoms,
    flags: flagsAbout(written, around.alerts, alerts),
  };
  return advise(urgent, advising, { id: setting.ids(), aside: own.length > urgent.length });
}

/** The open alerts that stand on the response. */
function flagsAbout(written: Ref, { flags, issues }: OnRecord, { puts }: Reconciled): readonly Ref[] {
  const now = new Map([...flags, ...issues, ...puts].map((resource) => [refTo(resource), resource]));
  const about = [...now].filter(([, one]) => one.resourceType === 'DetectedIssue' && one.implicated?.some(({ reference }) => reference === written));
  const reasons = new Set(about.map(([ref]) => ref));
  return [...now.values()].flatMap((one) =>
    one.resourceType === 'Flag' && one.status === 'active' && reasonsOf(one).some((ref) => reasons.has(ref)) ? [refTo(one)] : [],
  );
}

/** What was made and what was changed, each named once as the work of the rule engine. */
function provenances(derivatives: readonly Derivative[], { written, version }: Submission, { around, setting }: Omit<Telling, 'alerts'>): Provenance[] {
  const before = new Set([...around.scores, ...around.alerts.flags, ...around.alerts.issues, ...around.alerts.tasks].map((resource) => refTo(resource)));
  const refs = derivatives.map((resource) => refTo(resource));
  const source = `${written}/_history/${version}`;
  const parts = [
    { activity: 'CREATE', targets: refs.filter((ref) => !before.has(ref)) },
    { activity: 'UPDATE', targets: refs.filter((ref) => before.has(ref)) },
  ] as const;
  return parts.flatMap(({ activity, targets }) => (targets.length === 0 ? [] : [provenanceOf({ targets, source, now: setting.now, activity }, setting.ids())]));
}
