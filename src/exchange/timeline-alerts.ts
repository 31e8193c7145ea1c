/** Open alerts, why they were raised, and the work on them. */
import type { DetectedIssue, Flag, Task } from 'fhir/r4';
import type { Ref } from '../fhir/resource.ts';
import type { TaskEntry, TimelineAlert, TimelineFinding } from './timeline.ts';
import type { Sources } from './timeline-source.ts';
import { earlierOf, maybe, ownCode, ownExtension, ownText, timeOf, titleOf } from './wording.ts';

/** https://hl7.org/fhir/R4/extension-flag-detail.html */
const DETAIL = 'http://hl7.org/fhir/StructureDefinition/flag-detail';

/** The DetectedIssues that the Flag stands on, in the order in which they were added. */
export const reasonsOf = ({ extension = [] }: Flag): readonly Ref[] =>
  extension.flatMap(({ url, valueReference }) => (url === DETAIL && valueReference?.reference !== undefined ? [valueReference.reference] : []));

/** Most urgent first; a tier that is not known counts as the most urgent. */
const TIERS = ['critical', 'severe', 'moderate', 'personal'];

export function alertEntry(flag: Flag, findings: readonly TimelineFinding[], task: TaskEntry | undefined, sources: Sources): TimelineAlert {
  return {
    ...sources.entry(flag),
    symptom: ownCode(flag.code, 'symptom') ?? '',
    title: titleOf(flag.code),
    tier: ownText(flag, 'tier') ?? 'critical',
    ...maybe('since', flag.period?.start),
    corrected: ownExtension(flag, 'answer-corrected') === true,
    findings: findings.filter(({ withdrawn }) => !withdrawn).toSorted(byTimeAndTier),
    withdrawn: findings.filter(({ withdrawn }) => withdrawn).toSorted(byTimeAndTier),
    ...maybe('task', task),
  };
}

/** The latest first; of one moment the most urgent first. */
const byTimeAndTier = (left: TimelineFinding, right: TimelineFinding): number =>
  timeOf(right.reported ?? right.received) - timeOf(left.reported ?? left.received) || TIERS.indexOf(left.tier) - TIERS.indexOf(right.tier);

export const byUrgency = (left: TimelineAlert, right: TimelineAlert): number =>
  TIERS.indexOf(left.tier) - TIERS.indexOf(right.tier) || timeOf(left.since) - timeOf(right.since);

export function findingEntry(issue: DetectedIssue, sources: Sources): TimelineFinding {
  const rule = issue.code?.coding?.[0];
  const [reported, received] = [ownText(issue, 'reported'), ownText(issue, 'received')];
  const refs = (issue.implicated ?? []).flatMap(({ reference }) => (reference?.startsWith('QuestionnaireResponse/') ? [unversioned(reference)] : []));
  return {
    ...sources.entry(issue),
    detail: issue.detail ?? titleOf(issue.code),
    tier: ownText(issue, 'tier') ?? 'critical',
    rule: rule?.code ?? '',
    ...maybe('ruleVersion', rule?.version),
    ...maybe('reported', reported === undefined ? undefined : earlierOf(reported, received)),
    ...maybe('received', received),
    late: ownExtension(issue, 'late') === true,
    withdrawn: issue.status === 'entered-in-error' || issue.status === 'cancelled',
    responses: [...new Set(refs)],
  };
}

export const unversioned = (reference: string): Ref => reference.split('/').slice(0, 2).join('/');

export function taskEntry(task: Task, sources: Sources): TaskEntry {
  return {
    ...sources.entry(task),
    kind: ownCode(task.code, 'task') ?? '',
    status: task.status,
    ...maybe('state', ownCode(task.businessStatus, 'alert-state')),
    ...maybe('deadline', task.restriction?.period?.end),
    ...maybe('description', task.description),
    ...maybe('authored', task.authoredOn),
  };
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'cancelled', 'rejected', 'failed', 'entered-in-error']);

export const isOpen = ({ status }: TaskEntry): boolean => !ENDED.has(status);
