/** Puts the record together: plan, link, check, derive, store; again from fresh reads where a fact no longer held. */

import type { Permit } from '../access/permit.ts';
import { FhirError } from '../fhir/outcome.ts';
import { parseReference, referencesIn } from '../fhir/reference.ts';
import type { Clock, IdMaker, Ref } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Indexer } from '../search/extract.ts';
import type { Conflict, Store } from '../store/store.ts';
import type { Validator } from '../validate/validator.ts';
import { atEntry } from './at-entry.ts';
import { checkSteps } from './check.ts';
import { createLanes } from './lanes.ts';
import { createLinks } from './links.ts';
import { createOverlay } from './overlay.ts';
import type { Planning, Step } from './plan.ts';
import { findOne, planOperations } from './plan.ts';
import type { Commit, Done, RecordKeeper } from './record.ts';
import { changesNothing } from './unchanged.ts';

export interface RecordParts {
  readonly store: Store;
  readonly validator: Validator;
  /** Index values as the store makes them. */
  readonly index: Indexer;
  readonly clock: Clock;
  readonly ids: IdMaker;
  readonly settings: RecordSettings;
}

export interface RecordSettings {
  /** `checked` (the default): a literal reference to this server must exist, in the caller's sight. `free`: it may dangle. */
  readonly references: 'checked' | 'free';
}

export function createRecord(parts: RecordParts): RecordKeeper {
  const lanes = createLanes();
  const attempt = (commit: Commit, permit: Permit): Promise<Attempt> => attemptOnce(parts, commit, permit);
  return {
    commit: async (commit, permit) => {
      const first = await tryUpTo(FREE_TRIES, () => attempt(commit, permit));
      if (first.done !== undefined) return first.done;
      const queued = await lanes.run(laneOf(first.conflict), () => tryUpTo(QUEUED_TRIES, () => attempt(commit, permit)));
      if (queued.done !== undefined) return queued.done;
      throw new FhirError('unavailable', 'Too many others write the same thing at this moment. Send the request again.', { headers: { 'Retry-After': '1' } });
    },
  };
}

/** How often a commit is computed anew before it queues with the others that want the same thing. */
const FREE_TRIES = 3;
/** In the queue only newcomers and other processes can get in between; each time one of them has been served. */
const QUEUED_TRIES = 100;

type Attempt = { readonly done: readonly Done[] } | { readonly done: undefined; readonly conflict: Conflict };

async function tryUpTo(times: number, attempt: () => Promise<Attempt>): Promise<Attempt> {
  let result = await attempt();
  for (let tried = 1; tried < times && result.done === undefined; tried += 1) result = await attempt();
  return result;
}

function laneOf(conflict: Conflict): string {
  switch (conflict.on) {
    case 'version':
      return conflict.ref;
    case 'counter':
      return conflict.counter;
    case 'key':
      return conflict.key;
    case 'search':
      return conflict.guard;
    case 'row':
      return `${conflict.kind}|${conflict.key}`;
  }
}

async function attemptOnce(parts: RecordParts, commit: Commit, permit: Permit): Promise<Attempt> {
  const overlay = createOverlay(parts.store, parts.index, parts.clock());
  const planning: Planning = { permit, overlay, index: parts.index, ids: parts.ids };
  const planned = await planOperations(commit.operations, planning);
  await linkSteps(planned, commit, planning);
  const steps = planned.map((step) => dropUnchanged(step, planning));
  const warnings = await checkSteps(steps, planning, { validator: parts.validator, references: parts.settings.references });
  const transaction = overlay.transaction();
  const result = transaction.writes.length > 0 ? await parts.store.transact(transaction) : { ok: true as const };
  return result.ok ? { done: steps.map((step, at) => doneOf(step, planning, warnings[at] ?? [])) } : { done: undefined, conflict: result.conflict };
}

const doneOf = (step: Step, { overlay }: Planning, issues: Done['issues']): Done => ({
  outcome: step.outcome,
  version: step.version ?? (step.ref === undefined ? undefined : overlay.version(step.ref)),
  issues,
  advice: [],
});

/** Rewrites the links among the entries, once every entry has its id. Conditional references are found last. */
async function linkSteps(steps: readonly Step[], commit: Commit, planning: Planning): Promise<void> {
  const links = createLinks();
  for (const { operation, ref } of steps) {
    if ('fullUrl' in operation && operation.fullUrl !== undefined && ref !== undefined) links.add(operation.fullUrl, ref);
  }
  const found = new Map<string, Ref>();
  for (const step of steps) await atEntry(step.entry, () => findReferences(step, found, { commit, planning }));
  for (const step of steps) linkStep(step, links.rewrite, { found, planning });
}

type Rewrite = ReturnType<typeof createLinks>['rewrite'];

function linkStep({ operation, ref }: Step, rewrite: Rewrite, { found, planning }: { found: ReadonlyMap<string, Ref>; planning: Planning }): void {
  const pending = ref === undefined ? undefined : planning.overlay.pending(ref);
  if (pending?.resource === undefined) return;
  const resource = rewrite(pending.resource, 'fullUrl' in operation ? operation.fullUrl : undefined, found);
  if (resource !== pending.resource) planning.overlay.stage({ ...pending, resource });
}

/** `Patient?identifier=…` must find exactly one. https://hl7.org/fhir/R4/http.html#trules */
async function findReferences(step: Step, found: Map<string, Ref>, { commit, planning }: { commit: Commit; planning: Planning }): Promise<void> {
  const resource = step.ref === undefined ? undefined : planning.overlay.pending(step.ref)?.resource;
  if (resource === undefined || commit.parseCondition === undefined) return;
  for (const { text, expression } of referencesIn(resource)) {
    const reference = parseReference(text);
    if (reference.kind !== 'conditional' || found.has(text)) continue;
    const match = await findOne(commit.parseCondition(reference.type, reference.query), planning);
    if (match === undefined) throw new FhirError('invalid', `${text} finds nothing; a conditional reference must find exactly one resource.`, { expression });
    found.set(text, refOf(match.type, match.id));
  }
}

function dropUnchanged(step: Step, { overlay }: Planning): Step {
  const pending = step.ref === undefined ? undefined : overlay.pending(step.ref);
  if (step.ref === undefined || pending?.before === undefined || pending.before.method === 'delete' || pending.resource === undefined) return step;
  if (!changesNothing(pending.resource, pending.before)) return step;
  overlay.unstage(step.ref);
  return { ...step, outcome: 'unchanged', action: undefined, version: pending.before };
}
