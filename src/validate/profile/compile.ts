/** Compiles the tree of a profile, leaving out what the base asks already. */
import type { ElementDefinition } from '../../definitions/registry.ts';
import type { ProfileElement } from '../../definitions/snapshot/element.ts';
import type { Node, Profile } from '../../definitions/snapshot/tree.ts';
import type { Member, ObjectSchema } from '../member.ts';
import { compileSlicing } from './discriminator.ts';
import { PROFILE_RULES } from './rules/all.ts';
import type { Facet, Part, Shape } from './shape.ts';
import type { Tools } from './tools.ts';

/** The rules that the profile adds. Throws FhirError where it draws on a profile that cannot be used. */
export function compileProfile(profile: Profile, tools: Tools): Shape {
  const schema = tools.schemas.of(profile.type);
  const root = tools.registry.structure(profile.type)?.elements[0];
  return compileShape(profile.root, { base: root, type: profile.type, place: profile.type, schema }, tools);
}

/** A node as one type. */
interface Seat {
  readonly base: ElementDefinition | undefined;
  readonly type: string;
  readonly place: string;
  /** Where its parts are defined. */
  readonly schema: ObjectSchema | undefined;
}

function compileShape(node: Node, seat: Seat, tools: Tools): Shape {
  const site = { element: node.element, base: seat.base, type: seat.type, place: seat.place, tools };
  return { checks: PROFILE_RULES.map((rule) => rule(site)).filter((check) => check !== undefined), parts: compileParts(node, seat.schema, tools) };
}

function compileParts(node: Node, schema: ObjectSchema | undefined, tools: Tools): Part[] {
  if (schema === undefined) return [];
  return [...node.children].flatMap(([name, child]) => compilePart(name, child, schema, tools) ?? []);
}

function compilePart(name: string, child: Node, schema: ObjectSchema, tools: Tools): Part | undefined {
  const members = membersCalled(name, schema);
  const base = members[0]?.element;
  if (base === undefined || isUntouched(child, base)) return undefined;
  const facet = compileFacet(child, members, tools);
  if (!asksAnything(facet, base)) return undefined;
  const segment = `.${elementName(base).replace(/\[x\]$/, '')}`;
  return { ...facet, name, segment, members };
}

const elementName = ({ path }: ElementDefinition): string => path.slice(path.lastIndexOf('.') + 1);

/** All types of `value[x]`; of an element that a snapshot calls `valueQuantity` that one. */
function membersCalled(name: string, schema: ObjectSchema): Member[] {
  const own = schema.members.get(name);
  return own === undefined ? [...schema.members.values()].filter(({ element }) => elementName(element) === name) : [own];
}

/** The very element of the base: nothing was said of it. */
const isUntouched = (node: Node, base: ElementDefinition): boolean => node.element === base && node.children.size === 0 && node.slices.size === 0;

function asksAnything(facet: Facet, base: ElementDefinition): boolean {
  if (facet.min > base.min || facet.max < base.max || facet.allowed !== undefined || facet.slicing !== undefined) return true;
  return [...facet.shapes.values()].some(({ checks, parts }) => checks.length > 0 || parts.length > 0);
}

function compileFacet(node: Node, members: readonly Member[], tools: Tools): Facet {
  const { min, max } = node.element;
  const allowed = allowedKinds(node.element, members, tools);
  const left = members.filter(({ name, kind }) => kind === 'resource' || allowed === undefined || allowed.has(name));
  return {
    min,
    max,
    allowed,
    shapes: max === 0 ? new Map() : new Map(left.flatMap((member) => shapesOf(node, member, tools))),
    slicing: compileSlicing(node, members, tools, (slice) => compileFacet(slice, members, tools)),
  };
}

/** Of a resource by its type, where the profile names several; of anything else by its JSON name. */
function shapesOf(node: Node, member: Member, tools: Tools): [string, Shape][] {
  if (member.kind !== 'resource') return [[member.name, compileShape(node, seatOf(member.type, member, tools), tools)]];
  const codes = node.element.types.length === 0 ? [member.type] : node.element.types.map(({ code }) => code);
  return codes.map((code) => [ANY_RESOURCE.includes(code) ? member.name : code, compileShape(node, seatOf(code, member, tools), tools)]);
}

function seatOf(type: string, member: Member, tools: Tools): Seat {
  if (member.kind === 'primitive') return { base: member.element, type, place: type, schema: tools.schemas.of('Element') };
  const schema = member.kind === 'resource' ? tools.schemas.of(type) : member.schema();
  return { base: member.element, type, place: schema?.name ?? type, schema };
}

const ANY_RESOURCE: readonly string[] = ['Resource', 'DomainResource'];

/** What the profile leaves of the types; undefined where it leaves all. */
function allowedKinds({ types }: ProfileElement, members: readonly Member[], tools: Tools): ReadonlySet<string> | undefined {
  if (types.length === 0) return undefined;
  const codes = types.map(({ code }) => code);
  if (members.some(({ kind }) => kind === 'resource')) return codes.some((code) => ANY_RESOURCE.includes(code)) ? undefined : new Set(codes);
  const left = members.filter(({ type }) => codes.some((code) => isSameType(code, type, tools)));
  return left.length === members.length || left.length === 0 ? undefined : new Set(left.map(({ name }) => name));
}

/** FHIRPath's own types stand for the primitive that is there. */
const isSameType = (code: string, type: string, { registry }: Tools): boolean =>
  code === type || (code.startsWith('http://hl7.org/fhirpath/') && registry.structure(type)?.kind === 'primitive-type');
