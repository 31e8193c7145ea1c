/**
 * Which resource each operation is about, and what becomes of it: judged under the caller's permit, staged in the
 * overlay, in the order that FHIR gives for a transaction (deletions, then creations, then updates), so that a
 * condition sees the work of the operations before it. https://hl7.org/fhir/R4/http.html#trules
 */
import type { World } from '../access/judge.ts';
import { imageOfVersion } from '../access/judge.ts';
import type { Action, Permit } from '../access/permit.ts';
import { allows, granted, narrowed, restrict } from '../access/restrict.ts';
import { keepNumbers } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import { isId } from '../fhir/reference.ts';
import type { IdMaker, Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Indexer } from '../search/extract.ts';
import type { Version } from '../store/store.ts';
import { atEntry } from './at-entry.ts';
import type { Overlay } from './overlay.ts';
import { createPace } from './pace.ts';
import type { Condition, Done, Operation } from './record.ts';

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
}

type Plan = Omit<Step, 'entry' | 'operation'>;

const ABSENT: Plan = { outcome: 'absent', ref: undefined, action: undefined };
const ORDER: Readonly<Record<Operation['op'], number>> = { delete: 0, 'delete-where': 0, create: 1, update: 2, 'update-where': 2 };

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
    written.set(steps[place].ref ?? namedRef(operation) ?? '', place);
  }
  return steps;
}

/** A resource that another operation of the transaction writes already is refused, whichever way it is named. */
async function planOnce(operation: Operation, planning: Planning, written: ReadonlyMap<Ref, number>): Promise<Plan> {
  refuseTwice(namedRef(operation), written);
  const plan = await planOperation(operation, planning);
  if (plan.outcome !== 'existing') refuseTwice(plan.ref, written);
  return plan;
}

function namedRef(operation: Operation): Ref | undefined {
  if (operation.op === 'update') return refOf(operation.resource.resourceType, operation.id);
  return operation.op === 'delete' ? refOf(operation.type, operation.id) : undefined;
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

async function planUpdate({ id, resource, ifMatch }: Of<'update'>, planning: Planning): Promise<Plan> {
  const type = resource.resourceType;
  requireSameId(resource, id);
  requireGrant(planning.permit, 'update', type);
  const before = await current(type, id, planning);
  if (isLive(before) && (await mayTouch('update', before, planning))) return stageOver(resource, before, ifMatch, planning);
  if (!planning.permit.everything) throw nothingThere(type, id, await isSeen(type, id, planning));
  return stageUnderId(resource, { id, before, ifMatch }, planning);
}

function stageOver(resource: Resource, before: Version, ifMatch: number | undefined, { overlay }: Planning): Plan {
  requireMatch(before.type, before.id, before.version, ifMatch);
  overlay.stage({ type: before.type, id: before.id, before, method: 'update', resource: withOwnMeta(resource) });
  return { outcome: 'updated', ref: refOf(before.type, before.id), action: 'update' };
}

/** Update as create, also over a tombstone: for those who may do everything. https://hl7.org/fhir/R4/http.html#upsert */
function stageUnderId(resource: Resource, at: { id: string; before: Version | undefined; ifMatch: number | undefined }, { overlay }: Planning): Plan {
  const type = resource.resourceType;
  if (at.ifMatch !== undefined) throw noSuchVersion(type, at.id, at.ifMatch);
  overlay.stage({ type, id: at.id, before: at.before, method: 'update', resource: withOwnMeta(resource) });
  return { outcome: 'created', ref: refOf(type, at.id), action: 'update' };
}

/** https://hl7.org/fhir/R4/http.html#cond-update */
async function planUpdateWhere(operation: Of<'update-where'>, planning: Planning): Promise<Plan> {
  const { condition, resource, ifMatch } = operation;
  requireType(resource, condition);
  requireGrant(planning.permit, 'update', condition.type);
  const found = await findOne(condition, planning);
  if (found === undefined) return planUpdateOfNone(operation, planning);
  if (resource.id !== undefined && resource.id !== found.id) {
    const text = `The resource's id is "${resource.id}", but ${condition.text} finds ${found.type}/${found.id}; give that id or none.`;
    throw new FhirError('bad-request', text, { expression: `${condition.type}.id` });
  }
  if (!(await mayTouch('update', found, planning))) throw notYours('update', found.type, found.id);
  return stageOver(resource, found, ifMatch, planning);
}

async function planUpdateOfNone({ condition, resource, ifMatch }: Of<'update-where'>, planning: Planning): Promise<Plan> {
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
  return stageUnderId(resource, { id: resource.id, before, ifMatch }, planning);
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

async function planDeleteWhere({ condition, ifMatch }: Of<'delete-where'>, planning: Planning): Promise<Plan> {
  requireGrant(planning.permit, 'delete', condition.type);
  const found = await findOne(condition, planning);
  if (found === undefined) {
    requireNoneExpected(ifMatch, condition);
    return ABSENT;
  }
  if (!(await mayTouch('delete', found, planning))) throw notYours('delete', found.type, found.id);
  return stageDeletion(found, ifMatch, planning);
}

function stageDeletion(before: Version, ifMatch: number | undefined, { overlay }: Planning): Plan {
  requireMatch(before.type, before.id, before.version, ifMatch);
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

function requireNoneExpected(ifMatch: number | undefined, { text }: Condition): void {
  if (ifMatch !== undefined) throw new FhirError('version-mismatch', `If-Match asks for version ${ifMatch}, but nothing matches ${text}.`);
}

const noSuchVersion = (type: string, id: string, ifMatch: number): FhirError =>
  new FhirError('version-mismatch', `If-Match asks for version ${ifMatch} of ${type}/${id}, which does not exist.`);

function requireMatch(type: string, id: string, version: number, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === version) return;
  throw new FhirError('version-mismatch', `${type}/${id} is at version ${version}, not ${ifMatch}; read it again and repeat the change on that version.`);
}

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
