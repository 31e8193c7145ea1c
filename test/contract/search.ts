import { describe, expect, test } from '@jest/globals';
import { ALL, NONE, not, or } from '../../src/search/ast.ts';
import type { Store } from '../../src/store/store.ts';
import { at, coded, found, measured, type OpenStore, observation, of, on, pages, patient, put, query, refs, remove, search, write } from './fixture.ts';

const LOINC = 'http://loinc.org';

/** Every kind of test, and what trees make of them. */
export function searchCases(open: OpenStore): void {
  describe('tests of one kind', () => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['Patient?_id=ada', ['ada']],
      ['Patient?_id=ada,ben,nobody', ['ada', 'ben']],
      ['Patient?_id=urn:mrn|ada', []],
      ['Patient?_id=|ada', ['ada']],
      ['Patient?_id:missing=true', []],
      ['Patient?_id:missing=false', ['ada', 'ben', 'cleo']],
      ['Patient?_id:not=ada', ['ben', 'cleo']],
      ['Patient?identifier=urn:mrn|1', ['ada']],
      ['Patient?identifier=1', ['ada', 'cleo']],
      ['Patient?identifier=|1', ['cleo']],
      ['Patient?identifier=urn:mrn|', ['ada', 'ben']],
      ['Patient?gender:not=female', ['ben', 'cleo']],
      ['Patient?active=true', ['ada']],
      ['Patient?active:missing=true', ['ben', 'cleo']],
      ['Patient?active:missing=false', ['ada']],
      ['Patient?name=odeg', ['ada', 'cleo']],
      ['Patient?name=ODEGÅRD', ['ada', 'cleo']],
      ['Patient?name:contains=ega', ['ada', 'cleo']],
      ['Patient?name:exact=Ødegård', []],
      ['Patient?family:exact=Ödegård', ['ada']],
      ['Patient?family:exact=Odegard', ['cleo']],
      ['Patient?family=o', ['ada', 'cleo']],
      ['Patient?birthdate=1950', ['ada', 'ben']],
      ['Patient?birthdate=1950-03', ['ben']],
      ['Patient?birthdate=lt1950-03', ['ada']],
      ['Patient?birthdate=ge1950-03', ['ben', 'cleo']],
      ['Patient?birthdate=gt1950', ['cleo']],
      ['Patient?birthdate=le1950', ['ada', 'ben']],
      ['Patient?birthdate=ne1950-03', ['ada', 'cleo']],
      ['Patient?birthdate=sa1950-03', ['cleo']],
      ['Patient?birthdate=eb1950-03', ['ada']],
      ['Patient?birthdate=ge1950-02&birthdate=lt1951', ['ben']],
      ['Observation?code=A', ['o1', 'o2', 'o4']],
      ['Observation?code=urn:codes|A', ['o1', 'o2']],
      ['Observation?code=A,B', ['o1', 'o2', 'o3', 'o4']],
      ['Observation?code=A&code=B', []],
      ['Observation?code:not=A', ['o3']],
      ['Observation?patient=ada', ['o1', 'o3', 'o4']],
      ['Observation?subject=Patient/ada', ['o1', 'o3', 'o4']],
      ['Observation?subject=ada', ['o1', 'o3', 'o4']],
      ['Observation?subject=http://here.example/fhir/Patient/ada', ['o1', 'o3', 'o4']],
      ['Observation?patient=nobody', []],
      ['Observation?patient=ada&code=A', ['o1', 'o4']],
      ['Observation?patient=ada&code=urn:nobody|A', []],
      ['Observation?patient=ada&code:not=urn:nobody|A', ['o1', 'o3', 'o4']],
      ['Observation?patient=ada&code=A&_id=urn:mrn|o1', []],
      ['Observation?patient=ada&code=A&category:missing=true&_id=o1', ['o1']],
      ['Observation?patient=ada&code=A,B', ['o1', 'o3', 'o4']],
      ['Observation?patient=ada&code=urn:codes|A,urn:codes|B', ['o1', 'o3']],
      ['Observation?patient=ada,ben&code=A', ['o1', 'o2', 'o4']],
      ['Observation?date=2026-01', ['o1', 'o2']],
      ['Observation?date=ge2026-01-02', ['o2', 'o3']],
      ['Observation?patient=ada&date=ge2026-01-02', ['o3']],
      ['Observation?patient=ada&code=A&date=lt2026-01-02', ['o1']],
      ['Observation?patient=ada&code=A&date=ne2026-01-01', []],
      ['Observation?date:missing=true', ['o4']],
      ['Observation?value-quantity=5.4', ['o1']],
      ['Observation?value-quantity=5', ['o1']],
      ['Observation?value-quantity=gt5', ['o1', 'o2']],
      ['Observation?value-quantity=gt5|http://unitsofmeasure.org|mg', ['o1']],
      ['Observation?value-quantity=gt5||g', ['o2']],
      ['Observation?value-quantity=le5.4', ['o1', 'o3']],
      ['Observation?value-quantity=ap20', ['o2']],
      ['Observation?code-value-quantity=A$gt5', ['o1', 'o2']],
      ['Observation?code-value-quantity=urn:codes|A$gt5||mg', ['o1']],
      ['Observation?code-value-quantity=B$gt5', []],
      ['Observation?component-code-value-quantity=S$gt100', ['o4']],
      ['Observation?component-code-value-quantity=D$gt100', []],
      ['RiskAssessment?probability=gt0.5', ['r1']],
      ['RiskAssessment?probability=0.75', ['r1']],
      ['RiskAssessment?probability=lt0.5', ['r2']],
      ['Questionnaire?url=http://q.example/a/b', ['q1']],
      ['Questionnaire?url:below=http://q.example/a', ['q1', 'q2']],
      ['Questionnaire?url:above=http://q.example/a/b/c', ['q1', 'q2']],
      ['QuestionnaireResponse?questionnaire=http://q.example/a/b', ['a1', 'a2']],
      ['QuestionnaireResponse?questionnaire=http://q.example/a/b|2', ['a2']],
      ['QuestionnaireResponse?patient=ada&questionnaire=http://q.example/a/b', ['a1']],
      ['QuestionnaireResponse?authored=ge2026-02-01', ['a2']],
    ];
    const filled = once(open, fill);
    test.each(cases)('%s', async (text, ids) => {
      expect((await found(await filled(), text)).sort()).toEqual([...ids].sort());
    });
  });

  describe('links', () => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['Observation?patient.identifier=urn:mrn|1', ['o1', 'o3', 'o4']],
      ['Observation?patient.identifier=urn:mrn|1&code=A', ['o1', 'o4']],
      ['Observation?subject:Patient.name=odeg&code=A&date=ge2026-01-01', ['o1']],
      ['Observation?patient.gender=male', ['o2']],
      ['Observation?patient.organization.name=north', ['o1', 'o3', 'o4']],
      ['Patient?_has:Observation:patient:code=A', ['ada', 'ben']],
      ['Patient?_has:Observation:patient:code=B', ['ada']],
      ['Patient?_has:Observation:patient:date=lt2026-01-02&gender=male', []],
      ['Organization?_has:Patient:organization:_has:Observation:patient:code=B', ['north']],
      ['Observation?derived-from:QuestionnaireResponse.questionnaire=http://q.example/a/b', ['o1']],
    ];
    const filled = once(open, fill);
    test.each(cases)('%s', async (text, ids) => {
      expect((await found(await filled(), text)).sort()).toEqual([...ids].sort());
    });

    test('a link leads nowhere once its end is deleted, and back when it returns', async () => {
      const store = await fill(await open());
      await write(store, remove('Patient', 'ada', { version: 2 }));
      expect(await found(store, 'Observation?patient.identifier=urn:mrn|1')).toEqual([]);
      expect(await found(store, 'Observation?patient=ada&code=B')).toEqual(['o3']);
      await write(store, put(ADA, { version: 3 }));
      expect(await found(store, 'Observation?patient.identifier=urn:mrn|1&code=B')).toEqual(['o3']);
    });
  });

  describe('trees', () => {
    const filled = once(open, fill);
    const ask = async (where: ReturnType<typeof not>): Promise<string[]> =>
      (await (await filled()).search({ ...query('Patient?'), of: [{ type: 'Patient', where }] })).matches.map(({ id }) => id);
    const where = (text: string): ReturnType<typeof not> => query(text).of[0]?.where ?? NONE;

    test('all and none', async () => {
      expect(await ask(ALL)).toEqual(['ada', 'ben', 'cleo']);
      expect(await ask(NONE)).toEqual([]);
    });
    test('not, or, and what they hold', async () => {
      expect(await ask(not(where('Patient?gender=female')))).toEqual(['ben', 'cleo']);
      expect(await ask(or(where('Patient?gender=female'), where('Patient?birthdate=gt1950')))).toEqual(['ada', 'cleo']);
      expect(await ask(or(where('Patient?gender=female'), not(where('Patient?birthdate=gt1950'))))).toEqual(['ada', 'ben']);
      expect(await ask(not(where('Patient?_has:Observation:patient:code=A')))).toEqual(['cleo']);
      expect(await ask({ op: 'and', of: [] })).toEqual(['ada', 'ben', 'cleo']);
      expect(await ask({ op: 'or', of: [] })).toEqual([]);
    });
    test('a thousand alternatives', async () => {
      const many = Array.from({ length: 1000 }, (_, i) => where(`Patient?identifier=urn:mrn|${i}`));
      expect(await ask(or(...many))).toEqual(['ada', 'ben']);
      expect(await ask(not(or(...many)))).toEqual(['cleo']);
    });
  });

  describe('order and pages', () => {
    const filled = once(open, fillSeries);

    test('without _sort: the order of writing', async () => {
      expect(await found(await filled(), 'Observation?code=X')).toEqual(['s1', 's2', 's3', 's4', 's5', 's6']);
    });
    test('by date, either way; what has none comes last in both', async () => {
      expect(await found(await filled(), 'Observation?code=X&_sort=date')).toEqual(['s3', 's1', 's2', 's5', 's6', 's4']);
      expect(await found(await filled(), 'Observation?code=X&_sort=-date')).toEqual(['s5', 's6', 's2', 's1', 's3', 's4']);
      expect(await found(await filled(), 'Observation?patient=p&code=X&_sort=-date')).toEqual(['s5', 's6', 's2', 's1', 's3', 's4']);
      expect(await found(await filled(), 'Observation?patient=p&_sort=-date')).toEqual(['s5', 's6', 's2', 's1', 's3', 's4']);
    });
    test('by several keys', async () => {
      expect(await found(await filled(), 'Observation?code=X&_sort=status,-date')).toEqual(['s6', 's1', 's3', 's4', 's5', 's2']);
      expect(await found(await filled(), 'Observation?code=X&_sort=-value-quantity,_id')).toEqual(['s2', 's1', 's3', 's4', 's5', 's6']);
    });
    test('a period counts with its start ascending and with its end descending', async () => {
      const store = await open();
      await write(
        store,
        put(observation('long', { effectivePeriod: { start: '2026-01-01', end: '2026-12-31' } })),
        put(observation('short', on('2026-06-01'))),
      );
      await write(store, put(observation('open', { effectivePeriod: { start: '2026-07-01' } })));
      expect(await found(store, 'Observation?_sort=date')).toEqual(['long', 'short', 'open']);
      expect(await found(store, 'Observation?_sort=-date')).toEqual(['open', 'long', 'short']);
      expect(await pages(store, 'Observation?_sort=-date', 1)).toEqual([['open'], ['long'], ['short']]);
      expect(await pages(store, 'Observation?code=72514-3&_sort=-date', 1)).toEqual([['open'], ['long'], ['short']]);
    });
    test('text is ordered by code point', async () => {
      const store = await open();
      for (const [i, family] of ['😀', '～', 'z', 'a'].entries()) await write(store, put(patient(`n${i}`, { name: [{ family }] })));
      expect(await found(store, 'Patient?_sort=family')).toEqual(['n3', 'n2', 'n1', 'n0']);
    });

    test.each([
      'Observation?code=X',
      'Observation?code=X&_sort=-date',
      'Observation?patient=p&code=X&_sort=-date',
      'Observation?patient=p&code=X&date=ge2026-01-02&_sort=-date',
      'Observation?code=X&_sort=date',
      'Observation?code=X&_sort=status,-date',
      'Observation?code=X&_sort=-value-quantity',
      'Observation?_sort=-_lastUpdated',
      'Observation?',
      '?_type=Observation,Patient&_sort=_id',
      '?_type=Observation,Patient',
    ])('the pages of %s are the whole', async (text) => {
      const store = await filled();
      const whole = await found(store, text);
      for (const count of [1, 2, 4, 6]) expect((await pages(store, text, count)).flat()).toEqual(whole);
    });

    test('pages neither repeat nor skip while others write', async () => {
      const store = await fillSeries(await open());
      const first = await search(store, 'Observation?code=X&_sort=-date', { count: 3 });
      await write(store, put(series('late', '2027-01-01')), put(series('early', '2025-01-01')));
      const rest = await search(store, 'Observation?code=X&_sort=-date', { after: first.next ?? '' });
      expect([...first.matches, ...rest.matches].map(({ id }) => id)).toEqual(['s5', 's6', 's2', 's1', 's3', 'early', 's4']);
    });

    test.each(['', 'x', Buffer.from('[1]').toString('base64url'), Buffer.from('["a","b"]').toString('base64url'), Buffer.from('{}').toString('base64url')])(
      'a broken token %p is refused',
      async (after) => {
        await expect(search(await filled(), 'Observation?code=X&_sort=-date', { after })).rejects.toMatchObject({ fault: 'bad-parameter' });
      },
    );

    test('the total is counted when asked for, and alone with a count of 0', async () => {
      const store = await filled();
      expect(await search(store, 'Observation?code=X&_total=accurate', { count: 2 })).toMatchObject({ total: 6 });
      expect((await search(store, 'Observation?code=X', { count: 2 })).total).toBeUndefined();
      expect(await search(store, 'Observation?code=X', { count: 0, total: 'accurate' })).toEqual({ matches: [], included: [], total: 6 });
      expect((await search(store, '?_type=Observation,Patient&_total=accurate')).total).toBe(7);
    });
  });

  describe('what is written is what is found', () => {
    test('an update replaces every value, a delete takes them away', async () => {
      const store = await open();
      await write(store, put(observation('o', { ...coded('A'), ...of('p'), ...on('2026-01-01') })));
      await write(store, put(observation('o', { ...coded('B'), ...of('q'), ...on('2026-02-01') }), { version: 2 }));
      expect(await found(store, 'Observation?code=A')).toEqual([]);
      expect(await found(store, 'Observation?patient=p')).toEqual([]);
      expect(await found(store, 'Observation?patient=q&code=B&date=2026-02-01')).toEqual(['o']);
      expect(await found(store, 'Observation?')).toEqual(['o']);
      await write(store, remove('Observation', 'o', { version: 3 }));
      expect(await found(store, 'Observation?code=B')).toEqual([]);
      expect(await found(store, 'Observation?')).toEqual([]);
      expect(await found(store, 'Observation?_id=o')).toEqual([]);
    });

    test('a value said twice is one match', async () => {
      const store = await open();
      const twice = [1, 2].map(() => ({ system: LOINC, code: 'A' }));
      await write(
        store,
        put(observation('o', { code: { coding: [...twice, { system: 'urn:other', code: 'A' }] }, category: [{ coding: twice }, { coding: twice }] })),
      );
      for (const text of ['code=A', 'category=A', `code=${LOINC}|A`, `code=${LOINC}|`, 'code=A&_sort=-date', 'code:missing=false']) {
        expect(await found(store, `Observation?${text}`)).toEqual(['o']);
      }
      expect((await search(store, 'Observation?code=A&_total=accurate')).total).toBe(1);
    });

    test('last updated is a search parameter like others', async () => {
      const store = await open();
      await write(store, put(patient('a'), { minute: 1 }), put(patient('b'), { minute: 2 }));
      expect(await found(store, `Patient?_lastUpdated=gt${at(1)}`)).toEqual(['b']);
      expect(await found(store, 'Patient?_sort=-_lastUpdated')).toEqual(['b', 'a']);
    });

    test('text of any kind is bound, never run', async () => {
      const store = await open();
      const nasty = `'); DROP TABLE log; -- "%_*?[]`;
      await write(store, put(patient('a', { identifier: [{ system: nasty, value: nasty }], name: [{ family: nasty }] })));
      expect(await found(store, `Patient?identifier=${encodeURIComponent(nasty)}`)).toEqual(['a']);
      expect(await found(store, `Patient?family:exact=${encodeURIComponent(nasty)}`)).toEqual(['a']);
      expect(await found(store, `Patient?family=${encodeURIComponent('%')}`)).toEqual([]);
    });
  });

  describe('includes', () => {
    const filled = once(open, fill);
    const included = async (text: string): Promise<string[]> => refs((await search(await filled(), text)).included);

    test('what a match points at, once', async () => {
      expect(await included('Observation?code=urn:codes|A,urn:codes|B&_include=Observation:patient')).toEqual(['Patient/ada', 'Patient/ben']);
      expect(await included('Observation?_id=o1&_include=Observation:derived-from')).toEqual(['QuestionnaireResponse/a1']);
    });
    test('what points at a match', async () => {
      expect(await included('Patient?_id=ada&_revinclude=Observation:patient')).toEqual(['Observation/o1', 'Observation/o3', 'Observation/o4']);
      expect(await included('Patient?_id=ada&_revinclude=Observation:patient&_revinclude=QuestionnaireResponse:patient')).toEqual([
        'Observation/o1',
        'Observation/o3',
        'Observation/o4',
        'QuestionnaireResponse/a1',
      ]);
    });
    test('links of links only with iterate', async () => {
      expect(await included('Observation?_id=o1&_include=Observation:patient')).toEqual(['Patient/ada']);
      expect(await included('Observation?_id=o1&_include=Observation:patient&_include:iterate=Patient:organization')).toEqual([
        'Organization/north',
        'Patient/ada',
      ]);
      expect(await included('Organization?_id=north&_include:iterate=Organization:partof')).toEqual(['Organization/land']);
    });
    test('only what the include itself allows', async () => {
      const asked = query('Observation?code=urn:codes|A&_include=Observation:patient');
      const male = query('Patient?gender=male').of[0]?.where ?? NONE;
      const page = await (await filled()).search({ ...asked, include: asked.include.map((include) => ({ ...include, where: male })) });
      expect(refs(page.included)).toEqual(['Patient/ben']);
    });
    test('never what is a match, is deleted, or is elsewhere', async () => {
      expect(await included('Organization?_include=Organization:partof')).toEqual([]);
      const store = await fill(await open());
      await write(store, remove('Patient', 'ben', { version: 2 }));
      expect(refs((await search(store, 'Observation?code=A&_include=Observation:patient')).included)).toEqual(['Patient/ada']);
    });
    test('too many are refused, not left out', async () => {
      const store = await open();
      const many = Array.from({ length: 1001 }, (_, i) => put(observation(`o${i}`, of('p'))));
      await write(store, put(patient('p')), ...many);
      await expect(search(store, 'Patient?_id=p&_revinclude=Observation:patient')).rejects.toMatchObject({ fault: 'too-costly' });
      await write(store, remove('Observation', 'o7', { version: 2 }));
      expect((await search(store, 'Patient?_id=p&_revinclude=Observation:patient')).included).toHaveLength(1000);
    });
  });
}

/** One store for all cases of a group: they only read. */
function once(open: OpenStore, make: (store: Store) => Promise<Store>): () => Promise<Store> {
  let made: Promise<Store> | undefined;
  return () => {
    made ??= open().then(make);
    return made;
  };
}

const ADA = patient('ada', {
  active: true,
  gender: 'female',
  birthDate: '1950-01-31',
  identifier: [{ system: 'urn:mrn', value: '1' }],
  name: [{ family: 'Ödegård', given: ['Ada'] }],
  managingOrganization: { reference: 'Organization/north' },
});

async function fill(store: Store): Promise<Store> {
  const component = (code: string, value: number): object => ({ code: { coding: [{ code }] }, valueQuantity: { value } });
  await write(
    store,
    put({ resourceType: 'Organization', id: 'land', name: 'Land' }),
    put({ resourceType: 'Organization', id: 'north', name: 'Northern hospital', partOf: { reference: 'Organization/land' } }),
    put(ADA),
    put(patient('ben', { gender: 'male', birthDate: '1950-03', identifier: [{ system: 'urn:mrn', value: '2' }] })),
    put(patient('cleo', { birthDate: '1960', identifier: [{ value: '1' }], name: [{ family: 'Odegard' }] })),
    put(observation('o1', { ...coded('A'), ...of('ada'), ...on('2026-01-01'), ...measured(5.4), derivedFrom: [{ reference: 'QuestionnaireResponse/a1' }] })),
    put(observation('o2', { ...coded('A'), ...of('ben'), ...on('2026-01-02'), ...measured(20, { unit: 'g' }) })),
    put(observation('o3', { ...coded('B'), ...of('ada'), ...on('2026-02-01'), ...measured(1) })),
    put(observation('o4', { ...coded('A', LOINC), ...of('ada'), component: [component('S', 120), component('D', 80)] })),
    put({ resourceType: 'RiskAssessment', id: 'r1', status: 'final', ...of('ada'), prediction: [{ probabilityDecimal: 0.75 }] }),
    put({ resourceType: 'RiskAssessment', id: 'r2', status: 'final', ...of('ada'), prediction: [{ probabilityDecimal: 0.25 }] }),
    put({ resourceType: 'Questionnaire', id: 'q1', status: 'active', url: 'http://q.example/a/b' }),
    put({ resourceType: 'Questionnaire', id: 'q2', status: 'active', url: 'http://q.example/a' }),
    put({ resourceType: 'Questionnaire', id: 'q3', status: 'active', url: 'http://q.example/ab' }),
    put({
      resourceType: 'QuestionnaireResponse',
      id: 'a1',
      status: 'completed',
      ...of('ada'),
      questionnaire: 'http://q.example/a/b|1',
      authored: '2026-01-01',
    }),
    put({
      resourceType: 'QuestionnaireResponse',
      id: 'a2',
      status: 'completed',
      ...of('ben'),
      questionnaire: 'http://q.example/a/b|2',
      authored: '2026-02-01',
    }),
  );
  return store;
}

const series = (id: string, day: string | undefined, more: object = {}): ReturnType<typeof observation> =>
  observation(id, { ...coded('X'), ...of('p'), ...(day === undefined ? {} : on(day)), ...more });

async function fillSeries(store: Store): Promise<Store> {
  await write(
    store,
    put(patient('p')),
    put(series('s1', '2026-01-02', measured(7)), { minute: 5 }),
    put(series('s2', '2026-01-03', { ...measured(9), status: 'registered' }), { minute: 4 }),
    put(series('s3', '2026-01-01'), { minute: 3 }),
    put(series('s4', undefined), { minute: 2 }),
    put(series('s5', '2026-01-04', { status: 'preliminary' }), { minute: 1 }),
    put(series('s6', '2026-01-04'), { minute: 0 }),
  );
  return store;
}
