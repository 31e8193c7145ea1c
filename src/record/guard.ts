/**
 * What nobody may do by writing resources, whatever their permit: make an alert of ours disappear. And what only those
 * who may do everything may do: change a score, a finding, an advice or a Provenance that the server derived.
 */
import type { Flag, Observation, Task } from 'fhir/r4';
import type { Permit } from '../access/permit.ts';
import { identifierSystem } from '../fhir/names.ts';
import { FhirError } from '../fhir/outcome.ts';
import { printed } from '../fhir/printed.ts';
import { localRef } from '../fhir/reference.ts';
import type { Resource } from '../fhir/resource.ts';
import { assessmentRefs, followUpRef } from '../pro/care.ts';
import { codeIn, RULE_ENGINE } from '../pro/forms.ts';
import { isGuarded, requireMayChange, type Work } from '../pro/guard.ts';
import { atEntry } from './at-entry.ts';
import type { Overlay, Pending } from './overlay.ts';
import type { Step } from './plan.ts';
import type { Trees } from './surroundings.ts';

/** Throws FhirError `business-rule` for the first operation that may not be done. */
export async function guardSteps(steps: readonly Step[], { overlay, permit, trees }: { overlay: Overlay; permit: Permit; trees: Trees }): Promise<void> {
  for (const { entry, ref } of steps) {
    const pending = ref === undefined ? undefined : overlay.pending(ref);
    if (pending !== undefined) await atEntry(entry, () => guard(pending, { overlay, permit, trees }));
  }
}

interface Guarding {
  readonly overlay: Overlay;
  readonly permit: Permit;
  readonly trees: Trees;
}

const WATCHED: ReadonlySet<string> = new Set(['Flag', 'Task', 'DetectedIssue', 'Observation', 'Communication', 'Provenance']);

async function guard(pending: Pending, { overlay, permit, trees }: Guarding): Promise<void> {
  if (!WATCHED.has(pending.type)) return;
  const before = contentOf(pending);
  const after = pending.resource;
  if (isGuarded(before) || isGuarded(after)) requireMayChange(before, after, await workOn(pending, { overlay, trees }));
  if (!permit.everything && (isDerived(before) || isDerived(after))) {
    throw new FhirError('business-rule', "Scores, findings, advice and their Provenance are the server's to write; they follow from the answers.", {
      expression: pending.type,
    });
  }
}

const contentOf = ({ before }: Pending): Resource | undefined =>
  before === undefined || before.method === 'delete' ? undefined : (JSON.parse(before.text) as Resource);

type Looking = Pick<Guarding, 'overlay' | 'trees'>;

/** Of a finding it is not asked. */
async function workOn(pending: Pending, { overlay, trees }: Looking): Promise<Work> {
  const own = pending.type === 'Task' ? (pending.resource as Task | undefined) : undefined; // its type was just compared
  const task = pending.type === 'Flag' ? await taskOf(pending.id, { overlay, trees }) : own;
  const flag = await readNow<Flag>(own?.focus?.reference, overlay);
  const named = task === undefined ? [] : await Promise.all(assessmentRefs(task).map(({ reference }) => readNow<Observation>(reference, overlay)));
  const followUp = task === undefined ? undefined : await readNow<Observation>(followUpRef(task)?.reference, overlay);
  const isAssessment = ({ code, subject, status }: Observation): boolean =>
    codeIn(code, 'care') === 'symptom-assessment' && subject?.reference === task?.for?.reference && status !== 'entered-in-error';
  return { flag, task, followUp, assessments: named.filter((one) => one !== undefined).filter(isAssessment) };
}

/** The Task that works on a Flag, as it will be. */
async function taskOf(flagId: string, { overlay, trees }: Looking): Promise<Task | undefined> {
  const [newest] = (await overlay.all('Task', trees.tasks([flagId]))).toReversed();
  return newest === undefined ? undefined : (JSON.parse(newest.text) as Task); // searched for by type
}

/** As it will be; undefined where there is none, or it is deleted. */
async function readNow<T extends Flag | Observation>(reference: string | undefined, { reader }: Overlay): Promise<T | undefined> {
  const [type = '', id = ''] = (localRef(reference ?? '') ?? '').split('/');
  const version = id === '' ? undefined : await reader.read(type, id);
  return version === undefined || version.method === 'delete' ? undefined : (JSON.parse(version.text) as T); // its type is in the reference, and looked at again by code
}

const DERIVED: ReadonlySet<string> = new Set(['score', 'finding', 'advice'].map(identifierSystem));

function isDerived(resource: Resource | undefined): boolean {
  if (resource === undefined) return false;
  return resource.resourceType === 'Provenance' ? isAgent(resource) : systemsOf(resource).some((system) => DERIVED.has(system));
}

const listIn = (value: unknown): object[] => (Array.isArray(value) ? value.filter((one): one is object => typeof one === 'object' && one !== null) : []);

const systemsOf = ({ identifier }: Resource): string[] => listIn(identifier).map((one) => ('system' in one ? printed(one.system) : ''));

const isAgent = ({ agent }: Resource): boolean => listIn(agent).some((one) => 'who' in one && JSON.stringify(one.who).includes(`"${RULE_ENGINE}"`));
