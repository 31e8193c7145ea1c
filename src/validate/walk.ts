/**
 * Walks a resource beside its compiled type: every member is looked at once, in the order of the text.
 * https://hl7.org/fhir/R4/json.html
 */

import type { Member, ObjectSchema, Schemas } from './member.ts';
import { didYouMean } from './nearest.ts';
import { checkCount, checkSlots } from './rules/cardinality.ts';
import { checkListing, reportEmpty, reportKind } from './rules/json-shape.ts';
import { reportUnknown } from './rules/unknown-element.ts';
import { jsonKind, shown } from './shown.ts';
import { isObject, type JsonObject, nameOf, type Visit } from './visit.ts';

type Claims = (resource: JsonObject, visit: Visit) => void;

export class Walker {
  readonly #schemas: Schemas;
  readonly #resourceTypes: readonly string[];
  /** What may stand under `_name`: id and extension. */
  readonly #sidecar: ObjectSchema;

  readonly #claims: Claims;

  /** `claims`: looks at the profiles of a resource, when all of it has been held against the base. */
  constructor(schemas: Schemas, resourceTypes: readonly string[], claims: Claims) {
    const element = schemas.of('Element');
    if (element === undefined) throw new Error('The definitions have no type Element.');
    this.#schemas = schemas;
    this.#claims = claims;
    this.#resourceTypes = resourceTypes;
    this.#sidecar = element;
  }

  /** The resource where the visit stands. */
  resource(value: JsonObject, visit: Visit): void {
    const type = nameOf(value.resourceType);
    const schema = this.#schemas.of(type);
    if (schema?.isConcreteResource === true) {
      this.#object(schema, value, visit);
      this.#claims(value, visit);
    } else this.#reportType(value.resourceType, visit);
  }

  #reportType(resourceType: unknown, visit: Visit): void {
    if (resourceType === undefined) {
      visit.report('required', '\'resourceType\' is required; it names the type, as in "resourceType": "Patient".');
      return;
    }
    const hint = didYouMean(nameOf(resourceType), this.#resourceTypes, visit);
    visit.report('structure', `${shown(resourceType)} is no FHIR R4 resource type.${hint}`);
  }

  #object(schema: ObjectSchema, value: JsonObject, visit: Visit): void {
    let met = 0;
    let children = 0;
    for (const key in value) {
      if (value[key] === undefined || (key === 'resourceType' && schema.isConcreteResource)) continue;
      if (key !== 'id') children += 1;
      met |= this.#key(schema, value, key, visit);
    }
    if (children === 0 && !schema.isConcreteResource) {
      reportEmpty(visit);
      return;
    }
    checkSlots(schema, value, met, visit);
    for (const check of schema.checks) check(value, visit);
  }

  /** Answers with the slot that the member fills. */
  #key(schema: ObjectSchema, value: JsonObject, key: string, visit: Visit): number {
    const member = schema.members.get(key);
    if (member === undefined) return this.#underscored(schema, value, key, visit);
    if (member.kind === 'primitive') this.#primitives(member, value[key], sidecarOf(value, key), visit);
    else if (checkListing(member, value[key], visit)) this.#each(member, value[key], visit);
    return member.slot;
  }

  /** `_name` holds id and extensions of the primitive `name`; beside its value it has been looked at with it. */
  #underscored(schema: ObjectSchema, value: JsonObject, key: string, visit: Visit): number {
    const name = key.slice(1);
    const member = key.startsWith('_') ? schema.members.get(name) : undefined;
    if (member?.kind !== 'primitive') {
      reportUnknown(schema, key, visit);
      return 0;
    }
    if (!Object.hasOwn(value, name)) this.#primitives(member, undefined, value[key], visit);
    return member.slot;
  }

  #each(member: Member, value: unknown, visit: Visit): void {
    const values = Array.isArray(value) ? value : undefined;
    if (values === undefined) {
      this.#value(member, value, -1, visit);
      return;
    }
    checkCount(member, values.length, visit);
    for (let index = 0; index < values.length; index += 1) this.#value(member, values[index], index, visit);
  }

  #value(member: Member, value: unknown, index: number, visit: Visit): void {
    if (!visit.enter(member.segment, index)) return;
    if (!isObject(value)) reportKind(member, value, visit);
    else if (member.kind === 'resource') this.#inner(member, value, visit);
    else {
      this.#object(member.schema(), value, visit);
      for (const check of member.checks) check(value, visit);
    }
    visit.leave();
  }

  /** A contained resource shares the room of the one around it; a resource packed into a Bundle or Parameters has its own. */
  #inner(member: Member, value: JsonObject, visit: Visit): void {
    visit.within(value, member.name, () => this.resource(value, visit));
  }

  #primitives(member: Member, value: unknown, sidecar: unknown, visit: Visit): void {
    const valueIsRight = value === undefined || checkListing(member, value, visit);
    const sidecarIsRight = sidecar === undefined || checkListing(member, sidecar, visit);
    if (!valueIsRight || !sidecarIsRight) return;
    if (!member.repeats) this.#primitive(member, { value, sidecar, index: -1 }, visit);
    else this.#primitiveList(member, { values: listOf(value), sidecars: listOf(sidecar) }, visit);
  }

  #primitiveList(member: Member, { values, sidecars }: { values: readonly unknown[]; sidecars: readonly unknown[] }, visit: Visit): void {
    const length = Math.max(values.length, sidecars.length);
    checkCount(member, length, visit);
    if (values.length > 0 && values.length < sidecars.length) {
      visit.report(
        'structure',
        `'_${member.name}' has ${sidecars.length} entries for the ${values.length} of '${member.name}'; fill up with null.`,
        member.segment,
      );
    }
    for (let index = 0; index < length; index += 1) {
      this.#primitive(member, { value: values[index] ?? undefined, sidecar: sidecars[index] ?? undefined, index }, visit);
    }
  }

  #primitive(member: Member, { value, sidecar, index }: { value: unknown; sidecar: unknown; index: number }, visit: Visit): void {
    if (!visit.enter(member.segment, index)) return;
    if (value !== undefined) for (const check of member.checks) check(value, visit);
    if (sidecar !== undefined) this.#extensions(sidecar, value !== undefined, visit);
    if (value === undefined && sidecar === undefined) {
      visit.report('structure', `null stands here for a value, but '_${member.name}' gives no extension in its place.`);
    }
    visit.leave();
  }

  /** Beside a value an id alone will do. */
  #extensions(sidecar: unknown, hasValue: boolean, visit: Visit): void {
    if (isObject(sidecar) && hasValue && isOnlyId(sidecar)) this.#key(this.#sidecar, sidecar, 'id', visit);
    else if (isObject(sidecar)) this.#object(this.#sidecar, sidecar, visit);
    else visit.report('structure', `What stands under '_' must be an object with id or extension, not ${jsonKind(sidecar)}.`);
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isOnlyId(sidecar: JsonObject): boolean {
  for (const key in sidecar) if (key !== 'id') return false;
  return Object.hasOwn(sidecar, 'id');
}

const sidecarOf = (value: JsonObject, key: string): unknown => (Object.hasOwn(value, `_${key}`) ? value[`_${key}`] : undefined);
