/** A form is filled in with what its reader may see, and nothing else. */
import { expect, test } from '@jest/globals';
import type { Extension } from 'fhir/r4';
import type { Permit } from '../../src/access/permit.ts';
import { restrict } from '../../src/access/restrict.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { fillIn } from '../../src/http/interactions/questionnaire/populate.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import { ALL, atom } from '../../src/search/ast.ts';
import { ext, loinc, parts, questionnaire } from '../questionnaire/extract/fixture.ts';
import { indexOf, memoryStore, params, put, searchParam } from '../record/world.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const subject = { reference: 'Patient/mine' };
const record: Resource[] = [
  { resourceType: 'Patient', id: 'mine', birthDate: '1970-05-06' },
  { resourceType: 'Patient', id: 'other', birthDate: '1980-01-01' },
  ...['mine', 'other'].map(
    (id): Resource => ({ resourceType: 'Condition', id: `c-${id}`, subject: { reference: `Patient/${id}` }, code: { text: `of ${id}` } }),
  ),
  {
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: { coding: [loinc('29463-7')] },
    subject,
    effectiveDateTime: '2026-02-01',
    valueQuantity: { value: 70, unit: 'kg' },
  },
];

const initial = (expression: string): Extension => ext('initialExpression', { valueExpression: { language: 'text/fhirpath', expression } });
const query = {
  url: 'http://hl7.org/fhir/StructureDefinition/variable',
  valueExpression: { name: 'all', language: 'application/x-fhir-query', expression: 'Condition?_sort=_id' },
};
const plan = compilePlan(
  questionnaire(
    [
      { linkId: 'born', type: 'date', extension: [initial('%patient.birthDate')] },
      { linkId: 'conditions', type: 'string', repeats: true, extension: [initial('%all.entry.resource.code.text')] },
      { linkId: 'weight', type: 'quantity', code: [loinc('29463-7')], extension: [ext('observationLinkPeriod', { valueDuration: { value: 1, code: 'a' } })] },
    ],
    {
      extension: [
        parts('launchContext', [
          { url: 'name', valueCoding: { code: 'patient' } },
          { url: 'type', valueCode: 'Patient' },
        ]),
        query,
      ],
    },
  ),
);

const permit = (grants: Permit['grants']): Permit => ({ actor: { display: 'somebody' }, everything: false, grants });
const whole: Permit = { ...permit([]), everything: true };

async function filled(by: Permit, of = subject): Promise<Record<string, unknown[]>> {
  const store = memoryStore();
  await store.transact({
    writes: record.map((resource) => ({ write: 'put', version: put(resource, { version: 1, updated: NOW.toISOString() }), resource })),
    expects: [],
  });
  const outside = { reader: restrict(store, by, indexOf), params, now: NOW, timeZone: 'UTC' };
  const { response } = await fillIn(plan, { subject: of, contexts: new Map(), data: [], local: true, user: undefined }, outside);
  return Object.fromEntries(
    (response.item ?? []).flatMap(({ linkId, answer }) => (answer === undefined ? [] : [[linkId, answer.map((one) => Object.values(one)[0])]])),
  );
}

test('who may see everything gets everything', async () => {
  expect(await filled(whole)).toEqual({ born: ['1970-05-06'], conditions: ['of mine', 'of other'], weight: [{ value: 70, unit: 'kg' }] });
});

test('who may see nothing gets an empty form', async () => expect(await filled(permit([]))).toEqual({}));

test('queries find only what may be searched, contexts are only what may be read', async () => {
  const own = atom(searchParam('Condition', 'patient'), { is: 'reference', type: 'Patient', id: 'mine' });
  const mine = permit([
    { type: 'Condition', actions: ['search'], where: own },
    { type: 'Patient', actions: ['search'], where: ALL },
  ]);
  expect(await filled(mine)).toEqual({ conditions: ['of mine'] });
});

test("another patient's record stays closed", async () => {
  const me = atom(searchParam('Patient', '_id'), { is: 'token', code: 'mine' });
  const reads = permit([{ type: 'Patient', actions: ['read', 'search'], where: me }]);
  expect(await filled(reads)).toEqual({ born: ['1970-05-06'] });
  expect(await filled(reads, { reference: 'Patient/other' })).toEqual({});
});
