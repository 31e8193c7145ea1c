/** One small fault each, and the exact issue for it. */
import { describe, expect, test } from '@jest/globals';
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createValidator } from '../../src/validate/create-validator.ts';

const validator = createValidator(loadRegistry());

const observation = (change: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '44261-6', display: 'PHQ-9 total score' }] },
  subject: { reference: 'Patient/7' },
  effectiveDateTime: '2026-03-02T10:15:00+01:00',
  valueInteger: 12,
  ...change,
});
const patient = (change: object) => ({ resourceType: 'Patient', ...change });
const questionnaire = (...item: object[]) => ({ resourceType: 'Questionnaire', status: 'active', item });
const bundle = (change: object) => ({ resourceType: 'Bundle', type: 'collection', ...change });
const narrative = (div: string) => patient({ text: { status: 'generated', div } });
const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"';
const textReference = { reference: '#med' };

/** name, resource, code, where, a part of what is said */
type Case = readonly [name: string, resource: unknown, code: Issue['code'], expression: string, says: string];

const CASES: readonly Case[] = [
  // structure
  ['an array for a resource', [], 'structure', 'Resource', 'a JSON object, not an array'],
  ['no resourceType', { id: '1' }, 'required', 'Resource', "'resourceType' is required"],
  ['an unknown type', { resourceType: 'Patiend' }, 'structure', 'Resource', "Did you mean 'Patient'?"],
  ['an abstract type', { resourceType: 'DomainResource' }, 'structure', 'Resource', 'no FHIR R4 resource type'],
  ['a type that is an object', { resourceType: { toString: 1, valueOf: 2 } }, 'structure', 'Resource', 'an object is no FHIR R4 resource type'],
  ['a data type for a resource', { resourceType: 'HumanName', family: 'x' }, 'structure', 'Resource', 'no FHIR R4 resource type'],
  ['an unknown element', observation({ statuss: 'final' }), 'structure', 'Observation.statuss', "Did you mean 'status'?"],
  ['an unknown nested element', patient({ name: [{ familyName: 'A' }] }), 'structure', 'Patient.name[0].familyName', 'not an element of HumanName'],
  [
    'an element named like a prototype',
    JSON.parse('{"resourceType":"Patient","__proto__":{"a":1}}'),
    'structure',
    'Patient.__proto__',
    "'__proto__' is not an element",
  ],
  ['an element named constructor', patient({ constructor: 'x' }), 'structure', 'Patient.constructor', 'is not an element'],
  ['an element name that is no identifier', patient({ 'a b': 1 }), 'structure', 'Patient.`a b`', 'is not an element'],
  [
    'resourceType within a data type',
    observation({ code: { resourceType: 'Patient', text: 'x' } }),
    'structure',
    'Observation.code.resourceType',
    'not an element of CodeableConcept',
  ],
  ['a text for an object', observation({ code: 'phq-9' }), 'structure', 'Observation.code', 'must be an object (CodeableConcept), not a string'],
  ['a number for a text', patient({ gender: 1 }), 'value', 'Patient.gender', 'a JSON string'],
  ['a text for a number', observation({ valueInteger: '12' }), 'value', 'Observation.value.ofType(integer)', 'a whole number'],
  ['a text for a boolean', patient({ active: 'true' }), 'value', 'Patient.active', 'true or false, without quotes'],
  ['one value for an array', patient({ name: { family: 'A' } }), 'structure', 'Patient.name', 'must be an array, even for one value'],
  ['an array for one value', observation({ status: ['final'] }), 'structure', 'Observation.status', 'must be a single value, not an array'],
  ['null', patient({ gender: null }), 'structure', 'Patient.gender', 'null is no value'],
  ['an empty array', patient({ name: [] }), 'structure', 'Patient.name', 'is an empty array'],
  ['an empty object', patient({ name: [{}] }), 'invariant', 'Patient.name[0]', 'ele-1'],
  ['an object with only an id', patient({ name: [{ id: 'a' }] }), 'invariant', 'Patient.name[0]', 'ele-1'],
  ['an empty text', patient({ name: [{ family: '' }] }), 'value', 'Patient.name[0].family', 'leave the element out'],
  ['a required element missing', observation({ status: undefined }), 'required', 'Observation.status', "'status' is required (1..1)"],
  [
    'a required choice missing',
    { resourceType: 'Immunization', status: 'completed', vaccineCode: { text: 'x' }, patient: { display: 'x' } },
    'required',
    'Immunization.occurrence',
    'occurrenceDateTime, occurrenceString',
  ],
  ['a nested required element missing', patient({ link: [{ type: 'refer' }] }), 'required', 'Patient.link[0].other', "'other' is required"],
  ['two types of a choice', observation({ valueString: 'x' }), 'structure', 'Observation.value', 'Only one of valueString and valueInteger'],
  [
    'a type outside the choice',
    observation({ valueInteger: undefined, valueCode: 'x' }),
    'structure',
    'Observation.valueCode',
    'value[x] may be valueQuantity',
  ],
  ['an object where a primitive stands', patient({ birthDate: {} }), 'value', 'Patient.birthDate', 'an object is not a valid date'],

  // primitives
  ['an impossible date', patient({ birthDate: '2021-02-30' }), 'value', 'Patient.birthDate', "'2021-02-30' is not a valid date"],
  ['a leap day of no leap year', patient({ birthDate: '1900-02-29' }), 'value', 'Patient.birthDate', 'not a valid date'],
  ['a date with a time', patient({ birthDate: '2021-02-03T00:00:00Z' }), 'value', 'Patient.birthDate', 'YYYY-MM-DD'],
  ['a time without a zone', observation({ effectiveDateTime: '2026-03-02T10:15:00' }), 'value', 'Observation.effective.ofType(dateTime)', 'with a zone'],
  ['a time without seconds', observation({ effectiveDateTime: '2026-03-02T10:15Z' }), 'value', 'Observation.effective.ofType(dateTime)', 'hh:mm:ss'],
  ['an instant without a time', observation({ issued: '2026-03-02' }), 'value', 'Observation.issued', 'with seconds and a zone'],
  ['a time of day with a zone', observation({ valueInteger: undefined, valueTime: '10:15:00Z' }), 'value', 'Observation.value.ofType(time)', 'hh:mm:ss'],
  ['blanks in an id', patient({ id: 'a b' }), 'value', 'Patient.id', '1 to 64 letters'],
  ['an id too long', patient({ id: 'a'.repeat(65) }), 'value', 'Patient.id', '1 to 64 letters'],
  [
    'a code with a blank at its end',
    observation({ code: { coding: [{ code: 'a ' }] } }),
    'value',
    'Observation.code.coding[0].code',
    'no blanks at either end',
  ],
  ['a code with two blanks', observation({ code: { coding: [{ code: 'a  b' }] } }), 'value', 'Observation.code.coding[0].code', 'single blanks'],
  ['a URI with a blank', observation({ code: { coding: [{ system: 'http://a b' }] } }), 'value', 'Observation.code.coding[0].system', 'without blanks'],
  ['an OID that is none', observation({ code: { coding: [{ system: 'urn:oid:3.x' }] } }), 'value', 'Observation.code.coding[0].system', 'not a valid uri'],
  ['a positive integer of 0', patient({ telecom: [{ system: 'phone', value: '1', rank: 0 }] }), 'value', 'Patient.telecom[0].rank', 'from 1 to 2147483647'],
  ['a fraction for an integer', observation({ valueInteger: 1.5 }), 'value', 'Observation.value.ofType(integer)', 'a whole number'],
  ['an integer beyond 32 bits', observation({ valueInteger: 2_147_483_648 }), 'value', 'Observation.value.ofType(integer)', 'to 2147483647'],
  [
    'a decimal in quotes',
    observation({ valueInteger: undefined, valueQuantity: { value: '1.0' } }),
    'value',
    'Observation.value.ofType(Quantity).value',
    'a number, without quotes',
  ],
  [
    'a decimal beyond all bounds',
    observation({ valueInteger: undefined, valueQuantity: { value: Number.POSITIVE_INFINITY } }),
    'value',
    'Observation.value.ofType(Quantity).value',
    'a number',
  ],
  ['base64 that is none', patient({ photo: [{ contentType: 'image/png', data: 'abc' }] }), 'value', 'Patient.photo[0].data', 'base64'],
  ['a control character', patient({ name: [{ family: 'a\u0000b' }] }), 'value', 'Patient.name[0].family', "'a?b' is not a valid string"],
  ['half a surrogate pair', patient({ name: [{ family: '\ud83d' }] }), 'value', 'Patient.name[0].family', 'not a valid string'],
  ['a text beyond 1 MB', patient({ name: [{ family: 'a'.repeat(1024 * 1024 + 1) }] }), 'value', 'Patient.name[0].family', 'at most 1 MB'],

  // _element
  [
    'an unknown element beside a primitive',
    patient({ gender: 'male', _gender: { value: 'x' } }),
    'structure',
    'Patient.gender.value',
    'not an element of Element',
  ],
  [
    "a fault in a primitive's extension",
    patient({ _birthDate: { extension: [{ valueCode: 'x' }] } }),
    'required',
    'Patient.birthDate.extension[0].url',
    "'url' is required",
  ],
  ['_ before an object', patient({ _name: [{ id: 'x' }] }), 'structure', 'Patient._name', 'is not an element'],
  ['null without an extension', patient({ name: [{ given: ['A', null] }] }), 'structure', 'Patient.name[0].given[1]', 'null stands here for a value'],
  [
    'more extensions than values',
    patient({ name: [{ given: ['A'], _given: [null, { extension: [{ url: 'http://x.example/a', valueCode: 'x' }] }] }] }),
    'structure',
    'Patient.name[0].given',
    'fill up with null',
  ],
  ['a text under _', patient({ _gender: 'x' }), 'structure', 'Patient.gender', 'id or extension'],

  // extensions
  ['an extension with neither value nor parts', patient({ extension: [{ url: 'http://x.example/a' }] }), 'extension', 'Patient.extension[0]', 'ext-1'],
  [
    'an extension with both',
    patient({ extension: [{ url: 'http://x.example/a', valueCode: 'x', extension: [{ url: 'b', valueCode: 'x' }] }] }),
    'extension',
    'Patient.extension[0]',
    'ext-1',
  ],
  [
    'an extension with two values',
    patient({ extension: [{ url: 'http://x.example/a', valueCode: 'x', valueString: 'x' }] }),
    'structure',
    'Patient.extension[0].value',
    'Only one of',
  ],
  ['an extension without url', patient({ extension: [{ valueCode: 'x' }] }), 'required', 'Patient.extension[0].url', "'url' is required"],
  ['an extension with a relative url', patient({ extension: [{ url: 'race', valueCode: 'x' }] }), 'extension', 'Patient.extension[0].url', 'is absolute'],

  // bindings
  ['a code that is not allowed', observation({ status: 'done' }), 'code-invalid', 'Observation.status', 'registered, preliminary, final, amended'],
  [
    'a code of the wrong system',
    { ...condition(), clinicalStatus: { coding: [{ system: 'http://x.example', code: 'active' }] } },
    'code-invalid',
    'Condition.clinicalStatus.coding[0]',
    "'active' of system 'http://x.example'",
  ],
  [
    'a coding without a system',
    { ...condition(), clinicalStatus: { coding: [{ code: 'active' }] } },
    'code-invalid',
    'Condition.clinicalStatus.coding[0]',
    "'active' without a system",
  ],
  [
    'text where a code is required',
    { ...condition(), clinicalStatus: { text: 'active' } },
    'code-invalid',
    'Condition.clinicalStatus',
    'text alone is not enough',
  ],
  [
    'a unit of time that is none',
    timing({ frequency: 1, period: 1, periodUnit: 'days' }),
    'code-invalid',
    'MedicationRequest.dosageInstruction[0].timing.repeat.periodUnit',
    's, min, h, d, wk, mo, a',
  ],

  // references
  [
    'a reference of the wrong type',
    observation({ subject: { reference: 'Medication/1' } }),
    'value',
    'Observation.subject.reference',
    'expected Patient, Group, Device, Location',
  ],
  [
    'a full URL of the wrong type',
    observation({ subject: { reference: 'https://x.example/fhir/Medication/1' } }),
    'value',
    'Observation.subject.reference',
    'not allowed here',
  ],
  [
    'a declared type of the wrong type',
    observation({ subject: { type: 'Medication', display: 'x' } }),
    'value',
    'Observation.subject.type',
    'not allowed here',
  ],
  [
    'a declared type that does not agree',
    observation({ subject: { type: 'Group', reference: 'Patient/1' } }),
    'value',
    'Observation.subject.type',
    'make them agree',
  ],
  ['a malformed reference', observation({ subject: { reference: 'Patient 7' } }), 'value', 'Observation.subject.reference', 'expected Type/id'],
  ['a reference to no type', observation({ subject: { reference: 'Pateint/7' } }), 'value', 'Observation.subject.reference', "Did you mean 'Patient'?"],
  [
    'a search outside a transaction',
    observation({ subject: { reference: 'Patient?identifier=7' } }),
    'value',
    'Observation.subject.reference',
    'only a transaction',
  ],
  ['a reference to nothing contained', observation({ subject: { reference: '#p' } }), 'invariant', 'Observation.subject.reference', 'ref-1'],
  [
    'a contained resource of the wrong type',
    { ...observation({ subject: { reference: '#p' } }), contained: [{ resourceType: 'Medication', id: 'p' }] },
    'value',
    'Observation.subject.reference',
    'A reference to Medication is not allowed',
  ],

  // contained
  [
    'a contained resource that nothing refers to',
    patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] }),
    'invariant',
    'Patient.contained[0]',
    'dom-3',
  ],
  ['a contained resource without id', patient({ contained: [{ resourceType: 'Organization', name: 'x' }] }), 'required', 'Patient.contained[0]', 'needs an id'],
  [
    'a fault in a contained resource',
    medicationRequest({ id: 'med', status: 'x' }),
    'code-invalid',
    'MedicationRequest.contained[0].status',
    "'x' is not one of",
  ],
  [
    'contained resources nested',
    medicationRequest({ id: 'med', contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] }),
    'invariant',
    'MedicationRequest.contained[0].contained[0]',
    'dom-2',
  ],
  [
    'a version on a contained resource',
    medicationRequest({ id: 'med', meta: { versionId: '1' } }),
    'invariant',
    'MedicationRequest.contained[0].meta',
    'dom-4',
  ],
  [
    'a label on a contained resource',
    medicationRequest({ id: 'med', meta: { security: [{ code: 'R' }] } }),
    'invariant',
    'MedicationRequest.contained[0].meta.security',
    'dom-5',
  ],
  [
    'a contained resource of no type',
    { ...observation(), contained: [{ resourceType: 'X', id: 'x' }], device: { reference: '#x' } },
    'structure',
    'Observation.contained[0]',
    "'X' is no FHIR R4 resource type",
  ],

  // narrative
  ['a script in a narrative', narrative(`<div ${XHTML}>a<script>alert(1)</script></div>`), 'invariant', 'Patient.text.div', '<script> is not allowed'],
  ['an event handler', narrative(`<div ${XHTML}><p onclick="x()">a</p></div>`), 'invariant', 'Patient.text.div', 'attribute onclick is not allowed'],
  [
    'a script in an address',
    narrative(`<div ${XHTML}><a href="jav&#x09;ascript:x">a</a></div>`),
    'invariant',
    'Patient.text.div',
    'may not point to javascript:',
  ],
  [
    'a script in a style',
    narrative(`<div ${XHTML}><p style="width: ex/**/pression(x)">a</p></div>`),
    'invariant',
    'Patient.text.div',
    'a style may only format',
  ],
  ['a tag that is not closed', narrative(`<div ${XHTML}><p>a</div>`), 'invariant', 'Patient.text.div', '</div> closes <p>'],
  ['a narrative without namespace', narrative('<div>a</div>'), 'invariant', 'Patient.text.div', 'xmlns='],
  ['an empty narrative', narrative(`<div ${XHTML}> </div>`), 'invariant', 'Patient.text.div', 'txt-2'],
  ['text around the div', narrative(`<div ${XHTML}>a</div>b`), 'invariant', 'Patient.text.div', 'nothing before or behind'],

  // invariants
  [
    'a component that repeats the code',
    observation({ component: [{ code: { text: 'x' } }, { code: observation().code, valueInteger: 1 }] }),
    'invariant',
    'Observation.component[1].code',
    'obs-7',
  ],
  ['a value and a reason for none', observation({ dataAbsentReason: { text: 'x' } }), 'invariant', 'Observation', 'obs-6'],
  [
    'a period that ends before it begins',
    patient({ name: [{ text: 'x', period: { start: '2026-03-02', end: '2026-03-01' } }] }),
    'invariant',
    'Patient.name[0].period',
    'per-1',
  ],
  ['a contact without anything', patient({ contact: [{ gender: 'male' }] }), 'invariant', 'Patient.contact[0]', 'pat-1'],
  [
    'a linkId used twice',
    questionnaire({ linkId: 'a', type: 'group', item: [{ linkId: 'b', type: 'string' }] }, { linkId: 'b', type: 'string' }),
    'invariant',
    'Questionnaire.item[0].item[0].linkId',
    "que-2: The link ids for groups and questions must be unique within the questionnaire ('b' is used at item[1] too)",
  ],
  [
    'an empty group deep down',
    questionnaire({ linkId: 'a', type: 'group', item: [{ linkId: 'b', type: 'group' }] }),
    'invariant',
    'Questionnaire.item[0].item[0]',
    'que-1',
  ],
  [
    'a wrong type deep down',
    questionnaire({ linkId: 'a', type: 'group', item: [{ linkId: 'b', type: 'number' }] }),
    'code-invalid',
    'Questionnaire.item[0].item[0].type',
    "'number' is not one of",
  ],

  // Bundles and Parameters
  [
    'a fault in an entry',
    bundle({ entry: [{ resource: patient({}) }, { resource: observation({ status: 'x' }) }] }),
    'code-invalid',
    'Bundle.entry[1].resource.status',
    "'x' is not one of",
  ],
  ['an entry without a request', bundle({ type: 'transaction', entry: [{ resource: patient({}) }] }), 'invariant', 'Bundle.entry[0]', 'bdl-3'],
  [
    'a fullUrl used twice',
    bundle({
      entry: [
        { fullUrl: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', resource: patient({}) },
        { fullUrl: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', resource: patient({}) },
      ],
    }),
    'invariant',
    'Bundle.entry[1].fullUrl',
    'bdl-7',
  ],
  [
    'a fault in a parameter',
    { resourceType: 'Parameters', parameter: [{ name: 'a', part: [{ name: 'r', resource: patient({ gender: 'm' }) }] }] },
    'code-invalid',
    'Parameters.parameter[0].part[0].resource.gender',
    'male, female',
  ],
  [
    'a parameter with value and parts',
    { resourceType: 'Parameters', parameter: [{ name: 'a', valueCode: 'x', part: [{ name: 'b', valueCode: 'x' }] }] },
    'invariant',
    'Parameters.parameter[0]',
    'inv-1',
  ],
];

function condition(): object {
  return { resourceType: 'Condition', subject: { reference: 'Patient/7' } };
}

function medicationRequest(medication: object): object {
  return { ...prescription(), contained: [{ resourceType: 'Medication', ...medication }], medicationReference: textReference };
}

function prescription(): object {
  return { resourceType: 'MedicationRequest', status: 'active', intent: 'order', subject: { reference: 'Patient/7' } };
}

function timing(repeat: object): object {
  return { ...prescription(), medicationCodeableConcept: { text: 'x' }, dosageInstruction: [{ timing: { repeat } }] };
}

describe('finds just the one fault:', () => {
  test.each(CASES)('%s', (...row) => {
    const [, resource, code, expression, says] = row;
    // Cases are deliberately not resources; JSON drops what is undefined, as a request body would.
    const issues = validator.validate(withoutUndefined(resource) as Resource).issues.filter(({ severity }) => severity === 'error');
    expect(issues.map((issue) => [issue.severity, issue.code, issue.expression])).toEqual([['error', code, [expression]]]);
    expect(issues[0]?.text).toContain(says);
  });
});

/** Keeps infinity and odd strings as they are, unlike a round trip through JSON. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null || Object.hasOwn(value, '__proto__')) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, withoutUndefined(member)]),
  );
}
