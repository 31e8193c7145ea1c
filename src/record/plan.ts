/**
 * Which resource each operation is about, and what becomes of it: judged under the caller's permit, staged in the
 * overlay, in the order that FHIR gives for a transaction (deletions, then creations, then updates and patches), so that a
 * condition sees the work of the operations before it. https://hl7.org/fhir/R4/http.html#trules
 */
import type { World } from '../access/judge.ts';
import { imageOfVersion } from '../access/judge.ts';
import type { Action, Permit } from '../access/permit.ts';
import { allows, granted, narrowed, restrict } from '../access/restrict.ts';
import { keepNumbers, parseResource } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import { isId } from '../fhir/reference.ts';
import type { IdMaker, Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Indexer } from '../search/extract.ts';
import type { Version } from '../store/store.ts';
import { atEntry } from './at-entry.ts';
import type { Overlay } from './overlay.ts';
import { createPace } from './pace.ts';
import type { Condition, Done, Operation, Versions } from './record.ts';

export interface Planning {
  readonly permit: Permit;
  readonly overlay: Overlay;
  readonly index: Indexer;
  readonly ids: IdMaker;
}

/** One operation with what it comes to. */
export interface Step {
  /** Its place among the operations; undefined where it is the only one and needs no naming. */
  readonly entry: number | undefined;
  readonly operation: Operation;
  readonly outcome: Done['outcome'];
  /** The resource it is about; undefined where there was nothing to delete. */
  readonly ref: Ref | undefined;
  /** What the permit must allow on the resource as it will be; undefined where nothing is written. */
  readonly action: 'create' | 'update' | undefined;
  /** The version found, where nothing is written. */
  readonly version?: Version;
  /** What else a conditional deletion of several deletes. */
  readonly others?: readonly Ref[];
}

type Plan = Omit<Step, 'entry' | 'operation'>;

const ABSENT: Plan = { outcome: 'absent', ref: undefined, action: undefined };
const ORDER: Readonly<Record<Operation['op'], number>> = { delete: 0, 'delete-where': 0, create: 1, update: 2, 'update-where': 2, patch: 2, 'patch-where': 2 };

/** Plans every operation. The steps come back in the order of the operations. */
export async function planOperations(operations: readonly Operation[], planning: Planning): Promise<readonly Step[]> {
  const inOrder = [...operations.entries()].toSorted(([, left], [, right]) => ORDER[left.op] - ORDER[right.op]);
  const steps: Step[] = [];
  const written = new Map<Ref, number>();
  const pace = createPace();
  for (const [place, operation] of inOrder) {
    await pace();
    const entry = operations.length > 1 ? place : undefined;
    steps[place] = await atEntry(entry, async () => ({ entry, operation, ...(await planOnce(operation, planning, written)) }));
    for (const ref of writtenBy(steps[place], operation)) written.set(ref, place);
  }
  return steps;
}

/** What a conditional creation finds is not written, and may be by another operation. */
function writtenBy({ outcome, ref, others = [] }: Step, operation: Operation): readonly Ref[] {
  if (outcome === 'existing') return [];
  return [ref ?? namedRef(operation) ?? '', ...others];
}

/** A resource that another operation of the transaction writes already is refused, whichever way it is named. */
async function planOnce(operation: Operation, planning: Planning, written: ReadonlyMap<Ref, number>): Promise<Plan> {
  refuseTwice(namedRef(operation), written);
  const plan = await planOperation(operation, planning);
  if (plan.outcome !== 'existing') for (const ref of [plan.ref, ...(plan.others ?? [])]) refuseTwice(ref, written);
  return plan;
}

function namedRef(operation: Operation): Ref | undefined {
  if (operation.op === 'update') return refOf(operation.resource.resourceType, operation.id);
  return operation.op === 'delete' || operation.op === 'patch' ? refOf(operation.type, operation.id) : undefined;
}

function refuseTwice(ref: Ref | undefined, written: ReadonlyMap<Ref, number>): void {
  const other = ref === undefined ? undefined : written.get(ref);
  if (other === undefined) return;
  throw new FhirError('bad-request', `${ref} is already written by entry ${other}; in one transaction a resource is written once.`);
}

function planOperation(operation: Operation, planning: Planning): Promise<Plan> {
  switch (operation.op) {
    case 'create':
      return planCreate(operation, planning);
    case 'update':
      return planUpdate(operation, planning);
    case 'update-where':
      return planUpdateWhere(operation, planning);
    case 'patch':
      return planPatch(operation, planning);
    case 'patch-where':
      return planPatchWhere(operation, planning);
    case 'delete':
      return planDelete(operation, planning);
    case 'delete-where':
      return planDeleteWhere(operation, planning);
  }
}

type Of<Op extends Operation['op']> = Extract<Operation, { op: Op }>;

/** The server gives the id; one that the client gives is ignored. https://hl7.org/fhir/R4/http.html#create */
async function planCreate({ resource, ifNoneExist }: Of<'create'>, planning: Planning): Promise<Plan> {
  requireGrant(planning.permit, 'create', resource.resourceType);
  if (ifNoneExist !== undefined) {
    const existing = await findOne(ifNoneExist, planning);
    if (existing !== undefined) return { outcome: 'existing', ref: refOf(existing.type, existing.id), action: undefined, version: existing };
  }
  return stageNew(resource, planning.ids(), planning);
}

function stageNew(resource: Resource, id: string, { overlay }: Planning): Plan {
  const type = resource.resourceType;
  overlay.stage({ type, id, before: undefined, method: 'create', resource: keepNumbers(resource, { ...withOwnMeta(resource), id }) });
  return { outcome: 'created', ref: refOf(type, id), action: 'create' };
}

async function planUpdate(operation: Of<'update'>, planning: Planning): Promise<Plan> {
  const { id, resource } = operation;
  const type = resource.resourceType;
  requireSameId(resource, id);
  requireGrant(planning.permit, 'update', type);
  const before = await current(type, id, planning);
  if (isLive(before) && (await mayTouch('update', before, planning))) return stageOver(resource, before, operation, planning);
  if (!planning.permit.everything) throw nothingThere(type, id, await isSeen(type, id, planning));
  return stageUnderId(operation, id, before, planning);
}

/** Under which versions the client wants a write to be done. */
type Preconditions = Pick<Of<'update'>, 'ifMatch' | 'ifNoneMatch'>;

function stageOver(resource: Resource, before: Version, preconditions: Preconditions, { overlay }: Planning): Plan {
  requireMatch(before, preconditions);
  overlay.stage({ type: before.type, id: before.id, before, method: 'update', resource: withOwnMeta(resource) });
  return { outcome: 'updated', ref: refOf(before.type, before.id), action: 'update' };
}

/** Update as create, also over a tombstone: for those who may do everything. https://hl7.org/fhir/R4/http.html#upsert */
function stageUnderId({ resource, ifMatch, existing }: Of<'update' | 'update-where'>, id: string, before: Version | undefined, { overlay }: Planning): Plan {
  const type = resource.resourceType;
  if (ifMatch !== undefined) throw noSuchVersion(type, id, ifMatch);
  if (existing && before === undefined) {
    const text = `There is no ${type}/${id}, and this server gives the ids itself; create it with POST ${type}.`;
    throw new FhirError('method-not-allowed', text, { headers: { Allow: 'GET, HEAD, DELETE' }, expression: `${type}.id` });
  }
  overlay.stage({ type, id, before, method: 'update', resource: withOwnMeta(resource) });
  return { outcome: 'created', ref: refOf(type, id), action: 'update' };
}

/** https://hl7.org/fhir/R4/http.html#cond-update */
async function planUpdateWhere(operation: Of<'update-where'>, planning: Planning): Promise<Plan> {
  const { condition, resource } = operation;
  requireType(resource, condition);
  requireGrant(planning.permit, 'update', condition.type);
  const found = await findOne(condition, planning);
  if (found === undefined) return planUpdateOfNone(operation, planning);
  if (resource.id !== undefined && resource.id !== found.id) {
    const text = `The resource's id is "${resource.id}", but ${condition.text} finds ${found.type}/${found.id}; give that id or none.`;
    throw new FhirError('bad-request', text, { expression: `${condition.type}.id` });
  }
  if (!(await mayTouch('update', found, planning))) throw notYours('update', found.type, found.id);
  return stageOver(resource, found, operation, planning);
}

async function planUpdateOfNone(operation: Of<'update-where'>, planning: Planning): Promise<Plan> {
  const { condition, resource, ifMatch } = operation;
  const { type } = condition;
  requireNoneExpected(ifMatch, condition);
  if (resource.id === undefined) {
    requireGrant(planning.permit, 'create', type);
    return stageNew(resource, planning.ids(), planning);
  }
  if (!planning.permit.everything) {
    throw new FhirError('forbidden', `Nothing matches ${condition.text}, and the server alone chooses ids; leave out the id.`, { expression: `${type}.id` });
  }
  requireSameId(resource, resource.id);
  const before = await current(type, resource.id, planning);
  if (isLive(before)) throw new FhirError('conflict', `${type}/${resource.id} exists and does not match ${condition.text}; leave out the id or use its own.`);
  return stageUnderId(operation, resource.id, before, planning);
}

async function planPatch(operation: Of<'patch'>, planning: Planning): Promise<Plan> {
  const { type, id } = operation;
  requirePatchGrants(planning.permit, type);
  const before = await current(type, id, planning);
  if (isLive(before) && (await mayPatch(before, planning))) return stagePatched(before, operation, planning);
  const seen = await isSeen(type, id, planning);
  if (seen && isLive(before)) throw notYours('update', type, id);
  if (seen) throw new FhirError('gone', `${type}/${id} was deleted; there is nothing to patch.`);
  throw new FhirError('not-found', `There is no ${type}/${id} here to patch, or you may not see it.`);
}

/** https://hl7.org/fhir/R4/http.html#patch: a condition that finds nothing is 404 */
async function planPatchWhere(operation: Of<'patch-where'>, planning: Planning): Promise<Plan> {
  const { condition } = operation;
  requirePatchGrants(planning.permit, condition.type);
  const found = await findOne(condition, planning);
  if (found === undefined) throw new FhirError('not-found', `Nothing matches ${condition.text}; a patch needs a resource that is there.`);
  if (!(await mayPatch(found, planning))) throw notYours('update', found.type, found.id);
  return stagePatched(found, operation, planning);
}

/** What a patch leaves alone comes back with the answer, and whether it applies tells what is there: it takes reading, too. */
function requirePatchGrants(permit: Permit, type: string): void {
  requireGrant(permit, 'read', type);
  requireGrant(permit, 'update', type);
}

const mayPatch = async (version: Version, planning: Planning): Promise<boolean> =>
  (await mayTouch('read', version, planning)) && mayTouch('update', version, planning);

function stagePatched(before: Version, { change, ifMatch }: Of<'patch' | 'patch-where'>, planning: Planning): Plan {
  const preconditions = ifMatch === undefined ? {} : { ifMatch };
  requireMatch(before, preconditions);
  const resource = change(parseResource(before.text));
  requireSameServerPart(resource, before);
  return stageOver(resource, before, preconditions, planning);
}

/** A patch may leave out what the server writes itself, but not say something else. */
function requireSameServerPart(resource: Resource, { type, id, version, updated }: Version): void {
  const { meta } = withOwnMeta(resource);
  const own = [
    ['resourceType', resource.resourceType, type],
    ['id', resource.id ?? id, id],
    ['meta.versionId', meta?.versionId ?? String(version), String(version)],
    ['meta.lastUpdated', meta?.lastUpdated ?? updated, updated],
  ] as const;
  for (const [name, patched, stored] of own) {
    if (patched !== stored)
      throw new FhirError('invalid', `A patch may not change ${name}: it is ${JSON.stringify(stored)}, and the server alone writes it.`, {
        expression: `${type}.${name}`,
      });
  }
}

/** What other resources refer to may be deleted too: FHIR leaves that to the server, and history keeps the content. */
async function planDelete({ type, id, ifMatch }: Of<'delete'>, planning: Planning): Promise<Plan> {
  requireGrant(planning.permit, 'delete', type);
  const before = await current(type, id, planning);
  if (isLive(before) && (await mayTouch('delete', before, planning))) return stageDeletion(before, ifMatch, planning);
  if (isLive(before) && (await isSeen(type, id, planning))) throw notYours('delete', type, id);
  if (ifMatch !== undefined) throw noSuchVersion(type, id, ifMatch);
  return ABSENT;
}

async function planDeleteWhere(operation: Of<'delete-where'>, planning: Planning): Promise<Plan> {
  const { condition, ifMatch, atMost = 1 } = operation;
  requireGrant(planning.permit, 'delete', condition.type);
  if (atMost > 1) return planDeleteAll(operation, atMost, planning);
  const found = await findOne(condition, planning);
  if (found === undefined) {
    requireNoneExpected(ifMatch, condition);
    return ABSENT;
  }
  if (!(await mayTouch('delete', found, planning))) throw notYours('delete', found.type, found.id);
  return stageDeletion(found, ifMatch, planning);
}

/** Everything that the condition finds, or nothing of it. */
async function planDeleteAll({ condition, ifMatch }: Of<'delete-where'>, atMost: number, planning: Planning): Promise<Plan> {
  const { type, where, text } = condition;
  const { versions } = await planning.overlay.find(type, narrowed(planning.permit, type, where), atMost + 1);
  if (versions.length > atMost)
    throw new FhirError(
      'multiple-matches',
      `${text} matches more than ${atMost} resources of type ${type}, which is the most that one request deletes. Make it narrower.`,
    );
  if (versions.length === 0) requireNoneExpected(ifMatch, condition);
  const plans: Plan[] = [];
  for (const version of versions) {
    if (!(await mayTouch('delete', version, planning))) throw notYours('delete', version.type, version.id);
    plans.push(stageDeletion(version, ifMatch, planning));
  }
  const [first = ABSENT, ...others] = plans;
  return { ...first, others: others.flatMap(({ ref }) => ref ?? []) };
}

function stageDeletion(before: Version, ifMatch: Versions | undefined, { overlay }: Planning): Plan {
  requireMatch(before, ifMatch === undefined ? {} : { ifMatch });
  overlay.stage({ type: before.type, id: before.id, before, method: 'delete', resource: undefined });
  return { outcome: 'deleted', ref: refOf(before.type, before.id), action: undefined };
}

/**
 * What the condition finds among what the caller may search. The search is also made an expectation of the
 * transaction, so that of two callers with one condition only one can have found nothing.
 */
export async function findOne({ type, where, text }: Condition, { permit, overlay }: Planning): Promise<Version | undefined> {
  const visible = narrowed(permit, type, where);
  const { stored, versions } = await overlay.find(type, visible, 2);
  if (versions.length > 1) {
    throw new FhirError('multiple-matches', `${text} matches more than one ${type}; a condition must name at most one. Make it narrower.`);
  }
  if (stored.length < 2) overlay.also([], [{ expect: 'search', type, where: visible, found: stored[0], guard: `search|${text}` }]);
  return versions[0];
}

const isLive = (version: Version | undefined): version is Version => version !== undefined && version.method !== 'delete';

/** As stored, whatever other operations of the transaction do: two on one resource are refused. */
const current = (type: string, id: string, { overlay }: Planning): Promise<Version | undefined> => overlay.reader.read(type, id);

const worldOf = ({ overlay, index }: Planning): World => ({ reader: overlay.reader, index });

async function mayTouch(action: Action, version: Version, planning: Planning): Promise<boolean> {
  return planning.permit.everything || allows(planning.permit, action, imageOfVersion(version, planning.index), worldOf(planning));
}

async function isSeen(type: string, id: string, { permit, overlay, index }: Planning): Promise<boolean> {
  return (await restrict(overlay.reader, permit, index).read(type, id)) !== undefined;
}

/** Asked before anything is read, so that the answer says nothing about what exists. */
function requireGrant(permit: Permit, action: Action, type: string): void {
  if (!permit.everything && granted(permit, action, type).op === 'none') {
    throw new FhirError('forbidden', `You may not ${action} resources of type ${type}.`);
  }
}

const notYours = (action: Action, type: string, id: string): FhirError => new FhirError('forbidden', `You may see ${type}/${id} but not ${action} it.`);

const nothingThere = (type: string, id: string, seen: boolean): FhirError =>
  seen ? notYours('update', type, id) : new FhirError('not-found', `There is no ${type}/${id} to update; create it with POST, the server gives the id.`);

function requireNoneExpected(ifMatch: Versions | undefined, { text }: Condition): void {
  if (ifMatch !== undefined) throw new FhirError('version-mismatch', `If-Match asks for ${named(ifMatch)}, but nothing matches ${text}.`);
}

const noSuchVersion = (type: string, id: string, ifMatch: Versions): FhirError =>
  new FhirError('version-mismatch', `If-Match asks for ${named(ifMatch)} of ${type}/${id}, which does not exist.`);

/** A version that has been overtaken is 412, as R4 says; 409 is left to conflicts that no header spoke of. https://hl7.org/fhir/R4/http.html#concurrency */
function requireMatch({ type, id, version }: Version, { ifMatch, ifNoneMatch }: Preconditions): void {
  if (ifMatch !== undefined && !includes(ifMatch, version))
    throw new FhirError(
      'version-mismatch',
      `${type}/${id} is at version ${version}, not ${named(ifMatch)}; read it again and repeat the change on that version.`,
    );
  if (ifNoneMatch !== undefined && includes(ifNoneMatch, version))
    throw new FhirError('version-mismatch', `${type}/${id} is there, at version ${version}, and If-None-Match asks that it is not.`);
}

const includes = (versions: Versions, version: number): boolean => versions === 'any' || [versions].flat().includes(version);

const named = (versions: Versions): string => (versions === 'any' ? 'any version' : [versions].flat().join(' or '));

function requireSameId(resource: Resource, id: string): void {
  const expression = `${resource.resourceType}.id`;
  if (!isId(id)) throw new FhirError('bad-request', `"${id}" is no id: 1 to 64 letters, digits, "-" and "." are.`, { expression });
  if (resource.id !== id) {
    const said = resource.id === undefined ? 'has no id' : `has the id "${String(resource.id)}"`;
    throw new FhirError('bad-request', `The resource ${said}, but is to be stored as ${resource.resourceType}/${id}; both must be the same.`, { expression });
  }
}

function requireType(resource: Resource, { type, text }: Condition): void {
  if (resource.resourceType === type) return;
  throw new FhirError('bad-request', `A ${resource.resourceType} cannot be stored where ${text} is asked for.`, { expression: `${resource.resourceType}` });
}

/** The server writes into `meta`, so it must be an object before anything else is looked at. */
function withOwnMeta(resource: Resource): Resource {
  const { meta } = resource;
  if (meta !== undefined && (typeof meta !== 'object' || meta === null || Array.isArray(meta))) {
    throw new FhirError('invalid', 'meta must be a JSON object.', { expression: `${resource.resourceType}.meta` });
  }
  return resource;
}
