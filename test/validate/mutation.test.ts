/** Valid resources broken at random, in ways that a rule covers: each break is found, and found where it is. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadRegistry } from '../../src/definitions/load.ts';
import { type Member, membersOf } from '../../src/fhir/members.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { sampleResource } from '../support/resources.ts';

const registry = loadRegistry();
const validator = createValidator(registry);

const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const pressure = (value: number) => ({ value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' });
/** Held against a profile with slices in slices. */
const BLOOD_PRESSURE: Resource = {
  resourceType: 'Observation',
  meta: { profile: ['http://hl7.org/fhir/StructureDefinition/bp'] },
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
  code: loinc('85354-9'),
  subject: { reference: 'Patient/7' },
  effectiveDateTime: '2026-03-02',
  component: [
    { code: loinc('8480-6'), valueQuantity: pressure(120) },
    { code: loinc('8462-4'), valueQuantity: pressure(80) },
  ],
};

type Json = Record<string, unknown>;

/** One value in a resource. */
interface Spot {
  readonly holder: readonly (string | number)[];
  readonly key: string;
  readonly index: number;
  readonly member: Member;
  readonly at: string;
  readonly value: unknown;
  /** FHIRPath of the object that holds it. */
  readonly above: string;
}

interface Way {
  readonly keys: readonly (string | number)[];
  readonly at: string;
}

function spotsIn(object: Json, place: string, path: Way): Spot[] {
  const members = membersOf(registry, place);
  return Object.entries(object).flatMap(([key, value]) => {
    const member = members?.get(key);
    if (member === undefined) return [];
    const values: readonly unknown[] = member.isList ? (value as unknown[]) : [value];
    return values.flatMap((one, index) => spotsAt({ holder: path.keys, key, index: member.isList ? index : -1, member, value: one, above: path.at, at: '' }));
  });
}

function spotsAt(bare: Spot): Spot[] {
  const { member, index, value, above, holder, key } = bare;
  const step = index < 0 ? [] : [index];
  const at = `${above}.${member.name}${member.isChoice ? `.ofType(${member.type})` : ''}${step.map((one) => `[${one}]`).join('')}`;
  const spot = { ...bare, at };
  if (member.isPrimitive || typeof value !== 'object' || value === null) return [spot];
  return [spot, ...spotsIn(value as Json, insideOf(spot), { keys: [...holder, key, ...step], at })];
}

const insideOf = ({ member, value }: Spot): string => (member.type === 'Resource' ? String((value as Json).resourceType) : member.inside);

interface Broken {
  readonly resource: Json;
  readonly at: string;
}

const holderOf = (resource: Json, keys: readonly (string | number)[]): Json => keys.reduce<unknown>((value, key) => (value as Json)[key], resource) as Json;

function changed(resource: Json, { holder, key, index }: Spot, value: unknown): Json {
  const copy = structuredClone(resource);
  const parent = holderOf(copy, holder);
  if (index < 0) parent[key] = value;
  else (parent[key] as unknown[])[index] = value;
  return copy;
}

const BAD: Readonly<Record<string, unknown>> = {
  boolean: 'yes',
  integer: 1.5,
  positiveInt: 0,
  unsignedInt: -1,
  decimal: '1.0',
  date: '2021-02-30',
  dateTime: '2021-02-03T10:00:00',
  instant: '2021-02-03',
  time: '25:00:00',
  id: 'a b',
  code: ' a',
  uri: 'a b',
  url: 'a b',
  canonical: 'a b',
  oid: '1.2.3',
  uuid: 'urn:uuid:x',
  base64Binary: 'abc',
};

type Break = (resource: Json, spot: Spot) => Broken | undefined;

const spoil: Break = (resource, spot) => {
  const { member, at } = spot;
  if (!member.isPrimitive || member.type.startsWith('http') || member.type === 'xhtml') return undefined;
  return { resource: changed(resource, spot, BAD[member.type] ?? ''), at };
};

const addUnknown: Break = (resource, spot) => {
  if (spot.member.isPrimitive) return undefined;
  return { resource: changed(resource, spot, { ...(spot.value as Json), nobodysElement: 1 }), at: `${spot.at}.nobodysElement` };
};

const empty: Break = (resource, spot) => {
  if (spot.member.isPrimitive || spot.member.type === 'Resource') return undefined;
  return { resource: changed(resource, spot, {}), at: spot.at };
};

const makeNull: Break = (resource, spot) => (spot.index < 0 ? { resource: changed(resource, spot, null), at: spot.at } : undefined);

const unlist: Break = (resource, spot) => {
  if (spot.index !== 0) return undefined;
  return { resource: changed(resource, { ...spot, index: -1 }, spot.value), at: spot.at.slice(0, -'[0]'.length) };
};

const list: Break = (resource, spot) => (spot.index < 0 ? { resource: changed(resource, spot, [spot.value]), at: spot.at } : undefined);

const misdirect: Break = (resource, spot) => {
  if (spot.member.type !== 'Reference') return undefined;
  return { resource: changed(resource, spot, { reference: 'Nothing/1' }), at: `${spot.at}.reference` };
};

const extendBadly: Break = (resource, spot) => {
  if (spot.member.isPrimitive || spot.member.type === 'Resource' || spot.member.type === 'Extension') return undefined;
  return { resource: changed(resource, spot, { ...(spot.value as Json), extension: [{ valueCode: 'x' }] }), at: `${spot.at}.extension[0].url` };
};

const secondChoice: Break = (resource, spot) => {
  if (!spot.member.isChoice) return undefined;
  const copy = structuredClone(resource);
  const others = [...(membersOf(registry, placeOf(resource, spot))?.values() ?? [])].filter(
    ({ name, type }) => name === spot.member.name && type !== spot.member.type,
  );
  const other = others.find(({ isPrimitive }) => isPrimitive) ?? others[0];
  if (other === undefined) return undefined;
  holderOf(copy, spot.holder)[other.key] = other.isPrimitive ? 'x' : { id: 'x' };
  return { resource: copy, at: `${spot.above}.${spot.member.name}` };
};

/** What the holder of a spot is, found by going down again. */
function placeOf(resource: Json, { above }: Spot): string {
  const root = String(resource.resourceType);
  const around = spotsIn(resource, root, { keys: [], at: root }).find(({ at }) => at === above);
  return around === undefined ? root : insideOf(around);
}

const dropRequired: Break = (resource, spot) => {
  const place = placeOf(resource, spot);
  const element = registry.structure(place.split('.')[0] ?? '')?.elements.find(({ path }) => path.replace('[x]', '') === `${place}.${spot.member.name}`);
  const holder = holderOf(resource, spot.holder);
  if ((element?.min ?? 0) === 0 || spot.index > 0 || Object.keys(holder).every((key) => key === spot.key || key === 'id')) return undefined;
  const copy = structuredClone(resource);
  delete holderOf(copy, spot.holder)[spot.key];
  return { resource: copy, at: `${spot.above}.${spot.member.name}` };
};

const BREAKS = { spoil, addUnknown, empty, makeNull, unlist, list, misdirect, extendBadly, secondChoice, dropRequired };

function foundAt(resource: unknown): readonly (string | undefined)[] {
  return validator
    .validate(resource as Resource)
    .issues.filter(({ severity }) => severity === 'error')
    .map(({ expression }) => expression?.[0]);
}

test.each(Object.entries(BREAKS))('%s', (_name, breakIt) => {
  const samples = fc.oneof(
    { weight: 9, arbitrary: fc.tuple(fc.constantFrom(...registry.resourceTypes), fc.nat(30)).map(([type, seed]) => sampleResource(registry, type, seed)) },
    { weight: 1, arbitrary: fc.constant(BLOOD_PRESSURE) },
  );
  let tried = 0;
  fc.assert(
    fc.property(samples, fc.nat(), (sample, pick) => {
      const resource = sample as Json;
      const root = sample.resourceType;
      const broken = spotsIn(resource, root, { keys: [], at: root }).flatMap((spot) => breakIt(resource, spot) ?? []);
      const one = broken[pick % Math.max(broken.length, 1)];
      if (one === undefined) return;
      tried += 1;
      expect({ ...one, found: foundAt(one.resource) }).toEqual({ ...one, found: expect.arrayContaining([one.at]) });
    }),
    { numRuns: 200 },
  );
  expect(tried).toBeGreaterThan(20);
});

/** Whatever is taken from a blood pressure, or put into it, its profile has a word to say. */
test('a profile with slices in slices', () => {
  const root = 'Observation';
  const spots = spotsIn(BLOOD_PRESSURE, root, { keys: [], at: root }).filter(
    ({ at, member }) => member.isPrimitive && /coding|valueQuantity|Quantity/.test(at) && !/display|unit$/.test(at),
  );
  for (const spot of spots) {
    const value = typeof spot.value === 'number' ? undefined : 'http://x.example/other';
    const resource = changed(BLOOD_PRESSURE, spot, value);
    expect({ at: spot.at, errors: foundAt(resource).length > 0 }).toEqual({ at: spot.at, errors: true });
  }
});
