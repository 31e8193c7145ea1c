/** Whatever is sent, the answer is a list of issues, never an exception and never a long wait. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { sampleResource } from '../support/resources.ts';

const registry = loadRegistry();
const validator = createValidator(registry);
/** Whatever is sent is called a resource until it has been looked at. */
const validate = (value: unknown) => validator.validate(value as Resource);

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom({ toString: null, valueOf: 1 }, [[]], [null], [{}], {}, '__proto__', 'constructor', { reference: '#' }, { reference: {} }, { coding: 'x' }, [
    { item: 'x' },
  ]),
);

/** Puts junk in the place of some part of a resource. */
function spoil(value: unknown, at: number, rubbish: unknown): unknown {
  let left = at;
  const walk = (part: unknown): unknown => {
    left -= 1;
    if (left === 0) return rubbish;
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value);
}

test('any JSON at all', () => {
  fc.assert(
    fc.property(junk, (value) => Array.isArray(validate(value).issues)),
    { numRuns: 300 },
  );
});

test('any resource with any part spoilt', () => {
  const spoilt = fc.tuple(fc.constantFrom(...registry.resourceTypes), fc.nat(20), fc.integer({ min: 1, max: 60 }), junk);
  fc.assert(
    fc.property(spoilt, ([type, seed, at, rubbish]) => Array.isArray(validate(spoil(sampleResource(registry, type, seed), at, rubbish)).issues)),
    { numRuns: 2000 },
  );
});

test('any resource with any member added', () => {
  const added = fc.tuple(fc.constantFrom(...registry.resourceTypes), fc.nat(20), fc.nat(500), junk);
  fc.assert(
    fc.property(added, ([type, seed, place, rubbish]) => {
      const names = registry.structure(type)?.elements.map(({ path }) => path.split('.').at(-1)?.replace('[x]', 'Quantity') ?? '') ?? [];
      const name = names[place % names.length] ?? 'x';
      return Array.isArray(validate({ ...sampleResource(registry, type, seed), [name]: rubbish }).issues);
    }),
    { numRuns: 2000 },
  );
});

test('nesting without end', () => {
  let item: object = { linkId: 'x', type: 'string' };
  for (let depth = 0; depth < 5000; depth += 1) item = { linkId: `${depth}`, type: 'group', item: [item] };
  const { issues } = validate({ resourceType: 'Questionnaire', status: 'draft', item: [item] });
  expect(issues.map(({ text }) => text)).toEqual([expect.stringContaining('levels deep')]);
});

test('ten thousand items without a long wait', () => {
  const item = Array.from({ length: 10_000 }, (_, index) => ({ linkId: `q${index}`, type: 'string', text: 'x' }));
  const started = performance.now();
  expect(validate({ resourceType: 'Questionnaire', status: 'draft', item }).issues).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5000);
});

test('a hundred thousand misspelled names without a long wait', () => {
  const names = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`${'identifie'.repeat(5)}${index}`, 1]));
  const started = performance.now();
  expect(validate({ ...names, resourceType: 'Patient' }).issues.at(-1)?.text).toContain('99900 more');
  expect(performance.now() - started).toBeLessThan(5000);
});

test('ten megabytes of claimed profiles and unknown extensions without a long wait', () => {
  const meta = { profile: ['http://hl7.org/fhir/StructureDefinition/vitalsigns', 'http://x.example/nobody'] };
  const extension = Array.from({ length: 5 }, (_, index) => ({ url: `http://x.example/${'e'.repeat(200)}${index}`, valueString: 'x'.repeat(100) }));
  const entry = Array.from({ length: 6000 }, (_, index) => ({
    fullUrl: `http://x.example/fhir/Observation/${index}`,
    resource: { resourceType: 'Observation', id: String(index), meta, extension, status: 'final', code: { text: 'x' } },
  }));
  const bundle = { resourceType: 'Bundle', type: 'collection', entry };
  expect(JSON.stringify(bundle).length).toBeGreaterThan(10_000_000);
  const started = performance.now();
  expect(validate(bundle).issues.length).toBeLessThanOrEqual(201);
  expect(performance.now() - started).toBeLessThan(8000);
});

test('a definition whose differential is of any shape', () => {
  const definition = {
    resourceType: 'StructureDefinition',
    url: 'http://x.example/d',
    name: 'D',
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
  };
  const base = { ...definition, baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient', derivation: 'constraint' };
  const element = fc.dictionary(fc.constantFrom('id', 'path', 'sliceName', 'type', 'slicing', 'min', 'max', 'binding', 'constraint', 'fixedCode'), junk);
  fc.assert(
    fc.property(fc.array(element), (elements) => {
      const paths = elements.map((one, index) => ({ path: ['Patient.name', 'Patient.contact.name', 'Patient'][index % 3], ...one }));
      return Array.isArray(validate({ ...base, differential: { element: paths } }).issues);
    }),
    { numRuns: 300 },
  );
});
