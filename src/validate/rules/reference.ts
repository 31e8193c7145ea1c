import type { Registry } from '../../definitions/registry.ts';
import { parseReference, type Reference } from '../../fhir/reference.ts';
import { didYouMean } from '../nearest.ts';
import { text } from '../read.ts';
import type { Rule } from '../rule.ts';
import { shown } from '../shown.ts';
import type { Visit } from '../visit.ts';

/** What a Reference of one element may point to. */
interface Aim {
  readonly registry: Registry;
  /** Empty: any type. */
  readonly targets: ReadonlySet<string>;
}

/** A reference is well formed and points to a type that the element allows. https://hl7.org/fhir/R4/references.html */
export const reference: Rule = ({ element, type, registry }) => {
  if (type !== 'Reference') return undefined;
  const targets = new Set(element.types.find(({ code }) => code === 'Reference')?.targets ?? []);
  const aim: Aim = { registry, targets: targets.has('Resource') ? new Set() : targets };
  return (value, visit) => {
    checkType(text(value, 'type'), aim, visit);
    const written = text(value, 'reference');
    if (written === undefined || written === '') return;
    const parsed = parseReference(written);
    const target = targetOf(parsed, written, registry, visit);
    if (target === undefined || (parsed.kind === 'contained' && !registry.isResourceType(target))) return; // reported where it is contained
    checkTarget(target, text(value, 'type'), aim, visit);
    if (parsed.kind === 'relative') askFor(parsed, aim, visit);
  };
};

/** The type that a reference names; undefined where it names none, or is reported as wrong. */
function targetOf(parsed: Reference, written: string, registry: Registry, visit: Visit): string | undefined {
  switch (parsed.kind) {
    case 'relative':
      return parsed.type;
    case 'absolute':
      // Elsewhere on the web a path may look like Type/id without being one.
      return registry.isResourceType(parsed.type) ? parsed.type : undefined;
    case 'conditional':
      if (visit.packed) return parsed.type;
      visit.report('value', `${shown(written)} is a search; only a transaction may refer by search. Write Type/id.`, '.reference');
      return undefined;
    case 'contained':
      return containedType(parsed.id, written, visit);
    case 'malformed':
      visit.report(
        'value',
        `${shown(written)} is not a reference; expected Type/id, an absolute URL, urn:uuid:… or #id of a contained resource.`,
        '.reference',
      );
      return undefined;
    default:
      return undefined;
  }
}

/** `#` alone is the container, whose type is not judged here. */
function containedType(id: string, written: string, visit: Visit): string | undefined {
  visit.name(`#${id}`);
  if (id === '') return undefined;
  const type = visit.container.types.get(id);
  if (type === undefined) visit.report('invariant', `ref-1: no contained resource has the id that ${shown(written)} names.`, '.reference');
  return type;
}

function checkTarget(target: string, declared: string | undefined, { registry, targets }: Aim, visit: Visit): void {
  if (!registry.isResourceType(target)) {
    visit.report('value', `'${target}' is no FHIR R4 resource type.${didYouMean(target, registry.resourceTypes, visit)}`, '.reference');
    return;
  }
  if (declared !== undefined && declared !== target && registry.isResourceType(declared)) {
    visit.report('value', `The type says ${declared}, the reference ${target}: make them agree.`, '.type');
  }
  if (targets.size > 0 && !targets.has(target)) {
    visit.report('value', `A reference to ${target} is not allowed here; expected ${[...targets].join(', ')}.`, '.reference');
  }
}

/** A type without a literal reference still has to fit. */
function checkType(declared: string | undefined, { registry, targets }: Aim, visit: Visit): void {
  if (declared === undefined || targets.size === 0 || targets.has(declared) || !registry.isResourceType(declared)) return;
  visit.report('value', `A reference to ${declared} is not allowed here; expected ${[...targets].join(', ')}.`, '.type');
}

function askFor(parsed: { type: string; id: string }, { registry, targets }: Aim, visit: Visit): void {
  if (visit.packed || !registry.isResourceType(parsed.type) || (targets.size > 0 && !targets.has(parsed.type))) return;
  visit.ask({ ask: 'reference', type: parsed.type, id: parsed.id, expression: visit.at() });
}
