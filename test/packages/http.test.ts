import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FHIR, type Started, start } from '../http/start.ts';
import { type Entry, manifest, packageOf, tarOf, tgzOf } from './archives.ts';

let server: Started;
beforeAll(async () => {
  server = await start({ DATABASE: 'memory:' });
});
afterAll(() => server.app.close());

const BASE = 'https://ward.example/fhir';
const profile = (id: string, version: string, other: object = {}) => ({
  resourceType: 'StructureDefinition',
  id,
  url: `${BASE}/StructureDefinition/${id}`,
  version,
  name: `Ward_${id.replaceAll('-', '_')}`,
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Observation',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Observation',
  derivation: 'constraint',
  differential: { element: [{ id: 'Observation.subject', path: 'Observation.subject', min: 1 }] },
  ...other,
});
const valueSet = (id: string, version: string, other: object = {}) => ({
  resourceType: 'ValueSet',
  id,
  url: `${BASE}/ValueSet/${id}`,
  version,
  name: `Ward_${id.replaceAll('-', '_')}`,
  status: 'active',
  compose: { include: [{ system: 'http://hl7.org/fhir/administrative-gender' }] },
  ...other,
});

const post = (bytes: Buffer, query = '') => server.api().post(`/$load-package${query}`).set('Content-Type', 'application/gzip').send(bytes);
const postJson = (body: object) => server.api().post('/$load-package').set('Content-Type', FHIR).send(JSON.stringify(body));
const unload = (name: string, version: string) =>
  server
    .api()
    .post('/$unload-package')
    .set('Content-Type', FHIR)
    .send(
      JSON.stringify({
        resourceType: 'Parameters',
        parameter: [
          { name: 'name', valueString: name },
          { name: 'version', valueString: version },
        ],
      }),
    );
const texts = (answer: { body: { issue?: { details: { text: string } }[] } }): string =>
  (answer.body.issue ?? []).map(({ details }) => details.text).join('\n');
const installed = async (): Promise<string[]> => {
  const { body } = await server.api().get('/$packages').expect(200);
  type Part = { name: string; valueString?: string };
  return ((body.parameter ?? []) as { part: Part[] }[]).map(({ part }) =>
    part
      .filter(({ name }) => name === 'name' || name === 'version')
      .map(({ valueString }) => valueString)
      .join('#'),
  );
};
const count = async (query: string): Promise<number> => (await server.api().get(`/${query}&_summary=count`).expect(200)).body.total;

describe('a package', () => {
  test('is installed, listed, used, and taken out again', async () => {
    const answer = await post(
      packageOf([profile('weight', '1.0.0'), valueSet('sex', '1.0.0'), { resourceType: 'Patient', id: 'example' }], { name: 'example.life' }),
    );
    expect(texts(answer)).toContain('example.life#1.0.0 is installed: 2 definitions');
    expect(answer.status).toBe(200);
    expect(texts(answer)).toContain('package/Patient-example.json: a Patient is an example');
    expect(answer.body.issue.map(({ severity }: { severity: string }) => severity)).not.toContain('warning');
    expect(await installed()).toContain('example.life#1.0.0');
    expect(await count('StructureDefinition?_tag=https://pro-bridge.example/fhir/CodeSystem/package|example.life%231.0.0')).toBe(1);
    const { body } = await server.api().get('/StructureDefinition/weight').expect(200);
    expect(body.differential.element[0].min).toBe(1);
    expect(await count('Patient?_id=example')).toBe(0);
    expect(texts(await unload('example.life', '1.0.0').expect(200))).toContain('no longer installed');
    expect(await installed()).not.toContain('example.life#1.0.0');
    await server.api().get('/StructureDefinition/weight').expect(410);
    await unload('example.life', '1.0.0').expect(404);
  });

  test('is taken as a Binary, and several with single definitions in Parameters', async () => {
    const data = packageOf([valueSet('a', '1.0.0')], { name: 'example.binary' }).toString('base64');
    await postJson({ resourceType: 'Binary', contentType: 'application/gzip', data }).expect(200);
    const second = packageOf([valueSet('b', '1.0.0')], { name: 'example.second', dependencies: { 'example.binary': '1.0.0', 'example.third': '1.0.x' } });
    const third = packageOf([valueSet('c', '1.0.3')], { name: 'example.third', version: '1.0.3' });
    await postJson({
      resourceType: 'Parameters',
      parameter: [
        { name: 'package', resource: { resourceType: 'Binary', contentType: 'application/gzip', data: second.toString('base64') } },
        { name: 'package', valueBase64Binary: third.toString('base64') },
        { name: 'resource', resource: valueSet('single', '1.0.0') },
      ],
    }).expect(200);
    expect(await installed()).toEqual(expect.arrayContaining(['example.binary#1.0.0', 'example.second#1.0.0', 'example.third#1.0.3']));
    await server.api().get('/ValueSet/single').expect(200);
  });

  test('stands beside other versions of itself, each with its own ids', async () => {
    await post(packageOf([profile('beside', '1.0.0')], { name: 'example.beside', version: '1.0.0' })).expect(200);
    await post(packageOf([profile('beside', '2.0.0')], { name: 'example.beside', version: '2.0.0' })).expect(200);
    expect(await count(`StructureDefinition?url=${BASE}/StructureDefinition/beside`)).toBe(2);
    await server.api().get('/StructureDefinition/beside-2.0.0').expect(200);
    await unload('example.beside', '1.0.0').expect(200);
    expect(await count(`StructureDefinition?url=${BASE}/StructureDefinition/beside`)).toBe(1);
    expect(await installed()).toContain('example.beside#2.0.0');
  });

  test('that is loaded again brings what is new, changes what changed and drops what it dropped', async () => {
    const about = { name: 'example.again' };
    await post(packageOf([valueSet('kept', '1.0.0'), valueSet('dropped', '1.0.0')], about)).expect(200);
    const same = await post(packageOf([valueSet('kept', '1.0.0'), valueSet('dropped', '1.0.0')], about)).expect(200);
    expect(texts(same)).toContain('0 resources were written');
    await post(packageOf([valueSet('kept', '1.0.0', { title: 'Changed' }), valueSet('added', '1.0.0')], about)).expect(200);
    expect((await server.api().get('/ValueSet/kept')).body).toMatchObject({ title: 'Changed', meta: { versionId: '2' } });
    await server.api().get('/ValueSet/added').expect(200);
    await server.api().get('/ValueSet/dropped').expect(410);
  });

  test('shares a definition with another that says the same, which stays until both have gone', async () => {
    const shared = valueSet('shared', '1.0.0');
    await post(packageOf([shared], { name: 'example.one' })).expect(200);
    await post(packageOf([{ ...shared, id: 'called-otherwise' }], { name: 'example.two' })).expect(200);
    await unload('example.one', '1.0.0').expect(200);
    await server.api().get('/ValueSet/shared').expect(200);
    await unload('example.two', '1.0.0').expect(200);
    await server.api().get('/ValueSet/shared').expect(410);
  });

  test('may hold a NamingSystem, which has no URL and is known by its id', async () => {
    const naming = (other: object = {}) => ({
      resourceType: 'NamingSystem',
      id: 'wards',
      name: 'Wards',
      status: 'active',
      kind: 'identifier',
      date: '2026-01-01',
      uniqueId: [{ type: 'uri', value: 'https://ward.example/wards' }],
      ...other,
    });
    await post(packageOf([naming()], { name: 'example.naming' })).expect(200);
    await post(packageOf([naming({ responsible: 'The ward' })], { name: 'example.naming' })).expect(200);
    expect((await server.api().get('/NamingSystem/wards')).body).toMatchObject({ responsible: 'The ward', meta: { versionId: '2' } });
    expect(texts(await post(packageOf([naming({ url: `${BASE}/NamingSystem/wards` })], { name: 'example.naming-url' })).expect(422))).toContain('url');
  });

  test('that defines otherwise what is here already is refused, naming file and place', async () => {
    await server
      .api()
      .put('/ValueSet/posted')
      .set('Content-Type', FHIR)
      .send(JSON.stringify(valueSet('posted', '1.0.0')))
      .expect(201);
    const answer = await post(packageOf([valueSet('other', '1.0.0'), valueSet('posted', '1.0.0', { title: 'Otherwise' })], { name: 'example.otherwise' }));
    expect(answer.status).toBe(422);
    expect(texts(answer)).toContain('package/ValueSet-posted.json');
    expect(texts(answer)).toContain('ValueSet/posted (posted here) defines it otherwise');
    await server.api().get('/ValueSet/other').expect(404);
  });

  test('leads its relative references to where their targets are stored, or published', async () => {
    const guide = {
      resourceType: 'ImplementationGuide',
      id: 'guide',
      url: `${BASE}/ImplementationGuide/guide`,
      version: '1.0.0',
      name: 'Guide',
      status: 'active',
      packageId: 'example.guide',
      fhirVersion: ['4.0.1'],
      definition: { resource: [{ reference: { reference: 'ValueSet/guided' } }, { reference: { reference: 'Patient/example' }, exampleBoolean: true }] },
    };
    await server
      .api()
      .put('/ValueSet/guided')
      .set('Content-Type', FHIR)
      .send(JSON.stringify(valueSet('taken', '9')))
      .expect(400);
    await server
      .api()
      .put('/ValueSet/guided')
      .set('Content-Type', FHIR)
      .send(JSON.stringify(valueSet('guided', '9')))
      .expect(201);
    await post(packageOf([guide, valueSet('guided', '1.0.0')], { name: 'example.guide' })).expect(200);
    const { body } = await server.api().get('/ImplementationGuide/guide').expect(200);
    expect(body.definition.resource.map(({ reference }: { reference: { reference: string } }) => reference.reference)).toEqual([
      'ValueSet/guided-1.0.0',
      `${BASE}/Patient/example`,
    ]);
  });
});

test('a profile holds as soon as its package is installed, and no longer than that', async () => {
  const api = () => server.api().post('/Observation').set('Content-Type', FHIR);
  const claim = (version: string) =>
    JSON.stringify({ resourceType: 'Observation', meta: { profile: [`${BASE}/StructureDefinition/live|${version}`] }, status: 'final', code: { text: 'x' } });
  await post(packageOf([profile('live', '1.0.0')], { name: 'example.live' })).expect(200);
  expect(texts(await api().send(claim('1.0.0')).expect(422))).toContain("'subject' is required");
  await post(
    packageOf([profile('live', '2.0.0', { differential: { element: [{ id: 'Observation.subject', path: 'Observation.subject', short: 'x' }] } })], {
      name: 'example.live',
      version: '2.0.0',
    }),
  ).expect(200);
  await api().send(claim('2.0.0')).expect(201);
  await api().send(claim('1.0.0')).expect(422);
  await unload('example.live', '1.0.0').expect(200);
  expect(texts(await api().send(claim('1.0.0')))).not.toContain("'subject' is required");
});

test('what claims a profile of its own package is held against it', async () => {
  const strict = profile('strict', '1.0.0', {
    type: 'Questionnaire',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Questionnaire',
    differential: { element: [{ id: 'Questionnaire.title', path: 'Questionnaire.title', min: 1 }] },
  });
  const questionnaire = (title: object) => ({
    resourceType: 'Questionnaire',
    id: 'claiming',
    meta: { profile: [`${BASE}/StructureDefinition/strict`] },
    url: `${BASE}/Questionnaire/claiming`,
    version: '1.0.0',
    name: 'Claiming',
    status: 'active',
    ...title,
  });
  const refused = await post(packageOf([strict, questionnaire({})], { name: 'example.claims' })).expect(422);
  expect(texts(refused)).toContain("'title' is required");
  const other = await server
    .api()
    .post('/Questionnaire')
    .set('Content-Type', FHIR)
    .send(JSON.stringify({ ...questionnaire({}), url: `${BASE}/Questionnaire/other` }))
    .expect(201);
  expect(other.body.title).toBeUndefined();
  await post(packageOf([strict, questionnaire({ title: 'It has one' })], { name: 'example.claims' })).expect(200);
});

describe('what a package builds on', () => {
  test('is asked for by name and version, and may be only warned of', async () => {
    const bytes = packageOf([valueSet('lonely', '1.0.0')], {
      name: 'example.lonely',
      dependencies: { 'hl7.fhir.r4.core': '4.0.1', 'example.missing': '2.0.0' },
    });
    const answer = await post(bytes).expect(422);
    expect(texts(answer)).toContain('example.lonely#1.0.0 builds on example.missing#2.0.0, which is not installed');
    await server.api().get('/ValueSet/lonely').expect(404);
    const warned = await post(bytes, '?missing=warn').expect(200);
    expect(warned.body.issue.find(({ severity }: { severity: string }) => severity === 'warning').details.text).toContain('example.missing#2.0.0');
    await server.api().get('/ValueSet/lonely').expect(200);
  });

  test('in another version than is here is named with what is here', async () => {
    await post(packageOf([valueSet('old', '1.0.0')], { name: 'example.old' })).expect(200);
    const answer = await post(packageOf([valueSet('new', '1.0.0')], { name: 'example.new', dependencies: { 'example.old': '2.0.0' } })).expect(422);
    expect(texts(answer)).toContain('(there is 1.0.0)');
  });

  test('is not taken out while it is needed', async () => {
    await post(packageOf([valueSet('below', '1.0.0')], { name: 'example.below' })).expect(200);
    await post(packageOf([valueSet('above', '1.0.0')], { name: 'example.above', dependencies: { 'example.below': '1.0.0' } })).expect(200);
    expect(texts(await unload('example.below', '1.0.0').expect(409))).toContain('the package example.above#1.0.0 builds on it');
    await unload('example.above', '1.0.0').expect(200);
    await unload('example.below', '1.0.0').expect(200);
  });
});

describe('a package is not taken out while', () => {
  const put = (path: string, body: object) => server.api().put(path).set('Content-Type', FHIR).send(JSON.stringify(body));

  test.each<[string, string, object]>([
    ['a profile derives from it', 'StructureDefinition', profile('derived', '1', { baseDefinition: `${BASE}/StructureDefinition/used` })],
    [
      'a resource claims its profile',
      'Basic',
      { resourceType: 'Basic', id: 'derived', meta: { profile: [`${BASE}/StructureDefinition/used|1.0.0`] }, code: { text: 'x' } },
    ],
    [
      'an element is bound to its value set',
      'StructureDefinition',
      profile('derived', '1', {
        differential: { element: [{ id: 'Observation.code', path: 'Observation.code', binding: { strength: 'required', valueSet: `${BASE}/ValueSet/used` } }] },
      }),
    ],
    ['a value set imports its own', 'ValueSet', valueSet('derived', '1', { compose: { include: [{ valueSet: [`${BASE}/ValueSet/used|1.0.0`] }] } })],
    [
      'a question takes its options from it',
      'Questionnaire',
      {
        resourceType: 'Questionnaire',
        id: 'derived',
        url: `${BASE}/Questionnaire/derived`,
        status: 'active',
        item: [{ linkId: '1', type: 'choice', text: 'x', answerValueSet: `${BASE}/ValueSet/used` }],
      },
    ],
    [
      'its questionnaire has been answered',
      'QuestionnaireResponse',
      { resourceType: 'QuestionnaireResponse', id: 'derived', questionnaire: `${BASE}/Questionnaire/used|1.0.0`, status: 'completed' },
    ],
  ])('%s', async (_, type, user) => {
    const questionnaire = {
      resourceType: 'Questionnaire',
      id: 'used',
      url: `${BASE}/Questionnaire/used`,
      version: '1.0.0',
      status: 'active',
      item: [{ linkId: '1', type: 'string', text: 'x' }],
    };
    // Observations with a profile would be validated against it: a Basic only claims one here.
    const used =
      type === 'Basic'
        ? profile('used', '1.0.0', {
            type: 'Basic',
            baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
            differential: { element: [{ id: 'Basic.code', path: 'Basic.code', short: 'x' }] },
          })
        : profile('used', '1.0.0');
    await post(packageOf([used, valueSet('used', '1.0.0'), questionnaire], { name: 'example.used' })).expect(200);
    await put(`/${type}/derived`, user).expect(201);
    const answer = await unload('example.used', '1.0.0').expect(409);
    expect(texts(answer)).toContain(`${type}/derived names ${BASE}`);
    await server.api().delete(`/${type}/derived`).expect(204);
    await unload('example.used', '1.0.0').expect(200);
  });

  test('unless another version fits as well', async () => {
    await post(packageOf([valueSet('twice', '1.0.0')], { name: 'example.twice' })).expect(200);
    await post(packageOf([valueSet('twice', '2.0.0')], { name: 'example.twice', version: '2.0.0' })).expect(200);
    await put('/ValueSet/user', valueSet('user', '1', { compose: { include: [{ valueSet: [`${BASE}/ValueSet/twice`] }] } })).expect(201);
    await unload('example.twice', '1.0.0').expect(200);
    await unload('example.twice', '2.0.0').expect(409);
  });
});

describe('a package that is not as it should be is refused, and nothing of it is installed:', () => {
  const content = JSON.stringify(valueSet('hostile', '1.0.0'));
  const good: readonly Entry[] = [
    { path: 'package/package.json', content: JSON.stringify(manifest({ name: 'example.hostile' })) },
    { path: 'package/ValueSet-hostile.json', content },
  ];

  test.each<[string, Buffer, string]>([
    ['a path that leads out', tgzOf([...good, { path: 'package/../../x.json', content }]), 'leads out'],
    ['an absolute path', tgzOf([...good, { path: '/tmp/x.json', content }]), 'leads out'],
    ['a symbolic link', tgzOf([...good, { path: 'package/x.json', type: 'SymbolicLink', linkpath: '/etc/passwd' }]), 'SymbolicLink'],
    ['a hard link', tgzOf([...good, { path: 'package/x.json', type: 'Link', linkpath: 'package/package.json' }]), 'Link'],
    ['one name twice', tgzOf([...good, { path: 'package/ValueSet-hostile.json', content }]), 'twice'],
    ['a file in another encoding', tgzOf([...good, { path: 'package/x.json', content: Buffer.from('"é"', 'latin1') }]), 'not UTF-8'],
    ['a bomb', tgzOf([...good, { path: 'package/x.json', content: Buffer.alloc(30_000_000) }]), 'times its size'],
    ['too many files', gzipSync(tarOf(Array.from({ length: 20_001 }, (_, at) => ({ path: `package/${at}${Math.sin(at)}` })))), 'more than 20000 files'],
    ['no gzip', tarOf(good), 'not gzip'],
    ['cut off', tgzOf(good).subarray(0, -30), 'cut off or damaged'],
    ['no manifest', tgzOf(good.slice(1)), 'no package/package.json'],
    ['a manifest that is no JSON', tgzOf([{ path: 'package/package.json', content: '{' }, ...good.slice(1)]), 'package'],
    ['a name that is none', packageOf([valueSet('hostile', '1.0.0')], { name: '../x' }), 'Its name is'],
    ['another version of FHIR', packageOf([valueSet('hostile', '1.0.0')], { name: 'example.r5', fhirVersions: ['5.0.0'] }), 'is for FHIR 5.0.0'],
    ['a file that is no JSON', tgzOf([...good, { path: 'package/x.json', content: '{"a":' }]), 'package/x.json'],
    [
      'an id that is none',
      packageOf([valueSet('hostile', '1.0.0'), { ...valueSet('x', '1'), id: 5 as unknown as string }], { name: 'example.shape' }),
      'The id is not a string',
    ],
    [
      'meta that is none',
      packageOf([valueSet('hostile', '1.0.0'), valueSet('x', '1', { meta: 'x' })], { name: 'example.shape' }),
      'meta must be a JSON object',
    ],
    [
      'tags that are none',
      packageOf([valueSet('hostile', '1.0.0'), valueSet('x', '1', { meta: { tag: [null] } })], { name: 'example.shape' }),
      'meta.tag must be a list',
    ],
    [
      'a name that objects have by themselves',
      packageOf([valueSet('hostile', '1.0.0'), JSON.parse('{"resourceType":"constructor","id":"x","__proto__":{"a":1}}')], { name: 'example.shape' }),
      'which no FHIR element is called',
    ],
    [
      'members that are not what they should be',
      packageOf([valueSet('hostile', '1.0.0'), JSON.parse('{"resourceType":"ValueSet","id":"x","url":[1],"version":{},"status":5,"compose":"x"}')], {
        name: 'example.shape',
      }),
      'package/ValueSet-x.json',
    ],
    [
      'an unknown type',
      tgzOf([...good, { path: 'package/x.json', content: '{"resourceType":"Requirements","id":"x"}' }]),
      'package/x.json: "Requirements" is no resource type',
    ],
    [
      'a type of FHIR itself',
      packageOf(
        [
          valueSet('hostile', '1.0.0'),
          profile('x', '1', {
            url: 'http://hl7.org/fhir/StructureDefinition/Patient',
            type: 'Patient',
            baseDefinition: 'http://hl7.org/fhir/StructureDefinition/DomainResource',
            differential: { element: [{ id: 'Patient', path: 'Patient' }] },
          }),
        ],
        {
          name: 'example.patient',
        },
      ),
      "is FHIR's own definition",
    ],
  ])('%s', async (_, bytes, text) => {
    const before = await installed();
    const answer = await post(bytes);
    expect(texts(answer)).toContain(text);
    expect([400, 422]).toContain(answer.status);
    expect(await installed()).toEqual(before);
    await server.api().get('/ValueSet/hostile').expect(404);
  });

  test('every file that is at fault is named, not only the first', async () => {
    const faulty = packageOf(
      [valueSet('hostile', '1.0.0'), valueSet('no-status', '1.0.0', { status: undefined }), profile('no-kind', '1.0.0', { kind: 'x' })],
      { name: 'example.faulty' },
    );
    const answer = await post(faulty).expect(422);
    expect(texts(answer)).toMatch(/package\/ValueSet-no-status.json: .*status/);
    expect(texts(answer)).toMatch(/package\/StructureDefinition-no-kind.json: .*kind/);
    await server.api().get('/ValueSet/hostile').expect(404);
  });

  test('a file that is at fault may be left out, and is named all the same', async () => {
    const faulty = packageOf([valueSet('sound', '1.0.0'), valueSet('unsound', '1.0.0', { status: undefined })], { name: 'example.partly' });
    const answer = await post(faulty, '?faulty=leave-out').expect(200);
    expect(texts(answer)).toContain('package/ValueSet-unsound.json is left out: ');
    await server.api().get('/ValueSet/sound').expect(200);
    await server.api().get('/ValueSet/unsound').expect(404);
    expect(texts(await post(faulty, '?faulty=x').expect(400))).toContain('allowed: refuse, leave-out');
  });

  test.each<[string, string, string]>([
    ['nothing', '', 'The body is empty'],
    [
      'an unknown parameter',
      JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'url', valueUrl: 'https://x.example/p.tgz' }] }),
      'no parameter "url"',
    ],
    ['a Binary that is not base64', JSON.stringify({ resourceType: 'Binary', contentType: 'application/gzip', data: '§' }), 'not base64'],
    ['a Binary without data', JSON.stringify({ resourceType: 'Binary', contentType: 'application/gzip' }), 'no data in base64'],
  ])('%s', async (_, body, text) => {
    const answer = await server.api().post('/$load-package').set('Content-Type', FHIR).send(body).expect(400);
    expect(texts(answer)).toContain(text);
  });
});

test('two that load one package at the same time install it once', async () => {
  const bytes = packageOf([valueSet('race', '1.0.0'), profile('race', '1.0.0')], { name: 'example.race' });
  const answers = await Promise.all([post(bytes), post(bytes), post(bytes)]);
  expect(answers.map(({ status }) => status)).toContain(200);
  expect((await installed()).filter((one) => one === 'example.race#1.0.0')).toHaveLength(1);
  expect(await count(`ValueSet?url=${BASE}/ValueSet/race`)).toBe(1);
});

test('a body that is an archive is told where it does not belong', async () => {
  const answer = await server.api().post('/Patient').set('Content-Type', 'application/gzip').send(tgzOf([]));
  expect(answer.status).toBe(415);
});
