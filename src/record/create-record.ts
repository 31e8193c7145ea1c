/** Puts the record together: plan, link, check, derive, store; again from fresh reads where a fact no longer held. */

import type { Permit } from '../access/permit.ts';
import { restrict } from '../access/restrict.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Clock, IdMaker, Ref } from '../fhir/resource.ts';
import type { Numbers } from '../pro/advice.ts';
import type { Instrument, Policy } from '../pro/instrument.ts';
import { termsOver } from '../questionnaire/terms.ts';
import type { Indexer } from '../search/extract.ts';
import type { Params } from '../search/params.ts';
import type { Conflict, Store } from '../store/store.ts';
import type { Confirm } from '../validate/answers.ts';
import type { Validator } from '../validate/validator.ts';
import { keepAlertKeys } from './alert-keys.ts';
import { type AnswerRules, readAnswers } from './answers.ts';
import { type AsideParts, keepAside } from './aside.ts';
import { type Checks, checkSteps } from './check.ts';
import type { DefinitionKeeper } from './definitions.ts';
import { createDeriver, type DeriveAnswers, type DeriveParts } from './derive.ts';
import { keepDraftKeys, refuseSecondDraft } from './drafts.ts';
import { extractOnSubmit } from './extract-on-submit.ts';
import { guardSteps } from './guard.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { linkSteps } from './link-steps.ts';
import { createOverlay, type Overlay } from './overlay.ts';
import type { Planning, Step } from './plan.ts';
import { planOperations } from './plan.ts';
import { createQuestionnaires } from './questionnaires.ts';
import type { Commit, Done, RecordKeeper } from './record.ts';
import { createTrees } from './surroundings.ts';
import { changesNothing } from './unchanged.ts';

export interface RecordParts {
  readonly store: Store;
  readonly validator: Validator;
  /** Index values as the store makes them. */
  readonly index: Indexer;
  readonly clock: Clock;
  readonly ids: IdMaker;
  readonly settings: RecordSettings;
  /** Without it definitions are stored like any other resource, and nobody hears of them. */
  readonly definitions?: DefinitionKeeper;
  /** Without it responses are stored like any other resource: neither checked against their Questionnaires, nor scored, nor judged. */
  readonly pro?: ProParts;
}

/** What makes of a response a scored and judged one. */
export interface ProParts {
  readonly params: Params;
  readonly instruments: readonly Instrument[];
  readonly policy: Policy;
  /** Telephone numbers that patients are told. */
  readonly numbers: Numbers;
  /** The site's: an IANA name or an offset. */
  readonly timeZone: string;
  /** Told of a fault of ours in scoring or judging; the answer is stored all the same, with a Task that says so. */
  readonly onFault: (fault: unknown) => void;
}

export interface RecordSettings {
  /** `checked` (the default): a literal reference to this server must exist, in the caller's sight. `free`: it may dangle. */
  readonly references: 'checked' | 'free';
  /** What it is that an answer names a Questionnaire that is not stored here; an error, where it is not said. */
  readonly unknownQuestionnaires?: 'error' | 'warning';
  /** Whether a code is in a set, with what lies outside the registry; without it, such codes stay unconfirmed. */
  readonly confirm?: Confirm;
}

export function createRecord(parts: RecordParts): RecordKeeper {
  const lanes = createLanes();
  const answering = parts.pro === undefined ? undefined : createAnswering(parts, parts.pro);
  const attempt = (commit: Commit, permit: Permit): Promise<Attempt> => attemptOnce({ ...parts, answering }, commit, permit);
  const aside: RecordKeeper['keepAside'] = async (error, commit, permit) =>
    answering === undefined ? error : keepAside(error, { commit, permit, now: parts.clock() }, answering);
  return {
    commit: async (commit, permit) => {
      try {
        return await untilStored(() => attempt(commit, permit), lanes);
      } catch (error) {
        throw error instanceof FhirError && commit.rehearsal !== true ? await aside(error, commit, permit) : error;
      }
    },
    keepAside: aside,
  };
}

interface Answering extends AsideParts {
  readonly store: Store;
  readonly params: Params;
  readonly timeZone: string;
  readonly confirm: Confirm | undefined;
  readonly derive: DeriveAnswers;
  /** What is written on the way must be as right as what is sent. */
  readonly checks: Checks;
}

function createAnswering({ store, index, ids, settings, validator }: RecordParts, pro: ProParts): Answering {
  const { params, instruments, policy, numbers, timeZone, onFault } = pro;
  const rules: AnswerRules = {
    questionnaires: createQuestionnaires(params),
    instruments,
    index,
    terms: termsOver(params.registry),
    unknown: settings.unknownQuestionnaires ?? 'error',
  };
  const deriving: DeriveParts = { store, rules, trees: createTrees(params), policy, numbers, timeZone, ids, onFault };
  return { ...deriving, params, index, confirm: settings.confirm, derive: createDeriver(deriving), checks: { validator, ...settings } };
}

async function untilStored(attempt: () => Promise<Attempt>, lanes: Lanes): Promise<readonly Done[]> {
  const first = await tryUpTo(FREE_TRIES, attempt);
  if (first.done !== undefined) return first.done;
  const queued = await lanes.run(first.lane, () => tryUpTo(QUEUED_TRIES, attempt));
  if (queued.done !== undefined) return queued.done;
  throw new FhirError('unavailable', 'Too many others write the same thing at this moment. Send the request again.', { headers: { 'Retry-After': '1' } });
}

/** How often a commit is computed anew before it queues with the others that want the same thing. */
const FREE_TRIES = 3;
/** In the queue only newcomers and other processes can get in between; each time one of them has been served. */
const QUEUED_TRIES = 100;

/** `lane`: where those queue who want the same thing. */
type Attempt = { readonly done: readonly Done[] } | { readonly done: undefined; readonly lane: string };

async function tryUpTo(times: number, attempt: () => Promise<Attempt>): Promise<Attempt> {
  let result = await attempt();
  for (let tried = 1; tried < times && result.done === undefined; tried += 1) result = await attempt();
  return result;
}

function laneOf(conflict: Conflict): string {
  switch (conflict.on) {
    case 'version':
      return conflict.ref;
    case 'counter':
      return conflict.counter;
    case 'key':
      return conflict.key;
    case 'search':
      return conflict.guard;
    case 'row':
      return `${conflict.kind}|${conflict.key}`;
  }
}

async function attemptOnce(parts: RecordParts & { readonly answering: Answering | undefined }, commit: Commit, permit: Permit): Promise<Attempt> {
  const now = parts.clock();
  const overlay = createOverlay(parts.store, parts.index, now);
  const planning: Planning = { permit, overlay, index: parts.index, ids: parts.ids };
  const planned = await planOperations(commit.operations, planning);
  await linkSteps(planned, commit, planning);
  const steps = planned.map((step) => dropUnchanged(step, planning));
  const check = () => checkSteps(steps, planning, { validator: parts.validator, ...parts.settings });
  const warnings = await (parts.definitions?.seeing(steps, overlay, check) ?? check());
  const outcome = parts.answering === undefined ? NOTHING : await answerSteps(steps.flatMap(withOthers), planning, { answering: parts.answering, now, commit });
  await parts.definitions?.claim(steps, overlay);
  keepDraftKeys(planning);
  const transaction = overlay.transaction();
  const result = transaction.writes.length > 0 && commit.rehearsal !== true ? await parts.store.transact(transaction) : { ok: true as const };
  if (!result.ok) {
    await parts.definitions?.refuseHeld(result.conflict, steps, overlay);
    await refuseSecondDraft(result.conflict, steps, planning);
    return { done: undefined, lane: outcome.patient ?? laneOf(result.conflict) };
  }
  if (commit.rehearsal === true) return { done: steps.map((step, at) => doneOf(step, { overlay, outcome, warnings: warnings[at] ?? [] })) };
  outcome.remember();
  parts.definitions?.apply(transaction.writes);
  return { done: steps.map((step, at) => doneOf(step, { overlay, outcome, warnings: warnings[at] ?? [] })) };
}

/** Each resource that a step writes as a step of its own. */
const withOthers = (step: Step): readonly Step[] => [step, ...(step.others ?? []).map((ref) => ({ ...step, ref }))];

/** What was found about the answers among the steps, by reference. */
interface AnswerOutcome {
  /** Whose answers they are; the first, where there are several. */
  readonly patient: Ref | undefined;
  readonly issues: ReadonlyMap<Ref, Done['issues']>;
  readonly advice: ReadonlyMap<Ref, Done['advice']>;
  /** To be called once all is stored. */
  readonly remember: () => void;
}

const NOTHING: AnswerOutcome = { patient: undefined, issues: new Map(), advice: new Map(), remember: () => undefined };

async function answerSteps(
  steps: readonly Step[],
  planning: Planning,
  { answering, now, commit }: { answering: Answering; now: Date; commit: Commit },
): Promise<AnswerOutcome> {
  const { overlay, permit, index } = planning;
  await guardSteps(steps, { overlay, permit, trees: answering.trees });
  const sight = restrict(answering.store, permit, index);
  // Searches see what is stored; what is read by name may be part of the same transaction.
  const reader = { ...sight, read: restrict(overlay.reader, permit, index).read };
  const answers = await readAnswers(steps, overlay, {
    rules: answering.rules,
    outside: { reader, params: answering.params, now, timeZone: answering.timeZone, confirm: answering.confirm },
  });
  const { advice, remember } = await answering.derive(answers, overlay, now);
  const { parseCondition } = commit;
  const extracted = await extractOnSubmit(answers, planning, { ...answering, registry: answering.params.registry, parseCondition, now });
  keepAlertKeys(overlay);
  const patient = answers.map(({ series, left }) => series?.patient ?? left?.patient).find((ref) => ref !== undefined);
  return { patient, issues: new Map(answers.map(({ ref, issues }) => [ref, [...issues, ...(extracted.get(ref) ?? [])]])), advice, remember };
}

interface Finished {
  readonly overlay: Overlay;
  readonly outcome: AnswerOutcome;
  readonly warnings: Done['issues'];
}

function doneOf({ outcome, ref = '', version, others }: Step, { overlay, outcome: answered, warnings }: Finished): Done {
  return {
    outcome,
    version: version ?? overlay.version(ref),
    ...(others === undefined ? {} : { count: outcome === 'deleted' ? others.length + 1 : 0 }),
    issues: [...warnings, ...(answered.issues.get(ref) ?? [])],
    advice: answered.advice.get(ref) ?? [],
  };
}

function dropUnchanged(step: Step, { overlay }: Planning): Step {
  const pending = step.ref === undefined ? undefined : overlay.pending(step.ref);
  if (step.ref === undefined || pending?.before === undefined || pending.before.method === 'delete' || pending.resource === undefined) return step;
  if (!changesNothing(pending.resource, pending.before)) return step;
  overlay.unstage(step.ref);
  return { ...step, outcome: 'unchanged', action: undefined, version: pending.before };
}
