/**
 * What a client may not do to an alert by writing its resources: people close alerts, nobody makes one disappear.
 * Asked for every write of a Flag, Task or DetectedIssue over FHIR; what the server's own steps write is not asked.
 */
import type { DetectedIssue, Flag, Observation, Task } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { closingIn, requireMayClose } from './care.ts';
import { codeIn, hasReached, ownIdentifier, readExtension, reasonsOf, STATES, stateOf, symptomOf, tierOf } from './forms.ts';

/** Identifier systems by which our own resources are known. */
const OWN = { Flag: 'alert', Task: 'alert-task', DetectedIssue: 'finding' } as const;
type OwnType = keyof typeof OWN;
type OwnResource = Flag | Task | DetectedIssue;

const isOwnType = (type: string | undefined): type is OwnType => type !== undefined && Object.hasOwn(OWN, type);

/** Whether a write has to be asked about at all: then the alert's Task is needed. */
export function isGuarded(resource: Resource | undefined): boolean {
  return keyOf(resource) !== undefined;
}

function keyOf(resource: Resource | undefined): string | undefined {
  if (resource === undefined || !isOwnType(resource.resourceType)) return undefined;
  return ownIdentifier(resource as unknown as OwnResource, OWN[resource.resourceType]); // its type was just looked at
}

/** An alert and the work on it, as they are or, in the same transaction, will be. */
export interface Work {
  readonly flag: Flag | undefined;
  readonly task: Task | undefined;
  /** The staff's, of this patient, that the Task's output names. */
  readonly assessments: readonly Observation[];
  readonly followUp: Observation | undefined;
}

/** Throws FhirError `business-rule`, naming the element. `before` undefined: a creation; `after` undefined: a deletion. */
export function requireMayChange(before: Resource | undefined, after: Resource | undefined, work: Work): void {
  const [was, is] = [keyOf(before), keyOf(after)];
  if (was === undefined && is === undefined) return;
  const type = (before ?? after)?.resourceType ?? '';
  if (was === undefined) throw refused(`Only the server raises its own alerts; leave out the identifier ${is}.`, `${type}.identifier`);
  const own = before as unknown as OwnResource; // `was` says that it is one of ours
  if (after === undefined) requireMayDelete(own);
  else if (was !== is) throw refused('The identifier that marks this as an alert of the server stays.', `${type}.identifier`);
  else requireSame(own, after as unknown as OwnResource, work);
}

const refused = (text: string, expression: string): FhirError => new FhirError('business-rule', text, { expression });

function requireMayDelete(resource: OwnResource): void {
  const isOver = resource.resourceType === 'Flag' ? resource.status !== 'active' : resource.resourceType === 'Task' && resource.status === 'completed';
  if (!isOver) throw refused('An alert, its reasons and its work item are closed, not deleted.', resource.resourceType);
}

function requireSame(before: OwnResource, after: OwnResource, work: Work): void {
  if (before.resourceType === 'Flag' && after.resourceType === 'Flag') requireMayChangeFlag(before, after, work);
  if (before.resourceType === 'Task' && after.resourceType === 'Task') requireMayChangeTask(before, after, work);
  if (before.resourceType === 'DetectedIssue' && after.resourceType === 'DetectedIssue') requirePinned(ISSUE_PINNED, before, after);
}

/** Element and reading: what must be the same afterwards. */
type Pinned<T> = readonly (readonly [element: string, read: (resource: T) => unknown])[];

function requirePinned<T extends OwnResource>(pinned: Pinned<T>, before: T, after: T): void {
  for (const [element, read] of pinned) {
    if (JSON.stringify(read(before)) === JSON.stringify(read(after))) continue;
    const expression = `${before.resourceType}.${element}`;
    throw refused(`${expression} of an alert is the server's to set; leave it as it is.`, expression);
  }
}

const FLAG_PINNED: Pinned<Flag> = [
  ['subject', (flag) => flag.subject?.reference],
  ['code', symptomOf],
  ['extension', (flag) => [tierOf(flag), reasonsOf(flag)]],
];

function requireMayChangeFlag(before: Flag, after: Flag, { task, assessments, followUp }: Work): void {
  requirePinned(FLAG_PINNED, before, after);
  if (before.status === after.status) return;
  if (before.status !== 'active') throw refused('A closed alert stays closed; a new answer that calls for it raises a new one.', 'Flag.status');
  if (after.status !== 'inactive') throw refused('An alert is closed (inactive) after an assessment; it is not taken back.', 'Flag.status');
  if (task?.status !== 'completed') throw refused('An alert is closed together with the work on it: complete its Task in the same transaction.', 'Flag.status');
  requireMayClose({ flag: before, task: assessments.length > 0 ? task : { ...task, output: [] }, assessments }, closingIn(task, followUp));
}

const TASK_PINNED: Pinned<Task> = [
  ['focus', (task) => task.focus?.reference],
  ['for', (task) => task.for?.reference],
  ['code', (task) => codeIn(task.code, 'task')],
  ['extension', (task) => [tierOf(task), readExtension(task, 'notified'), readExtension(task, 'answer-corrected')]],
];

const DROPPED: ReadonlySet<Task['status']> = new Set<Task['status']>(['cancelled', 'failed', 'rejected', 'entered-in-error']);

function requireMayChangeTask(before: Task, after: Task, { flag, assessments }: Work): void {
  requirePinned(TASK_PINNED, before, after);
  if (before.status !== after.status && DROPPED.has(after.status)) throw refused(`Work on an alert is completed, not ${after.status}.`, 'Task.status');
  if (STATES.indexOf(stateOf(after)) < STATES.indexOf(stateOf(before)))
    throw refused('What has been done about an alert is not undone.', 'Task.businessStatus');
  const kept = (before.output ?? []).every((output) => after.output?.some((other) => JSON.stringify(other) === JSON.stringify(output)));
  if (!kept) throw refused('What has been recorded about an alert stays in the output of its Task.', 'Task.output');
  const isEnded = codeIn(after.statusReason, 'ending') !== undefined;
  if (hasReached(after, 'assessed') && !isEnded && assessments.length === 0)
    throw refused('This needs an assessment; record it as an Observation and name that in the output of the Task.', 'Task.output');
  if (after.status === 'completed' && flag?.status === 'active')
    throw refused('The work on an alert is completed together with closing it: set its Flag to inactive in the same transaction.', 'Task.status');
  requireNearerDeadline(before, after);
}

function requireNearerDeadline(before: Task, after: Task): void {
  const [was, is] = [before.restriction?.period?.end, after.restriction?.period?.end];
  if (was === undefined || (is !== undefined && Date.parse(is) <= Date.parse(was))) return;
  throw refused('The deadline of an alert may be brought forward, not put off.', 'Task.restriction.period.end');
}

const ISSUE_PINNED: Pinned<DetectedIssue> = [
  ['status', (issue) => issue.status],
  ['patient', (issue) => issue.patient?.reference],
  ['code', (issue) => issue.code?.coding?.map(({ system, version, code }) => [system, version, code])],
  ['extension', tierOf],
];
