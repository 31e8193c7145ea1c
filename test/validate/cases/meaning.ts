/** Codes, references, Bundles, contained resources, invariants of the base. */
import type { StructureDefinition, ValueSet } from 'fhir/r4';
import { type Case, claims, loinc, observation, patient, profile, X } from './case.ts';

const SD = 'http://hl7.org/fhir/StructureDefinition';
const colours: ValueSet = {
  resourceType: 'ValueSet',
  url: `${X}/colours`,
  status: 'active',
  compose: { include: [{ system: `${X}/colour`, concept: [{ code: 'red' }, { code: 'blue' }] }] },
};
const red: ValueSet = {
  resourceType: 'ValueSet',
  url: `${X}/red`,
  status: 'active',
  compose: { include: [{ system: `${X}/colour`, concept: [{ code: 'red' }] }] },
};
const outside: ValueSet = { resourceType: 'ValueSet', url: `${X}/outside`, status: 'active', compose: { include: [{ system: `${X}/nobody-has-it` }] } };

const bound = (strength: 'required' | 'extensible' | 'preferred', valueSet: string, more: object = {}) => ({ strength, valueSet: `${X}/${valueSet}`, ...more });

export const BOUND: readonly (StructureDefinition | ValueSet)[] = [
  colours,
  red,
  outside,
  profile('coloured', 'Observation', [
    { path: 'Observation.bodySite', binding: bound('required', 'colours') },
    {
      path: 'Observation.method',
      binding: bound('extensible', 'colours', { extension: [{ url: `${SD}/elementdefinition-maxValueSet`, valueCanonical: `${X}/colours` }] }),
    },
    { path: 'Observation.category', binding: bound('extensible', 'colours') },
    { path: 'Observation.value[x]', type: [{ code: 'Quantity' }, { code: 'string' }], binding: bound('required', 'colours') },
    { path: 'Observation.interpretation', binding: bound('extensible', 'outside') },
    { path: 'Observation.meta.tag', binding: bound('required', 'red') },
    { path: 'Observation.implicitRules', binding: bound('required', 'red') },
    { path: 'Observation.dataAbsentReason', binding: bound('extensible', 'red') },
  ]),
  profile('hinted', 'Observation', [{ path: 'Observation.method', binding: bound('preferred', 'colours') }]),
];

const coding = (code: string, system = `${X}/colour`): object => ({ coding: [{ system, code }] });
const coloured = (change: object): object => observation({ meta: claims('coloured'), ...change });

const BINDINGS: readonly Case[] = [
  {
    name: 'a unit that UCUM does not have',
    wrong: observation({ valueQuantity: { value: 120, system: 'http://unitsofmeasure.org', code: 'mmHg' } }),
    at: 'Observation.value.ofType(Quantity)',
    says: "'mmHg' is not a code of 'http://unitsofmeasure.org'",
    right: observation({ valueQuantity: { value: 120, system: 'http://unitsofmeasure.org', code: 'mm[Hg]' } }),
    severity: 'warning',
  },
  {
    name: 'a code that its system does not have, where any may stand',
    wrong: observation({ code: coding('mael', 'http://hl7.org/fhir/administrative-gender') }),
    at: 'Observation.code.coding[0]',
    says: "'mael' is not a code of 'http://hl7.org/fhir/administrative-gender'",
    right: observation({ code: coding('male', 'http://hl7.org/fhir/administrative-gender') }),
    severity: 'warning',
  },
  {
    name: 'a tag that its system does not have',
    wrong: patient({ meta: { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSET' }] } }),
    at: 'Patient.meta.tag[0]',
    says: "'SUBSET' is not a code of",
    right: patient({
      meta: {
        tag: [
          { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' },
          { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', version: 'of another time', code: 'SUBSET' },
        ],
      },
    }),
    severity: 'warning',
  },
  {
    name: 'a media type that is none',
    wrong: patient({ photo: [{ contentType: 'picture', title: 'x' }] }),
    at: 'Patient.photo[0].contentType',
    says: "'picture' is not one of the codes",
    right: patient({ photo: [{ contentType: 'text/plain; charset=utf-8', title: 'x' }] }),
  },
  {
    name: 'a language that is none',
    wrong: patient({ language: 'english language' }),
    at: 'Patient.language',
    says: "'english language' is not one of the codes",
    right: patient({ language: 'nb-NO' }),
  },
  {
    name: 'required, CodeableConcept: another code',
    wrong: coloured({ bodySite: coding('green') }),
    at: 'Observation.bodySite.coding[0]',
    says: "'green' of system 'http://x.example/colour' is not one of the codes allowed here: red, blue",
    right: coloured({ bodySite: coding('red') }),
  },
  {
    name: 'required, CodeableConcept: another system',
    wrong: coloured({ bodySite: coding('red', `${X}/other`) }),
    at: 'Observation.bodySite.coding[0]',
    says: 'not one of the codes allowed here',
    right: coloured({
      bodySite: {
        coding: [
          { system: `${X}/other`, code: 'r' },
          { system: `${X}/colour`, code: 'red' },
        ],
      },
    }),
  },
  {
    name: 'required, CodeableConcept: text alone',
    wrong: coloured({ bodySite: { text: 'red' } }),
    at: 'Observation.bodySite',
    says: 'text alone is not enough',
    right: coloured({ bodySite: coding('blue') }),
  },
  {
    name: 'required, Quantity: another unit',
    wrong: coloured({ valueQuantity: { value: 1, system: `${X}/colour`, code: 'green' } }),
    at: 'Observation.value.ofType(Quantity)',
    says: "'green' of system",
    right: coloured({ valueQuantity: { value: 1, system: `${X}/colour`, code: 'red' } }),
  },
  {
    name: 'required, Quantity: no code',
    wrong: coloured({ valueQuantity: { value: 1 } }),
    at: 'Observation.value.ofType(Quantity)',
    says: 'The code of a unit is needed here',
    right: coloured({ valueQuantity: { value: 1, system: `${X}/colour`, code: 'blue' } }),
  },
  {
    name: 'required, string',
    wrong: coloured({ valueString: 'green' }),
    at: 'Observation.value.ofType(string)',
    says: "'green' is not one of the codes",
    right: coloured({ valueString: 'red' }),
  },
  {
    name: 'required, Coding',
    wrong: coloured({ meta: { ...claims('coloured'), tag: [{ system: `${X}/colour`, code: 'blue' }] } }),
    at: 'Observation.meta.tag[0]',
    says: "'blue' of system",
    right: coloured({ meta: { ...claims('coloured'), tag: [{ system: `${X}/colour`, code: 'red' }] } }),
  },
  {
    name: 'required, uri',
    wrong: coloured({ implicitRules: 'urn:blue' }),
    at: 'Observation.implicitRules',
    says: "'urn:blue' is not one of the codes",
    right: coloured({ implicitRules: 'red' }),
  },
  {
    name: 'required, code of the base',
    wrong: patient({ gender: 'm' }),
    at: 'Patient.gender',
    says: 'male, female, other, unknown',
    right: patient({ gender: 'male' }),
  },
  {
    name: 'extensible: another code',
    wrong: coloured({ category: [coding('green')] }),
    at: 'Observation.category[0].coding[0]',
    says: 'to be used here where one of them fits',
    severity: 'warning',
    right: coloured({ category: [coding('red')] }),
  },
  {
    name: 'extensible: beyond the maximum',
    wrong: coloured({ method: coding('green') }),
    at: 'Observation.method.coding[0]',
    says: 'allowed here: red, blue',
    right: coloured({ method: coding('red') }),
  },
  {
    name: 'extensible of the base',
    wrong: observation({ interpretation: [coding('XX', 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation')] }),
    at: 'Observation.interpretation[0].coding[0]',
    says: 'where one of them fits',
    severity: 'warning',
    right: observation({ interpretation: [coding('H', 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation')] }),
  },
  {
    name: 'preferred: another code',
    wrong: observation({ meta: claims('hinted'), method: coding('green') }),
    at: 'Observation.method.coding[0]',
    says: 'preferred here: red, blue',
    severity: 'information',
    right: observation({ meta: claims('hinted'), method: coding('red') }),
  },
];

const REFERENCES: readonly Case[] = [
  {
    name: 'of a type that may not be',
    wrong: observation({ subject: { reference: 'Medication/1' } }),
    at: 'Observation.subject.reference',
    says: 'expected Patient, Group',
    right: observation({ subject: { reference: 'Patient/1' } }),
  },
  {
    name: 'absolute, of a type that may not be',
    wrong: observation({ subject: { reference: `${X}/fhir/Medication/1` } }),
    at: 'Observation.subject.reference',
    says: 'not allowed here',
    right: observation({ subject: { reference: `${X}/fhir/Patient/1/_history/2` } }),
  },
  {
    name: 'of no type',
    wrong: observation({ subject: { reference: 'Pateint/1' } }),
    at: 'Observation.subject.reference',
    says: "Did you mean 'Patient'?",
    right: observation({ subject: { reference: 'Patient/1' } }),
  },
  {
    name: 'malformed: a blank',
    wrong: observation({ subject: { reference: 'Patient 1' } }),
    at: 'Observation.subject.reference',
    says: 'expected Type/id',
    right: observation({ subject: { reference: 'Patient/1' } }),
  },
  {
    name: 'malformed: an id that is none',
    wrong: observation({ subject: { reference: 'Patient/a_b' } }),
    at: 'Observation.subject.reference',
    says: 'expected Type/id',
    right: observation({ subject: { reference: 'Patient/a-b' } }),
  },
  {
    name: 'a search',
    wrong: observation({ subject: { reference: 'Patient?name=x' } }),
    at: 'Observation.subject.reference',
    says: 'only a transaction',
    right: observation({ subject: { display: 'x' } }),
  },
  {
    name: 'to nothing contained',
    wrong: observation({ subject: { reference: '#p' } }),
    at: 'Observation.subject.reference',
    says: 'ref-1',
    right: observation({ subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] }),
  },
  {
    name: 'to what is contained, of another type',
    wrong: observation({ subject: { reference: '#p' }, contained: [{ resourceType: 'Medication', id: 'p' }] }),
    at: 'Observation.subject.reference',
    says: 'A reference to Medication',
    right: observation({ subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] }),
  },
  {
    name: 'whose type says otherwise',
    wrong: observation({ subject: { reference: 'Patient/1', type: 'Group' } }),
    at: 'Observation.subject.type',
    says: 'make them agree',
    right: observation({ subject: { reference: 'Patient/1', type: 'Patient' } }),
  },
  {
    name: 'by type and identifier, of a type that may not be',
    wrong: observation({ subject: { type: 'Medication', identifier: { value: '1' } } }),
    at: 'Observation.subject.type',
    says: 'not allowed here',
    right: observation({ subject: { type: 'Patient', identifier: { value: '1' } } }),
  },
  {
    name: 'a contained resource that nothing refers to',
    wrong: patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] }),
    at: 'Patient.contained[0]',
    says: 'dom-3',
    right: patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }], managingOrganization: { reference: '#o' } }),
  },
  {
    name: 'a contained resource without an id',
    wrong: patient({ contained: [{ resourceType: 'Organization', name: 'x' }] }),
    at: 'Patient.contained[0]',
    says: 'needs an id',
    right: patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }], managingOrganization: { reference: '#o' } }),
  },
  {
    name: 'a version on a contained resource',
    wrong: patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x', meta: { versionId: '1' } }], managingOrganization: { reference: '#o' } }),
    at: 'Patient.contained[0].meta',
    says: 'dom-4',
    right: patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x', meta: { source: 'urn:a' } }], managingOrganization: { reference: '#o' } }),
  },
];

const bundle = (type: string, ...entry: object[]): object => ({ resourceType: 'Bundle', type, entry });
const first = { fullUrl: `${X}/fhir/Patient/1`, resource: { resourceType: 'Patient', id: '1' } };
const second = { fullUrl: `${X}/fhir/Patient/2`, resource: { resourceType: 'Patient', id: '2' } };
const request = { method: 'PUT', url: 'Patient/1' };
const composition = { resourceType: 'Composition', status: 'final', type: { text: 'x' }, date: '2026', author: [{ display: 'x' }], title: 'x' };
const document = (change: object, entry: object): object => ({
  resourceType: 'Bundle',
  type: 'document',
  identifier: { system: 'urn:a:b', value: '1' },
  timestamp: '2026-03-02T10:00:00Z',
  entry: [entry],
  ...change,
});
const cover = { fullUrl: `${X}/fhir/Composition/1`, resource: composition };

const BUNDLES: readonly Case[] = [
  {
    name: 'a fault in an entry',
    wrong: bundle('collection', first, { ...second, resource: patient({ gender: 'm' }) }),
    at: 'Bundle.entry[1].resource.gender',
    says: "'m' is not one of",
    right: bundle('collection', first, second),
  },
  {
    name: 'an entry of an unknown type',
    wrong: bundle('collection', { resource: { resourceType: 'Patiend' } }),
    at: 'Bundle.entry[0].resource',
    says: "Did you mean 'Patient'?",
    right: bundle('collection', first),
  },
  {
    name: 'a fullUrl twice',
    wrong: bundle('collection', first, { ...second, fullUrl: first.fullUrl }),
    at: 'Bundle.entry[1].fullUrl',
    says: 'bdl-7',
    right: bundle('collection', first, second),
  },
  {
    name: 'a fullUrl with a version',
    wrong: bundle('collection', { ...first, fullUrl: `${first.fullUrl}/_history/1` }),
    at: 'Bundle.entry[0]',
    says: 'bdl-8',
    right: bundle('collection', first),
  },
  {
    name: 'a fullUrl that says another id',
    wrong: bundle('collection', { ...first, fullUrl: `${X}/fhir/Patient/9` }),
    at: 'Bundle.entry[0].fullUrl',
    says: "ends in the id of the resource, 'Patient/1'",
    right: bundle('collection', first),
  },
  {
    name: 'a transaction without requests',
    wrong: bundle('transaction', first),
    at: 'Bundle.entry[0]',
    says: 'bdl-3',
    right: bundle('transaction', { ...first, request }),
  },
  {
    name: 'requests in a collection',
    wrong: bundle('collection', { ...first, request }),
    at: 'Bundle.entry[0]',
    says: 'bdl-3',
    right: bundle('batch', { ...first, request }),
  },
  {
    name: 'a total on a collection',
    wrong: { ...bundle('collection', first), total: 1 },
    at: 'Bundle',
    says: 'bdl-1',
    right: { ...bundle('searchset', { ...first, search: { mode: 'match' } }), total: 1 },
  },
  {
    name: 'an entry with nothing',
    wrong: bundle('collection', { fullUrl: 'urn:a:b' }),
    at: 'Bundle.entry[0]',
    says: 'bdl-5',
    right: bundle('collection', first),
  },
  { name: 'a document without an identifier', wrong: document({ identifier: undefined }, cover), at: 'Bundle', says: 'bdl-9', right: document({}, cover) },
  { name: 'a document without a date', wrong: document({ timestamp: undefined }, cover), at: 'Bundle', says: 'bdl-10', right: document({}, cover) },
  { name: 'a document that begins with something else', wrong: document({}, first), at: 'Bundle.entry[0]', says: 'bdl-11', right: document({}, cover) },
];

const questionnaire = (...item: object[]): object => ({ resourceType: 'Questionnaire', status: 'active', item });
const leaf = (linkId: string, change: object = {}): object => ({ linkId, type: 'string', ...change });
const consent = (change: object): object => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ text: 'x' }],
  policyRule: { text: 'x' },
  ...change,
});
const definition = (change: object): object => ({
  resourceType: 'StructureDefinition',
  url: `${X}/d`,
  name: 'D',
  status: 'draft',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: `${SD}/Patient`,
  derivation: 'constraint',
  differential: { element: [{ id: 'Patient', path: 'Patient' }] },
  ...change,
});
const differential = (...element: object[]): object => definition({ differential: { element: [{ id: 'Patient', path: 'Patient' }, ...element] } });
const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"';
const narrative = (div: string): object => patient({ text: { status: 'generated', div } });

const INVARIANTS: readonly Case[] = [
  {
    name: 'a differential that is no narrowing',
    wrong: differential({ id: 'Patient.gender', path: 'Patient.gender', min: 0, max: '2' }),
    at: 'StructureDefinition.differential.element[1]',
    says: 'is not a valid narrowing at Patient.gender: max 2 is more than the 1',
    severity: 'warning',
    right: differential({ id: 'Patient.gender', path: 'Patient.gender', min: 1, max: '1' }),
  },
  {
    name: 'a differential with an element that there is not',
    wrong: differential({ id: 'Patient.nickname', path: 'Patient.nickname' }),
    at: 'StructureDefinition.differential.element[1]',
    says: "there is no element 'nickname' here",
    severity: 'warning',
    right: differential({ id: 'Patient.name.text', path: 'Patient.name.text' }),
  },
  {
    name: 'que-2: a linkId twice',
    wrong: questionnaire(leaf('a'), leaf('a')),
    at: 'Questionnaire.item[1].linkId',
    says: 'que-2',
    right: questionnaire(leaf('a'), leaf('b')),
  },
  {
    name: 'que-1: a group without items',
    wrong: questionnaire({ linkId: 'a', type: 'group' }),
    at: 'Questionnaire.item[0]',
    says: 'que-1',
    right: questionnaire({ linkId: 'a', type: 'group', item: [leaf('b')] }),
  },
  {
    name: 'que-10: a length of a group',
    wrong: questionnaire({ linkId: 'a', type: 'date', maxLength: 1 }),
    at: 'Questionnaire.item[0]',
    says: 'que-10',
    right: questionnaire(leaf('a', { maxLength: 1 })),
  },
  {
    name: 'qrs-1: items beside an answer',
    wrong: { resourceType: 'QuestionnaireResponse', status: 'completed', item: [{ linkId: 'a', answer: [{ valueInteger: 1 }], item: [{ linkId: 'b' }] }] },
    at: 'QuestionnaireResponse.item[0]',
    says: 'qrs-1',
    right: { resourceType: 'QuestionnaireResponse', status: 'completed', item: [{ linkId: 'a', answer: [{ valueInteger: 1, item: [{ linkId: 'b' }] }] }] },
  },
  {
    name: 'obs-6: a reason beside a value',
    wrong: observation({ valueInteger: 1, dataAbsentReason: { text: 'x' } }),
    at: 'Observation',
    says: 'obs-6',
    right: observation({ dataAbsentReason: { text: 'x' } }),
  },
  {
    name: 'obs-7: a component with the code of the observation',
    wrong: observation({ valueInteger: 1, component: [{ code: loinc('44261-6') }] }),
    at: 'Observation.component[0].code',
    says: 'obs-7',
    right: observation({ valueInteger: 1, component: [{ code: loinc('1-8') }] }),
  },
  {
    name: 'obs-3: a range with nothing',
    wrong: observation({ referenceRange: [{ age: { low: { value: 1 } } }] }),
    at: 'Observation.referenceRange[0]',
    says: 'obs-3',
    right: observation({ referenceRange: [{ text: 'x' }] }),
  },
  {
    name: 'per-1: an end before the start',
    wrong: observation({ effectivePeriod: { start: '2026-03-02', end: '2026-03-01' } }),
    at: 'Observation.effective.ofType(Period)',
    says: 'per-1',
    right: observation({ effectivePeriod: { start: '2026-03-02', end: '2026-03-02' } }),
  },
  {
    name: 'qty-3: a code without a system',
    wrong: observation({ valueQuantity: { value: 1, code: 'kg' } }),
    at: 'Observation.value.ofType(Quantity)',
    says: 'qty-3',
    right: observation({ valueQuantity: { value: 1, unit: 'kg' } }),
  },
  {
    name: 'cpt-2: a value without a system',
    wrong: patient({ telecom: [{ value: '1' }] }),
    at: 'Patient.telecom[0]',
    says: 'cpt-2',
    right: patient({ telecom: [{ value: '1', system: 'phone' }] }),
  },
  {
    name: 'pat-1: a contact with nothing to reach them by',
    wrong: patient({ contact: [{ gender: 'male' }] }),
    at: 'Patient.contact[0]',
    says: 'pat-1',
    right: patient({ contact: [{ name: { text: 'x' } }] }),
  },
  {
    name: 'ppc-2: a privacy consent without a patient',
    wrong: consent({}),
    at: 'Consent',
    says: 'ppc-2',
    right: consent({ patient: { reference: 'Patient/1' } }),
  },
  { name: 'ele-1: an empty object', wrong: patient({ name: [{}] }), at: 'Patient.name[0]', says: 'ele-1', right: patient({ name: [{ text: 'x' }] }) },
  {
    name: 'txt-1: a script',
    wrong: narrative(`<div ${XHTML}>a<script>b</script></div>`),
    at: 'Patient.text.div',
    says: '<script> is not allowed',
    right: narrative(`<div ${XHTML}>a<b>b</b></div>`),
  },
  {
    name: 'txt-2: nothing to read',
    wrong: narrative(`<div ${XHTML}> </div>`),
    at: 'Patient.text.div',
    says: 'txt-2',
    right: narrative(`<div ${XHTML}>a</div>`),
  },
  {
    name: 'eld-2: a least above the most',
    wrong: differential({ id: 'Patient.name', path: 'Patient.name', min: 2, max: '1' }),
    at: 'StructureDefinition.differential.element[1]',
    says: 'eld-2',
    right: differential({ id: 'Patient.name', path: 'Patient.name', min: 1, max: '1' }),
  },
  {
    name: 'sdf-17: an element id twice',
    wrong: differential({ id: 'Patient', path: 'Patient.name' }),
    at: 'StructureDefinition',
    says: 'sdf-17',
    right: differential({ id: 'Patient.name', path: 'Patient.name' }),
  },
  {
    name: 'sdf-18: context invariants on a resource',
    wrong: definition({ contextInvariant: ['true'] }),
    at: 'StructureDefinition',
    says: 'sdf-18',
    right: definition({}),
  },
  {
    name: 'sdf-8a: an element of another type',
    wrong: differential({ id: 'Group.name', path: 'Group.name' }),
    at: 'StructureDefinition.differential',
    says: 'sdf-8a',
    right: differential({ id: 'Patient.name', path: 'Patient.name' }),
  },
  {
    name: 'cpb-7: documents twice',
    wrong: {
      resourceType: 'CapabilityStatement',
      status: 'draft',
      date: '2026',
      kind: 'requirements',
      fhirVersion: '4.0.1',
      format: ['json'],
      description: 'x',
      document: [1, 2].map(() => ({ mode: 'producer', profile: `${X}/p` })),
    },
    at: 'CapabilityStatement',
    says: 'cpb-7',
    right: {
      resourceType: 'CapabilityStatement',
      status: 'draft',
      date: '2026',
      kind: 'requirements',
      fhirVersion: '4.0.1',
      format: ['json'],
      description: 'x',
      document: ['producer', 'consumer'].map((mode) => ({ mode, profile: `${X}/p` })),
    },
  },
  {
    name: 'csd-1: a code twice',
    wrong: { resourceType: 'CodeSystem', status: 'draft', content: 'complete', concept: [{ code: 'a' }, { code: 'a' }] },
    at: 'CodeSystem',
    says: 'csd-1',
    right: { resourceType: 'CodeSystem', status: 'draft', content: 'complete', concept: [{ code: 'a' }, { code: 'b' }] },
  },
  {
    name: 'tim-2: a period without a unit',
    wrong: { resourceType: 'Parameters', parameter: [{ name: 'a', valueTiming: { repeat: { frequency: 1, period: 1 } } }] },
    at: 'Parameters.parameter[0].value.ofType(Timing).repeat',
    says: 'tim-2',
    right: { resourceType: 'Parameters', parameter: [{ name: 'a', valueTiming: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } } }] },
  },
];

const STRUCTURE: readonly Case[] = [
  { name: 'an unknown element', wrong: observation({ statuss: 'final' }), at: 'Observation.statuss', says: "Did you mean 'status'?", right: observation() },
  {
    name: 'an unknown part',
    wrong: patient({ name: [{ familyName: 'A' }] }),
    at: 'Patient.name[0].familyName',
    says: 'not an element of HumanName',
    right: patient({ name: [{ family: 'A' }] }),
  },
  { name: 'an element named constructor', wrong: patient({ constructor: 'x' }), at: 'Patient.constructor', says: 'is not an element', right: patient() },
  {
    name: 'an element named __proto__',
    wrong: JSON.parse('{"resourceType":"Patient","__proto__":{"a":1}}'),
    at: 'Patient.__proto__',
    says: 'is not an element',
    right: patient(),
  },
  { name: 'an empty array', wrong: patient({ name: [] }), at: 'Patient.name', says: 'empty array', right: patient() },
  {
    name: 'one value for a list',
    wrong: patient({ name: { family: 'A' } }),
    at: 'Patient.name',
    says: 'must be an array',
    right: patient({ name: [{ family: 'A' }] }),
  },
  { name: 'a list for one value', wrong: patient({ gender: ['male'] }), at: 'Patient.gender', says: 'a single value', right: patient({ gender: 'male' }) },
  { name: 'null', wrong: patient({ gender: null }), at: 'Patient.gender', says: 'null is no value', right: patient() },
  {
    name: 'two types of a choice',
    wrong: observation({ valueString: 'x', valueInteger: 1 }),
    at: 'Observation.value',
    says: 'Only one of',
    right: observation({ valueInteger: 1 }),
  },
  {
    name: 'a type outside of the choice',
    wrong: observation({ valueCode: 'x' }),
    at: 'Observation.valueCode',
    says: 'value[x] may be valueQuantity',
    right: observation({ valueString: 'x' }),
  },
  {
    name: 'a required element missing',
    wrong: { resourceType: 'Observation', code: { text: 'x' } },
    at: 'Observation.status',
    says: "'status' is required (1..1)",
    right: observation(),
  },
  {
    name: 'an object for a primitive',
    wrong: patient({ birthDate: {} }),
    at: 'Patient.birthDate',
    says: 'an object is not a valid date',
    right: patient({ birthDate: '2020' }),
  },
  { name: 'a text for an object', wrong: observation({ code: 'x' }), at: 'Observation.code', says: 'must be an object', right: observation() },
  {
    name: 'null without an extension',
    wrong: patient({ name: [{ given: ['A', null] }] }),
    at: 'Patient.name[0].given[1]',
    says: 'null stands here for a value',
    right: patient({ name: [{ given: ['A', null], _given: [null, { extension: [{ url: `${SD}/data-absent-reason`, valueCode: 'unknown' }] }] }] }),
  },
  {
    name: 'more extensions than values',
    wrong: patient({ name: [{ given: ['A'], _given: [null, { extension: [{ url: `${SD}/data-absent-reason`, valueCode: 'unknown' }] }] }] }),
    at: 'Patient.name[0].given',
    says: 'fill up with null',
    right: patient({ name: [{ given: ['A', null], _given: [null, { extension: [{ url: `${SD}/data-absent-reason`, valueCode: 'unknown' }] }] }] }),
  },
  {
    name: 'a text under _',
    wrong: patient({ gender: 'male', _gender: 'x' }),
    at: 'Patient.gender',
    says: 'id or extension',
    right: patient({ gender: 'male', _gender: { id: 'x' } }),
  },
  { name: '_ before an object', wrong: patient({ _name: [{ id: 'x' }] }), at: 'Patient._name', says: 'is not an element', right: patient() },
  { name: 'no resourceType', wrong: { id: 'x' }, at: 'Resource', says: "'resourceType' is required", right: patient() },
  { name: 'an abstract type', wrong: { resourceType: 'DomainResource' }, at: 'Resource', says: 'no FHIR R4 resource type', right: patient() },
  { name: 'an array for a resource', wrong: [], at: 'Resource', says: 'a JSON object, not an array', right: patient() },
];

export const MEANING: Readonly<Record<string, readonly Case[]>> = {
  structure: STRUCTURE,
  binding: BINDINGS,
  reference: REFERENCES,
  Bundle: BUNDLES,
  invariant: INVARIANTS,
};
