/**
 * A QuestionnaireResponse against its Questionnaire. What counts depends on the status, after
 * https://hl7.org/fhir/uv/sdc/behavior.html: a draft may lack answers, a finished response may not.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import type { World } from './evaluate.ts';
import type { Plan } from './plan.ts';
import { type Reading, readResponse } from './reading.ts';
import { withinBounds } from './rules/bounds.ts';
import { asCalculated } from './rules/calculated.ts';
import { itemConstraints, rootConstraints } from './rules/constraints.ts';
import { notAnsweredWhenDisabled } from './rules/enabled.ts';
import { occursRightly } from './rules/occurs.ts';
import { amongOptions, exclusiveAlone } from './rules/options.ts';
import { type Fault, type HolderRule, type ItemRule, isKnown, type KnownItem } from './rules/rule.ts';
import { answersOnlyQuestions, nestedRightly, placedRightly } from './rules/structure.ts';
import { sameText } from './rules/text.ts';
import { rightType } from './rules/types.ts';
import { offeredUnit } from './rules/units.ts';
import { isTooLarge, TOO_LARGE } from './size.ts';
import type { Holder } from './walk.ts';

interface Rules {
  readonly holder: readonly HolderRule[];
  readonly item: readonly ItemRule[];
}

const RULES: Readonly<Record<Kind, Rules>> = {
  structure: { holder: [placedRightly], item: [nestedRightly, answersOnlyQuestions, rightType] },
  content: { holder: [occursRightly, rootConstraints], item: [amongOptions, exclusiveAlone, withinBounds, offeredUnit, itemConstraints] },
  notice: { holder: [], item: [sameText, asCalculated] },
};

/** In the order in which faults are told. */
const KINDS = ['structure', 'content', 'notice'] as const;
type Kind = (typeof KINDS)[number];
type Severities = Readonly<Partial<Record<Kind, 'error' | 'warning'>>>;

const FINISHED: Severities = { structure: 'error', content: 'error', notice: 'warning' };
const DRAFT: Severities = { structure: 'error', content: 'warning', notice: 'warning' };
const GIVEN_UP: Severities = { structure: 'error' };

const BY_STATUS: Readonly<Record<QuestionnaireResponse['status'], Severities>> = {
  'in-progress': DRAFT,
  completed: FINISHED,
  amended: FINISHED,
  stopped: GIVEN_UP,
  'entered-in-error': GIVEN_UP,
};

/** Enough to see what is wrong; a response that fits nothing would have an issue an item. */
const MOST_ISSUES = 100;

export interface Checked {
  readonly issues: readonly Issue[];
  /** Searches whose answers could change the issues. */
  readonly openQueries: ReadonlySet<string>;
}

/** Without a `world` only the response itself is known, at the time of its answers. */
export function checkResponse(plan: Plan, response: Readonly<QuestionnaireResponse>, world?: World): Issue[] {
  return [...checkWithin(plan, response, world).issues];
}

export function checkWithin(plan: Plan, response: Readonly<QuestionnaireResponse>, world?: World): Checked {
  if (isTooLarge(response)) return { issues: [TOO_LARGE], openQueries: new Set() };
  const reading = readResponse(plan, response, world);
  const issues = issuesIn(reading, response.status);
  return { issues, openQueries: reading.evaluator?.openQueries ?? new Set() };
}

function issuesIn(reading: Reading, status: QuestionnaireResponse['status']): Issue[] {
  const severities = BY_STATUS[status] ?? FINISHED;
  const issues = [...told(reading, severities)].map(({ issue }) => issue);
  if (severities.notice !== undefined) issues.push(...failures(reading));
  return issues.slice(0, MOST_ISSUES);
}

/** What would be wrong if the response were sent as finished, each with the fault that it is about. */
export const faultsWhenFinished = (reading: Reading): readonly { readonly fault: Fault; readonly issue: Issue }[] => [...told(reading, FINISHED)];

function* told(reading: Reading, severities: Severities): Generator<{ readonly fault: Fault; readonly issue: Issue }> {
  let count = 0;
  for (const [kind, fault] of faultsIn(reading.walked.root, reading)) {
    const severity = severities[kind];
    if (severity === undefined) continue;
    yield { fault, issue: issueOf(fault, severity) };
    count += 1;
    if (count >= MOST_ISSUES) return;
  }
}

const issueOf = ({ code, text, place, atMost }: Fault, severity: 'error' | 'warning'): Issue => ({
  severity: atMost ?? severity,
  code,
  text,
  expression: [place],
});

/** A form's own fault is told, but refuses nobody's answers. */
function failures({ evaluator }: Reading): readonly Issue[] {
  const faults = [...(evaluator?.faults ?? [])];
  return faults.map(([{ place }, text]) => ({ severity: 'warning', code: 'processing', text: `${text} (${place})`, expression: ['QuestionnaireResponse'] }));
}

type Told = readonly [Kind, Fault];

const allOf = (kind: Kind, faults: readonly Fault[]): Told[] => faults.map((fault) => [kind, fault]);

/** `asked` is false inside an item that is not enabled: what stands there need not be right, only readable. */
function* faultsIn(holder: Holder, reading: Reading, asked = true): Generator<Told> {
  for (const kind of KINDS) {
    if (asked || kind === 'structure') for (const rule of RULES[kind].holder) yield* allOf(kind, rule(holder, reading));
  }
  for (const child of holder.children) {
    if (isKnown(child)) yield* faultsInItem(child, reading, asked);
  }
}

function* faultsInItem(found: KnownItem, reading: Reading, asked: boolean): Generator<Told> {
  const enabled = asked && reading.isEnabled(found.plan, found.parent);
  for (const kind of KINDS) {
    if (enabled || kind === 'structure') for (const rule of RULES[kind].item) yield* allOf(kind, rule(found, reading));
  }
  if (asked && !enabled) yield* allOf('content', notAnsweredWhenDisabled(found, reading));
  yield* faultsIn(found, reading, enabled);
}
