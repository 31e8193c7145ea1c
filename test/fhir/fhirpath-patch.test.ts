import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import { parseFhirPathPatch } from '../../src/fhir/fhirpath-patch.ts';
import { parseResource, printJson } from '../../src/fhir/json.ts';
import type { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';

const registry = loadRegistry();

type Parts = Readonly<Record<string, unknown>>;

/** An operation as a client writes it: `{type: {valueCode: 'add'}, …}`. */
const operation = (type: string, path: string, parts: Readonly<Record<string, Parts>> = {}) => ({
  name: 'operation',
  part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...Object.entries(parts).map(([name, value]) => ({ name, ...value }))],
});
const parameters = (...parameter: object[]): Resource => ({ resourceType: 'Parameters', parameter });

const PATIENT = {
  resourceType: 'Patient',
  active: true,
  name: [{ given: ['Ada', 'B'], family: 'L' }, { family: 'M' }],
  identifier: [{ value: 'a' }, { value: 'b' }, { value: 'c' }],
  contained: [{ resourceType: 'Organization', id: 'o', name: 'Old' }],
  birthDate: '1970-01-01',
};
const OBSERVATION = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50,"unit":"mg"},"component":[{"valueInteger":3}]}';

const patched = (resource: object, ...operations: object[]): Resource =>
  parseFhirPathPatch(parameters(...operations), registry)(structuredClone(resource) as Resource);

function refusal(run: () => unknown): FhirError {
  try {
    run();
  } catch (error) {
    return error as FhirError;
  }
  throw new Error('was not refused');
}

describe('FHIRPath Patch', () => {
  test.each<[string, object, object]>([
    ['adds a single element', operation('add', 'Patient', { name: { valueString: 'gender' }, value: { valueCode: 'other' } }), { gender: 'other' }],
    [
      'adds to a list',
      operation('add', 'Patient.name[0]', { name: { valueString: 'given' }, value: { valueString: 'C' } }),
      { name: [{ given: ['Ada', 'B', 'C'], family: 'L' }, { family: 'M' }] },
    ],
    [
      'begins a list',
      operation('add', 'Patient', { name: { valueString: 'telecom' }, value: { valueContactPoint: { value: '1' } } }),
      { telecom: [{ value: '1' }] },
    ],
    [
      'adds a choice under the name of its type',
      operation('add', 'Patient', { name: { valueString: 'deceased' }, value: { valueBoolean: false } }),
      { deceasedBoolean: false },
    ],
    [
      'adds an anonymous type by its parts',
      operation('add', 'Patient', {
        name: { valueString: 'contact' },
        value: {
          part: [
            { name: 'name', valueHumanName: { text: 'N' } },
            { name: 'relationship', valueCodeableConcept: { text: 'a' } },
            { name: 'relationship', valueCodeableConcept: { text: 'b' } },
          ],
        },
      }),
      { contact: [{ name: { text: 'N' }, relationship: [{ text: 'a' }, { text: 'b' }] }] },
    ],
    [
      'adds an extension to a primitive element',
      operation('add', 'Patient.birthDate', { name: { valueString: 'extension' }, value: { valueExtension: { url: 'u', valueCode: 'x' } } }),
      { _birthDate: { extension: [{ url: 'u', valueCode: 'x' }] } },
    ],
    [
      'inserts in between',
      operation('insert', 'Patient.identifier', { value: { valueIdentifier: { value: 'x' } }, index: { valueInteger: 1 } }),
      { identifier: [{ value: 'a' }, { value: 'x' }, { value: 'b' }, { value: 'c' }] },
    ],
    [
      'inserts into a list that is not there yet',
      operation('insert', 'Patient.name[1].given', { value: { valueString: 'X' }, index: { valueInteger: 0 } }),
      {
        name: [
          { given: ['Ada', 'B'], family: 'L' },
          { family: 'M', given: ['X'] },
        ],
      },
    ],
    ['deletes what a where finds', operation('delete', "Patient.identifier.where(value = 'b')"), { identifier: [{ value: 'a' }, { value: 'c' }] }],
    ['deletes nothing where there is nothing', operation('delete', 'Patient.photo'), {}],
    [
      'replaces in a contained resource',
      operation('replace', "Patient.contained.where(id = 'o').name", { value: { valueString: 'New' } }),
      { contained: [{ resourceType: 'Organization', id: 'o', name: 'New' }] },
    ],
    [
      'replaces one of a list',
      operation('replace', 'Patient.name[0].given[1]', { value: { valueString: 'Byron' } }),
      { name: [{ given: ['Ada', 'Byron'], family: 'L' }, { family: 'M' }] },
    ],
    [
      'moves within a list',
      operation('move', 'Patient.identifier', { source: { valueInteger: 2 }, destination: { valueInteger: 0 } }),
      { identifier: [{ value: 'c' }, { value: 'a' }, { value: 'b' }] },
    ],
  ])('%s', (_, change, expected) => {
    expect(patched(PATIENT, change)).toEqual({ ...PATIENT, ...expected });
  });

  test('the last of a list takes the list with it', () => {
    const { identifier: _, ...rest } = PATIENT;
    expect(patched({ ...rest, identifier: [{ value: 'a' }] }, operation('delete', 'Patient.identifier[0]'))).toEqual(rest);
  });

  test('a choice that is replaced takes the name of its new type, numbers stay as written', () => {
    const value = parameters(operation('replace', 'Observation.component[0].value', { value: { valueBoolean: true } }));
    expect(printJson(parseFhirPathPatch(value, registry)(parseResource(OBSERVATION)))).toBe(OBSERVATION.replace('"valueInteger":3', '"valueBoolean":true'));
    const text = printJson(parameters(operation('replace', 'Observation.value.value', { value: { valueDecimal: 7 } }))).replace(':7}', ':7.10}');
    expect(printJson(parseFhirPathPatch(parseResource(text), registry)(parseResource(OBSERVATION)))).toContain('"value":7.10');
  });

  test('each operation sees the work of those before it', () => {
    const added = operation('add', 'Patient', { name: { valueString: 'telecom' }, value: { valueContactPoint: { value: '1' } } });
    const changed = operation('replace', "Patient.telecom.where(value = '1').value", { value: { valueString: '2' } });
    expect(patched(PATIENT, added, changed)).toMatchObject({ telecom: [{ value: '2' }] });
  });

  test('a patch can be applied again, to a newer version', () => {
    const added = operation('add', 'Patient', { name: { valueString: 'telecom' }, value: { valueContactPoint: { value: '1' } } });
    const ranked = operation('add', 'Patient.telecom[0]', { name: { valueString: 'rank' }, value: { valuePositiveInt: 2 } });
    const change = parseFhirPathPatch(parameters(added, ranked), registry);
    for (let times = 0; times < 2; times += 1) expect(change(structuredClone(PATIENT) as Resource)).toMatchObject({ telecom: [{ value: '1', rank: 2 }] });
  });

  test('a list of primitives keeps its extensions in step', () => {
    const person = { resourceType: 'Patient', name: [{ given: ['A', 'B'], _given: [null, { id: 'b' }] }] };
    const first = operation('insert', 'Patient.name[0].given', { value: { valueString: 'X' }, index: { valueInteger: 0 } });
    expect(patched(person, first)).toMatchObject({ name: [{ given: ['X', 'A', 'B'], _given: [null, null, { id: 'b' }] }] });
    const moved = operation('move', 'Patient.name[0].given', { source: { valueInteger: 1 }, destination: { valueInteger: 0 } });
    expect(patched(person, moved)).toMatchObject({ name: [{ given: ['B', 'A'], _given: [{ id: 'b' }, null] }] });
    expect(patched(person, operation('delete', 'Patient.name[0].given[1]'))).toEqual({ resourceType: 'Patient', name: [{ given: ['A'] }] });
  });

  const gender = { name: { valueString: 'gender' }, value: { valueCode: 'other' } };
  test.each<[string, object, string, string]>([
    ['nothing', { name: 'change' }, 'bad-request', '"operation"'],
    ['an unknown type', operation('set', 'Patient'), 'bad-request', 'add, insert'],
    ['no path', operation('delete', ''), 'bad-request', 'path'],
    ['no index', operation('insert', 'Patient.identifier', { value: { valueIdentifier: {} } }), 'bad-request', 'index'],
    ['no value', operation('replace', 'Patient.active'), 'bad-request', 'value'],
    ['broken FHIRPath', operation('delete', 'Patient.('), 'invalid', 'FHIRPath'],
    ['a path that finds several', operation('replace', 'Patient.name', { value: { valueHumanName: {} } }), 'invalid', '2 elements'],
    ['a path that finds none', operation('replace', 'Patient.gender', gender), 'invalid', 'no element'],
    ['a deletion of several', operation('delete', 'Patient.identifier'), 'invalid', '3 elements'],
    ['a value computed', operation('delete', 'Patient.name.count()'), 'invalid', 'computes'],
    ['the whole', operation('delete', 'Patient'), 'invalid', 'PUT'],
    ['what is there already', operation('add', 'Patient', { name: { valueString: 'active' }, value: { valueBoolean: true } }), 'invalid', 'use replace'],
    ['an unknown element', operation('add', 'Patient', { ...gender, name: { valueString: 'colour' } }), 'invalid', 'Patient has no element "colour"'],
    ['a prototype', operation('add', 'Patient', { ...gender, name: { valueString: 'constructor' } }), 'invalid', 'constructor'],
    ['the wrong type', operation('add', 'Patient', { ...gender, value: { valueString: 'other' } }), 'invalid', 'takes code'],
    ['a wrong choice', operation('add', 'Patient', { ...gender, name: { valueString: 'deceased' } }), 'invalid', 'boolean, dateTime'],
    ['an index beyond the end', operation('insert', 'Patient.identifier', { value: { valueIdentifier: {} }, index: { valueInteger: 4 } }), 'invalid', '0 to 3'],
    [
      'a move from nowhere',
      operation('move', 'Patient.identifier', { source: { valueInteger: 3 }, destination: { valueInteger: 0 } }),
      'invalid',
      'source is 3',
    ],
    ['a list that is none', operation('move', 'Patient.active', { source: { valueInteger: 0 }, destination: { valueInteger: 0 } }), 'invalid', 'no list'],
  ])('%s is refused, by name', (_, change, fault, words) => {
    const error = refusal(() => patched(PATIENT, change));
    expect([error.fault, error.message]).toEqual([fault, expect.stringContaining(words)]);
  });
});
