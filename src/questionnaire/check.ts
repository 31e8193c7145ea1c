/**
 * A QuestionnaireResponse against its Questionnaire. What counts depends on the status, after
 * https://hl7.org/fhir/uv/sdc/behavior.html: a draft may lack answers, a finished response may not.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import { enablement } from './enable.ts';
import type { Plan } from './plan.ts';
import { withinBounds } from './rules/bounds.ts';
import { notAnsweredWhenDisabled } from './rules/enabled.ts';
import { occursRightly } from './rules/occurs.ts';
import { amongOptions, exclusiveAlone } from './rules/options.ts';
import { type Checking, type Fault, type HolderRule, type ItemRule, isKnown, type KnownItem } from './rules/rule.ts';
import { answersOnlyQuestions, nestedRightly, placedRightly } from './rules/structure.ts';
import { sameText } from './rules/text.ts';
import { rightType } from './rules/types.ts';
import { isTooLarge, TOO_LARGE } from './size.ts';
import { type Holder, walk } from './walk.ts';

interface Rules {
  readonly holder: readonly HolderRule[];
  readonly item: readonly ItemRule[];
}

const RULES: Readonly<Record<Kind, Rules>> = {
  structure: { holder: [placedRightly], item: [nestedRightly, answersOnlyQuestions, rightType] },
  content: { holder: [occursRightly], item: [amongOptions, exclusiveAlone, withinBounds] },
  notice: { holder: [], item: [sameText] },
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

export function checkResponse(plan: Plan, response: Readonly<QuestionnaireResponse>): Issue[] {
  if (isTooLarge(response)) return [TOO_LARGE];
  const severities = BY_STATUS[response.status] ?? FINISHED;
  const walked = walk(plan, response);
  const issues: Issue[] = [];
  for (const [kind, { code, text, place }] of faultsIn(walked.root, { plan, ...enablement(plan, walked) })) {
    const severity = severities[kind];
    if (severity !== undefined) issues.push({ severity, code, text, expression: [place] });
    if (issues.length >= MOST_ISSUES) break;
  }
  return issues;
}

type Told = readonly [Kind, Fault];

const allOf = (kind: Kind, faults: readonly Fault[]): Told[] => faults.map((fault) => [kind, fault]);

/** `asked` is false inside an item that is not enabled: what stands there need not be right, only readable. */
function* faultsIn(holder: Holder, checking: Checking, asked = true): Generator<Told> {
  for (const kind of KINDS) {
    if (asked || kind === 'structure') for (const rule of RULES[kind].holder) yield* allOf(kind, rule(holder, checking));
  }
  for (const child of holder.children) {
    if (isKnown(child)) yield* faultsInItem(child, checking, asked);
  }
}

function* faultsInItem(found: KnownItem, checking: Checking, asked: boolean): Generator<Told> {
  const enabled = asked && checking.isEnabled(found.plan, found.parent);
  for (const kind of KINDS) {
    if (enabled || kind === 'structure') for (const rule of RULES[kind].item) yield* allOf(kind, rule(found, checking));
  }
  if (asked && !enabled) yield* allOf('content', notAnsweredWhenDisabled(found, checking));
  yield* faultsIn(found, checking, enabled);
}
