/**
 * A type compiled for walking: for each JSON member of its objects, what it is and which checks its values go through.
 * https://hl7.org/fhir/R4/json.html
 */
import type { ElementDefinition, Registry, Structure } from '../definitions/registry.ts';
import type { Check, Kind, Member, ObjectSchema, Schemas, Slot } from './member.ts';
import type { Profiles } from './profile/tools.ts';
import type { Rule } from './rule.ts';

/** Bits in a mask that JavaScript's operators can hold; no R4 type comes near. */
const MAX_SLOTS = 31;

export function createSchemas(registry: Registry, rules: readonly Rule[], profiles: () => Profiles): Schemas {
  const compiled = new Map<string, ObjectSchema>();
  const schemas: Schemas = {
    of(type) {
      const known = compiled.get(type);
      if (known !== undefined) return known;
      const structure = registry.structure(type);
      if (structure === undefined) return undefined;
      const schema = compileStructure(structure, { registry, rules, schemas, profiles });
      compiled.set(type, schema);
      return schema;
    },
  };
  return schemas;
}

interface Workshop {
  readonly registry: Registry;
  readonly rules: readonly Rule[];
  readonly schemas: Schemas;
  readonly profiles: () => Profiles;
}

/** The root of a type, and with it every backbone below. */
function compileStructure(structure: Structure, shop: Workshop): ObjectSchema {
  const children = Map.groupBy(structure.elements, ({ path }) => path.slice(0, Math.max(path.lastIndexOf('.'), 0)));
  const byPath = new Map<string, ObjectSchema>();
  const findAt = (path: string) => byPath.get(path);
  for (const element of structure.elements) {
    const below = children.get(element.path);
    if (below === undefined) continue;
    byPath.set(
      element.path,
      compileObject({ element, below, isConcreteResource: element.path === structure.type && shop.registry.isResourceType(structure.type), findAt }, shop),
    );
  }
  const root = byPath.get(structure.type);
  if (root === undefined) throw new Error(`The definition of ${structure.type} has no elements.`);
  return root;
}

interface ObjectPlan {
  readonly element: ElementDefinition;
  readonly below: readonly ElementDefinition[];
  readonly isConcreteResource: boolean;
  findAt(path: string): ObjectSchema | undefined;
}

function compileObject(plan: ObjectPlan, shop: Workshop): ObjectSchema {
  const slots: Slot[] = [];
  const members = new Map<string, Member>();
  for (const element of plan.below) {
    const slot = slotOf(element, slots.length);
    if (slot !== undefined) slots.push(slot);
    for (const member of membersOf(element, slot?.bit ?? 0, plan, shop)) members.set(member.name, member);
  }
  return { name: plan.element.path, isConcreteResource: plan.isConcreteResource, members, slots, checks: checksOf(plan.element, '', shop) };
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
const isChoice = (name: string): boolean => name.endsWith('[x]');
const capitalised = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);
const jsonName = (name: string, type: string): string => (isChoice(name) ? `${name.slice(0, -3)}${capitalised(type)}` : name);

function slotOf(element: ElementDefinition, taken: number): Slot | undefined {
  const name = lastName(element.path);
  if (element.min === 0 && !isChoice(name)) return undefined;
  if (taken >= MAX_SLOTS) throw new Error(`${element.path}: more required and choice elements than a mask holds.`);
  const members = isChoice(name) ? element.types.map(({ code }) => jsonName(name, code)) : [name];
  return { bit: 1 << taken, name, min: element.min, max: element.max, members };
}

function membersOf(element: ElementDefinition, slot: number, plan: ObjectPlan, shop: Workshop): Member[] {
  const name = lastName(element.path);
  const common = { element, repeats: element.max > 1, max: element.max, slot };
  const inPlace = element.contentReference?.slice(1) ?? (hasChildren(element) ? element.path : undefined);
  if (inPlace !== undefined) {
    return [{ ...common, name, segment: `.${name}`, type: inPlace, kind: 'object', checks: [], schema: () => orThrow(plan.findAt(inPlace), inPlace) }];
  }
  return element.types.map(({ code }) => ({
    ...common,
    name: jsonName(name, code),
    segment: isChoice(name) ? `.${name.slice(0, -3)}.ofType(${code})` : `.${name}`,
    type: code,
    kind: kindOf(code, shop.registry),
    checks: checksOf(element, code, shop),
    schema: () => orThrow(shop.schemas.of(code), code),
  }));
}

/** Backbones, and the few `Element`s (`Timing.repeat`), define their children in place. */
const hasChildren = ({ types }: ElementDefinition): boolean => types.length === 1 && (types[0]?.code === 'BackboneElement' || types[0]?.code === 'Element');

function kindOf(type: string, registry: Registry): Kind {
  const kind = registry.structure(type)?.kind;
  if (kind === 'primitive-type' || type.startsWith('http://hl7.org/fhirpath/')) return 'primitive';
  return kind === 'resource' ? 'resource' : 'object';
}

function checksOf(element: ElementDefinition, type: string, { registry, rules, profiles }: Workshop): Check[] {
  return rules.map((rule) => rule({ element, type, registry, profiles })).filter((check) => check !== undefined);
}

function orThrow(schema: ObjectSchema | undefined, name: string): ObjectSchema {
  if (schema === undefined) throw new Error(`The definitions name '${name}', which they do not define.`);
  return schema;
}
