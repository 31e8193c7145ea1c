/**
 * What follows from the answers that are written: scores, findings, alerts, work and advice, staged beside them, so
 * that all of it is stored in one transaction or none. The judging itself is pure (`pro/derive`).
 */
import type { Communication, QuestionnaireResponse, Task } from 'fhir/r4';
import { createLastUsed, type LastUsed } from '../fhir/last-used.ts';
import type { IdMaker, Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Numbers } from '../pro/advice.ts';
import { deadlineFrom } from '../pro/deadline.ts';
import { type Derived, derive, type Submission } from '../pro/derive.ts';
import { type Digest, digest, type Receipt } from '../pro/digest.ts';
import type { Policy } from '../pro/instrument.ts';
import { redFlagsIn } from '../pro/refused.ts';
import { attentionTask } from '../pro/resources.ts';
import type { Store, Version } from '../store/store.ts';
import { type Answer, type AnswerRules, type Series, seriesOfStored } from './answers.ts';
import { createKnown, isPending, versionKey } from './known.ts';
import type { Overlay } from './overlay.ts';
import type { Done } from './record.ts';
import { type Gathered, gather, isJudged, seriesCounter, type Trees } from './surroundings.ts';

export interface DeriveParts {
  readonly store: Store;
  readonly rules: AnswerRules;
  readonly trees: Trees;
  readonly policy: Policy;
  readonly numbers: Numbers;
  readonly timeZone: string;
  readonly ids: IdMaker;
  /** Told of a fault of ours in scoring or judging; the answer is stored all the same. */
  readonly onFault: (fault: unknown) => void;
}

/** Stages what follows from the answers. */
export type DeriveAnswers = (answers: readonly Answer[], overlay: Overlay, now: Date) => Promise<Followed>;

interface Followed {
  /** What the sender of each answer must hear of at once. */
  readonly advice: ReadonlyMap<Ref, Done['advice']>;
  /** To be called once all of it is stored: the next answers are judged without reading these again. */
  readonly remember: () => void;
}

/** Some kilobytes each: together below forty megabytes. */
const DIGESTS = 5000;
const RESOURCES = 3000;

export function createDeriver(parts: DeriveParts): DeriveAnswers {
  const known = createKnown(RESOURCES);
  const digests = createLastUsed<Digest>(DIGESTS);
  return async (answers, overlay, now) => {
    const digestOf = (version: Version): Promise<Digest | undefined> => digestOfStored(version, { parts, overlay, digests });
    const deriving: Deriving = { parts, overlay, now, gathering: { store: parts.store, overlay, trees: parts.trees, known, digestOf }, counted: new Set() };
    const waiting = new Set(answers.map(({ ref }) => ref));
    const followed: [Answer, Derived][] = [];
    for (const answer of answers) {
      waiting.delete(answer.ref);
      if (answer.left !== undefined && isJudged(answer.before)) await deriveFor(answer, { series: answer.left, response: undefined, waiting }, deriving);
      if (answer.series === undefined || !(isJudged(answer.response) || isJudged(answer.before))) continue;
      followed.push([answer, await deriveFor(answer, { series: answer.series, response: answer.response, waiting }, deriving)]);
    }
    return {
      advice: new Map(followed.map(([{ ref }, derived]) => [ref, adviceIn(derived)])),
      remember: () => {
        for (const [{ ref }, { digest: own }] of followed) keep(digests, overlay.version(ref), own);
      },
    };
  };
}

function keep(digests: LastUsed<Digest>, version: Version | undefined, own: Digest | undefined): void {
  if (version !== undefined && own !== undefined) digests.set(versionKey(version), own);
}

interface Deriving {
  readonly parts: DeriveParts;
  readonly overlay: Overlay;
  readonly now: Date;
  readonly gathering: Parameters<typeof gather>[3];
  /** Counters that this transaction counts up already. */
  readonly counted: Set<string>;
}

interface Place {
  readonly series: Series;
  /** Undefined where the answer leaves the series. */
  readonly response: QuestionnaireResponse | undefined;
  /** Answers of the same transaction whose turn is still to come. */
  readonly waiting: ReadonlySet<Ref>;
}

async function deriveFor(answer: Answer, { series, response, waiting }: Place, deriving: Deriving): Promise<Derived> {
  const gathered = await gather(series, answer.ref, waiting, deriving.gathering);
  const submission: Submission = {
    ...series,
    written: answer.ref,
    response,
    version: (answer.pending.before?.version ?? 0) + 1,
    receipt: await receiptOf(answer, deriving),
  };
  const derived = judged(submission, gathered, deriving);
  for (const resource of derived.puts) stage(resource as unknown as Resource, gathered, deriving.overlay); // FHIR's own types lack an index signature
  const counter = seriesCounter(series);
  deriving.overlay.also(deriving.counted.has(counter) ? [] : [{ write: 'count', counter }], gathered.expects);
  deriving.counted.add(counter);
  return derived;
}

/** Received when it was first finished, not when a draft of it was saved; what a later version changes was received with that. */
async function receiptOf({ pending, ref }: Answer, { overlay, parts }: Deriving): Promise<Receipt> {
  const current = overlay.version(ref)?.updated ?? '';
  const first = pending.before === undefined ? undefined : await firstFinished(pending.before, parts.store);
  return first === undefined ? { first: current } : { first: first.updated, current };
}

/** Among the versions up to that one; mostly the first. */
async function firstFinished({ type, id, version }: Version, store: Store): Promise<Version | undefined> {
  for (let number = 1; number <= version; number += 1) {
    const one = await store.vread(type, id, number);
    if (one !== undefined && one.method !== 'delete' && isJudged(JSON.parse(one.text) as QuestionnaireResponse)) return one; // searched for by type
  }
  return undefined;
}

/** An answer is never refused, and never lost, because its judging failed: then people are asked to look at it. */
function judged(submission: Submission, gathered: Gathered, { parts, now }: Deriving): Derived {
  const { policy, numbers, timeZone, ids } = parts;
  const since = gathered.baselineSince === undefined ? {} : { baselineSince: gathered.baselineSince };
  try {
    return derive(submission, gathered.around, { policy, numbers, timeZone, now, ids, ...since });
  } catch (fault) {
    parts.onFault(fault);
    return { puts: [unjudged(submission, parts, now)], claims: [], releases: [], advice: undefined, digest: undefined };
  }
}

function unjudged({ written, version, patient, instrument, plan, response }: Submission, { policy, timeZone, ids }: DeriveParts, now: Date): Task {
  const isCritical = instrument.alerts !== undefined && redFlagsIn(instrument.alerts, plan, response).length > 0;
  const { deadline, taskPriority: priority } = policy.tiers[isCritical ? 'critical' : 'severe'];
  const due = deadlineFrom(now, deadline, policy.workingHours, timeZone);
  const description = 'The answers are stored, but could not be scored and checked because of a fault of the server. Please read them.';
  return attentionTask(
    { key: `unscorable|${written}|${version}`, code: 'unscorable-response', patient, focus: written, description, now, due, priority },
    ids(),
  );
}

function stage(resource: Resource, { versions }: Gathered, overlay: Overlay): void {
  const { resourceType: type, id = '' } = resource;
  const ref = refOf(type, id);
  const pending = overlay.pending(ref);
  const before = pending === undefined ? versions.get(ref) : pending.before;
  overlay.stage({ type, id, before, method: before === undefined ? 'create' : 'update', resource });
}

const adviceIn = ({ advice }: Derived): Done['advice'] => (advice === undefined ? [] : [adviceOf(advice)]);

const adviceOf = ({ id = '', payload = [], language = 'en' }: Communication): Done['advice'][number] => ({
  ref: refOf('Communication', id),
  text: payload.map(({ contentString }) => contentString ?? '').join('\n\n'),
  language,
});

interface Digesting {
  readonly parts: DeriveParts;
  readonly overlay: Overlay;
  readonly digests: LastUsed<Digest>;
}

/** Undefined where the Questionnaire is not known any more: such an answer cannot be judged again. */
async function digestOfStored(version: Version, { parts, overlay, digests }: Digesting): Promise<Digest | undefined> {
  const kept = isPending(version, overlay) ? undefined : digests.get(versionKey(version));
  if (kept !== undefined) return kept;
  const response = JSON.parse(version.text) as QuestionnaireResponse; // it was validated when it was stored
  const series = await seriesOfStored(response, { overlay, rules: parts.rules });
  if (series === undefined) return undefined;
  const first = version.version === 1 ? version : await firstFinished(version, parts.store);
  const receipt = { first: first?.updated ?? version.updated, ...(version.version === 1 ? {} : { current: version.updated }) };
  const made = digest(series.plan, series.instrument.scoring, response, receipt);
  if (!isPending(version, overlay)) digests.set(versionKey(version), made);
  return made;
}
