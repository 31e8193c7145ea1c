/** Where an extension may stand. https://hl7.org/fhir/R4/defining-extensions.html#context */
import type { StructureDefinition } from 'fhir/r4';
import { contextsOf } from '../definitions/snapshot/profiles.ts';
import { compileFhirPath } from '../fhir/fhirpath.ts';
import { FhirError } from '../fhir/outcome.ts';
import { compileConstraint } from './constraint.ts';
import type { Member, ObjectSchema } from './member.ts';
import type { Tools } from './profile/tools.ts';
import { part, text } from './read.ts';
import { isObject, nameOf, type Visit, type VisitStep } from './visit.ts';

/** Called at the extension. */
export function checkContext(definition: StructureDefinition, tools: Tools, visit: Visit): void {
  const contexts = contextsOf(definition);
  if (contexts.length === 0) return;
  const around = aroundHere(tools, visit);
  const fits = contexts.some(({ type, expression }) => {
    if (type === 'extension') return text(around.owner, 'url') === expression;
    return type === 'element' ? isNamed(expression, around.names) : isSelected(expression, around.owner, visit);
  });
  if (WIDER.has(definition.url)) return;
  if (fits) {
    checkInvariants(definition, around, tools, visit);
    return;
  }
  const allowed = contexts.map(({ type, expression }) => (type === 'element' ? expression : `${type} ${expression}`)).slice(0, 12);
  visit.report('extension', `The extension ${definition.url} may not stand on ${[...around.names][0] ?? 'this element'}; allowed: ${allowed.join(', ')}.`);
}

/** HL7 itself uses these of its extensions beyond the contexts that R4 gives them; later versions say so. https://hl7.org/fhir/extensions/extension-registry.html */
const WIDER: ReadonlySet<string> = new Set(
  ['structuredefinition-normative-version', 'valueset-concept-comments'].map((name) => `http://hl7.org/fhir/StructureDefinition/${name}`),
);

/** What the element that is extended must be. Authors break these often, and readers can still make sense of it: a warning. */
function checkInvariants({ url, contextInvariant = [] }: StructureDefinition, { owner, place }: Around, tools: Tools, visit: Visit): void {
  for (const expression of contextInvariant) {
    const constraint = { key: 'context', severity: 'warning', human: `The extension ${url} stands only where ${expression}.`, expression } as const;
    if (isObject(owner)) compileConstraint(constraint, place, tools)(owner, visit);
  }
}

/** `Element` is taken to mean resources too, as authors do. */
const ANYWHERE: readonly string[] = ['Element', '*', 'Any'];

/** An element of a profile (`url#Patient.name`) is taken for the element. */
function isNamed(expression: string, names: ReadonlySet<string>): boolean {
  const path = expression.slice(expression.lastIndexOf('#') + 1);
  return names.has(path) || ANYWHERE.includes(expression) || names.has(path.slice(path.lastIndexOf('/') + 1));
}

interface Around {
  /** The element that is extended; of a primitive, what holds its extensions. */
  readonly owner: unknown;
  /**
   * What it may be called: by its way from the resource (`Patient.name.family`), by where it is defined (`HumanName.family`), and
   * by its type and those above (`string`, `Element`).
   */
  readonly names: ReadonlySet<string>;
  /** Where FHIRPath starts from. */
  readonly place: string;
}

function aroundHere(tools: Tools, visit: Visit): Around {
  const type = nameOf(visit.resource.resourceType);
  let at: Standing = { owner: visit.resource, schema: tools.schemas.of(type), member: undefined, way: type };
  for (const step of visit.steps.slice(0, -1)) at = stepDown(at, step, tools);
  return { owner: at.owner, names: namesOf(at, tools), place: at.schema?.name ?? type };
}

interface Standing {
  readonly owner: unknown;
  readonly schema: ObjectSchema | undefined;
  readonly member: Member | undefined;
  readonly way: string;
}

function stepDown({ owner, schema, way }: Standing, { segment, index }: VisitStep, { schemas }: Tools): Standing {
  const member = memberAt(schema, segment);
  if (member === undefined) return { owner: undefined, schema: undefined, member, way };
  const pick = (name: string): unknown => {
    const found = part(owner, name);
    return Array.isArray(found) ? found[index] : found;
  };
  const isPrimitive = member.kind === 'primitive';
  return {
    owner: pick(isPrimitive ? `_${member.name}` : member.name),
    schema: isPrimitive ? schemas.of('Element') : member.schema(),
    member,
    way: `${way}.${lastName(member)}`,
  };
}

function namesOf({ way, member, schema }: Standing, { registry }: Tools): ReadonlySet<string> {
  const names = new Set([way]);
  if (member !== undefined) for (const name of [member.element.path, ...aliases(member)]) names.add(name);
  if (schema !== undefined && member?.kind !== 'primitive') names.add(schema.name);
  const isPartOfType = schema?.name.includes('.') === true;
  let type: string | undefined = isPartOfType ? 'BackboneElement' : (member?.type ?? schema?.name);
  for (let left = MAX_TYPES; type !== undefined && left > 0; left -= 1) {
    names.add(type);
    type = registry.structure(type)?.base;
  }
  return names;
}

/** Types above types: no chain of R4 comes near. */
const MAX_TYPES = 10;

const lastName = ({ element }: Member): string => element.path.slice(element.path.lastIndexOf('.') + 1);

/** A choice is called by its name without the brackets, too. */
const aliases = ({ element: { path } }: Member): readonly string[] => (path.endsWith('[x]') ? [path.slice(0, -3)] : []);

function memberAt(schema: ObjectSchema | undefined, step: string): Member | undefined {
  for (const member of schema?.members.values() ?? []) if (member.segment === step) return member;
  return undefined;
}

/** Whether the expression selects the element that is extended; of texts and numbers, which are not told apart, any will do. */
function isSelected(expression: string, owner: unknown, visit: Visit): boolean {
  try {
    return compileFhirPath(expression)(visit.resource, { resource: visit.resource }).some((element) => !isObject(element) || element === owner);
  } catch (error) {
    if (error instanceof FhirError) return true;
    throw error;
  }
}
