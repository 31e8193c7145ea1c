/** Forms over plain HTTP, as a browser without script sends them: who answers, drafts, conflicts, languages. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { QuestionnaireResponse } from 'fhir/r4';
import supertest from 'supertest';
import { createClient } from '../../src/demo/client.ts';
import { type Started, start } from '../http/start.ts';

describe('forms over HTTP', () => {
  let server: Started;
  const web = () => supertest(server.app.origin);
  const fhir = () => createClient(server.app.base);
  const read = (id: string): Promise<QuestionnaireResponse> => fhir().read<QuestionnaireResponse>(`QuestionnaireResponse/${id}`);

  beforeAll(async () => {
    server = await start({ DATABASE_URL: 'memory:', TIME_ZONE: 'Europe/Oslo' });
    await fhir().send('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p', name: [{ text: 'Margaret Ellis' }] }, 201);
    await fhir().send(
      'PUT',
      'RelatedPerson/tom',
      { resourceType: 'RelatedPerson', id: 'tom', patient: { reference: 'Patient/p' }, name: [{ text: 'Tom Ellis' }] },
      201,
    );
    await fhir().send('PUT', 'Patient/q', { resourceType: 'Patient', id: 'q' }, 201);
    await fhir().send('PUT', 'RelatedPerson/eve', { resourceType: 'RelatedPerson', id: 'eve', patient: { reference: 'Patient/q' } }, 201);
  });
  afterAll(() => server.app.close());

  const begin = (form: string, fields: Record<string, string>) =>
    web()
      .post(`/form/${form}`)
      .type('form')
      .send({ patient: 'p', ...fields });
  /** Id of the draft that a form leads to. */
  const begun = async (form: string, fields: Record<string, string>): Promise<string> => {
    const answer = await begin(form, fields).expect(303);
    return String(answer.headers['location']).split('/')[3] ?? '';
  };
  const sendPage = (id: string, fields: Record<string, string | readonly string[]>) => web().post(`/form/draft/${id}`).type('form').send(fields);

  test('the list says in which languages each form is complete, and speaks the reader’s', async () => {
    const { text } = await web().get('/form?patient=p').set('Accept-Language', 'no, en;q=0.5').expect(200);
    expect(text).toMatch(/<html lang="nb" dir="ltr">/);
    expect(text).toMatch(
      /Ukentlig symptomsjekk[\s\S]*?Språk: <span lang="en">English<\/span>, <span lang="zh-Hans">简体中文<\/span> \*, <span lang="nb">norsk bokmål<\/span> \*/,
    );
    expect(text).toContain('utkast');
  });

  test('a patient who comes back finds the draft again, and begins no second one', async () => {
    const [first, second] = [await begun('gad-7', { who: 'self' }), await begun('gad-7', { who: 'self' })];
    expect(second).toBe(first);
    expect(await read(first)).toMatchObject({
      status: 'in-progress',
      questionnaire: expect.stringMatching(/gad-7\|/),
      subject: { reference: 'Patient/p' },
      source: { reference: 'Patient/p' },
      author: { reference: 'Patient/p' },
    });
    const page = await web().get('/form/gad-7?patient=p').expect(200);
    expect(page.text).toMatch(/You began on [\s\S]*Continue where you left off/);
    await begin('gad-7', { drop: first }).expect(303);
    expect((await web().get(`/form/draft/${first}`)).status).toBe(404);
  });

  test('two windows that begin at once begin one draft', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => begun('esas-r', { who: 'self' })));
    expect(new Set(ids).size).toBe(1);
  });

  const TOM = { reference: 'RelatedPerson/tom', display: 'Tom Ellis' };
  test.each([
    [{ who: 'proxy', proxy: 'RelatedPerson/tom' }, { source: TOM, author: TOM }, ['ELECTRONIC']],
    [{ who: 'proxy', 'proxy-name': 'A neighbour' }, { source: { type: 'RelatedPerson', display: 'A neighbour' } }, ['ELECTRONIC']],
    [{ who: 'phone', actor: 'Nurse Berg' }, { source: { reference: 'Patient/p' }, author: { display: 'Nurse Berg' } }, ['PHONE', 'VERBAL']],
    [{ who: 'face', actor: 'Nurse Lie' }, { source: { reference: 'Patient/p' }, author: { display: 'Nurse Lie' } }, ['FACE', 'VERBAL']],
    [{ who: 'paper', actor: 'Nurse Dahl', 'paper-date': '2026-01-05' }, { author: { display: 'Nurse Dahl' }, authored: '2026-01-05' }, ['WRITTEN']],
  ])('%j is recorded in the answers', async (fields, expected, codes) => {
    const response = await read(await begun('pain-diary', fields as Record<string, string>));
    expect(response).toMatchObject(expected);
    expect(response.extension?.[0]?.valueCodeableConcept?.coding?.map(({ code }) => code)).toEqual(codes);
  });

  test.each([
    [{}, 'Who answers'],
    [{ who: 'proxy' }, 'Name of the person'],
    [{ who: 'proxy', proxy: 'RelatedPerson/eve' }, 'Name of the person'],
    [{ who: 'proxy', proxy: 'RelatedPerson/nobody' }, 'Name of the person'],
    [{ who: 'phone' }, 'Your name'],
    [{ who: 'paper', actor: 'Nurse Dahl' }, 'When was the paper form'],
    [{ who: 'paper', actor: 'Nurse Dahl', 'paper-date': '2999-01-01' }, 'When was the paper form'],
  ])('%j is refused, with a link to what is missing', async (fields, words) => {
    const { text } = await begin('pain-diary', fields as Record<string, string>).expect(422);
    expect(text).toMatch(
      new RegExp(`role="alert"[\\s\\S]*<a href="#([a-z-]+)">${words}[^<]*</a>: Please answer this question\\.[\\s\\S]*id="\\1"[^>]*aria-invalid="true"`),
    );
  });

  test('answers from paper keep their day, and those of a patient get the moment in which they are sent', async () => {
    const paper = await begun('phq-9', { who: 'paper', actor: 'Nurse Dahl', 'paper-date': '2026-01-05' });
    await sendPage(paper, { version: '1', do: 'send', shown: 'problems/44250-9', pace: 'one' }).expect(303);
    expect(await read(paper)).toMatchObject({ status: 'completed', authored: '2026-01-05' });
    const self = await begun('phq-9', { who: 'self' });
    await sendPage(self, { version: '1', do: 'send', pace: 'one' }).expect(303);
    expect(Date.now() - Date.parse((await read(self)).authored ?? '')).toBeLessThan(60_000);
  });

  test('a page that is sent is saved as a draft, which is never scored, and keeps what other pages hold', async () => {
    const id = await begun('cancer-weekly', { who: 'phone', actor: 'Nurse Moe' });
    await sendPage(id, { version: '1', do: 'save', shown: 'symptoms/pain', 'symptoms/pain': '6' }).expect(303);
    await sendPage(id, { version: '2', do: 'save', shown: 'symptoms/fatigue', 'symptoms/fatigue': '3' }).expect(303);
    const response = await read(id);
    expect(response.status).toBe('in-progress');
    expect(response.item).toMatchObject([
      {
        linkId: 'symptoms',
        item: [
          { linkId: 'pain', text: 'Pain', answer: [{ valueInteger: 6 }] },
          { linkId: 'fatigue', answer: [{ valueInteger: 3 }] },
        ],
      },
    ]);
    expect(await fhir().search(`Observation?derived-from=QuestionnaireResponse/${id}`)).toEqual([]);
  });

  test('what was answered to a question that is asked no more comes back with it, and is not sent without it', async () => {
    const id = await begun('cancer-weekly', { who: 'phone', actor: 'Nurse Aas' });
    const shown = ['symptoms/pain', 'pain-details/pain-function'];
    await sendPage(id, { version: '1', do: 'save', shown, 'symptoms/pain': '6', 'pain-details/pain-function': '5' }).expect(303);
    await sendPage(id, { version: '2', do: 'save', shown: 'symptoms/pain', 'symptoms/pain': '0' }).expect(303);
    expect((await web().get(`/form/draft/${id}`)).text).not.toContain('keep you from doing');
    expect(JSON.stringify(await read(id))).toContain('pain-function');
    await sendPage(id, { version: '3', do: 'send', pace: 'one' }).expect(303);
    expect(JSON.stringify(await read(id))).not.toContain('pain-function');
  });

  test('a change made elsewhere is told; what was typed stays on the page and is taken when it is sent again', async () => {
    const id = await begun('pain-diary', { who: 'phone', actor: 'Nurse Vik' });
    await sendPage(id, { version: '1', do: 'save', shown: 'anything-else', 'anything-else@0': 'From the other window' }).expect(303);
    const refused = await sendPage(id, { version: '1', do: 'save', shown: 'anything-else', 'anything-else@0': 'Typed here' }).expect(409);
    expect(refused.text).toMatch(/changed somewhere else[\s\S]*Typed here/);
    expect(refused.text).toContain('name="version" value="2"');
    expect(JSON.stringify(await read(id))).toContain('From the other window');
    await sendPage(id, { version: '2', do: 'save', shown: 'anything-else', 'anything-else@0': 'Typed here' }).expect(303);
    expect(JSON.stringify(await read(id))).toContain('Typed here');
  });

  test('answers that were sent already are not changed, and what was typed after that is shown', async () => {
    const id = await begun('pain-diary', { who: 'face', actor: 'Nurse Ness' });
    await sendPage(id, { version: '1', do: 'send', pace: 'one' }).expect(303);
    const late = await sendPage(id, { version: '1', do: 'save', shown: 'anything-else', 'anything-else@0': 'One more thing' }).expect(409);
    expect(late.text).toMatch(/sent already[\s\S]*One more thing/);
  });

  test('without script, questions that come up because of an answer are shown before anything is sent', async () => {
    const id = await begun('cancer-weekly', { who: 'face', actor: 'Nurse Bakke' });
    const page = await web().get(`/form/draft/${id}`);
    const shown = [...page.text.matchAll(/name="shown" value="([^"]+)"/g)].map(([, key]) => key ?? '');
    const more = await sendPage(id, { version: '1', do: 'send', shown, 'symptoms/pain': '6' }).expect(200);
    expect(more.text).toMatch(/there are more questions[\s\S]*keep you from doing[\s\S]*<span class="tag">new<\/span>/);
    await sendPage(id, { version: '2', do: 'send', shown: [...shown, 'pain-details/pain-function'], 'symptoms/pain': '6' }).expect(303);
  });

  test('another language is chosen in the form, kept with the answers, and the answers’ words are in it', async () => {
    const id = await begun('cancer-weekly', { who: 'self', lang: 'zh' });
    const page = await web().get(`/form/draft/${id}`).expect(200);
    expect(page.text).toMatch(/<html lang="zh-Hans" dir="ltr">[\s\S]*每周症状自评/);
    const switched = await sendPage(id, { version: '1', do: 'lang:nb', lang: 'zh-Hans', shown: 'symptoms/pain', 'symptoms/pain': '4' }).expect(303);
    const norwegian = await web().get(String(switched.headers['location'])).expect(200);
    expect(norwegian.text).toContain('Ukentlig symptomsjekk');
    expect(await read(id)).toMatchObject({ language: 'zh-Hans', item: [{ item: [{ linkId: 'pain', text: '疼痛' }] }] });
  });

  test('who answers for the patient is told by name, and that what to do now is for the patient', async () => {
    const id = await begun('phq-9', { who: 'proxy', proxy: 'RelatedPerson/tom' });
    expect((await web().get(`/form/draft/${id}`)).text).toContain('Tom Ellis answers for the patient.');
    const key = 'problems/44260-8';
    const page = await web().get(`/form/draft/${id}`);
    const answer = new RegExp(`name="${key}" value="([^"]+LA6569-3)"`).exec(page.text)?.[1] ?? '';
    await sendPage(id, { version: '1', do: 'send', pace: 'one', shown: key, [key]: answer }).expect(303);
    expect((await web().get(`/form/sent/${id}`)).text).toMatch(/What to do now[\s\S]*Tell the patient now what is said here\.[\s\S]*You can print/);
  });

  test('a form sent from another site is not carried out', async () => {
    await begin('gad-7', { who: 'self' }).set('Sec-Fetch-Site', 'cross-site').expect(403);
  });

  test('no address, title or cookie says what is asked', async () => {
    const id = await begun('phq-9', { who: 'phone', actor: 'Nurse Sand' });
    const answer = await sendPage(id, { version: '1', do: 'pace:one', lang: 'en' }).expect(303);
    const page = await web().get(String(answer.headers['location']));
    expect(`${answer.headers['location']} ${answer.headers['set-cookie']} ${/<title>.*<\/title>/.exec(page.text)?.[0]}`).not.toMatch(/phq|mood|depress/i);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  });

  test.each(['__proto__', 'constructor', '../x', 'nobody'])('the address /form/%s leads to no page', async (name) => {
    const { status } = await web().get(`/form/${encodeURIComponent(name)}?patient=p`);
    expect(status).toBe(404);
  });

  test('an adaptive form asks one question after the other as the answers have it', async () => {
    const url = 'https://pro-bridge.example/fhir/Questionnaire/stairs';
    const adaptive = {
      resourceType: 'Questionnaire',
      id: 'stairs',
      url,
      version: '1',
      status: 'active',
      title: 'Walking',
      extension: [{ url: 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-questionnaireAdaptive', valueBoolean: true }],
      item: [
        { linkId: 'walk', type: 'boolean', text: 'Can you walk?', required: true },
        { linkId: 'stairs', type: 'boolean', text: 'Can you climb stairs?', enableWhen: [{ question: 'walk', operator: '=', answerBoolean: true }] },
        { linkId: 'chair', type: 'boolean', text: 'Do you use a wheelchair?', enableWhen: [{ question: 'walk', operator: '=', answerBoolean: false }] },
      ],
    };
    await fhir().send('PUT', 'Questionnaire/stairs', adaptive, 201);
    const id = await begun('stairs', { who: 'self' });
    expect(await begun('stairs', { who: 'self' })).toBe(id);
    const first = await web().get(`/form/draft/${id}`).expect(200);
    expect(first.text).toMatch(/Walking[\s\S]*Question 1<[\s\S]*Can you walk/);
    expect(first.text).not.toMatch(/stairs\?|wheelchair/);
    const version = (text: string): string => /name="version" value="(\d+)"/.exec(text)?.[1] ?? '';
    await sendPage(id, { version: version(first.text), do: 'next', at: '1', screen: 'walk', shown: 'walk' }).expect(422);
    const unanswered = await web().get(`/form/draft/${id}`);
    const next = await sendPage(id, { version: version(unanswered.text), do: 'next', at: '1', screen: 'walk', shown: 'walk', walk: 'false' }).expect(303);
    const second = await web().get(String(next.headers['location'])).expect(200);
    expect(second.text).toMatch(/Question 2<[\s\S]*Do you use a wheelchair/);
    const last = await sendPage(id, { version: version(second.text), do: 'next', at: '2', screen: 'chair', shown: 'chair', chair: 'true' }).expect(303);
    const review = await web().get(String(last.headers['location'])).expect(200);
    expect(review.text).toContain('Look over your answers');
    await sendPage(id, { version: version(review.text), do: 'send', at: '3' }).expect(303);
    expect(await read(id)).toMatchObject({
      status: 'completed',
      contained: [{ derivedFrom: [`${url}|1`], item: [{ linkId: 'walk' }, { linkId: 'chair' }] }],
      item: [
        { linkId: 'walk', answer: [{ valueBoolean: false }] },
        { linkId: 'chair', answer: [{ valueBoolean: true }] },
      ],
    });
  });

  test('a form that goes one way shows one question at a time and never leads back', async () => {
    const entryMode = { url: 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-entryMode', valueCode: 'sequential' };
    const item = ['one', 'two'].map((linkId) => ({ linkId, type: 'boolean', text: `Question ${linkId}` }));
    const form = {
      resourceType: 'Questionnaire',
      id: 'one-way',
      url: 'https://pro-bridge.example/fhir/Questionnaire/one-way',
      status: 'active',
      extension: [entryMode],
      item,
    };
    await fhir().send('PUT', 'Questionnaire/one-way', form, 201);
    const id = await begun('one-way', { who: 'self' });
    const next = await sendPage(id, { version: '1', do: 'next', at: '1', screen: 'one', pace: 'one', shown: 'one', one: 'true' }).expect(303);
    const second = await web().get(String(next.headers['location']));
    expect(second.text).toContain('Question two');
    const review = await web().get(`/form/draft/${id}?at=3`);
    expect(review.text).toContain('Look over your answers');
    for (const { text } of [second, review]) expect(text).not.toMatch(/value="(?:back|at:\d|pace:all)"/);
  });

  test('pages that the questionnaire lays out come one after the other, and what is wrong on one is said before the next', async () => {
    const control = { coding: [{ system: 'http://hl7.org/fhir/questionnaire-item-control', code: 'page' }] };
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl', valueCodeableConcept: control }];
    const pageOf = (linkId: string, text: string, required: boolean) => ({
      linkId,
      type: 'group',
      extension,
      item: [{ linkId: `${linkId}.q`, type: 'string', text, required }],
    });
    const item = [pageOf('a', 'Your street', true), pageOf('b', 'Your town', false)];
    await fhir().send('PUT', 'Questionnaire/paged', { resourceType: 'Questionnaire', id: 'paged', url: 'urn:example:paged', status: 'active', item }, 201);
    const id = await begun('paged', { who: 'self' });
    const first = await web().get(`/form/draft/${id}`);
    expect(first.text).toMatch(/Page 1 of 2[\s\S]*Your street/);
    expect(first.text).not.toContain('Your town');
    const refused = await sendPage(id, { version: '1', do: 'next', at: '1', screen: 'a', shown: 'a/a.q', 'a/a.q@0': ' ' }).expect(422);
    expect(refused.text).toMatch(/id="summary"[\s\S]*Your street<\/a>: Please answer this question\./);
    const next = await sendPage(id, { version: '1', do: 'next', at: '1', screen: 'a', shown: 'a/a.q', 'a/a.q@0': 'Long Lane' }).expect(303);
    expect((await web().get(String(next.headers['location']))).text).toMatch(/Page 2 of 2[\s\S]*Your town/);
  });

  test('fields that make no sense break nothing', async () => {
    const id = await begun('cancer-weekly', { who: 'phone', actor: 'Nurse Hag' });
    const odd = {
      version: '1',
      do: 'remove:__proto__',
      shown: ['__proto__', 'a:99999999/b', 'symptoms/pain', 'x'.repeat(5000)],
      'symptoms/pain': '11',
      at: '-5',
      screen: 'constructor',
    };
    await sendPage(id, odd).expect(303);
    expect((await read(id)).item).toBeUndefined();
  });
});
