/**
 * A QuestionnaireResponse against its Questionnaire. What counts depends on the status, after
 * https://hl7.org/fhir/uv/sdc/behavior.html: a draft may lack answers, a finished response may not.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import type { CodeQuestion } from './codes.ts';
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
import { notAnothersText, sameText } from './rules/text.ts';
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
  content: { holder: [occursRightly, rootConstraints], item: [amongOptions, exclusiveAlone, withinBounds, offeredUnit, itemConstraints, notAnothersText] },
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
  /** Codes that nobody here can place, by the key of each. */
  readonly openCodes: ReadonlyMap<string, CodeQuestion>;
}

/** Without a `world` only the response itself is known, at the time of its answers. */
export function checkResponse(plan: Plan, response: Readonly<QuestionnaireResponse>, world?: World): Issue[] {
  return [...checkWithin(plan, response, world).issues];
}

export function checkWithin(plan: Plan, response: Readonly<QuestionnaireResponse>, world?: World): Checked {
  if (isTooLarge(response)) return { issues: [TOO_LARGE], openQueries: new Set(), openCodes: new Map() };
  const reading = readResponse(plan, response, world);
  const issues = issuesIn(reading, response.status);
  return { issues, openQueries: reading.evaluator?.openQueries ?? new Set(), openCodes: reading.openCodes };
}

function issuesIn(reading: Reading, status: QuestionnaireResponse['status']): readonly Issue[] {
  const severities = BY_STATUS[status] ?? FINISHED;
  const issues = told(reading, severities).map(({ issue }) => issue);
  if (severities.notice !== undefined) issues.push(...failures(reading));
  return issues.length <= MOST_ISSUES ? issues : [...issues.filter(isError), ...issues.filter((issue) => !isError(issue))].slice(0, MOST_ISSUES);
}

const isError = ({ severity }: Issue): boolean => severity === 'error';

interface Told {
  readonly fault: Fault;
  readonly issue: Issue;
}

/** What would be wrong if the response were sent as finished, each with the fault that it is about; without notices, which a form shows in its own way. */
export const faultsWhenFinished = (reading: Reading): readonly Told[] => told(reading, { structure: 'error', content: 'error' });

function told(reading: Reading, severities: Severities): Told[] {
  const telling: Telling = { reading, severities, told: [], errors: 0 };
  tellIn(reading.walked.root, telling, true);
  return telling.told;
}

interface Telling {
  readonly reading: Reading;
  readonly severities: Severities;
  readonly told: Told[];
  errors: number;
}

const isFull = ({ errors }: Telling): boolean => errors >= MOST_ISSUES;

/** An error is never left out for notices before it. */
function tell(faults: readonly Fault[], kind: Kind, telling: Telling): void {
  const severity = telling.severities[kind];
  if (severity === undefined) return;
  for (const fault of faults) {
    const issue = issueOf(fault, severity);
    if (isError(issue)) telling.errors += 1;
    else if (telling.told.length >= MOST_ISSUES) continue;
    telling.told.push({ fault, issue });
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

/** `asked` is false inside an item that is not enabled: what stands there need not be right, only readable. */
function tellIn(holder: Holder, telling: Telling, asked: boolean): void {
  for (const kind of KINDS) {
    if (isLookedFor(kind, telling, asked)) for (const rule of RULES[kind].holder) tell(rule(holder, telling.reading), kind, telling);
  }
  for (const child of holder.children) {
    if (isFull(telling)) return;
    if (isKnown(child)) tellOf(child, telling, asked);
  }
}

function tellOf(found: KnownItem, telling: Telling, asked: boolean): void {
  const { reading } = telling;
  const enabled = asked && reading.isEnabled(found.plan, found.parent);
  for (const kind of KINDS) {
    if (isLookedFor(kind, telling, enabled)) for (const rule of RULES[kind].item) tell(rule(found, reading), kind, telling);
  }
  if (asked && !enabled) tell(notAnsweredWhenDisabled(found, reading), 'content', telling);
  tellIn(found, telling, enabled);
}

const isLookedFor = (kind: Kind, { severities }: Telling, asked: boolean): boolean => severities[kind] !== undefined && (asked || kind === 'structure');
