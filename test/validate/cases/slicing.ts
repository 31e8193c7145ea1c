/** Slices, by every kind of discriminator. https://hl7.org/fhir/R4/profiling.html#slicing */
import { type Case, claims, loinc, observation, patient, profile, X } from './case.ts';

const SD = 'http://hl7.org/fhir/StructureDefinition';
const by = (type: string, path: string, change: object = {}): object => ({ discriminator: [{ type, path }], rules: 'open', ...change });

export const SLICED = [
  profile('identified', 'Patient', [
    { path: 'Patient.identifier', slicing: by('value', 'system', { rules: 'closed', ordered: true }) as never },
    { path: 'Patient.identifier', sliceName: 'national', min: 1, max: '1' },
    { path: 'Patient.identifier.system', fixedUri: `${X}/national` },
    { path: 'Patient.identifier.value', min: 1 },
    { path: 'Patient.identifier', sliceName: 'local', max: '1' },
    { path: 'Patient.identifier.system', fixedUri: `${X}/local` },
  ]),
  profile('lasting', 'Patient', [
    { path: 'Patient.identifier', slicing: by('value', 'system', { rules: 'openAtEnd' }) as never },
    { path: 'Patient.identifier', sliceName: 'national', min: 0, max: '1' },
    { path: 'Patient.identifier.system', fixedUri: `${X}/national` },
  ]),
  profile('panel', 'Observation', [
    { path: 'Observation.component', slicing: by('pattern', 'code') as never, min: 1 },
    { path: 'Observation.component', sliceName: 'pain', min: 1, max: '1' },
    { path: 'Observation.component.code', patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '72514-3' }] } },
    { path: 'Observation.component.value[x]', min: 1, type: [{ code: 'integer' }] },
    { path: 'Observation.component', sliceName: 'sleep', min: 0, max: '1' },
    { path: 'Observation.component.code', patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '93832-4' }] } },
    { path: 'Observation.component.valueQuantity' },
    { path: 'Observation.component.valueQuantity.unit', min: 1 },
  ]),
  profile('either', 'Observation', [
    { path: 'Observation.component', slicing: by('exists', 'value') as never },
    { path: 'Observation.component', sliceName: 'measured', min: 1 },
    { path: 'Observation.component.value[x]', min: 1 },
    { path: 'Observation.component.interpretation', min: 1 },
    { path: 'Observation.component', sliceName: 'missing' },
    { path: 'Observation.component.value[x]', max: '0' },
    { path: 'Observation.component.dataAbsentReason', min: 1 },
  ]),
  profile('typed', 'Observation', [
    { path: 'Observation.value[x]', slicing: by('type', '$this', { rules: 'closed' }) as never },
    { path: 'Observation.value[x]', sliceName: 'valueQuantity', type: [{ code: 'Quantity' }] },
    { path: 'Observation.value[x].unit', min: 1 },
    { path: 'Observation.value[x]', sliceName: 'valueString', type: [{ code: 'string' }], maxLength: 5 },
  ]),
  profile('bundled', 'Bundle', [
    { path: 'Bundle.entry', slicing: by('type', 'resource') as never },
    { path: 'Bundle.entry', sliceName: 'patient', min: 1, max: '1' },
    { path: 'Bundle.entry.resource', min: 1, type: [{ code: 'Patient' }] },
    { path: 'Bundle.entry', sliceName: 'score', min: 1 },
    { path: 'Bundle.entry.resource', min: 1, type: [{ code: 'Observation' }] },
    { path: 'Bundle.entry.resource.subject', min: 1 },
  ]),
  profile('conforming', 'Bundle', [
    { path: 'Bundle.entry', slicing: by('profile', 'resource', { rules: 'closed' }) as never },
    { path: 'Bundle.entry', sliceName: 'ward', min: 1 },
    { path: 'Bundle.entry.resource', min: 1, type: [{ code: 'Organization', profile: [`${X}/ward`] }] },
  ]),
  profile('ward', 'Organization', [{ path: 'Organization.alias', min: 1 }]),
  profile('performed', 'Observation', [
    { path: 'Observation.performer', slicing: by('type', 'resolve()') as never },
    { path: 'Observation.performer', sliceName: 'nurse', min: 1, type: [{ code: 'Reference', targetProfile: [`${SD}/Practitioner`] }] },
    { path: 'Observation.performer.display', min: 1 },
  ]),
  profile('resolved', 'Observation', [
    { path: 'Observation.performer', slicing: by('profile', 'resolve()') as never },
    { path: 'Observation.performer', sliceName: 'ward', min: 1, type: [{ code: 'Reference', targetProfile: [`${X}/ward`] }] },
  ]),
  profile('marked', 'Patient', [
    { path: 'Patient.contact', slicing: by('value', `extension('${SD}/data-absent-reason').value`) as never },
    { path: 'Patient.contact', sliceName: 'masked', min: 1 },
    { path: 'Patient.contact.extension', sliceName: 'reason', min: 1, type: [{ code: 'Extension', profile: [`${SD}/data-absent-reason`] }] },
    { path: 'Patient.contact.extension.value[x]', fixedCode: 'masked' },
    { path: 'Patient.contact.gender', min: 1 },
  ]),
  profile('nested', 'Observation', [
    {
      path: 'Observation.category',
      slicing: {
        discriminator: [
          { type: 'value', path: 'coding.code' },
          { type: 'value', path: 'coding.system' },
        ],
        rules: 'open',
      } as never,
      min: 1,
    },
    { path: 'Observation.category', sliceName: 'survey', min: 1, max: '1' },
    { path: 'Observation.category.coding', min: 1 },
    { path: 'Observation.category.coding.system', min: 1, fixedUri: 'http://terminology.hl7.org/CodeSystem/observation-category' },
    { path: 'Observation.category.coding.code', min: 1, fixedCode: 'survey' },
    { path: 'Observation.category.text', min: 1 },
  ]),
  profile('resliced', 'Patient', [
    { path: 'Patient.telecom', slicing: by('value', 'system') as never },
    { path: 'Patient.telecom', sliceName: 'phone', min: 1 },
    { path: 'Patient.telecom.system', fixedCode: 'phone' },
    { id: 'Patient.telecom:phone', path: 'Patient.telecom', sliceName: 'phone', slicing: by('value', 'use') as never },
    { id: 'Patient.telecom:phone/home', path: 'Patient.telecom', sliceName: 'phone/home', min: 1, max: '1' },
    { id: 'Patient.telecom:phone/home.use', path: 'Patient.telecom.use', fixedCode: 'home' },
    { id: 'Patient.telecom:phone/home.value', path: 'Patient.telecom.value', min: 1 },
  ]),
  profile('bound-slices', 'Observation', [
    { path: 'Observation.category', slicing: by('value', '$this') as never },
    {
      path: 'Observation.category',
      sliceName: 'known',
      min: 1,
      binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/observation-category' },
    },
  ]),
  profile('untold', 'Patient', [
    { path: 'Patient.name', slicing: { rules: 'open' } as never },
    { path: 'Patient.name', sliceName: 'official', min: 1 },
    { path: 'Patient.name.use', min: 1, fixedCode: 'official' },
  ]),
  profile('rest', 'Patient', [
    { path: 'Patient.identifier', slicing: by('value', 'system', { rules: 'closed' }) as never },
    { path: 'Patient.identifier', sliceName: 'national' },
    { path: 'Patient.identifier.system', fixedUri: `${X}/national` },
    { path: 'Patient.identifier', sliceName: '@default' },
    { path: 'Patient.identifier.assigner', min: 1 },
  ]),
];

const national = { system: `${X}/national`, value: '1' };
const local = { system: `${X}/local`, value: '2' };
const foreign = { system: `${X}/foreign`, value: '3' };
const identified = (...identifier: object[]): object => patient({ meta: claims('identified'), identifier });
const lasting = (...identifier: object[]): object => patient({ meta: claims('lasting'), identifier });
const rest = (...identifier: object[]): object => patient({ meta: claims('rest'), identifier });
const pain = { code: loinc('72514-3'), valueInteger: 3 };
const panel = (...component: object[]): object => observation({ meta: claims('panel'), component });
const either = (...component: object[]): object => observation({ meta: claims('either'), component });
const high = { interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'H' }] }] };
const measured = { code: loinc('1-8'), valueInteger: 1, ...high };
const reason = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' }] };
const typed = (change: object): object => observation({ meta: claims('typed'), ...change });
const bundle = (name: string, ...resources: object[]): object => ({
  resourceType: 'Bundle',
  meta: claims(name),
  type: 'collection',
  entry: resources.map((resource, at) => ({ fullUrl: `${X}/fhir/Basic/${at}`, resource })),
});
const scored = observation({ subject: { reference: 'Patient/7' } });
const ward = { resourceType: 'Organization', name: 'A', alias: ['Ward A'] };
const performed = (...performer: object[]): object => observation({ meta: claims('performed'), performer });
const resolved = (organization: object): object =>
  observation({ meta: claims('resolved'), contained: [{ ...organization, id: 'w' }], performer: [{ reference: '#w' }] });
const masked = { extension: [{ url: `${SD}/data-absent-reason`, valueCode: 'masked' }] };
const category = (code: string, change: object = {}): object => ({
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }],
  ...change,
});
const nested = (...list: object[]): object => observation({ meta: claims('nested'), category: list });
const resliced = (...telecom: object[]): object => patient({ meta: claims('resliced'), telecom });
const home = { system: 'phone', use: 'home', value: '1' };

export const SLICING_CASES: readonly Case[] = [
  {
    name: 'value: a slice is missing',
    wrong: identified(local),
    at: 'Patient.identifier',
    says: "The slice 'identifier:national' is required (1..1) and missing",
    right: identified(national, local),
  },
  {
    name: 'value: a slice too often',
    wrong: identified(national, national),
    at: 'Patient.identifier[1]',
    says: "'identifier:national' may be given 1 times at most",
    right: identified(national),
  },
  {
    name: 'value: a part that one slice requires',
    wrong: identified({ system: `${X}/national`, use: 'usual' }),
    at: 'Patient.identifier[0].value',
    says: 'required (1..1)',
    right: identified(national, { system: `${X}/local`, use: 'usual' }),
  },
  {
    name: 'closed: a value outside of all slices',
    wrong: identified(national, foreign),
    at: 'Patient.identifier[1]',
    says: 'is none of the slices, and no other value is allowed',
    right: identified(national, local),
  },
  {
    name: 'ordered: slices in another order',
    wrong: identified(local, national),
    at: 'Patient.identifier[1]',
    says: "The slice 'national' stands too late",
    right: identified(national, local),
  },
  {
    name: 'open at the end: another value before a slice',
    wrong: lasting(foreign, national),
    at: 'Patient.identifier[0]',
    says: 'others come last',
    right: lasting(national, foreign),
  },
  {
    name: 'default: a value that is left',
    wrong: rest(foreign),
    at: 'Patient.identifier[0].assigner',
    says: 'required (1..1)',
    right: rest(national, { ...foreign, assigner: { display: 'x' } }),
  },
  {
    name: 'pattern: a slice is missing',
    wrong: panel({ code: loinc('1-8') }),
    at: 'Observation.component',
    says: "'component:pain' is required",
    right: panel(pain),
  },
  {
    name: 'pattern: a type that one slice allows',
    wrong: panel({ ...pain, valueInteger: undefined, valueString: 'x' }),
    at: 'Observation.component[0].value.ofType(string)',
    says: 'allowed: valueInteger',
    right: panel(pain),
  },
  {
    name: 'pattern: a part of the second slice',
    wrong: panel(pain, { code: loinc('93832-4'), valueQuantity: { value: 7 } }),
    at: 'Observation.component[1].value.ofType(Quantity).unit',
    says: 'required (1..1)',
    right: panel(pain, { code: loinc('93832-4'), valueQuantity: { value: 7, unit: 'h' } }),
  },
  {
    name: 'pattern: a type named for short leaves no other',
    wrong: panel(pain, { code: loinc('93832-4'), valueInteger: 7 }),
    at: 'Observation.component[1].value.ofType(integer)',
    says: "'valueInteger' is not allowed here",
    right: panel(pain, { code: loinc('93832-4') }),
  },
  {
    name: 'exists: what is asked where it is there',
    wrong: either({ ...measured, interpretation: undefined }),
    at: 'Observation.component[0].interpretation',
    says: 'required (1..*)',
    right: either(measured),
  },
  {
    name: 'exists: what is asked where it is not',
    wrong: either(measured, { code: loinc('1-8') }),
    at: 'Observation.component[1].dataAbsentReason',
    says: 'required (1..1)',
    right: either(measured, { code: loinc('1-8'), dataAbsentReason: reason }),
  },
  {
    name: 'type: a part of one type',
    wrong: typed({ valueQuantity: { value: 1 } }),
    at: 'Observation.value.ofType(Quantity).unit',
    says: 'required (1..1)',
    right: typed({ valueQuantity: { value: 1, unit: 'x' } }),
  },
  {
    name: 'type: a length of another',
    wrong: typed({ valueString: 'abcdef' }),
    at: 'Observation.value.ofType(string)',
    says: 'at most 5',
    right: typed({ valueString: 'abcde' }),
  },
  {
    name: 'type: closed against a third',
    wrong: typed({ valueInteger: 1 }),
    at: 'Observation.value.ofType(integer)',
    says: 'is none of the slices',
    right: typed({ valueString: 'a' }),
  },
  {
    name: 'type of a resource: missing',
    wrong: bundle('bundled', patient()),
    at: 'Bundle.entry',
    says: "'entry:score' is required",
    right: bundle('bundled', patient(), scored),
  },
  {
    name: 'type of a resource: a part of one',
    wrong: bundle('bundled', patient(), observation()),
    at: 'Bundle.entry[1].resource.subject',
    says: 'required (1..1)',
    right: bundle('bundled', patient(), scored),
  },
  {
    name: 'type of a resource: too many',
    wrong: bundle('bundled', patient(), patient(), scored),
    at: 'Bundle.entry[1]',
    says: "'entry:patient' may be given 1 times",
    right: bundle('bundled', patient(), scored, scored),
  },
  {
    name: 'profile: a value that does not conform',
    wrong: bundle('conforming', ward, { resourceType: 'Organization', name: 'B' }),
    at: 'Bundle.entry[1]',
    says: 'is none of the slices',
    right: bundle('conforming', ward, ward),
  },
  {
    name: 'profile: missing',
    wrong: bundle('conforming', { resourceType: 'Organization', name: 'B' }),
    at: 'Bundle.entry',
    says: "'entry:ward' is required",
    right: bundle('conforming', ward),
  },
  {
    name: 'resolve(): the type of what is referred to',
    wrong: performed({ reference: 'Organization/1' }),
    at: 'Observation.performer',
    says: "'performer:nurse' is required",
    right: performed({ reference: 'Organization/1' }, { reference: 'Practitioner/1', display: 'N' }),
  },
  {
    name: 'resolve(): a part of a slice',
    wrong: performed({ reference: 'Practitioner/1' }),
    at: 'Observation.performer[0].display',
    says: 'required (1..1)',
    right: performed({ reference: 'Practitioner/1', display: 'N' }),
  },
  {
    name: 'resolve(): the profile of what is referred to',
    wrong: resolved({ resourceType: 'Organization', name: 'B' }),
    at: 'Observation.performer',
    says: "'performer:ward' is required",
    right: resolved(ward),
  },
  {
    name: 'extension(url): a slice is missing',
    wrong: patient({ meta: claims('marked'), contact: [{ name: { text: 'x' } }] }),
    at: 'Patient.contact',
    says: "'contact:masked' is required",
    right: patient({ meta: claims('marked'), contact: [{ ...masked, gender: 'male', name: { text: 'x' } }] }),
  },
  {
    name: 'extension(url): a part of a slice',
    wrong: patient({ meta: claims('marked'), contact: [{ ...masked, name: { text: 'x' } }] }),
    at: 'Patient.contact[0].gender',
    says: 'required (1..1)',
    right: patient({ meta: claims('marked'), contact: [{ ...masked, gender: 'male', name: { text: 'x' } }] }),
  },
  {
    name: 'a nested path: missing',
    wrong: nested(category('exam')),
    at: 'Observation.category',
    says: "'category:survey' is required",
    right: nested(category('exam'), category('survey', { text: 'x' })),
  },
  {
    name: 'a nested path: a part',
    wrong: nested(category('survey')),
    at: 'Observation.category[0].text',
    says: 'required (1..1)',
    right: nested(category('survey', { text: 'x' })),
  },
  {
    name: 'a slice of a slice: missing',
    wrong: resliced({ system: 'phone', use: 'work', value: '1' }),
    at: 'Patient.telecom',
    says: "'telecom:phone/home' is required",
    right: resliced(home, { system: 'phone', use: 'work', value: '2' }),
  },
  {
    name: 'a slice of a slice: a part',
    wrong: resliced({ system: 'phone', use: 'home', rank: 1 }),
    at: 'Patient.telecom[0].value',
    says: 'required (1..1)',
    right: resliced(home),
  },
  {
    name: 'a binding tells slices apart',
    wrong: observation({ meta: claims('bound-slices'), category: [{ coding: [{ system: `${X}/c`, code: 'x' }] }] }),
    at: 'Observation.category',
    says: "'category:known' is required",
    right: observation({ meta: claims('bound-slices'), category: [category('survey')] }),
  },
  {
    name: 'without a discriminator, all that a slice asks',
    wrong: patient({ meta: claims('untold'), name: [{ use: 'usual', text: 'x' }] }),
    at: 'Patient.name',
    says: "'name:official' is required",
    right: patient({ meta: claims('untold'), name: [{ use: 'official', text: 'x' }] }),
  },
];
