/** $everything, $lastn and $stats over real HTTP. https://hl7.org/fhir/R4/operationslist.html */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, Observation, Parameters } from 'fhir/r4';
import { FHIR, STORES, type Started, start } from './start.ts';

const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const coded = (...codes: string[]) => ({ coding: codes.map((code) => ({ system: LOINC, code })) });
const kg = (value: number) => ({ valueQuantity: { value, unit: 'kg', system: UCUM, code: 'kg' } });

interface Given {
  readonly id: string;
  readonly code: object;
  readonly at?: string;
  readonly status?: string;
}

const observation = ({ id, code, at, status = 'final' }: Given, rest: object = {}) => ({
  resourceType: 'Observation',
  id,
  status,
  code,
  subject: { reference: 'Patient/p' },
  ...(at === undefined ? {} : { effectiveDateTime: at }),
  ...rest,
});

const ACTIVE = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }] };

const RESOURCES: readonly { resourceType: string; id: string }[] = [
  { resourceType: 'Patient', id: 'p', name: [{ family: 'Sund' }], generalPractitioner: [{ reference: 'Practitioner/dr' }] } as never,
  { resourceType: 'Practitioner', id: 'dr' },
  { resourceType: 'AllergyIntolerance', id: 'a', clinicalStatus: ACTIVE, patient: { reference: 'Patient/p' } } as never,
  observation({ id: 'w1', code: coded('29463-7'), at: '2026-01-01' }, kg(70)),
  observation({ id: 'w2', code: coded('29463-7'), at: '2026-01-02' }, kg(72)),
  observation({ id: 'w3', code: coded('29463-7', '3141-9'), at: '2026-01-04' }, { valueQuantity: { value: 74_000, unit: 'g', system: UCUM, code: 'g' } }),
  observation({ id: 'w4', code: coded('3141-9'), at: '2026-01-03' }, { dataAbsentReason: { text: 'scales broken' } }),
  observation({ id: 'wrong', code: coded('29463-7'), at: '2026-01-02', status: 'entered-in-error' }, kg(700)),
  observation({ id: 't1', code: { text: 'Mood' }, at: '2026-02-01' }),
  observation({ id: 't2', code: { text: 'mood' }, at: '2026-02-01' }),
  observation({ id: 'tie1', code: coded('8867-4'), at: '2026-03-01T10:00:00Z' }),
  observation({ id: 'tie2', code: coded('8867-4'), at: '2026-03-01T12:00:00+02:00' }),
  observation({ id: 'older', code: coded('8867-4'), at: '2026-02-28' }),
  observation(
    { id: 'bp', code: coded('85354-9'), at: '2026-01-05' },
    {
      component: [
        { code: coded('8480-6'), valueQuantity: { value: 120, system: UCUM, code: 'mm[Hg]' } },
        { code: coded('8462-4'), valueQuantity: { value: 80, system: UCUM, code: 'mm[Hg]' } },
      ],
    },
  ),
];

const idsOf = (body: Bundle, mode = 'match'): (string | undefined)[] =>
  (body.entry ?? []).filter(({ search }) => search?.mode === mode).map(({ resource }) => resource?.id);

describe.each(STORES)('over %s', (DATABASE_URL) => {
  let server: Started;
  beforeAll(async () => {
    server = await start({ DATABASE_URL });
    const entry = RESOURCES.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } }));
    await server
      .api()
      .post('/')
      .set('Content-Type', FHIR)
      .send(JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }))
      .expect(200);
  });
  afterAll(() => server.app.close());

  const found = async (path: string): Promise<Bundle> => (await server.api().get(path).expect(200)).body as Bundle;
  const refusal = async (path: string): Promise<string> => JSON.stringify((await server.api().get(path).expect(400)).body);

  describe('$everything', () => {
    test('by dates of care gives what overlaps them, and what has no date', async () => {
      const ids = idsOf(await found('/Patient/p/$everything?start=2026-01-02&end=2026-01-03&_type=Patient,AllergyIntolerance,Observation')).toSorted();
      expect(ids).toEqual(['a', 'p', 'w2', 'w4', 'wrong']);
    });

    test('by one bound alone leaves the other open', async () => {
      expect(idsOf(await found('/Patient/p/$everything?start=2026-03-01&_type=Observation')).toSorted()).toEqual(['tie1', 'tie2']);
      expect(idsOf(await found('/Patient/p/$everything?end=2026-01-01&_type=Observation'))).toEqual(['w1']);
    });

    test('takes _type more than once, and brings who gives care as included', async () => {
      const bundle = await found('/Patient/p/$everything?_type=Patient&_type=Practitioner');
      expect([idsOf(bundle), idsOf(bundle, 'include')]).toEqual([['p'], ['dr']]);
    });

    test('in pages gives each resource once; a changed link is refused', async () => {
      const seen: (string | undefined)[] = [];
      let next: string | undefined = `${server.app.base}/Patient/p/$everything?_count=4`;
      while (next !== undefined) {
        const page = await found(next.slice(server.app.base.length));
        seen.push(...idsOf(page));
        const link = page.link?.find(({ relation }) => relation === 'next')?.url;
        if (link !== undefined) expect(await refusal(`${link.slice(server.app.base.length)}x`)).toContain('was changed');
        next = link;
      }
      expect(seen.toSorted()).toEqual(
        RESOURCES.filter(({ resourceType }) => resourceType !== 'Practitioner')
          .map(({ id }) => id)
          .toSorted(),
      );
    });

    test.each([
      ['start=soon', 'is not a date'],
      ['start=2026-02-01&end=2026-01-01', 'lies behind end'],
      ['_type=Martian', 'no FHIR R4 resource type'],
    ])('%s is refused in words', async (query, text) => {
      expect(await refusal(`/Patient/p/$everything?${query}`)).toContain(text);
    });
  });

  describe('$lastn', () => {
    test('gives the newest of each kind, joined by shared codings; ties both; texts to the letter', async () => {
      const ids = idsOf(await found('/Observation/$lastn?patient=p&code:not=none&status:not=entered-in-error'));
      expect(ids.toSorted()).toEqual(['bp', 't1', 't2', 'tie1', 'tie2', 'w3']);
      expect(ids.slice(0, 2).toSorted()).toEqual(['tie1', 'tie2']);
    });

    test('max gives more of each, newest first', async () => {
      expect(idsOf(await found(`/Observation/$lastn?subject=Patient/p&code=${LOINC}|29463-7,${LOINC}|3141-9&status=final&max=3`))).toEqual(['w3', 'w4', 'w2']);
    });

    test('takes Parameters by POST', async () => {
      const parameter = [
        { name: 'patient', valueString: 'p' },
        { name: 'code', valueString: `${LOINC}|8867-4` },
        { name: 'max', valuePositiveInt: 2 },
      ];
      const answer = await server
        .api()
        .post('/Observation/$lastn')
        .set('Content-Type', FHIR)
        .send(JSON.stringify({ resourceType: 'Parameters', parameter }))
        .expect(200);
      expect(idsOf(answer.body).toSorted()).toEqual(['tie1', 'tie2']);
    });

    test('finding nothing is an empty searchset', async () => {
      expect(await found('/Observation/$lastn?patient=nobody&category=survey')).toMatchObject({ type: 'searchset', total: 0 });
    });

    test.each([
      ['code=8867-4', 'needs a subject'],
      ['patient=p', 'needs a category or a code'],
      ['patient=p&code=1&max=0', 'whole number from 1'],
      ['patient=p&code=1&_count=3', 'does not take'],
      ['patient=p&code=1&cod=3', 'code'],
    ])('%s is refused in words', async (query, text) => {
      expect(await refusal(`/Observation/$lastn?${query}`)).toContain(text);
    });
  });

  describe('$stats', () => {
    const statsOf = async (query: string): Promise<Parameters> => (await server.api().get(`/Observation/$stats?subject=Patient/p&${query}`).expect(200)).body;
    const figures = (body: Parameters, index = 0) => {
      const summary = (body.parameter ?? []).filter(({ name }) => name === 'statistics')[index]?.resource as Observation;
      return Object.fromEntries((summary.component ?? []).map((part) => [part.code.text ?? part.code.coding?.[0]?.code, part.valueQuantity]));
    };

    test('reckons over what is a number, in the unit of the newest, without what was entered in error', async () => {
      const body = await statsOf(
        `code=29463-7&system=${LOINC}&period=2026-01-01/2026-01-31&statistic=average,min,max,count,total-count,median,sum,variance,std-dev`,
      );
      expect(figures(body)).toEqual({
        average: { value: 72_000, unit: 'g', system: UCUM, code: 'g' },
        minimum: { value: 70_000, unit: 'g', system: UCUM, code: 'g' },
        maximum: { value: 74_000, unit: 'g', system: UCUM, code: 'g' },
        count: { value: 3, system: UCUM, code: '1' },
        'total-count': { value: 3, system: UCUM, code: '1' },
        median: { value: 72_000, unit: 'g', system: UCUM, code: 'g' },
        sum: { value: 216_000, unit: 'g', system: UCUM, code: 'g' },
        variance: { value: 4_000_000, system: UCUM, code: '(g)2' },
        'std-dev': { value: 2000, unit: 'g', system: UCUM, code: 'g' },
      });
      const [first] = body.parameter ?? [];
      expect(first?.resource).toMatchObject({ status: 'final', subject: { reference: 'Patient/p' }, code: coded('29463-7') });
    });

    test('fits a line over time', async () => {
      const found = figures(await statsOf(`coding=${LOINC}|29463-7&period=2026-01-01/2026-01-02&statistic=regression`));
      expect(found).toMatchObject({ 'regression: gradient': { value: 2, code: '(kg)/d' }, 'regression: intercept': { value: 70, code: 'kg' } });
    });

    test('reckons for each part of a panel', async () => {
      const body = await statsOf(`coding=${LOINC}|85354-9&period=2026-01&statistic=average`.replace('2026-01&', '2026-01/2026-02&'));
      expect(body.parameter).toHaveLength(2);
      expect([figures(body, 0).average?.value, figures(body, 1).average?.value]).toEqual([120, 80]);
    });

    test('returns the sources where asked, as many as limit says, and says what cannot be reckoned', async () => {
      const body = await statsOf(`coding=${LOINC}|3141-9&period=2026-01-03/2026-01-03&statistic=average,total-count&include=true&limit=1`);
      const [summary, source] = body.parameter ?? [];
      expect(source).toMatchObject({ name: 'source', resource: { id: 'w4' } });
      expect(summary?.resource).toMatchObject({ component: [{ dataAbsentReason: { coding: [{ code: 'not-applicable' }] } }, { valueQuantity: { value: 1 } }] });
    });

    test('takes Coding and Period by POST, and its own summary is a valid Observation', async () => {
      const parameter = [
        { name: 'subject', valueUri: 'Patient/p' },
        { name: 'coding', valueCoding: { system: LOINC, code: '29463-7' } },
        { name: 'period', valuePeriod: { start: '2026-01-01' } },
        ...['skew', 'kurtosis', '4-dev', '5-1', '20-percent', '80-percent', '4-lower', '4-upper', '5-2', '5-3', '5-4'].map((code) => ({
          name: 'statistic',
          valueCode: code,
        })),
      ];
      const body = JSON.stringify({ resourceType: 'Parameters', parameter });
      const answer = await server.api().post('/Observation/$stats').set('Content-Type', FHIR).send(body).expect(200);
      const [summary] = (answer.body as Parameters).parameter ?? [];
      expect(figures(answer.body)).toMatchObject({ skew: { value: 0 }, kurtosis: { value: 1.5 }, '4-dev': { value: 2000 }, '5-1': { value: 70_800 } });
      const checked = await server.api().post('/Observation/$validate').set('Content-Type', FHIR).send(JSON.stringify(summary?.resource)).expect(200);
      expect(JSON.stringify(checked.body)).not.toContain('"error"');
    });

    test.each([
      ['code=1&duration=1&statistic=average', 'subject'],
      ['subject=Patient/p&duration=1&statistic=average', 'names nothing'],
      ['subject=Patient/p&code=1&duration=1', 'is needed; there are average'],
      ['subject=Patient/p&code=1&duration=1&statistic=mean', 'is none'],
      ['subject=Patient/p&code=1&statistic=average', 'or period is needed'],
      ['subject=Patient/p&code=1&duration=-1&statistic=average', 'hours above 0'],
      ['subject=Patient/p&code=1&period=x/y&statistic=average', 'is no date'],
      ['subject=Patient/p&code=1&duration=1&statistic=average&foo=1', 'foo'],
    ])('%s is refused in words', async (query, text) => {
      expect(await refusal(`/Observation/$stats?${query}`)).toContain(text);
    });
  });
});
