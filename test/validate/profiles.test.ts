/** Profiles that change, that are faulty, and that mean harm. */
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import type { ValidatorSettings } from '../../src/validate/validator.ts';
import { claims, patient, profile, X } from './cases/case.ts';

type Element = Parameters<typeof profile>[2][number];

function houseOf(elements: readonly Element[], settings: ValidatorSettings = {}) {
  const registry = loadRegistry();
  const put = (definition: object) => registry.put(definition as Resource, 'posted');
  put(profile('p', 'Patient', elements));
  const validator = createValidator(registry, settings);
  const errorsOf = (resource: object): string[] =>
    validator.validate(resource as Resource).issues.flatMap(({ severity, text }) => (severity === 'error' ? [text] : []));
  return { registry, put, validator, errorsOf };
}

const claiming = (change: object = {}): object => patient({ meta: claims('p'), ...change });

describe('a profile that changes', () => {
  test('is compiled again', () => {
    const { put, errorsOf } = houseOf([{ path: 'Patient.gender', min: 1 }]);
    expect(errorsOf(claiming())).toHaveLength(1);
    put(profile('p', 'Patient', []));
    expect(errorsOf(claiming())).toEqual([]);
  });

  test('so are those derived from it, and those that use it on a type', () => {
    const { put, errorsOf } = houseOf([]);
    put(profile('derived', 'Patient', [], { baseDefinition: `${X}/p` }));
    put(profile('parcel', 'Bundle', [{ path: 'Bundle.entry.resource', type: [{ code: 'Patient', profile: [`${X}/p`] }] }]));
    const parcel = { resourceType: 'Bundle', meta: claims('parcel'), type: 'collection', entry: [{ resource: patient() }] };
    expect([...errorsOf(patient({ meta: claims('derived') })), ...errorsOf(parcel)]).toEqual([]);
    put(profile('p', 'Patient', [{ path: 'Patient.gender', min: 1 }]));
    expect([...errorsOf(patient({ meta: claims('derived') })), ...errorsOf(parcel)]).toHaveLength(2);
  });

  test('a value set that changes is asked anew', () => {
    const { put, errorsOf } = houseOf([{ path: 'Patient.maritalStatus', binding: { strength: 'required', valueSet: `${X}/v` } }]);
    const valueSet = (code: string) => ({
      resourceType: 'ValueSet',
      url: `${X}/v`,
      status: 'active',
      compose: { include: [{ system: `${X}/s`, concept: [{ code }] }] },
    });
    const married = claiming({ maritalStatus: { coding: [{ system: `${X}/s`, code: 'M' }] } });
    put(valueSet('S'));
    expect(errorsOf(married)).toHaveLength(1);
    put(valueSet('M'));
    expect(errorsOf(married)).toEqual([]);
  });
});

describe('settings', () => {
  test('an unknown profile is an error where the site says so', () => {
    const { errorsOf } = houseOf([], { unknownProfiles: 'error' });
    expect(errorsOf(patient({ meta: claims('nobody') }))).toEqual([expect.stringContaining('http://x.example/nobody is not known here')]);
  });

  test('a demanded profile holds for resources of its type, in Bundles too, and not for contained ones', () => {
    const { errorsOf } = houseOf([{ path: 'Patient.gender', min: 1 }], { requiredProfiles: new Map([['Patient', [`${X}/p`]]]) });
    expect(errorsOf(patient())).toHaveLength(1);
    expect(errorsOf({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient() }] })).toHaveLength(1);
    expect(errorsOf(patient({ gender: 'male', contained: [patient({ id: 'c' })], link: [{ type: 'refer', other: { reference: '#c' } }] }))).toEqual([]);
  });
});

test('asks whether what is referred to conforms, where it lies elsewhere', () => {
  const { put, validator } = houseOf([{ path: 'Patient.managingOrganization', type: [{ code: 'Reference', targetProfile: [`${X}/org`] }] }]);
  put(profile('org', 'Organization', [{ path: 'Organization.alias', min: 1 }]));
  const { questions } = validator.validate(claiming({ managingOrganization: { reference: 'Organization/o' } }) as Resource);
  expect(questions).toContainEqual({ ask: 'conformance', type: 'Organization', id: 'o', profiles: [`${X}/org`], expression: 'Patient.managingOrganization' });
});

test('asks for a code whose system nobody here has, and says what to tell', () => {
  const { put, validator } = houseOf([{ path: 'Patient.maritalStatus', binding: { strength: 'required', valueSet: `${X}/far` } }]);
  put({ resourceType: 'ValueSet', url: `${X}/far`, status: 'active', compose: { include: [{ system: `${X}/far-system` }] } });
  const { questions, issues } = validator.validate(claiming({ maritalStatus: { coding: [{ system: `${X}/far-system`, code: 'M' }] } }) as Resource);
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(questions).toContainEqual(
    expect.objectContaining({
      ask: 'code',
      codes: [expect.objectContaining({ valueSet: `${X}/far`, code: 'M' })],
      out: expect.objectContaining({ severity: 'error', expression: ['Patient.maritalStatus.coding[0]'] }),
      unknown: expect.objectContaining({ severity: 'warning' }),
    }),
  );
});

describe('a profile that means harm', () => {
  const within = (milliseconds: number, run: () => unknown): unknown => {
    const started = performance.now();
    const result = run();
    expect(performance.now() - started).toBeLessThan(milliseconds);
    return result;
  };
  const invariant = (expression: string): Element => ({
    path: 'Patient.name.family',
    constraint: [{ key: 'bad-1', severity: 'error', human: 'x', expression }],
  });
  const family = (text: string): object => claiming({ name: [{ family: text }] });

  test('a regular expression that would run for ever runs in linear time', () => {
    const { errorsOf } = houseOf([
      invariant("matches('^(a+)+$')"),
      { path: 'Patient.name.text', type: [{ code: 'string', extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/regex', valueString: '(a|a)*b' }] }] },
    ]);
    const hostile = `${'a'.repeat(50_000)}!`;
    expect(within(2000, () => errorsOf(claiming({ name: [{ family: hostile, text: hostile }] })))).toHaveLength(2);
  });

  test('one that has no linear form is told, and forbids nothing', () => {
    const { validator } = houseOf([invariant("matches('(a)\\\\1')")]);
    const { issues } = validator.validate(family('aa') as Resource);
    expect(issues).toEqual([expect.objectContaining({ severity: 'warning', code: 'not-supported', text: expect.stringContaining('bad-1') })]);
  });

  test('an expression that is none, or multiplies without end, is told', () => {
    for (const expression of ['((', 'name.nothing(', `%resource.descendants()${'.select(%resource.descendants())'.repeat(12)}.count() > 0`]) {
      const { validator } = houseOf([invariant(expression)]);
      const { issues } = within(20_000, () => validator.validate(family('x') as Resource)) as ReturnType<typeof validator.validate>;
      expect(issues).toEqual([expect.objectContaining({ severity: 'warning', code: 'not-supported', text: expect.stringContaining('bad-1') })]);
    }
  });

  test('a profile on itself, value in value', () => {
    const { put, errorsOf } = houseOf([]);
    put(
      profile('doll', 'Extension', [{ path: 'Extension.extension', type: [{ code: 'Extension', profile: [`${X}/doll`] }] }], {
        context: [{ type: 'element', expression: 'Element' }],
      }),
    );
    let extension: object = { url: `${X}/doll`, valueCode: 'x' };
    for (let depth = 0; depth < 25; depth += 1) extension = { url: `${X}/doll`, extension: [extension] };
    expect(within(2000, () => errorsOf(patient({ extension: [extension] })))).toEqual([]);
  });

  test('a faulty profile is told by its element, and the resource is taken', () => {
    const { validator } = houseOf([{ path: 'Patient.nickname', min: 1 }]);
    const { issues } = validator.validate(claiming() as Resource);
    expect(issues).toEqual([expect.objectContaining({ severity: 'warning', text: expect.stringContaining("there is no element 'nickname' here") })]);
    const asked = validator.validate(patient() as Resource, { profiles: [`${X}/p`] }).issues;
    expect(asked).toEqual([expect.objectContaining({ severity: 'error', text: expect.stringContaining('Patient.nickname') })]);
  });

  test('ten thousand values in slices without a long wait', () => {
    const slicing = { discriminator: [{ type: 'value' as const, path: 'system' }], rules: 'open' as const };
    const slices = Array.from({ length: 20 }, (_, place): Element[] => [
      { path: 'Patient.identifier', sliceName: `s${place}` },
      { path: 'Patient.identifier.system', fixedUri: `${X}/${place}` },
    ]);
    const { errorsOf } = houseOf([{ path: 'Patient.identifier', slicing }, ...slices.flat()]);
    const identifier = Array.from({ length: 10_000 }, (_, place) => ({ system: `${X}/${place % 30}`, value: String(place) }));
    expect(within(3000, () => errorsOf(claiming({ identifier })))).toEqual([]);
  });

  test('names of profiles are only names', () => {
    const { errorsOf } = houseOf([]);
    for (const name of ['__proto__', 'constructor', 'toString', '|', 'http://x.example/p|', '#', ''])
      expect(errorsOf(patient({ meta: { profile: [name] } })).filter((text) => !text.includes('not a valid canonical'))).toEqual([]);
  });
});
