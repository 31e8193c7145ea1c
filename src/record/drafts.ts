/**
 * One draft at a time: a person fills in one response to a questionnaire about a patient, and continues that one. Each
 * in-progress response holds a unique key of the store, so that of two that begin at once only one does.
 */
import type { QuestionnaireResponse } from 'fhir/r4';
import { restrict } from '../access/restrict.ts';
import { codeSystem } from '../fhir/names.ts';
import { FhirError } from '../fhir/outcome.ts';
import { parseReference } from '../fhir/reference.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Indexer } from '../search/extract.ts';
import type { Conflict, Write } from '../store/store.ts';
import { patientOf } from './answers.ts';
import { atEntry } from './at-entry.ts';
import type { Overlay, Pending } from './overlay.ts';
import type { Planning, Step } from './plan.ts';

const TYPE = 'QuestionnaireResponse';
const KEY = 'draft|';

/** Adds the keys that the pending responses take and give back. */
export function keepDraftKeys({ overlay, index }: Pick<Planning, 'overlay' | 'index'>): void {
  const changes = overlay
    .pendingOf(TYPE)
    .map((pending) => changeOf(pending, index))
    .filter(({ was, is }) => was !== is);
  const releases = changes.flatMap(({ was }): Write[] => (was === undefined ? [] : [{ write: 'release', key: was }]));
  const claims = changes.flatMap(({ is, holder }): Write[] => (is === undefined ? [] : [{ write: 'claim', key: is, holder }]));
  if (changes.length > 0) overlay.also([...releases, ...claims], []);
}

interface Change {
  readonly holder: Ref;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

function changeOf({ type, id, before, resource }: Pending, index: Indexer): Change {
  const old = before === undefined || before.method === 'delete' ? undefined : (JSON.parse(before.text) as Resource); // it was validated when it was stored
  return { holder: refOf(type, id), was: draftKey(old, index), is: draftKey(resource, index) };
}

/** Undefined for what is no draft of ours: finished, without patient or questionnaire, or brought from a hospital. */
function draftKey(resource: Resource | undefined, index: Indexer): string | undefined {
  if (resource === undefined || resource.status !== 'in-progress' || isFromElsewhere(resource)) return undefined;
  const response = resource as unknown as QuestionnaireResponse; // staged as one, and validated
  const patient = patientOf(response, index);
  const [url = ''] = (response.questionnaire ?? '').split('|');
  if (patient === undefined || url === '' || url.startsWith('#')) return undefined;
  return `${KEY}${patient}|${url}|${authorOf(response)}`;
}

const isFromElsewhere = ({ meta }: Resource): boolean => meta?.tag?.some(({ system }) => system === codeSystem('source')) === true;

/** By name where there is no reference: staff who share a screen. Answers without an author count as one person's. */
function authorOf({ author }: QuestionnaireResponse): string {
  const parsed = parseReference(author?.reference ?? '');
  return parsed.kind === 'relative' ? refOf(parsed.type, parsed.id) : (author?.reference ?? author?.display ?? '');
}

/** Throws FhirError `conflict`, naming the draft that there is, where that is what the store refused. */
export async function refuseSecondDraft(conflict: Conflict, steps: readonly Step[], planning: Planning): Promise<void> {
  if (conflict.on !== 'key' || !conflict.key.startsWith(KEY)) return;
  const second = planning.overlay.pendingOf(TYPE).findLast(({ resource }) => draftKey(resource, planning.index) === conflict.key);
  const entry = steps.find(({ ref }) => second !== undefined && ref === refOf(TYPE, second.id))?.entry;
  const name = await shownName(conflict.holder, second, planning);
  await atEntry(entry, () => {
    const text = `There is a draft of these answers already, ${name}: the same patient, questionnaire and author. Continue it with PUT and If-Match, or finish it (completed, stopped) first.`;
    throw new FhirError('conflict', text, { expression: `${TYPE}.status` });
  });
}

/** Named only to who may see it, or who writes both in one transaction. */
async function shownName(holder: Ref, second: Pending | undefined, { overlay, permit, index }: Planning): Promise<string> {
  const id = holder.slice(holder.indexOf('/') + 1);
  const isOwn = second !== undefined && overlay.pending(holder) !== undefined;
  return isOwn || (await isSeen(id, overlay, { permit, index })) ? holder : 'which you may not see';
}

const isSeen = async (id: string, overlay: Overlay, { permit, index }: Pick<Planning, 'permit' | 'index'>): Promise<boolean> =>
  (await restrict(overlay.reader, permit, index).read(TYPE, id)) !== undefined;
