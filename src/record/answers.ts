/**
 * The answers among what is written: which Questionnaire each belongs to, whether it fits it, and which series it
 * touches. A series is one patient's answers to one questionnaire, whatever its version.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import { FhirError } from '../fhir/outcome.ts';
import { parseReference } from '../fhir/reference.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Instrument } from '../pro/instrument.ts';
import { compilePlan } from '../questionnaire/compile.ts';
import type { Plan } from '../questionnaire/plan.ts';
import type { Terms } from '../questionnaire/terms.ts';
import type { Indexer } from '../search/extract.ts';
import type { Version } from '../store/store.ts';
import { atEntry } from './at-entry.ts';
import { checkAnswers } from './check-answers.ts';
import { type Form, formOf } from './form-of.ts';
import type { Outside } from './outside.ts';
import type { Overlay, Pending } from './overlay.ts';
import type { Step } from './plan.ts';
import type { Questionnaires } from './questionnaires.ts';

/** One answer that is written, as it was and as it will be. */
export interface Answer {
  readonly step: Step;
  readonly ref: Ref;
  readonly pending: Pending;
  /** The series it belonged to, where it leaves that, and the one it belongs to now. */
  readonly left: Series | undefined;
  readonly series: Series | undefined;
  /** Of the stored Questionnaire that it answers; undefined where that is not known, or comes with the answer. */
  readonly plan: Plan | undefined;
  readonly before: QuestionnaireResponse | undefined;
  readonly response: QuestionnaireResponse | undefined;
  readonly issues: readonly Issue[];
}

/** Where one response stands: whose it is, what it answers, and what is known of that instrument. */
export interface Series {
  readonly patient: Ref;
  readonly plan: Plan;
  readonly instrument: Instrument;
}

export interface AnswerRules {
  readonly questionnaires: Questionnaires;
  readonly instruments: readonly Instrument[];
  readonly index: Indexer;
  readonly terms: Terms;
  /** What it is that an answer names a Questionnaire that is not stored here. */
  readonly unknown: 'error' | 'warning';
}

const TYPE = 'QuestionnaireResponse';

/** Throws FhirError `invalid` for an answer that names no known Questionnaire or does not fit the one it names. */
export async function readAnswers(
  steps: readonly Step[],
  overlay: Overlay,
  { rules, outside }: { rules: AnswerRules; outside: Outside },
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const step of steps) {
    const pending = step.ref === undefined ? undefined : overlay.pending(step.ref);
    if (pending?.type === TYPE) answers.push(await atEntry(step.entry, () => readAnswer(step, pending, { overlay, rules, outside })));
  }
  return answers;
}

export interface Reading {
  readonly overlay: Overlay;
  readonly rules: AnswerRules;
}

async function readAnswer(step: Step, pending: Pending, reading: Reading & { readonly outside: Outside }): Promise<Answer> {
  const response = asResponse(pending.resource);
  const form = await answeredForm(response, reading);
  const { plan } = form;
  const checked = plan === undefined || response === undefined ? [] : await checkedAgainst(plan, response, reading.outside);
  const issues = [...form.issues, ...checked];
  const stored = form.isContained ? undefined : plan;
  const series = seriesOf(response, stored, reading.rules);
  const before = responseIn(pending.before);
  const was = before === undefined ? undefined : await seriesOfStored(before, reading);
  const stays = was !== undefined && series !== undefined && was.patient === series.patient && was.plan.url === series.plan.url;
  return { step, ref: refOf(TYPE, pending.id), pending, plan: stored, before, response, issues, series, left: stays ? undefined : was };
}

const responseIn = (version: Version | undefined): QuestionnaireResponse | undefined =>
  version === undefined || version.method === 'delete' ? undefined : (JSON.parse(version.text) as QuestionnaireResponse); // it was validated when it was stored

/** What was validated as a QuestionnaireResponse, here or when it was stored. */
const asResponse = (resource: Resource | undefined): QuestionnaireResponse | undefined => resource as QuestionnaireResponse | undefined;

const WITHDRAWN = 'entered-in-error';

/** A withdrawal is never refused for its Questionnaire; any other answer must name one that is known, if it names one. */
async function answeredForm(response: QuestionnaireResponse | undefined, reading: Reading): Promise<Form> {
  if (response === undefined) return NO_FORM;
  if (response.status === WITHDRAWN) return { ...NO_FORM, plan: await planIfKnown(response, reading) };
  const { terms, unknown } = reading.rules;
  return formOf(response, { resolve: (canonical) => resolve(canonical, reading), terms, unknown });
}

const NO_FORM: Form = { plan: undefined, isContained: false, issues: [] };

const resolve = (canonical: string, { overlay, rules }: Reading): Promise<Plan> =>
  rules.questionnaires.resolve(canonical, (where) => overlay.all('Questionnaire', where));

/** Of an answer that is taken away: by what is stored or, where that is gone, by the instrument's own form. */
async function planIfKnown({ questionnaire }: QuestionnaireResponse, reading: Reading): Promise<Plan | undefined> {
  if (questionnaire === undefined || questionnaire.startsWith('#')) return undefined;
  try {
    return await resolve(questionnaire, reading);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    const [url] = questionnaire.split('|');
    const instrument = reading.rules.instruments.find((one) => one.questionnaire.url === url);
    return instrument === undefined ? undefined : compilePlan(instrument.questionnaire);
  }
}

async function checkedAgainst(plan: Plan, response: QuestionnaireResponse, outside: Outside): Promise<readonly Issue[]> {
  const issues = await checkAnswers(plan, response, outside);
  const errors = issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return issues;
  if (response.status === WITHDRAWN) return [];
  const text = errors.length === 1 ? (errors[0]?.text ?? '') : `The answers have ${errors.length} errors.`;
  throw new FhirError('invalid', text, { issues: [...errors, ...issues.filter((issue) => !errors.includes(issue))] });
}

function seriesOf(response: QuestionnaireResponse | undefined, plan: Plan | undefined, rules: AnswerRules): Series | undefined {
  const instrument = plan === undefined ? undefined : instrumentFor(plan, rules.instruments);
  if (response === undefined || plan === undefined || instrument === undefined) return undefined;
  const patient = patientOf(response, rules.index);
  if (patient !== undefined) return { patient, plan, instrument };
  if (response.status === WITHDRAWN) return undefined;
  const text = `An answer to ${plan.url} must say whose it is: name the Patient in subject.`;
  throw new FhirError('invalid', text, { expression: 'QuestionnaireResponse.subject' });
}

/** Where a stored response stands; undefined where no instrument is known for it. */
export async function seriesOfStored(response: QuestionnaireResponse, reading: Reading): Promise<Series | undefined> {
  const plan = await planIfKnown(response, reading);
  const instrument = plan === undefined ? undefined : instrumentFor(plan, reading.rules.instruments);
  const patient = patientOf(response, reading.rules.index);
  return plan === undefined || instrument === undefined || patient === undefined ? undefined : { patient, plan, instrument };
}

/** The instrument whose scoring or alert rules are for that version of the questionnaire. */
function instrumentFor({ url, version }: Plan, instruments: readonly Instrument[]): Instrument | undefined {
  const isFor = (rules: { readonly questionnaireVersions: readonly string[] } | undefined): boolean => rules?.questionnaireVersions.includes(version) === true;
  return instruments.find(({ questionnaire, scoring, alerts }) => questionnaire.url === url && (isFor(scoring) || isFor(alerts)));
}

/** The usual form of the reference is read off; any other is left to the index, which knows this server's own address. */
export function patientOf(response: Pick<QuestionnaireResponse, 'resourceType' | 'subject'>, index: Indexer): Ref | undefined {
  const reference = parseReference(response.subject?.reference ?? '');
  if (reference.kind === 'relative') return reference.type === 'Patient' ? refOf('Patient', reference.id) : undefined;
  const [id] = index(response as unknown as Resource).patients; // a QuestionnaireResponse is a Resource; @types/fhir has no index signature
  return id === undefined ? undefined : refOf('Patient', id);
}
