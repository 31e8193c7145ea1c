/** What is no narrowing is refused, and the element named. */
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../../src/definitions/load.ts';
import { createProfileSource } from '../../../src/definitions/snapshot/profiles.ts';
import { snapshotRows } from '../../../src/definitions/snapshot/snapshot.ts';
import { FhirError } from '../../../src/fhir/outcome.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { profile, X } from '../../validate/cases/case.ts';

type Element = Parameters<typeof profile>[2][number];

const SD = 'http://hl7.org/fhir/StructureDefinition';

function sourceOf(...definitions: ReturnType<typeof profile>[]) {
  const registry = loadRegistry();
  for (const definition of definitions) registry.put(definition as unknown as Resource, 'posted');
  return createProfileSource(registry);
}

function refusalOf(...definitions: ReturnType<typeof profile>[]): FhirError {
  try {
    sourceOf(...definitions).profile(definitions[0]?.url ?? '');
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const first: Element[] = [
  { path: 'Patient.name', min: 1, max: '2', mustSupport: true },
  { path: 'Patient.gender', fixedCode: 'male' },
  { path: 'Patient.maritalStatus', patternCodeableConcept: { text: 'x' }, binding: { strength: 'required', valueSet: `${X}/v` } },
  { path: 'Patient.birthDate' },
  { path: 'Patient.name.family', maxLength: 10 },
];
const above = profile('above', 'Patient', first);
const below = (element: Element) => [profile('below', 'Patient', [element], { baseDefinition: `${X}/above` }), above];

const REFUSED: readonly (readonly [name: string, element: Element, says: string])[] = [
  ['less than is required', { path: 'Patient.name', min: 0 }, 'min 0 is less than the 1'],
  ['more than is allowed', { path: 'Patient.name', max: '3' }, 'max 3 is more than the 2'],
  ['a least above the most', { path: 'Patient.name', min: 3 }, 'min 3 is more than max 2'],
  ['nothing where something is required', { path: 'Patient.name', max: '0', min: 0 }, 'max 0 takes away'],
  ['a cardinality that is none', { path: 'Patient.name', max: 'many' }, 'is none'],
  ['a type that is not there', { path: 'Patient.deceased[x]', type: [{ code: 'Period' }] }, 'the type Period is not one of those allowed (boolean, dateTime)'],
  [
    'a target that is not there',
    { path: 'Patient.managingOrganization', type: [{ code: 'Reference', targetProfile: [`${SD}/Patient`] }] },
    'Patient is not one of the targets allowed',
  ],
  [
    'a weaker binding',
    { path: 'Patient.maritalStatus', binding: { strength: 'extensible', valueSet: `${X}/v` } },
    'required already and cannot become extensible',
  ],
  ['another fixed value', { path: 'Patient.gender', fixedCode: 'female' }, 'fixed to another one already'],
  ['a pattern beside it', { path: 'Patient.maritalStatus', patternCodeableConcept: { text: 'y' } }, 'another pattern already'],
  ['a longer text', { path: 'Patient.name.family', maxLength: 11 }, 'maxLength 11 is more than the 10'],
  ['no more support', { path: 'Patient.name', mustSupport: false }, 'cannot be taken back'],
  ['a value of another type', { path: 'Patient.birthDate', fixedCode: 'x' }, 'fixedCode stands on an element of type date'],
  ['an element that there is not', { path: 'Patient.nickname', min: 1 }, "there is no element 'nickname' here; there are"],
  ['a part that there is not', { path: 'Patient.name.nick', min: 1 }, "there is no element 'nick'"],
  ['a slice of what is not sliced', { path: 'Patient.telecom', sliceName: 'phone', min: 1 }, 'is not sliced'],
];

describe('refuses', () => {
  test.each(REFUSED)('%s', (_name, element, says) => {
    const error = refusalOf(...below(element));
    expect(error.message).toContain(says);
    expect(error.message).toContain(`${X}/below is not a valid narrowing at ${element.path}`);
    expect(error.issues[0]?.expression).toEqual(['StructureDefinition.differential.element[1]']);
  });

  test('slices that need more than there may be', () => {
    const slicing = { discriminator: [{ type: 'value' as const, path: 'system' }], rules: 'open' as const };
    const elements: Element[] = [
      { path: 'Patient.telecom', max: '1', slicing },
      { path: 'Patient.telecom', sliceName: 'a', min: 1 },
      { path: 'Patient.telecom', sliceName: 'b', min: 1 },
    ];
    expect(refusalOf(profile('crowded', 'Patient', elements)).message).toContain('at Patient.telecom: its slices need 2 values, and 1 may be there');
  });

  test('a profile derived from itself', () => {
    const circle = ['a', 'b'].map((name) => profile(name, 'Patient', [], { baseDefinition: `${X}/${name === 'a' ? 'b' : 'a'}` }));
    expect(refusalOf(...circle).message).toContain('derived from itself');
  });

  test('a profile whose base nobody knows', () => {
    const error = refusalOf(profile('orphan', 'Patient', [], { baseDefinition: `${X}/nobody` }));
    expect(error.message).toContain('baseDefinition http://x.example/nobody is not known here');
  });

  test('a profile about no type of R4', () => {
    expect(refusalOf(profile('model', 'Thing', [])).message).toContain("about 'Thing', which is no type of FHIR R4");
  });

  test.each(['__proto__', 'constructor'])('an element called %s', (name) => {
    expect(refusalOf(profile('odd', 'Patient', [{ path: `Patient.${name}`, min: 1 }])).message).toContain(`no element '${name}'`);
  });
});

describe('narrows', () => {
  const rowsOf = (...definitions: ReturnType<typeof profile>[]) => {
    const found = sourceOf(...definitions).profile(definitions[0]?.url ?? '');
    if (found === undefined) throw new Error('not found');
    return new Map(snapshotRows(found.root, found.type).map(({ id, element }) => [id, element]));
  };

  test('through a chain of profiles', () => {
    const rows = rowsOf(...below({ path: 'Patient.name', max: '1' }));
    expect(rows.get('Patient.name')).toMatchObject({ min: 1, max: 1, mustSupport: true });
    expect(rows.get('Patient.name.family')).toMatchObject({ maxLength: 10 });
    expect(rows.get('Patient.telecom')).toMatchObject({ min: 0 });
  });

  test('into an element whose parts are defined elsewhere', () => {
    const rows = rowsOf(profile('form', 'Questionnaire', [{ path: 'Questionnaire.item.item.item.text', min: 1 }]));
    expect(rows.get('Questionnaire.item.item.item.text')).toMatchObject({ min: 1 });
    expect(rows.get('Questionnaire.item.text')).toMatchObject({ min: 0 });
  });

  test('into an extension that another profile defines', () => {
    const elements: Element[] = [
      { path: 'Patient.extension', sliceName: 'born', type: [{ code: 'Extension', profile: [`${SD}/patient-birthPlace`] }] },
      { path: 'Patient.extension.value[x].city', min: 1 },
    ];
    const rows = rowsOf(profile('born', 'Patient', elements));
    expect(rows.get('Patient.extension:born.url')?.fixed?.value).toBe(`${SD}/patient-birthPlace`);
    expect(rows.get('Patient.extension:born.value[x]')?.types.map(({ code }) => code)).toEqual(['Address']);
    expect(rows.get('Patient.extension:born.value[x].city')).toMatchObject({ min: 1 });
    expect(rows.get('Patient.extension')?.slicing).toMatchObject({ discriminators: [{ type: 'value', path: 'url' }] });
  });

  test('two types of a choice that are named for short', () => {
    const rows = rowsOf(profile('two', 'Observation', [{ path: 'Observation.valueQuantity' }, { path: 'Observation.valueString', maxLength: 3 }]));
    expect(rows.get('Observation.value[x]')?.types.map(({ code }) => code)).toEqual(['Quantity', 'string']);
    expect(rows.get('Observation.value[x]:valueString')).toMatchObject({ maxLength: 3, types: [{ code: 'string' }] });
  });

  test('a slice of a slice', () => {
    const slicing = (path: string) => ({ discriminator: [{ type: 'value' as const, path }], rules: 'open' as const });
    const elements: Element[] = [
      { path: 'Patient.telecom', slicing: slicing('system') },
      { path: 'Patient.telecom', sliceName: 'phone', slicing: slicing('use') },
      { path: 'Patient.telecom', sliceName: 'phone/home', max: '1' },
    ];
    const rows = rowsOf(profile('reslice', 'Patient', elements));
    expect([...rows.keys()].filter((id) => /^Patient[.]telecom(:[^.]*)?$/.test(id))).toEqual([
      'Patient.telecom',
      'Patient.telecom:phone',
      'Patient.telecom:phone/home',
    ]);
  });

  test('invariants are added to those that hold', () => {
    const constraint = [{ key: 'mine-1', severity: 'error' as const, human: 'x', expression: 'true' }];
    const rows = rowsOf(profile('more', 'Patient', [{ path: 'Patient.contact', constraint }]));
    expect(rows.get('Patient.contact')?.constraints?.map(({ key }) => key)).toEqual(['ele-1', 'pat-1', 'mine-1']);
  });
});
