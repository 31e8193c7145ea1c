/**
 * What is on record beside an answer, as the system sees it: the patient may see neither rules nor baselines nor
 * Tasks. Read before anything is derived, together with the facts that must still hold when it is written.
 */
import type { CarePlan, DetectedIssue, Flag, Observation, Patient, QuestionnaireResponse, Task } from 'fhir/r4';
import { codeSystem, identifierSystem } from '../fhir/names.ts';
import type { Ref } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Surroundings } from '../pro/derive.ts';
import type { Digest } from '../pro/digest.ts';
import { ownIdentifier, reasonsOf } from '../pro/forms.ts';
import { and, atom, or, type Tree } from '../search/ast.ts';
import type { Params } from '../search/params.ts';
import type { Expectation, Store, Version } from '../store/store.ts';
import type { Series } from './answers.ts';
import { isPending, type ReadKnown } from './known.ts';
import type { Overlay } from './overlay.ts';

export interface Gathered {
  readonly around: Surroundings;
  /** When the patient was enrolled, where a rule compares with the baseline. */
  readonly baselineSince: string | undefined;
  /** The stored versions of what may be changed. */
  readonly versions: ReadonlyMap<Ref, Version>;
  readonly expects: readonly Expectation[];
}

export interface Gathering {
  readonly store: Store;
  readonly overlay: Overlay;
  readonly trees: Trees;
  readonly known: ReadKnown;
  /** Undefined for a response that is not judged with the series. */
  readonly digestOf: (version: Version) => Promise<Digest | undefined>;
}

/** Searches for what belongs to an answer. */
export type Trees = ReturnType<typeof createTrees>;

export function createTrees(params: Params) {
  const param = (type: string, code: string) => {
    const found = params.find(type, code);
    if (found === undefined) throw new Error(`The definitions have no search parameter ${type}.${code}.`);
    return found;
  };
  const ofPatient = (type: string, patient: Ref): Tree => atom(param(type, 'patient'), { is: 'reference', type: 'Patient', id: idOf(patient) });
  const own = (type: string, system: string): Tree => atom(param(type, 'identifier'), { is: 'token', system: identifierSystem(system) });
  return {
    series: ({ patient, plan }: Series): Tree =>
      and(ofPatient('QuestionnaireResponse', patient), atom(param('QuestionnaireResponse', 'questionnaire'), { is: 'url', url: plan.url })),
    alerts: (patient: Ref): Tree => and(ofPatient('Flag', patient), own('Flag', 'alert')),
    findings: (patient: Ref): Tree => and(ofPatient('DetectedIssue', patient), own('DetectedIssue', 'finding')),
    tasks: (flagIds: readonly string[]): Tree =>
      or(...flagIds.map((code) => atom(param('Task', 'identifier'), { is: 'token', system: identifierSystem('alert-task'), code }))),
    scores: (responseId: string): Tree =>
      and(atom(param('Observation', 'derived-from'), { is: 'reference', type: 'QuestionnaireResponse', id: responseId }), own('Observation', 'score')),
    enrolments: (patient: Ref): Tree =>
      and(ofPatient('CarePlan', patient), atom(param('CarePlan', 'category'), { is: 'token', system: codeSystem('care-plan'), code: 'symptom-monitoring' })),
    attention: (key: string): Tree => atom(param('Task', 'identifier'), { is: 'token', system: identifierSystem('attention'), code: key }),
  };
}

/** One for each patient and questionnaire: every answer counts it up, so that two at once cannot miss each other. */
export const seriesCounter = ({ patient, plan }: Series): string => `series|${patient}|${plan.url}`;

/**
 * `written` is the answer being written; `later` are answers of the same transaction whose turn is still to come:
 * they are left out, as if they arrived after this one.
 */
export async function gather(series: Series, written: Ref, later: ReadonlySet<Ref>, gathering: Gathering): Promise<Gathered> {
  const { store, overlay, known } = gathering;
  const counter = seriesCounter(series);
  const value = await store.counter(counter);
  const found = await find(series, written, gathering);
  const others = await digestsOf(found.siblings, new Set([written, ...later]), gathering);
  const resources = <T>(versions: readonly Version[]): T[] => versions.map((version) => known(version, overlay) as unknown as T); // each list is of one type
  const flags = resources<Flag>(found.flags);
  const relevant = relevance([...others.map(({ id }) => id), idOf(written)], flags);
  return {
    around: {
      others,
      alerts: { flags, issues: resources<DetectedIssue>(found.issues).filter(relevant), tasks: resources<Task>(found.tasks) },
      scores: resources<Observation>(found.scores),
      patient: resources<Patient>(found.patient)[0],
    },
    baselineSince: found.baselineSince,
    versions: byRef([...found.flags, ...found.issues, ...found.tasks, ...found.scores]),
    expects: [{ expect: 'counter', counter, value }, ...unmoved([...found.flags, ...found.tasks], overlay)],
  };
}

async function find(series: Series, written: Ref, gathering: Gathering) {
  const { overlay, trees, known } = gathering;
  const [siblings, allFlags, issues, scores, patient, baselineSince] = await Promise.all([
    overlay.all('QuestionnaireResponse', trees.series(series)),
    overlay.all('Flag', trees.alerts(series.patient)),
    overlay.all('DetectedIssue', trees.findings(series.patient)),
    isNew(written, overlay) ? [] : overlay.all('Observation', trees.scores(idOf(written))),
    overlay.reader.read('Patient', idOf(series.patient)),
    enrolledSince(series, gathering),
  ]);
  const flags = allFlags.filter((version) => known(version, overlay).status === 'active');
  const tasks = flags.length === 0 ? [] : await overlay.all('Task', trees.tasks(flags.map(({ id }) => id)));
  return { siblings, flags, issues, scores, tasks, baselineSince, patient: patient === undefined || patient.method === 'delete' ? [] : [patient] };
}

const idOf = (ref: Ref): string => ref.slice(ref.indexOf('/') + 1);

const isNew = (ref: Ref, overlay: Overlay): boolean => overlay.pending(ref)?.before === undefined;

/** What was read and is not written must be as it was when all is written: an alert may be closed in the meantime. */
const unmoved = (versions: readonly Version[], overlay: Overlay): Expectation[] =>
  versions.filter((version) => !isPending(version, overlay)).map(({ type, id, version }) => ({ expect: 'version', type, id, version }));

const byRef = (versions: readonly Version[]): ReadonlyMap<Ref, Version> => new Map(versions.map((version) => [refOf(version.type, version.id), version]));

async function digestsOf(siblings: readonly Version[], leftOut: ReadonlySet<Ref>, { digestOf }: Gathering): Promise<readonly Digest[]> {
  const digests = await Promise.all(siblings.filter(({ type, id }) => !leftOut.has(refOf(type, id))).map(digestOf));
  return digests.filter((digest) => digest !== undefined);
}

/** Findings in the series' answers, and those that open alerts stand on: the others have nothing to do with this answer. */
function relevance(responseIds: readonly string[], flags: readonly Flag[]): (issue: DetectedIssue) => boolean {
  const ids = new Set(responseIds);
  const reasons = new Set(flags.flatMap(reasonsOf));
  return (issue) => {
    const key = ownIdentifier(issue, 'finding') ?? '';
    return ids.has(key.slice(0, key.indexOf('|'))) || reasons.has(refOf('DetectedIssue', issue.id ?? ''));
  };
}

/** The latest enrolment counts: with it the baseline begins anew. */
async function enrolledSince({ patient, instrument }: Series, { overlay, trees, known }: Gathering): Promise<string | undefined> {
  const needed = instrument.alerts?.rules.some((rule) => rule.kind === 'worsening' && rule.than === 'baseline') === true;
  if (!needed) return undefined;
  const plans = (await overlay.all('CarePlan', trees.enrolments(patient))).map((version) => known(version, overlay) as unknown as CarePlan); // searched for by type
  const starts = plans.filter(({ status }) => status === 'active').map(({ period, created }) => period?.start ?? created);
  return starts
    .filter((start) => start !== undefined)
    .toSorted()
    .at(-1);
}

/** What is judged: finished or broken off. Anything else has no part in scores and alerts. */
export const isJudged = (response: QuestionnaireResponse | undefined): boolean =>
  response !== undefined && ['completed', 'amended', 'stopped'].includes(response.status);
