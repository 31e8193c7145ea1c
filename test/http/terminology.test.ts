import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  CodeSystem,
  ConceptMap,
  OperationOutcome,
  Parameters,
  ParametersParameter,
  TerminologyCapabilities,
  ValueSet,
  ValueSetExpansionContains,
} from 'fhir/r4';
import { FHIR, type Started, start } from './start.ts';

let server: Started;
beforeAll(async () => {
  server = await start({ DATABASE_URL: 'memory:' });
  for (const resource of [animals, german, broken, moods, dogs, circle('a', 'b'), circle('b', 'a'), map]) await put(resource);
});
afterAll(() => server.app.close());

const X = 'http://x.example';
const SYSTEM = `${X}/animals`;
const animals: CodeSystem & { id: string } = {
  resourceType: 'CodeSystem',
  id: 'animals',
  url: SYSTEM,
  version: '1.0.0',
  name: 'Animals',
  status: 'draft',
  content: 'complete',
  caseSensitive: true,
  language: 'en',
  property: [
    { code: 'legs', type: 'integer', uri: `${X}/legs` },
    { code: 'noChoice', type: 'boolean', uri: 'http://hl7.org/fhir/concept-properties#notSelectable' },
    { code: 'state', type: 'code', uri: 'http://hl7.org/fhir/concept-properties#status' },
  ],
  concept: [
    {
      code: 'mammal',
      display: 'Mammal',
      definition: 'Gives milk.',
      property: [{ code: 'noChoice', valueBoolean: true }],
      concept: [
        {
          code: 'dog',
          display: 'Dog',
          property: [{ code: 'legs', valueInteger: 4 }],
          designation: [
            { language: 'de', value: 'Hund' },
            { language: 'fr', value: 'Chien' },
          ],
          concept: [{ code: 'poodle', display: 'Poodle' }],
        },
        { code: 'cat', display: 'Cat', property: [{ code: 'legs', valueInteger: 4 }] },
      ],
    },
    {
      code: 'dodo',
      display: 'Dodo',
      property: [
        { code: 'state', valueCode: 'retired' },
        { code: 'legs', valueInteger: 2 },
      ],
    },
  ],
};
const german: CodeSystem & { id: string } = {
  resourceType: 'CodeSystem',
  id: 'animals-de',
  url: `${X}/animals-de`,
  version: '1',
  status: 'active',
  content: 'supplement',
  supplements: SYSTEM,
  language: 'de',
  concept: [{ code: 'cat', display: 'Katze' }],
};
const broken: CodeSystem & { id: string } = {
  resourceType: 'CodeSystem',
  id: 'some',
  url: `${X}/some`,
  version: '2',
  status: 'active',
  content: 'fragment',
  caseSensitive: false,
  concept: [{ code: 'One', display: 'First' }],
};
const valueSet = (id: string, compose: ValueSet['compose']): ValueSet & { id: string } => ({
  resourceType: 'ValueSet',
  id,
  url: `${X}/vs/${id}`,
  version: '1.0',
  status: 'active',
  ...(compose === undefined ? {} : { compose }),
});
const moods = valueSet('animals', { include: [{ system: SYSTEM }] });
const dogs = valueSet('dogs', { include: [{ system: SYSTEM, filter: [{ property: 'concept', op: 'is-a', value: 'dog' }] }] });
const circle = (id: string, other: string) => valueSet(`circle-${id}`, { include: [{ valueSet: [`${X}/vs/circle-${other}`] }] });
const map: ConceptMap & { id: string } = {
  resourceType: 'ConceptMap',
  id: 'to-sounds',
  url: `${X}/map`,
  version: '3',
  status: 'active',
  group: [
    {
      source: SYSTEM,
      target: `${X}/sounds`,
      element: [
        { code: 'dog', target: [{ code: 'woof', display: 'Woof', equivalence: 'wider', comment: 'mostly' }] },
        { code: 'cat', target: [{ code: 'purr', equivalence: 'relatedto', dependsOn: [{ property: `${X}/state`, value: 'content' }] }] },
        { code: 'dodo', target: [{ equivalence: 'unmatched' }] },
      ],
      unmapped: { mode: 'fixed', code: 'silence' },
    },
  ],
};

async function put(resource: { resourceType: string; id: string }): Promise<void> {
  const answer = await server.api().put(`/${resource.resourceType}/${resource.id}`).set('Content-Type', FHIR).send(JSON.stringify(resource));
  if (answer.status !== 201) throw new Error(answer.text);
}

const get = async <T>(path: string, status = 200, headers: Record<string, string> = {}): Promise<T> => {
  const answer = await server.api().get(path).set(headers);
  expect({ path, status: answer.status, text: answer.status === status ? '' : answer.text }).toEqual({ path, status, text: '' });
  return answer.body as T;
};
const post = async <T>(path: string, parameter: ParametersParameter[], status = 200): Promise<T> => {
  const answer = await server
    .api()
    .post(path)
    .set('Content-Type', FHIR)
    .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
  expect({ path, status: answer.status, text: answer.status === status ? '' : answer.text }).toEqual({ path, status, text: '' });
  return answer.body as T;
};

const codes = ({ expansion }: ValueSet): string[] => (expansion?.contains ?? []).map(({ code = '' }) => code);
const tree = (contains: ValueSetExpansionContains[] | undefined): unknown =>
  contains?.map(({ code, contains: below }) => (below === undefined ? code : [code, tree(below)]));
const said = ({ expansion }: ValueSet, name: string): unknown[] =>
  (expansion?.parameter ?? []).filter((row) => row.name === name).map((row) => Object.entries(row).find(([key]) => key.startsWith('value'))?.[1]);
const answerOf = ({ parameter = [] }: Parameters, name: string): unknown =>
  Object.entries(parameter.find((row) => row.name === name) ?? {}).find(([key]) => key.startsWith('value'))?.[1];
const issuesOf = ({ parameter = [] }: Parameters): string[] => {
  const outcome = parameter.find((row) => row.name === 'issues')?.resource as OperationOutcome | undefined;
  return shortIssues(outcome);
};
const shortIssues = (outcome: OperationOutcome | undefined): string[] =>
  (outcome?.issue ?? []).map(({ severity, details, expression = [] }) => [severity, details?.coding?.[0]?.code, ...expression].join(' '));
const url = (path: string, parameters: Record<string, string>): string => `${path}?${new URLSearchParams(parameters)}`;

describe('$expand', () => {
  const all = { url: `${X}/vs/animals` };

  test('by url: nested as the code system is, with what it rests on', async () => {
    const expanded = await get<ValueSet>(url('/ValueSet/$expand', all));
    expect(tree(expanded.expansion?.contains)).toEqual([['mammal', [['dog', ['poodle']], 'cat']], 'dodo']);
    expect(expanded).toMatchObject({ url: `${X}/vs/animals`, version: '1.0', status: 'active' });
    expect(expanded.compose).toBeUndefined();
    expect(expanded.expansion?.total).toBe(5);
    expect(expanded.expansion?.identifier).toMatch(/^urn:uuid:/);
    expect(said(expanded, 'used-codesystem')).toEqual([`${SYSTEM}|1.0.0`]);
    expect(said(expanded, 'warning-draft')).toEqual([`${SYSTEM}|1.0.0`]);
    expect(said(expanded, 'excludeNested')).toEqual([false]);
    expect(expanded.expansion?.contains?.[0]).toMatchObject({ abstract: true });
    expect(expanded.expansion?.contains?.[1]).toMatchObject({ inactive: true });
  });

  test('of one that is stored, and of one that is sent', async () => {
    expect(codes(await get<ValueSet>('/ValueSet/dogs/$expand?excludeNested=true'))).toEqual(['dog', 'poodle']);
    await get('/ValueSet/nobody/$expand', 404);
    const sent = { ...valueSet('new', { include: [{ system: SYSTEM, concept: [{ code: 'cat', display: 'Tomcat' }, { code: 'unicorn' }] }] }) };
    const expanded = await post<ValueSet>('/ValueSet/$expand', [{ name: 'valueSet', resource: sent }]);
    expect(expanded.expansion?.contains).toEqual([{ system: SYSTEM, code: 'cat', display: 'Tomcat' }]);
  });

  test('pages', async () => {
    const page = await get<ValueSet>(url('/ValueSet/$expand', { ...all, offset: '1', count: '2' }));
    expect(codes(page)).toEqual(['dog', 'poodle']);
    expect(page.expansion).toMatchObject({ total: 5, offset: 1 });
    expect((await get<ValueSet>(url('/ValueSet/$expand', { ...all, count: '0' }))).expansion).not.toHaveProperty('contains');
    expect(codes(await get<ValueSet>(url('/ValueSet/$expand', { ...all, count: '999999999' })))).toHaveLength(5);
    await get(url('/ValueSet/$expand', { ...all, count: '-1' }), 400);
  });

  test.each([
    ['filter finds the beginnings of words', { filter: 'poo' }, ['poodle']],
    ['filter looks at designations', { filter: 'chien' }, ['dog']],
    ['activeOnly', { activeOnly: 'true', excludeNested: 'true' }, ['mammal', 'dog', 'poodle', 'cat']],
    ['excludeNotForUI', { excludeNotForUI: 'true', excludeNested: 'true' }, ['dog', 'poodle', 'cat', 'dodo']],
    ['exclude-system', { 'exclude-system': SYSTEM }, []],
  ])('%s', async (_name, parameters, expected) => {
    expect(codes(await get<ValueSet>(url('/ValueSet/$expand', { ...all, ...parameters })))).toEqual(expected);
  });

  test('languages: by parameter before header, with designations of supplements, and none where no other will do', async () => {
    const shown = async (parameters: Record<string, string>, header?: string) => {
      const expanded = await get<ValueSet>(
        url('/ValueSet/$expand', { ...all, excludeNested: 'true', ...parameters }),
        200,
        header === undefined ? {} : { 'Accept-Language': header },
      );
      return (expanded.expansion?.contains ?? []).map(({ display }) => display);
    };
    expect(await shown({ displayLanguage: 'de' })).toEqual(['Mammal', 'Hund', 'Poodle', 'Katze', 'Dodo']);
    expect(await shown({}, 'fr, en;q=0.5')).toEqual(['Mammal', 'Chien', 'Poodle', 'Cat', 'Dodo']);
    expect(await shown({ displayLanguage: 'de, *;q=0' }, 'fr')).toEqual([undefined, 'Hund', undefined, 'Katze', undefined]);
    await get(url('/ValueSet/$expand', { ...all, displayLanguage: 'not a language' }), 400);
  });

  test('designations, all or some, definition and properties', async () => {
    const expanded = await get<ValueSet>(
      url('/ValueSet/$expand', { ...all, filter: 'dog', includeDesignations: 'true', includeDefinition: 'true', property: 'legs' }),
    );
    expect(expanded.compose).toEqual(moods.compose);
    expect(expanded.expansion?.contains?.[0]).toEqual({
      system: SYSTEM,
      code: 'dog',
      display: 'Dog',
      designation: [
        { language: 'en', value: 'Dog' },
        { language: 'de', value: 'Hund' },
        { language: 'fr', value: 'Chien' },
      ],
      extension: [
        {
          url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property',
          extension: [
            { url: 'code', valueCode: 'legs' },
            { url: 'value', valueInteger: 4 },
          ],
        },
      ],
    });
    const french = await get<ValueSet>(url('/ValueSet/$expand', { ...all, filter: 'dog', designation: 'urn:ietf:bcp:47|fr' }));
    expect(french.expansion?.contains?.[0]?.designation).toEqual([{ language: 'fr', value: 'Chien' }]);
  });

  test('why a code is out of use is said', async () => {
    const [dodo] = (await get<ValueSet>(url('/ValueSet/$expand', { ...all, filter: 'dodo' }))).expansion?.contains ?? [];
    expect(dodo?.extension?.[0]?.extension).toEqual([
      { url: 'code', valueCode: 'status' },
      { url: 'value', valueCode: 'retired' },
    ]);
  });

  test.each<[string, Record<string, string>, number, string[]]>([
    ['an unknown set', { url: `${X}/none` }, 404, ['error not-found']],
    ['sets that draw on each other', { url: `${X}/vs/circle-a` }, 422, ['error vs-invalid']],
    ['a system that is not here', { url: 'http://hl7.org/fhir/ValueSet/observation-codes' }, 404, ['error not-found']],
    ['a set without end', { url: 'http://hl7.org/fhir/ValueSet/ucum-units' }, 400, ['error too-costly']],
    ['context', { context: 'http://x.example#a.b' }, 400, ['error ']],
    ['a date gone by', { url: `${X}/vs/animals`, date: '2001-01-01' }, 400, ['error ']],
    ['nothing at all', {}, 400, ['error ']],
    ['an unknown parameter', { url: `${X}/vs/animals`, colour: 'red' }, 400, ['error ']],
  ])('%s is refused', async (_name, parameters, status, expected) => {
    const outcome = await get<OperationOutcome>(url('/ValueSet/$expand', parameters), status);
    expect(shortIssues(outcome)).toEqual(expected);
  });

  test('a date from today on is what there is', async () => {
    expect(said(await get<ValueSet>(url('/ValueSet/$expand', { ...all, date: '2999-01-01' })), 'date')).toEqual(['2999-01-01']);
  });

  test('implicit sets: what a code system names as its own', async () => {
    await put({ ...animals, id: 'pets', url: `${X}/pets`, valueSet: `${X}/vs/pets` } as CodeSystem & { id: string });
    expect(codes(await get<ValueSet>(url('/ValueSet/$expand', { url: `${X}/vs/pets`, excludeNested: 'true' })))).toContain('poodle');
  });
});

describe('resources and versions that come with the request', () => {
  const newer: CodeSystem = { ...animals, version: '2.0.0', status: 'active', concept: [{ code: 'robot', display: 'Robot' }] };
  const resource: ParametersParameter = { name: 'tx-resource', resource: newer };
  const target: ParametersParameter = { name: 'url', valueUri: `${X}/vs/animals` };

  test('a newer code system is used, for this request alone', async () => {
    const expanded = await post<ValueSet>('/ValueSet/$expand', [target, resource]);
    expect(codes(expanded)).toEqual(['robot']);
    expect(said(expanded, 'used-codesystem')).toEqual([`${SYSTEM}|2.0.0`]);
    expect(codes(await get<ValueSet>(url('/ValueSet/$expand', { url: `${X}/vs/animals`, excludeNested: 'true' })))).toContain('dodo');
  });

  test.each([
    ['system-version', `${SYSTEM}|1.0.0`, ['mammal', 'dog', 'poodle', 'cat', 'dodo']],
    ['system-version', `${SYSTEM}|1.x`, ['mammal', 'dog', 'poodle', 'cat', 'dodo']],
    ['force-system-version', `${SYSTEM}|2.0.0`, ['robot']],
    ['check-system-version', `${SYSTEM}|2.x`, ['robot']],
  ])('%s=%s', async (name, value, expected) => {
    const expanded = await post<ValueSet>('/ValueSet/$expand', [target, resource, { name, valueUri: value }, { name: 'excludeNested', valueBoolean: true }]);
    expect(codes(expanded)).toEqual(expected);
    expect(said(expanded, name)).toEqual([value]);
  });

  test('force-system-version goes before what the set says, system-version does not, check-system-version minds', async () => {
    const pinned = { ...target, name: 'valueSet', resource: valueSet('pinned', { include: [{ system: SYSTEM, version: '1.0.0' }] }) };
    delete (pinned as { valueUri?: string }).valueUri;
    const asked = (name: string) => [pinned, resource, { name, valueUri: `${SYSTEM}|2.0.0` }];
    expect(codes(await post<ValueSet>('/ValueSet/$expand', asked('force-system-version')))).toEqual(['robot']);
    expect(codes(await post<ValueSet>('/ValueSet/$expand', asked('system-version')))).toContain('dodo');
    expect(shortIssues(await post<OperationOutcome>('/ValueSet/$expand', asked('check-system-version'), 422))).toEqual(['error vs-invalid']);
  });

  test('a resource that is not built like its type is refused', async () => {
    const bad = { ...newer, concept: 'none' } as unknown as CodeSystem;
    await post('/ValueSet/$expand', [target, { name: 'tx-resource', resource: bad }], 422);
    await post('/ValueSet/$expand', [target, { name: 'tx-resource', resource: { resourceType: 'Patient' } }], 400);
  });
});

describe('ValueSet/$validate-code', () => {
  const check = (parameters: Record<string, string>) => get<Parameters>(url('/ValueSet/$validate-code', { url: `${X}/vs/animals`, ...parameters }));

  test('a code that is right', async () => {
    const answer = await check({ system: SYSTEM, code: 'cat', display: 'cat' });
    expect(answerOf(answer, 'result')).toBe(true);
    expect([answerOf(answer, 'code'), answerOf(answer, 'system'), answerOf(answer, 'version'), answerOf(answer, 'display')]).toEqual([
      'cat',
      SYSTEM,
      '1.0.0',
      'Cat',
    ]);
    expect(issuesOf(answer)).toEqual(['information status-check']);
  });

  test.each<[string, Record<string, string>, boolean, string[]]>([
    ['no such code', { system: SYSTEM, code: 'unicorn' }, false, ['error invalid-code code', 'error not-in-vs code']],
    ['a code of the system, not of the set', { system: SYSTEM, code: 'cat', url: `${X}/vs/dogs` }, false, ['error not-in-vs code']],
    ['a wrong display', { system: SYSTEM, code: 'cat', display: 'Dog' }, false, ['error invalid-display display']],
    [
      'a wrong display, leniently',
      { system: SYSTEM, code: 'cat', display: 'Dog', 'lenient-display-validation': 'true' },
      true,
      ['warning invalid-display display'],
    ],
    ['a display in a language', { system: SYSTEM, code: 'cat', display: 'Katze', displayLanguage: 'de' }, true, []],
    ['a display in another language', { system: SYSTEM, code: 'cat', display: 'Cat', displayLanguage: 'de' }, false, ['error invalid-display display']],
    ['membership alone', { system: SYSTEM, code: 'cat', display: 'Dog', 'valueset-membership-only': 'true' }, true, []],
    ['an abstract code', { system: SYSTEM, code: 'mammal' }, false, ['error code-rule code']],
    ['an abstract code where one will do', { system: SYSTEM, code: 'mammal', abstract: 'true' }, true, []],
    ['a code out of use', { system: SYSTEM, code: 'dodo' }, true, ['warning code-comment code']],
    [
      'a code out of use, where only others will do',
      { system: SYSTEM, code: 'dodo', activeOnly: 'true' },
      false,
      ['error code-rule code', 'error not-in-vs code', 'warning code-comment code'],
    ],
    ['a version that is not here', { system: SYSTEM, code: 'cat', systemVersion: '7' }, false, ['error not-found system']],
    ['a partial version', { system: SYSTEM, code: 'cat', systemVersion: '1.x' }, true, []],
    ['an unknown system', { system: `${X}/none`, code: 'cat' }, false, ['error not-found system', 'error not-in-vs code']],
    ['a system that is inferred', { code: 'cat', inferSystem: 'true' }, true, []],
    ['a system that cannot be inferred', { code: 'unicorn', inferSystem: 'true' }, false, ['error not-in-vs code']],
  ])('%s', async (_name, parameters, result, expected) => {
    const answer = await check(parameters);
    expect(issuesOf(answer).filter((issue) => issue !== 'information status-check')).toEqual(expected);
    expect(answerOf(answer, 'result')).toBe(result);
    expect(answerOf(answer, 'message') === undefined).toBe(expected.length === 0);
  });

  test('a wrong display is answered with the right ones', async () => {
    expect(answerOf(await check({ system: SYSTEM, code: 'dog', display: 'Cow' }), 'message')).toBe(
      '"Cow" is not a display of dog; right would be "Dog" (en) or "Hund" (de) or "Chien" (fr).',
    );
  });

  test('what is out of use is said so, with its status', async () => {
    const answer = await check({ system: SYSTEM, code: 'dodo' });
    expect([answerOf(answer, 'inactive'), answerOf(answer, 'status')]).toEqual([true, 'retired']);
  });

  test('a code that a fragment does not show may be right; spelling is put right where case makes no difference', async () => {
    const some: ParametersParameter = { name: 'valueSet', resource: valueSet('some', { include: [{ system: `${X}/some` }] }) };
    const coding = (code: string): ParametersParameter => ({ name: 'coding', valueCoding: { system: `${X}/some`, code } });
    const unseen = await post<Parameters>('/ValueSet/$validate-code', [some, coding('two')]);
    expect(answerOf(unseen, 'result')).toBe(true);
    expect(issuesOf(unseen)).toEqual(['warning invalid-code Coding.code']);
    const spelled = await post<Parameters>('/ValueSet/$validate-code', [some, coding('ONE')]);
    expect([answerOf(spelled, 'result'), answerOf(spelled, 'normalized-code')]).toEqual([true, 'One']);
    expect(said(await post<ValueSet>('/ValueSet/$expand', [some]), 'fragment')).toEqual([`${X}/some|2`]);
  });

  test('a CodeableConcept: one right coding is enough, the others are remarked upon', async () => {
    const concept = (...codings: { system: string; code: string }[]) =>
      post<Parameters>('/ValueSet/$validate-code', [
        { name: 'url', valueUri: `${X}/vs/dogs` },
        { name: 'codeableConcept', valueCodeableConcept: { coding: codings } },
      ]);
    const mixed = await concept({ system: SYSTEM, code: 'cat' }, { system: SYSTEM, code: 'poodle' });
    expect([answerOf(mixed, 'result'), answerOf(mixed, 'code')]).toEqual([true, 'poodle']);
    expect(issuesOf(mixed).filter((issue) => !issue.includes('status-check'))).toEqual(['information this-code-not-in-vs CodeableConcept.coding[0].code']);
    const wrong = await concept({ system: SYSTEM, code: 'cat' }, { system: `${X}/none`, code: 'a' });
    expect(answerOf(wrong, 'result')).toBe(false);
    expect(answerOf(wrong, 'x-caused-by-unknown-system')).toBe(`${X}/none`);
    expect(issuesOf(wrong)).toContain('error not-in-vs');
    expect(answerOf(await concept(), 'result')).toBe(false);
  });

  test('the stored set, by id', async () => {
    expect(answerOf(await get<Parameters>(url('/ValueSet/dogs/$validate-code', { system: SYSTEM, code: 'poodle' })), 'result')).toBe(true);
  });

  test.each<[string, Record<string, string>, number]>([
    ['a code without a system', { url: `${X}/vs/animals`, code: 'cat' }, 400],
    ['no code', { url: `${X}/vs/animals` }, 400],
    ['an unknown set', { url: `${X}/none`, system: SYSTEM, code: 'cat' }, 404],
    ['a text where true or false is meant', { url: `${X}/vs/animals`, system: SYSTEM, code: 'cat', abstract: 'maybe' }, 400],
  ])('%s is refused', (_name, parameters, status) => get(url('/ValueSet/$validate-code', parameters), status).then(() => undefined));
});

describe('CodeSystem', () => {
  test('$validate-code', async () => {
    const check = (parameters: Record<string, string>) => get<Parameters>(url('/CodeSystem/$validate-code', { url: SYSTEM, ...parameters }));
    expect(answerOf(await check({ code: 'cat' }), 'result')).toBe(true);
    expect(issuesOf(await check({ code: 'unicorn' }))).toEqual(['error invalid-code code', 'information status-check']);
    expect(answerOf(await check({ code: 'cat', display: 'Cow' }), 'result')).toBe(false);
    expect(answerOf(await get<Parameters>('/CodeSystem/animals/$validate-code?code=cat'), 'result')).toBe(true);
    await get(url('/CodeSystem/$validate-code', { url: `${X}/none`, code: 'cat' }), 404);
  });

  test('$lookup gives names, designations, properties', async () => {
    const answer = await get<Parameters>(url('/CodeSystem/$lookup', { system: SYSTEM, code: 'dog' }));
    expect([answerOf(answer, 'name'), answerOf(answer, 'version'), answerOf(answer, 'display'), answerOf(answer, 'abstract')]).toEqual([
      'Animals',
      '1.0.0',
      'Dog',
      false,
    ]);
    const rows = (name: string) =>
      (answer.parameter ?? [])
        .filter((row) => row.name === name)
        .map(({ part = [] }) => part.map((one) => one.valueCode ?? one.valueString ?? one.valueInteger ?? one.valueBoolean));
    expect(rows('designation')).toEqual([
      ['en', 'Dog'],
      ['de', 'Hund'],
      ['fr', 'Chien'],
    ]);
    expect(rows('property')).toEqual([
      ['legs', 4],
      ['inactive', false],
      ['parent', 'mammal', 'Mammal'],
      ['child', 'poodle', 'Poodle'],
    ]);
    expect(answerOf(await get<Parameters>(url('/CodeSystem/$lookup', { system: SYSTEM, code: 'cat', displayLanguage: 'de' })), 'display')).toBe('Katze');
    const one = await get<Parameters>(url('/CodeSystem/$lookup', { system: SYSTEM, code: 'dog', property: 'legs' }));
    expect((one.parameter ?? []).filter(({ name }) => name === 'property' || name === 'designation')).toHaveLength(1);
    expect(shortIssues(await get<OperationOutcome>(url('/CodeSystem/$lookup', { system: SYSTEM, code: 'unicorn' }), 404))).toEqual(['error invalid-code']);
    await get(url('/CodeSystem/$lookup', { system: 'http://loinc.org', code: '1-8' }), 404);
  });

  test.each([
    ['mammal', 'poodle', 'subsumes'],
    ['poodle', 'mammal', 'subsumed-by'],
    ['cat', 'dog', 'not-subsumed'],
    ['cat', 'cat', 'equivalent'],
  ])('$subsumes: %s and %s are %s', async (codeA, codeB, expected) => {
    expect(answerOf(await get<Parameters>(url('/CodeSystem/$subsumes', { system: SYSTEM, codeA, codeB })), 'outcome')).toBe(expected);
    expect(answerOf(await get<Parameters>(url('/CodeSystem/animals/$subsumes', { codeA, codeB })), 'outcome')).toBe(expected);
  });

  test.each([
    ['http://unitsofmeasure.org', 'g/L', 'mg/mL', 'equivalent'],
    ['http://unitsofmeasure.org', 'g', 'kg', 'not-subsumed'],
    ['urn:ietf:bcp:47', 'en-US', 'en-Latn-US', 'subsumes'],
    ['urn:ietf:bcp:13', 'text/plain; charset=utf-8', 'text/html', 'not-subsumed'],
    ['urn:ietf:bcp:13', 'text/plain; charset=utf-8', 'text/plain', 'not-subsumed'],
    ['urn:ietf:bcp:13', 'text/plain; charset=us-ascii', 'TEXT/plain', 'equivalent'],
  ])('$subsumes by form: %s %s %s', async (system, codeA, codeB, expected) => {
    expect(answerOf(await get<Parameters>(url('/CodeSystem/$subsumes', { system, codeA, codeB })), 'outcome')).toBe(expected);
  });

  test('$subsumes of a code that is none, or of what cannot be told, is refused', async () => {
    await get(url('/CodeSystem/$subsumes', { system: SYSTEM, codeA: 'cat', codeB: 'unicorn' }), 404);
    await get(url('/CodeSystem/$subsumes', { system: 'urn:ietf:bcp:13', codeA: 'application/json; a=b', codeB: 'application/json' }), 422);
  });
});

describe('ConceptMap/$translate', () => {
  const to = (parameters: Record<string, string>) => get<Parameters>(url('/ConceptMap/$translate', { url: `${X}/map`, system: SYSTEM, ...parameters }));
  const matches = ({ parameter = [] }: Parameters) =>
    parameter
      .filter(({ name }) => name === 'match')
      .map(({ part = [] }) => [part[0]?.valueCode, part.find(({ name }) => name === 'concept')?.valueCoding?.code]);

  test('there', async () => {
    const answer = await to({ code: 'dog' });
    expect(answerOf(answer, 'result')).toBe(true);
    expect(answer.parameter?.[1]?.part).toEqual([
      { name: 'equivalence', valueCode: 'wider' },
      { name: 'concept', valueCoding: { system: `${X}/sounds`, code: 'woof', display: 'Woof' } },
      { name: 'comment', valueString: 'mostly' },
      { name: 'source', valueUri: `${X}/map|3` },
    ]);
  });

  test('and back', async () => {
    const back = await get<Parameters>(url('/ConceptMap/to-sounds/$translate', { system: `${X}/sounds`, code: 'woof', reverse: 'true' }));
    expect(matches(back)).toEqual([['narrower', 'dog']]);
  });

  test('no counterpart, no entry, a map that is found', async () => {
    const none = await to({ code: 'dodo' });
    expect([answerOf(none, 'result'), matches(none)]).toEqual([false, [['unmatched', undefined]]]);
    expect(matches(await to({ code: 'poodle' }))).toEqual([['relatedto', 'silence']]);
    expect(matches(await get<Parameters>(url('/ConceptMap/$translate', { system: SYSTEM, code: 'dog', targetsystem: `${X}/sounds` })))).toEqual([
      ['wider', 'woof'],
    ]);
    expect(answerOf(await get<Parameters>(url('/ConceptMap/$translate', { system: `${X}/nobody`, code: 'dog' })), 'result')).toBe(false);
    await get(url('/ConceptMap/$translate', { url: `${X}/none`, system: SYSTEM, code: 'dog' }), 404);
  });

  test('what depends on something else needs it', async () => {
    const ask = (value: string) =>
      post<Parameters>('/ConceptMap/$translate', [
        { name: 'url', valueUri: `${X}/map` },
        { name: 'coding', valueCoding: { system: SYSTEM, code: 'cat' } },
        {
          name: 'dependency',
          part: [
            { name: 'element', valueUri: `${X}/state` },
            { name: 'concept', valueCodeableConcept: { coding: [{ code: value }] } },
          ],
        },
      ]);
    expect(matches(await ask('content'))).toEqual([['relatedto', 'purr']]);
    expect(matches(await ask('hungry'))).toEqual([]);
  });
});

test('a supplement is worked in whole where it is asked for, its words alone where it is not, and missed where it is not here', async () => {
  const heavy: CodeSystem = {
    resourceType: 'CodeSystem',
    url: `${X}/weights`,
    version: '1',
    status: 'active',
    content: 'supplement',
    supplements: `${SYSTEM}|1.0.0`,
    concept: [{ code: 'dog', designation: [{ language: 'nb', value: 'Hund' }], property: [{ code: 'itemWeight', valueDecimal: 3 }] }],
  };
  const ask = (...more: ParametersParameter[]) =>
    post<Parameters>('/CodeSystem/$lookup', [
      { name: 'tx-resource', resource: heavy },
      { name: 'system', valueUri: SYSTEM },
      { name: 'code', valueCode: 'dog' },
      ...more,
    ]);
  const has = ({ parameter = [] }: Parameters, text: string) => JSON.stringify(parameter).includes(text);
  const plain = await ask();
  expect([has(plain, '"nb"'), has(plain, 'itemWeight')]).toEqual([true, false]);
  const whole = await ask({ name: 'useSupplement', valueCanonical: `${X}/weights` });
  expect([has(whole, '"nb"'), has(whole, 'itemWeight'), has(whole, 'used-supplement')]).toEqual([true, true, true]);
  await get(url('/CodeSystem/$lookup', { system: SYSTEM, code: 'dog', useSupplement: `${X}/none` }), 404);
  const demanding: ValueSet = {
    ...valueSet('demanding', { include: [{ system: SYSTEM }] }),
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/valueset-supplement', valueCanonical: `${X}/weights` }],
  };
  const given: ParametersParameter = { name: 'valueSet', resource: demanding };
  expect(said(await post<ValueSet>('/ValueSet/$expand', [given, { name: 'tx-resource', resource: heavy }]), 'used-supplement')).toContain(`${X}/weights|1`);
  expect(shortIssues(await post<OperationOutcome>('/ValueSet/$expand', [given], 404))).toEqual(['error not-found']);
});

test('what is answered is valid itself', async () => {
  const answers = [
    await get<ValueSet>(url('/ValueSet/$expand', { url: `${X}/vs/animals`, includeDesignations: 'true', displayLanguage: 'de', property: 'legs' })),
    await get<Parameters>(url('/ValueSet/$validate-code', { url: `${X}/vs/animals`, system: SYSTEM, code: 'unicorn', display: 'Horse' })),
    await get<Parameters>(url('/CodeSystem/$lookup', { system: SYSTEM, code: 'dog' })),
    await get<Parameters>(url('/ConceptMap/$translate', { url: `${X}/map`, system: SYSTEM, code: 'dog' })),
    await get<TerminologyCapabilities>('/metadata?mode=terminology'),
  ];
  for (const resource of answers) {
    const answer = await server.api().post(`/${resource.resourceType}/$validate`).set('Content-Type', FHIR).send(JSON.stringify(resource)).expect(200);
    expect((answer.body as OperationOutcome).issue.filter(({ severity }) => severity === 'error' || severity === 'fatal')).toEqual([]);
  }
});

test('the TerminologyCapabilities list code systems, versions and parameters', async () => {
  const statement = await get<TerminologyCapabilities>('/metadata?mode=terminology');
  expect(statement.resourceType).toBe('TerminologyCapabilities');
  expect(statement.codeSystem).toContainEqual({ uri: SYSTEM, version: [{ code: '1.0.0' }] });
  expect(statement.codeSystem).toContainEqual({ uri: 'http://unitsofmeasure.org' });
  const names = (statement.expansion?.parameter ?? []).map(({ name }) => name);
  const wanted = [
    'activeOnly',
    'check-system-version',
    'count',
    'displayLanguage',
    'excludeNested',
    'force-system-version',
    'includeDefinition',
    'includeDesignations',
    'offset',
    'property',
    'system-version',
    'tx-resource',
  ];
  expect(names).toEqual(expect.arrayContaining(wanted));
  await get('/metadata?mode=other', 400);
});

test('the CapabilityStatement names the operations', async () => {
  const statement = await get<{ rest: { resource: { type: string; operation?: { name: string; definition: string }[] }[] }[] }>('/metadata');
  const of = (type: string) => statement.rest[0]?.resource.find((resource) => resource.type === type)?.operation?.map(({ name }) => name) ?? [];
  expect(of('ValueSet')).toEqual(expect.arrayContaining(['expand', 'validate-code']));
  expect(of('CodeSystem')).toEqual(expect.arrayContaining(['lookup', 'subsumes', 'validate-code']));
  expect(of('ConceptMap')).toContain('translate');
});
