/**
 * What has to be written so that the alerts on record agree with what the fold finds now, without undoing anything
 * that people have done. Alerts are only ever raised, extended and made more urgent here; what takes a reason away
 * leaves a mark for a human, and only an alert that nobody has seen yet, and that is not critical, goes with its last reason.
 */
import type { DetectedIssue, Flag, Task } from 'fhir/r4';
import type { IdMaker, Ref } from '../fhir/resource.ts';
import { deadlineFrom } from './deadline.ts';
import type { Finding } from './finding.ts';
import {
  awaitsNotice,
  concept,
  hasReached,
  isHigher,
  keyHeldBy,
  ownIdentifier,
  readExtension,
  reasonsOf,
  refTo,
  stateOf,
  symptomOf,
  tierOf,
  withExtension,
  withPriority,
  withReason,
} from './forms.ts';
import type { Tier } from './instrument.ts';
import { type Alerting, flagOf, issueOf, startOf, taskOf } from './resources.ts';

/** What is on record of this patient. */
export interface OnRecord {
  /** All active Flags of ours. */
  readonly flags: readonly Flag[];
  /** Those that these Flags stand on, and those of the series' responses, in whatever status. */
  readonly issues: readonly DetectedIssue[];
  /** Those that work on these Flags. */
  readonly tasks: readonly Task[];
}

export interface Reconciling extends Alerting {
  readonly ids: IdMaker;
  /** The response that was just created, changed or taken away. */
  readonly written: Ref;
  /** All current answers of the series that the findings come from. */
  readonly series: readonly Ref[];
  /** Of the rule set that judged now. */
  readonly rulesVersion: string;
  /** The site's: an IANA name or an offset. */
  readonly timeZone: string;
}

export interface Reconciled {
  /** New and changed resources, ids set; those that are as they were are left out. */
  readonly puts: readonly (Flag | DetectedIssue | Task)[];
  /** Unique keys of alerts that were opened, and of those that went. */
  readonly claims: readonly { readonly key: string; readonly holder: Ref }[];
  readonly releases: readonly string[];
  /** The findings that people are called to now. */
  readonly raised: readonly Finding[];
}

export function reconcile(onRecord: OnRecord, findings: readonly Finding[], context: Reconciling): Reconciled {
  const desk = openDesk(onRecord, context);
  const inOrder = findings.toSorted((a, b) => a.judgedAt - b.judgedAt || (a.key < b.key ? -1 : 1));
  for (const finding of inOrder) settle(finding, desk);
  const wanted = new Set(findings.map(({ key }) => key));
  for (const issue of onRecord.issues) if (isGone(issue, wanted, context)) withdraw(issue, desk);
  return clearDesk(desk, onRecord);
}

type Alerted = Flag | DetectedIssue | Task;

/** The resources as they will be, while they are worked on. */
interface Desk {
  readonly context: Reconciling;
  /** By reference, in the order in which they were made or found. */
  readonly resources: Map<Ref, Alerted>;
  /** By the finding's key. */
  readonly issues: Map<string, Ref>;
  /** Open ones, by symptom. */
  readonly flags: Map<string, Ref>;
  readonly raised: Finding[];
}

function openDesk({ flags, issues, tasks }: OnRecord, context: Reconciling): Desk {
  const open = flags.filter((flag) => keyHeldBy(flag) !== undefined);
  return {
    context,
    resources: new Map([...open, ...issues, ...tasks].map((resource) => [refTo(resource), resource])),
    issues: new Map(issues.map((issue) => [keyOf(issue), refTo(issue)])),
    flags: new Map(open.map((flag) => [symptomOf(flag) ?? '', refTo(flag)])),
    raised: [],
  };
}

const keyOf = (issue: DetectedIssue): string => ownIdentifier(issue, 'finding') ?? '';

function put(desk: Desk, resource: Alerted): Ref {
  const ref = refTo(resource);
  desk.resources.set(ref, resource);
  return ref;
}

/** What is stored under that reference, where it is of that type. */
function find<T extends Alerted['resourceType']>(desk: Desk, type: T, ref: Ref | undefined): Extract<Alerted, { resourceType: T }> | undefined {
  const resource = ref === undefined ? undefined : desk.resources.get(ref);
  return resource?.resourceType === type ? (resource as Extract<Alerted, { resourceType: T }>) : undefined; // its type was just compared
}

/** Brings one finding onto the record. */
function settle(finding: Finding, desk: Desk): void {
  const stored = find(desk, 'DetectedIssue', desk.issues.get(finding.key));
  if (stored === undefined || stored.status === 'entered-in-error') enter(finding, stored?.id, desk);
  else refresh(finding, stored, desk);
}

/** A finding that is new, or there again after it was taken back. */
function enter(finding: Finding, id: string | undefined, desk: Desk): void {
  const { context } = desk;
  const isCalled = callsPeople(finding, context);
  const issue = issueOf(asReceived(finding, context), context, id ?? context.ids());
  const ref = put(desk, isCalled ? issue : withExtension(issue, 'superseded', true));
  desk.issues.set(finding.key, ref);
  if (isCalled) raise(finding, ref, desk);
}

/** What a change to a response brings up was received with that change. */
function asReceived(finding: Finding, { written, now, policy }: Reconciling): Finding {
  if (finding.response !== written) return finding;
  const late = finding.clock === 'given' && now.getTime() - finding.judgedAt > policy.lateAfter.minutes * 60_000;
  return { ...finding, received: now.toISOString(), late: finding.late || late };
}

/** Red flags always do; any other finding unless it comes late and a newer answer is there. */
export function callsPeople(
  { kind, tier, superseded, response, judgedAt }: Finding,
  { written, now, policy }: Pick<Reconciling, 'written' | 'now' | 'policy'>,
): boolean {
  const isFresh = response === written && now.getTime() - judgedAt <= policy.lateAfter.minutes * 60_000;
  return kind === 'red-flag' || tier === 'critical' || !superseded || isFresh;
}

/** A finding that is on record: its words may change, what was said about its time does not. */
function refresh(finding: Finding, stored: DetectedIssue, desk: Desk): void {
  const { context } = desk;
  if (isOfOtherRules(stored, context) && finding.response !== context.written) return;
  const wasAside = readExtension(stored, 'superseded') === true;
  const isCalled = isHigher(finding.tier, tierOf(stored)) || isSaidAnew(finding, stored, context) || (wasAside && callsPeople(finding, context));
  if (!isCalled && saysTheSame(finding, stored, context)) return;
  const words = reworded(stored, issueOf(finding, context, stored.id ?? ''));
  const ref = put(desk, withExtension(withExtension(words, 'tier', finding.tier), 'superseded', wasAside && !isCalled ? true : undefined));
  if (isCalled) raise(finding, ref, desk);
}

/** A warning sign that a correction says in other words: "several days" may have become "nearly every day". */
const isSaidAnew = ({ kind, response, detail }: Finding, stored: DetectedIssue, { written }: Reconciling): boolean =>
  kind === 'red-flag' && response === written && detail !== stored.detail;

const reworded = (stored: DetectedIssue, { code, severity, detail }: DetectedIssue): DetectedIssue => ({
  ...stored,
  ...(code && { code }),
  ...(severity && { severity }),
  ...(detail && { detail }),
});

const saysTheSame = ({ tier, detail }: Finding, stored: DetectedIssue, context: Reconciling): boolean =>
  stored.detail === detail && tierOf(stored) === tier && !isOfOtherRules(stored, context);

const isOfOtherRules = ({ code }: DetectedIssue, { rulesVersion }: Reconciling): boolean => !code?.coding?.some(({ version }) => version === rulesVersion);

/** Calls people to a finding: by a new alert, or by the open one about the same symptom. */
function raise(finding: Finding, issue: Ref, desk: Desk): void {
  desk.raised.push(finding);
  const open = find(desk, 'Flag', desk.flags.get(finding.symptom));
  if (open === undefined) openAlert(finding, issue, desk);
  else extendAlert(open, finding, { issue, desk });
}

function openAlert(finding: Finding, issue: Ref, desk: Desk): void {
  const flag = flagOf(finding, issue, desk.context, desk.context.ids());
  desk.flags.set(finding.symptom, put(desk, flag));
  put(desk, newTask(flag, finding.tier, { issue, desk }));
}

interface Adding {
  readonly issue: Ref;
  readonly desk: Desk;
}

function newTask(flag: Flag, tier: Tier, { issue, desk }: Adding): Task {
  const task = taskOf(flag, issue, desk.context, desk.context.ids());
  return called(withTier(task, tier, desk.context), tier, desk.context);
}

function extendAlert(flag: Flag, finding: Finding, { issue, desk }: Adding): void {
  const { context } = desk;
  const rises = isHigher(finding.tier, tierOf(flag));
  const raisedFlag = rises ? withPriority(withExtension(flag, 'tier', finding.tier), context.policy.tiers[finding.tier].flagPriority) : flag;
  const extended = remarked(withStart(withReason(raisedFlag, issue), startOf(finding)), desk);
  put(desk, extended);
  const task = openTaskOf(flag, desk);
  if (task === undefined) put(desk, newTask(extended, tierOf(extended), { issue, desk }));
  else put(desk, withMarkOf(extended, extendTask(task, finding, { rises, context })));
}

function withStart(flag: Flag, start: string): Flag {
  const earlier = flag.period?.start === undefined || Date.parse(start) < Date.parse(flag.period.start);
  return earlier ? { ...flag, period: { ...flag.period, start } } : flag;
}

function openTaskOf(flag: Flag, { resources }: Desk): Task | undefined {
  const tasks = [...resources.values()].filter((resource) => resource.resourceType === 'Task');
  return tasks.find((task) => ownIdentifier(task, 'alert-task') === flag.id && isOpen(task));
}

const isOpen = ({ status }: Task): boolean => !['completed', 'cancelled', 'failed', 'rejected', 'entered-in-error'].includes(status);

function extendTask(task: Task, finding: Finding, { rises, context }: { rises: boolean; context: Reconciling }): Task {
  const tiered = rises ? withTier(task, finding.tier, context) : task;
  const calls = rises || finding.kind === 'red-flag' || isTimeToCallAgain(task, context);
  return calls ? called(tiered, finding.tier, context) : tiered;
}

function isTimeToCallAgain(task: Task, { now, policy }: Reconciling): boolean {
  const last = readExtension(task, 'notified') ?? task.authoredOn;
  return typeof last !== 'string' || now.getTime() - Date.parse(last) >= policy.notifyAgain.days * 86_400_000;
}

function withTier(task: Task, tier: Tier, { policy }: Reconciling): Task {
  return { ...withExtension(task, 'tier', tier), priority: policy.tiers[tier].taskPriority };
}

const STEP_STATE = { acknowledged: 'acknowledged', assessed: 'assessed', documented: 'intervened' } as const;
type Step = keyof typeof STEP_STATE;

/** People are called now. A deadline that was met makes room for a new one; one that is still running may only come nearer. */
function called(task: Task, tier: Tier, { now, policy, timeZone }: Reconciling): Task {
  const { deadline } = policy.tiers[tier];
  const due = deadlineFrom(now, deadline, policy.workingHours, timeZone).toISOString();
  const running = isMet(task) ? undefined : task.restriction?.period?.end;
  const isNearer = running === undefined || Date.parse(due) < Date.parse(running);
  const notified = { ...withExtension(task, 'notified', now.toISOString()), lastModified: now.toISOString() };
  return isNearer ? { ...withExtension(notified, 'due-step', deadline.until), restriction: { ...task.restriction, period: { end: due } } } : notified;
}

/** The step that was due has been taken, and nobody has been called since. */
export function isMet(task: Task): boolean {
  const step = readExtension(task, 'due-step');
  const isKnown = (name: unknown): name is Step => typeof name === 'string' && Object.hasOwn(STEP_STATE, name);
  return isKnown(step) && hasReached(task, STEP_STATE[step]) && !awaitsNotice(task);
}

function isGone(issue: DetectedIssue, wanted: ReadonlySet<string>, context: Reconciling): boolean {
  const key = keyOf(issue);
  const response = `QuestionnaireResponse/${key.slice(0, key.indexOf('|'))}`;
  if (issue.status === 'entered-in-error' || wanted.has(key)) return false;
  if (response === context.written) return true;
  // Rules that were changed do not change what they found before.
  return context.series.includes(response) && !isOfOtherRules(issue, context);
}

/** Takes a finding back, with the protections that people's trust in an alert needs. */
function withdraw(issue: DetectedIssue, desk: Desk): void {
  const ref = put(desk, { ...issue, status: 'entered-in-error' });
  const flags = [...desk.flags.values()].flatMap((flag) => find(desk, 'Flag', flag) ?? []);
  for (const flag of flags) if (reasonsOf(flag).includes(ref)) weaken(flag, desk);
}

function weaken(flag: Flag, desk: Desk): void {
  const task = openTaskOf(flag, desk);
  const stands = reasonsOf(flag).some((reason) => find(desk, 'DetectedIssue', reason)?.status !== 'entered-in-error');
  const isSeen = task === undefined || stateOf(task) !== 'raised' || task.owner !== undefined || readExtension(task, 'acknowledged') !== undefined;
  if (!stands && !isSeen && tierOf(flag) !== 'critical') takeBack(flag, task, desk);
  else mark(flag, task, desk);
}

/** The alert stays as it is; people see that a reason was taken away. */
function mark(flag: Flag, task: Task | undefined, desk: Desk): void {
  const marked = remarked(flag, desk);
  put(desk, marked);
  if (task !== undefined) put(desk, { ...withMarkOf(marked, task), lastModified: desk.context.now.toISOString() });
}

/** An alert that nobody has seen and that stands on nothing any more. */
function takeBack(flag: Flag, task: Task, desk: Desk): void {
  const now = desk.context.now.toISOString();
  put(desk, remarked({ ...flag, status: 'entered-in-error', period: { ...flag.period, end: now } }, desk));
  const closed = concept('alert-state', 'closed');
  put(desk, {
    ...task,
    status: 'cancelled',
    businessStatus: closed,
    statusReason: { text: 'The answer that raised the alert was corrected.' },
    lastModified: now,
  });
  desk.flags.delete(symptomOf(flag) ?? '');
}

/** The mark says that one of the reasons was taken back; it goes when all stand again. */
function remarked(flag: Flag, desk: Desk): Flag {
  const corrected = reasonsOf(flag).some((reason) => find(desk, 'DetectedIssue', reason)?.status === 'entered-in-error');
  return withExtension(flag, 'answer-corrected', corrected ? true : undefined);
}

const withMarkOf = (flag: Flag, task: Task): Task => withExtension(task, 'answer-corrected', readExtension(flag, 'answer-corrected'));

function clearDesk({ resources, raised }: Desk, { flags, issues, tasks }: OnRecord): Reconciled {
  const before = new Map([...flags, ...issues, ...tasks].map((resource) => [refTo(resource), resource]));
  const isChanged = (ref: Ref, resource: Alerted): boolean => resource !== before.get(ref) && JSON.stringify(resource) !== JSON.stringify(before.get(ref));
  const puts = [...resources].filter(([ref, resource]) => isChanged(ref, resource)).map(([, resource]) => resource);
  const held = (list: readonly Alerted[]) => list.flatMap((one) => (one.resourceType === 'Flag' ? keyHolder(one) : []));
  const [now, then] = [held([...resources.values()]), held(flags)];
  return {
    puts,
    claims: now.filter(({ key }) => !then.some((other) => other.key === key)),
    releases: then.filter(({ key }) => !now.some((other) => other.key === key)).map(({ key }) => key),
    raised,
  };
}

function keyHolder(flag: Flag): { key: string; holder: Ref }[] {
  const key = keyHeldBy(flag);
  return key === undefined ? [] : [{ key, holder: refTo(flag) }];
}
