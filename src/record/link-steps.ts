/**
 * Resolves the links among the entries of a transaction, once every entry has its id; conditional references are found
 * last, in the store as it will be. https://hl7.org/fhir/R4/http.html#trules
 */
import { FhirError } from '../fhir/outcome.ts';
import { parseReference, referencesIn } from '../fhir/reference.ts';
import type { Ref } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import { atEntry } from './at-entry.ts';
import { createLinks, type Links } from './links.ts';
import { createPace } from './pace.ts';
import { findOne, type Planning, type Step } from './plan.ts';
import type { Commit } from './record.ts';

/** Rewrites the links of every resource that is written. */
export async function linkSteps(steps: readonly Step[], commit: Commit, planning: Planning): Promise<void> {
  const links = createLinks(commit.definitions);
  for (const { operation, ref } of steps) {
    if ('fullUrl' in operation && operation.fullUrl !== undefined && ref !== undefined) links.add(operation.fullUrl, ref);
  }
  const found = new Map<string, Ref>();
  const pace = createPace();
  for (const step of steps) {
    await pace();
    await atEntry(step.entry, () => findReferences(step, found, { commit, planning }));
  }
  for (const step of steps) {
    await pace();
    linkStep(step, links.rewrite, { found, planning });
  }
}

function linkStep({ operation, ref }: Step, rewrite: Links['rewrite'], { found, planning }: { found: ReadonlyMap<string, Ref>; planning: Planning }): void {
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
