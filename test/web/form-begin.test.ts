/** How a form begins: with what the record knows, with nothing, or with the first question of an adaptive one. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Extension, Questionnaire, QuestionnaireItem, QuestionnaireResponse } from 'fhir/r4';
import supertest from 'supertest';
import { createClient } from '../../src/demo/client.ts';
import { compilePlan } from '../../src/questionnaire/compile.ts';
import type { Reader } from '../../src/store/store.ts';
import { beginningItems } from '../../src/web/form/beginning.ts';
import { type Started, start } from '../http/start.ts';
import { params } from '../record/world.ts';

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';
const URL = 'https://pro-bridge.example/fhir/Questionnaire/';
const FILLED_IN = [{ url: 'https://pro-bridge.example/fhir/StructureDefinition/filled-in', valueBoolean: true }];

const fhirpath = (name: string, expression: string): Extension => ({ url: `${SDC}${name}`, valueExpression: { language: 'text/fhirpath', expression } });
const launchPatient: Extension = {
  url: `${SDC}launchContext`,
  extension: [
    { url: 'name', valueCoding: { system: 'http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext', code: 'patient' } },
    { url: 'type', valueCode: 'Patient' },
  ],
};
const option = (code: string, display: string) => ({ valueCoding: { system: 'urn:example:sides', code, display } });

const form = (id: string, item: QuestionnaireItem[], extension: Extension[] = [launchPatient]): Questionnaire => ({
  resourceType: 'Questionnaire',
  id,
  url: `${URL}${id}`,
  status: 'active',
  title: 'About you',
  extension,
  item,
});

const KNOWN = form('known', [
  { linkId: 'name', type: 'string', text: 'Your name', extension: [fhirpath('initialExpression', '%patient.name.first().text')] },
  {
    linkId: 'weight',
    type: 'quantity',
    text: 'Your weight',
    code: [{ system: 'http://loinc.org', code: '29463-7' }],
    extension: [
      { url: `${SDC}observationLinkPeriod`, valueDuration: { value: 10, system: 'http://unitsofmeasure.org', code: 'a' } },
      { url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption', valueCoding: { system: 'http://unitsofmeasure.org', code: 'kg' } },
    ],
  },
  {
    linkId: 'side',
    type: 'choice',
    text: 'Which side?',
    answerOption: [option('l', 'Left'), option('r', 'Right')],
    extension: [fhirpath('initialExpression', "%questionnaire.item.where(linkId='side').answerOption[1].value")],
  },
  { linkId: 'born', type: 'date', text: 'Born', readOnly: true, extension: [fhirpath('initialExpression', '%patient.birthDate')] },
  { linkId: 'falls', type: 'integer', text: 'Falls', initial: [{ valueInteger: 0 }] },
  {
    linkId: 'double',
    type: 'integer',
    text: 'Twice as many',
    extension: [fhirpath('calculatedExpression', "%resource.item.where(linkId='falls').answer.value * 2")],
  },
  {
    linkId: 'helper',
    type: 'string',
    text: 'Who helped you up?',
    initial: [{ valueString: 'Nobody' }],
    enableWhen: [{ question: 'falls', operator: '>', answerInteger: 0 }],
  },
]);

const INITIAL = [
  { linkId: 'falls', answer: [{ valueInteger: 0 }] },
  { linkId: 'helper', answer: [{ valueString: 'Nobody' }] },
];

describe('a form that begins', () => {
  let server: Started;
  const web = () => supertest(server.app.origin);
  const fhir = () => createClient(server.app.base);
  const read = (id: string): Promise<QuestionnaireResponse> => fhir().read<QuestionnaireResponse>(`QuestionnaireResponse/${id}`);

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:' });
    await fhir().send('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p', name: [{ text: 'Margaret Ellis' }], birthDate: '1951-03-02' }, 201);
    await fhir().send('PUT', 'Observation/w', weight, 201);
    await fhir().send('PUT', 'Questionnaire/known', KNOWN, 201);
  });
  afterAll(() => server.app.close());

  const weight = {
    resourceType: 'Observation',
    id: 'w',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
    subject: { reference: 'Patient/p' },
    effectiveDateTime: '2026-02-01T10:00:00Z',
    valueQuantity: { value: 61.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  };

  const begun = async (id: string, fields: Record<string, string> = { who: 'self' }): Promise<string> => {
    const answer = await web()
      .post(`/form/${id}`)
      .type('form')
      .send({ patient: 'p', ...fields })
      .expect(303);
    return String(answer.headers['location']).split('/')[3] ?? '';
  };
  const sendPage = (id: string, fields: Record<string, string | readonly string[]>) => web().post(`/form/draft/${id}`).type('form').send(fields);

  test('is filled in from the record, marked as such; what the questionnaire says itself and what is worked out are not', async () => {
    const id = await begun('known');
    expect((await read(id)).item).toEqual([
      { linkId: 'name', answer: [{ valueString: 'Margaret Ellis', extension: FILLED_IN }] },
      { linkId: 'weight', answer: [{ valueQuantity: weight.valueQuantity, extension: FILLED_IN }] },
      { linkId: 'side', answer: [{ valueCoding: option('r', 'Right').valueCoding, extension: FILLED_IN }] },
      { linkId: 'born', answer: [{ valueDate: '1951-03-02', extension: FILLED_IN }] },
      ...INITIAL,
    ]);
    const { text } = await web().get(`/form/draft/${id}`).expect(200);
    expect(text).toContain('Some answers are filled in already');
    expect(text.match(/Filled in already\. Please check it\./g)).toHaveLength(3);
    expect(text).toMatch(/Born<[\s\S]*1951-03-02[\s\S]*Filled in already\. If it is wrong, tell your care team\.[\s\S]*Falls/);
  });

  test('keeps the mark on what was only looked at, and loses it where something else was answered', async () => {
    const id = await begun('known', { who: 'phone', actor: 'Nurse Berg' });
    const shown = ['name', 'weight', 'side', 'falls'];
    const looked = { 'name@0': 'Margaret Ellis', 'weight@0': '61,5', side: 'urn:example:sides|r', 'falls@0': '0' };
    await sendPage(id, { version: '1', do: 'save', shown, ...looked }).expect(303);
    expect((await read(id)).item?.map(({ answer }) => answer?.[0]?.extension)).toEqual([FILLED_IN, FILLED_IN, FILLED_IN, FILLED_IN, undefined, undefined]);
    await sendPage(id, { version: '2', do: 'save', shown, ...looked, 'name@0': 'Maggie', 'weight@0': '62', side: 'urn:example:sides|l' }).expect(303);
    const { item = [] } = await read(id);
    expect(item.map(({ answer }) => answer?.[0]?.extension)).toEqual([undefined, undefined, undefined, FILLED_IN, undefined, undefined]);
    const review = await web().get(`/form/draft/${id}?pace=one&at=99`);
    expect(review.text).not.toContain('Some answers are filled in already');
    await sendPage(id, { version: '3', do: 'send', pace: 'one' }).expect(303);
    expect(await read(id)).toMatchObject({ status: 'completed' });
  });

  test('begins with its own initial values where the record cannot be asked in the way that it wants', async () => {
    const map: Extension = { url: `${SDC}sourceStructureMap`, valueCanonical: 'urn:example:map' };
    await fhir().send('PUT', 'Questionnaire/mapped', form('mapped', [{ linkId: 'a', type: 'string', text: 'A' }], [map]), 201);
    expect((await read(await begun('mapped'))).item).toBeUndefined();
  });

  test('begins without what the record knows where the form does not take it', async () => {
    const item: QuestionnaireItem[] = [
      { ...KNOWN.item?.[0], linkId: 'page', type: 'url' },
      { linkId: 'falls', type: 'integer', initial: [{ valueInteger: 0 }] },
    ];
    await fhir().send('PUT', 'Questionnaire/address', form('address', item), 201);
    expect((await read(await begun('address'))).item).toEqual([INITIAL[0]]);
  });

  const asking = (reader: Partial<Reader>) =>
    beginningItems(
      compilePlan(KNOWN),
      { subject: { reference: 'Patient/p' }, user: 'Patient/p' },
      { reader: reader as Reader, params, now: new Date(), timeZone: 'UTC' },
      (error) => void told.push(String(error)),
    );
  const told: string[] = [];

  test('is filled in with what the one who begins it may see, and nothing else', async () => {
    const reader = { read: async () => undefined, search: async () => ({ matches: [], included: [] }) };
    const items = await asking(reader);
    expect(items.map(({ linkId }) => linkId)).toEqual(['side', 'falls', 'helper']);
  });

  test('begins with its own initial values where the record does not answer', async () => {
    const broken = () => Promise.reject(new Error('disk'));
    expect(await asking({ read: broken, search: broken })).toEqual(INITIAL);
    expect(told).toEqual(['Error: disk']);
  });

  test('what is worked out follows the answers without script too; what is put in its place stays, until it is taken away', async () => {
    const id = await begun('known', { who: 'face', actor: 'Nurse Lie' });
    let version = 0;
    const saved = async (falls: string, double: string): Promise<string | undefined> => {
      version += 1;
      const fields = { version: String(version), do: 'save', shown: ['falls', 'double'], 'falls@0': falls, 'double@0': double };
      await sendPage(id, fields).expect(303);
      return /name="double@0" value="([^"]*)"/.exec((await web().get(`/form/draft/${id}`)).text)?.[1];
    };
    expect(await saved('2', '0')).toBe('4');
    expect(await saved('3', '4')).toBe('6');
    expect(await saved('3', '9')).toBe('9');
    expect(await saved('1', '9')).toBe('9');
    expect(await saved('1', '')).toBe('2');
  });

  test('an adaptive form that three windows begin at once is begun once', async () => {
    const adaptive = form(
      'walking',
      [{ linkId: 'walk', type: 'boolean', text: 'Can you walk?', required: true }],
      [{ url: `${SDC}questionnaireAdaptive`, valueBoolean: true }],
    );
    await fhir().send('PUT', 'Questionnaire/walking', adaptive, 201);
    const ids = await Promise.all([1, 2, 3].map(() => begun('walking')));
    expect(new Set(ids).size).toBe(1);
    const { id, title } = { id: ids[0] ?? '', title: (await web().get('/form/walking?patient=p')).text };
    expect(title.match(/Continue where you left off/g)).toHaveLength(1);
    expect((await read(id)).contained).toMatchObject([{ item: [{ linkId: 'walk' }] }]);
  });

  test('a question of an item bank comes one by one until the bank is sure enough, and the scores are stored unseen', async () => {
    const bank = await fhir().read<Questionnaire>('Questionnaire/synthetic-fatigue');
    await fhir().send('PUT', 'Questionnaire/tiredness', { ...bank, id: 'tiredness', version: '1.0.1', status: 'active' }, 201);
    const id = await begun('tiredness');
    let asked = 0;
    for (let page = await web().get(`/form/draft/${id}`); !page.text.includes('Look over your answers'); asked += 1) {
      expect(page.text).toContain(`Question ${asked + 1}<`);
      const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)?.[1] ?? '';
      const key = field('shown');
      const fields = { version: field('version'), do: 'next', at: String(asked + 1), screen: key, shown: key };
      const next = await sendPage(id, { ...fields, [key]: 'https://pro-bridge.example/fhir/CodeSystem/frequency|sometimes' }).expect(303);
      page = await web().get(String(next.headers['location']));
    }
    expect(asked).toBeGreaterThanOrEqual(4);
    expect(asked).toBeLessThanOrEqual(8);
    const review = await web().get(`/form/draft/${id}?at=${asked + 1}`);
    expect(review.text).not.toMatch(/theta|T score/);
    const version = /name="version" value="(\d+)"/.exec(review.text)?.[1] ?? '';
    await sendPage(id, { version, do: 'send', at: String(asked + 1) }).expect(303);
    const response = await read(id);
    expect(response.status).toBe('completed');
    expect(response.item).toHaveLength(asked + 3);
    expect(response.item?.at(-1)).toMatchObject({ linkId: 't-score', answer: [{ valueDecimal: expect.any(Number) }] });
    expect((await web().get(`/form/sent/${id}`)).text).toContain('Your answers were sent.');
  });

  test('what a questionnaire demands in its own words is said in the reader’s, without names and formulas', async () => {
    const translated = (content: string) => ({
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/translation',
          extension: [
            { url: 'lang', valueCode: 'nb' },
            { url: 'content', valueString: content },
          ],
        },
      ],
    });
    const constraint = (key: string, human: string, norwegian: string, expression: string): Extension => ({
      url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-constraint',
      extension: [
        { url: 'key', valueId: key },
        { url: 'severity', valueCode: 'error' },
        { url: 'expression', valueString: expression },
        { url: 'human', valueString: human, _valueString: translated(norwegian) },
      ],
    });
    const item: QuestionnaireItem[] = [
      {
        linkId: 'up',
        type: 'integer',
        text: 'Up',
        _text: translated('Opp'),
        extension: [constraint('up-1', 'At most a day', 'Høyst et døgn', 'answer.value < 25')],
      },
      { linkId: 'down', type: 'integer', text: 'Down', _text: translated('Ned') },
    ];
    const sum = constraint(
      'day',
      'Up and down fill one day',
      'Opp og ned blir et døgn',
      "item.where(linkId='up').answer.value + item.where(linkId='down').answer.value = 24",
    );
    await fhir().send('PUT', 'Questionnaire/day', { ...form('day', item, [sum]), language: 'en' }, 201);
    const id = await begun('day', { who: 'self', lang: 'nb' });
    const shown = ['up', 'down'];
    const one = await sendPage(id, { version: '1', do: 'send', pace: 'one', lang: 'nb', shown, 'up@0': '30', 'down@0': '1' }).expect(422);
    expect(one.text).toMatch(/Opp<\/a>: Høyst et døgn</);
    const both = await sendPage(id, { version: '2', do: 'send', pace: 'one', lang: 'nb', shown, 'up@0': '20', 'down@0': '1' }).expect(422);
    expect(both.text).toContain('Opp og ned blir et døgn');
    expect(one.text + both.text).not.toMatch(/At most a day|fill one day|up-1|linkId/);
  });
});
