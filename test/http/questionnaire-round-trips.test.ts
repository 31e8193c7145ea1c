/** Realistic questionnaires of our own, over HTTP: filled in with what is known, answered, validated, stored, extracted, and what came of it stored as well. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, BundleEntry, Parameters, Questionnaire, QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { FHIR, type Started, start } from './start.ts';

interface Case {
  readonly why: string;
  readonly questionnaire: Questionnaire | null;
  /** Questionnaires that it is built from. */
  readonly parts?: readonly Questionnaire[];
  /** On record beforehand; `{record0}` is the first of them, `{patient}` who answers. */
  readonly record?: readonly object[];
  readonly contexts?: Readonly<Record<string, object>>;
  readonly populated?: Readonly<Record<string, unknown[]>>;
  readonly answers?: readonly QuestionnaireResponseItem[] | 'as populated';
  /** Answers to an adaptive one, and the order of its questions. */
  readonly adaptive?: Readonly<Record<string, object>>;
  readonly asked?: readonly string[];
  readonly bank?: string;
  readonly option?: number;
  readonly extracted: readonly object[];
  readonly methods?: readonly string[];
}

const FOLDER = join(import.meta.dirname, '../fixtures/sdc');
const names = readdirSync(FOLDER).map((file) => file.replace('.json', ''));
const read = (name: string): string => readFileSync(join(FOLDER, `${name}.json`), 'utf8');

let server: Started;
beforeAll(async () => {
  server = await start();
});
afterAll(() => server.app.close());

const send = async (path: string, body: object, status = 200) => {
  const answer = await server.api().post(path).set('Content-Type', FHIR).send(JSON.stringify(body));
  expect([path, answer.status, answer.status === status ? '' : answer.body]).toEqual([path, status, '']);
  return answer.body;
};
const store = async (resource: object & { readonly resourceType?: string }): Promise<string> => {
  const { resourceType, id } = await send(`/${resource.resourceType}`, resource, 201);
  return `${resourceType}/${id}`;
};

/** The case with what it speaks of on record. */
async function given(name: string): Promise<Case & { readonly patient: string }> {
  const patient = await store({
    resourceType: 'Patient',
    name: [{ family: 'Hansen', given: ['Kari', 'Anne'] }],
    birthDate: '1970-05-06',
    gender: 'female',
  } as object);
  const week = new Date(Date.now() - 7 * 86_400_000).toISOString();
  let text = read(name).replaceAll('{patient}', patient).replaceAll('{patientId}', patient.slice('Patient/'.length)).replaceAll('{recent}', week);
  for (const [at, resource] of ((JSON.parse(text) as Case).record ?? []).entries()) text = text.replaceAll(`{record${at}}`, await store(resource));
  return { ...(JSON.parse(text) as Case), patient };
}

function valuesIn(items: readonly QuestionnaireResponseItem[] = []): Record<string, unknown[]> {
  const found: Record<string, unknown[]> = {};
  const visit = (list: readonly QuestionnaireResponseItem[]): void => {
    for (const { linkId, answer = [], item = [] } of list) {
      for (const { item: below = [], ...value } of answer) {
        found[linkId] = [...(found[linkId] ?? []), Object.values(value)[0]];
        visit(below);
      }
      visit(item);
    }
  };
  visit(items);
  return found;
}

/** Stored, ready to be answered: assembled first, where it is built from parts. */
async function offered({ questionnaire, parts = [] }: Case): Promise<Questionnaire> {
  if (questionnaire === null) throw new Error('a bank has no questionnaire to offer');
  for (const part of parts) await store(part);
  const root = await store(questionnaire);
  if (parts.length === 0) return questionnaire;
  const assembled = await send(`/${root}/$assemble`, { resourceType: 'Parameters' });
  const whole = (assembled.resourceType === 'Parameters' ? (assembled as Parameters).parameter?.[0]?.resource : assembled) as Questionnaire;
  await server
    .api()
    .put(`/${root}`)
    .set('Content-Type', FHIR)
    .send(JSON.stringify({ ...whole, id: root.split('/')[1] }));
  return whole;
}

async function populated({ contexts = {}, patient }: Case & { patient: string }, { url, version }: Questionnaire): Promise<QuestionnaireResponse> {
  const context = Object.entries(contexts).map(([name, resource]) => ({
    name: 'context',
    part: [
      { name: 'name', valueString: name },
      { name: 'content', resource },
    ],
  }));
  const parameter = [{ name: 'questionnaire', valueCanonical: `${url}|${version}` }, { name: 'subject', valueReference: { reference: patient } }, ...context];
  const body = (await send('/Questionnaire/$populate', { resourceType: 'Parameters', parameter })) as Parameters;
  return body.parameter?.find(({ name }) => name === 'response')?.resource as QuestionnaireResponse;
}

const inside = (response: QuestionnaireResponse): Questionnaire => (response.contained ?? [])[0] as Questionnaire;
const questions = (items: readonly QuestionnaireItem[] = []): QuestionnaireItem[] =>
  items.flatMap((item) => (item.type === 'group' ? questions(item.item) : [item]));

/** Asked question by question, as a client would. */
async function asked({ adaptive, option = 0, patient }: Case & { patient: string }, origin: string): Promise<QuestionnaireResponse> {
  let response = {
    resourceType: 'QuestionnaireResponse',
    status: 'in-progress',
    subject: { reference: patient },
    questionnaire: '#q',
    contained: [{ resourceType: 'Questionnaire', id: 'q', status: 'active', derivedFrom: [origin] }],
  } as unknown as QuestionnaireResponse;
  for (let steps = 0; steps < 30; steps += 1) {
    response = await send('/Questionnaire/$next-question', response);
    if (response.status === 'completed') return response;
    const items = (list: readonly QuestionnaireItem[] = []): QuestionnaireResponseItem[] =>
      list.map((item): QuestionnaireResponseItem => {
        if (item.type === 'group') return { linkId: item.linkId, item: items(item.item) };
        const answer = adaptive?.[item.linkId] ?? { valueCoding: item.answerOption?.[option]?.valueCoding };
        return { linkId: item.linkId, answer: [answer as never] };
      });
    response = { ...response, item: items(inside(response).item) };
  }
  throw new Error('it never ends');
}

/** Every reference in an entry leads to another entry, or is on record. */
async function danglingIn({ entry = [] }: Bundle): Promise<string[]> {
  const own = new Set(entry.map(({ fullUrl }) => fullUrl));
  const refs = [...new Set([...JSON.stringify(entry).matchAll(/"reference":"([^"]+)"/g)].map(([, ref = '']) => ref))].filter((ref) => !own.has(ref));
  const there = await Promise.all(refs.map(async (ref) => (await server.api().get(`/${ref}`)).status === 200));
  return refs.filter((_, at) => !there[at]);
}

async function extractedFrom(response: QuestionnaireResponse, { extracted, methods }: Case): Promise<void> {
  const ref = await store(response);
  const body = (await server.api().get(`/${ref}/$extract`)).body;
  if (extracted.length === 0) {
    expect(body.resourceType).toBe('OperationOutcome');
    return;
  }
  const bundle = (body.resourceType === 'Parameters' ? (body as Parameters).parameter?.[0]?.resource : body) as Bundle;
  const entries: readonly BundleEntry[] = bundle.entry ?? [];
  expect(entries).toHaveLength(extracted.length);
  for (const wanted of extracted) expect(entries.map(({ resource }) => resource)).toContainEqual(expect.objectContaining(partial(wanted)));
  expect(new Set(entries.map(({ fullUrl }) => fullUrl)).size).toBe(entries.length);
  if (methods !== undefined) expect(entries.map(({ request }) => request?.method)).toEqual(methods);
  expect(await danglingIn(bundle)).toEqual([]);
  const stored = await send('/', bundle);
  expect(stored.entry.map(({ response: { status } }: { response: { status: string } }) => status.slice(0, 2))).toEqual(entries.map(() => '20'));
}

/** Each object may have more. */
function partial(wanted: object): Record<string, unknown> {
  const within = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(within);
    return typeof value === 'object' && value !== null ? expect.objectContaining(partial(value)) : value;
  };
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, within(value)]));
}

test('there are at least twenty', () => expect(names.length).toBeGreaterThanOrEqual(20));

describe.each(names)('%s', (name) => {
  const plain = JSON.parse(read(name)) as Case;

  if (plain.bank !== undefined || plain.adaptive !== undefined) {
    test(plain.why, async () => {
      const one = await given(name);
      const origin = one.bank ?? `${(await offered(one)).url}`;
      const response = await asked(one, origin);
      if (one.asked !== undefined)
        expect(
          questions(inside(response).item)
            .map(({ linkId }) => linkId)
            .slice(0, one.asked.length),
        ).toEqual(one.asked);
      await extractedFrom(response, one);
    });
    return;
  }

  test(plain.why, async () => {
    const one = await given(name);
    const questionnaire = await offered(one);
    const begun = await populated(one, questionnaire);
    expect(valuesIn(begun.item)).toMatchObject(one.populated ?? {});
    const item = one.answers === 'as populated' ? begun.item : (one.answers as QuestionnaireResponseItem[]);
    const finished = { ...begun, status: 'completed', ...(item !== undefined && { item: [...item] }) } as QuestionnaireResponse;
    const { issue } = await send('/Questionnaire/$validate-response', finished);
    expect(issue.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([]);
    await extractedFrom(finished, one);
  });
});
