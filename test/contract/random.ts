/** Random resources, trees and queries out of a small vocabulary, so that they meet often. */
import fc from 'fast-check';
import type { Resource } from '../../src/fhir/resource.ts';
import { ALL, type Include, type Link, NONE, type Query, type Sort, type Test, type Tree } from '../../src/search/ast.ts';
import type { Param } from '../../src/search/param.ts';
import { UCUM } from '../../src/terminology/ucum.ts';
import { params, START } from './fixture.ts';

type Random<T> = fc.Arbitrary<T>;
type Named = Resource & { id: string };

const pick = <T>(...items: readonly T[]): Random<T> => fc.constantFrom(...items);
const maybe = <T>(of: Random<T>): Random<T | undefined> => fc.option(of, { nil: undefined });
const list = <T>(of: Random<T>, maxLength: number): Random<T[]> => fc.array(of, { maxLength });

const MOMENTS = ['2025', '2026', '2026-01', '2026-01-01', '2026-01-02', '2026-01-02T10:00:00Z', '2026-01-02T12:00:00+02:00', '2026-02', '2027'];
const IDS = ['1', '2', '3', '4'];
const CODES = ['A', 'B', 'AB'];
const SYSTEMS = ['urn:s', 'urn:t'];
/** Some that no resource has. */
const ASKED_SYSTEMS = [...SYSTEMS, 'urn:nobody', ''];
const NAMES = ['Ødegård', 'Odegard', 'ode gard', 'Zoë', '王', '😀', 'ｚ'];
const URLS = ['http://x.example/q', 'http://x.example/q/a', 'http://x.example/qa', 'urn:uuid:7'];
const UNITS = [
  {},
  { unit: 'mg' },
  { unit: 'mg', system: 'urn:u', code: 'mg' },
  { unit: 'milligram', system: 'urn:u', code: 'mg' },
  { system: 'urn:u', code: 'g' },
  { unit: 'mg', system: UCUM, code: 'mg' },
  { system: UCUM, code: 'g' },
  { system: UCUM, code: 'Cel' },
  { system: UCUM, code: '[iU]' },
];

const coding = fc.record({ system: maybe(pick(...SYSTEMS)), code: pick(...CODES) });
const TEXTS = ['Severe pain', 'pain, severe', 'No pain at all', '疼痛 3', 'Übelkeit', '<b>pain</b> &amp; fever'];
const concept = fc.record({
  coding: list(
    fc.tuple(coding, maybe(pick(...TEXTS))).map(([of, display]) => ({ ...of, display })),
    3,
  ),
  text: maybe(pick(...TEXTS)),
});
const narrative = maybe(pick(...TEXTS).map((text) => ({ status: 'generated', div: `<div>${text}</div>` })));
const moment = pick(...MOMENTS);
const period = fc.record({ start: maybe(moment), end: maybe(moment) });
const number = pick(-1, 0, 0.5, 5, 5.4, 5.45, 10, 100);
const quantity = fc.tuple(number, pick(...UNITS), maybe(pick('<', '<=', '>', '>='))).map(([value, unit, comparator]) => ({ value, ...unit, comparator }));
const patientRef = pick(...IDS, 'gone').map((id) => ({ reference: `Patient/${id}` }));
const subject = fc.oneof(
  { weight: 5, arbitrary: patientRef },
  { weight: 1, arbitrary: pick({ reference: 'Group/1' }, { reference: 'http://far.example/fhir/Patient/1' }, { reference: 'Patient/1/_history/2' }) },
);

const resource = (type: string, ids: readonly string[], elements: Record<string, Random<unknown>>): Random<Named> =>
  fc.record({ resourceType: fc.constant(type), id: pick(...ids), ...elements }).map((made) => JSON.parse(JSON.stringify(made)) as Named);

const patients = resource('Patient', IDS, {
  gender: maybe(pick('male', 'female')),
  birthDate: maybe(pick('1950', '1950-03', '1950-03-04')),
  identifier: list(fc.record({ system: maybe(pick(...SYSTEMS)), value: pick(...CODES) }), 2),
  name: list(fc.record({ family: maybe(pick(...NAMES)), given: list(pick(...NAMES), 2) }), 2),
  managingOrganization: maybe(pick('1', '2').map((id) => ({ reference: `Organization/${id}` }))),
  text: narrative,
});

const locations = resource('Location', ['1', '2', '3', '4'], {
  position: maybe(fc.record({ latitude: pick(0, 31.2, 31.3, -31.2, 89.9), longitude: pick(0, 121.4, 121.5, 179.99, -179.99) })),
  partOf: maybe(pick('1', '2', '3').map((id) => ({ reference: `Location/${id}` }))),
  name: maybe(pick('Ward one', 'ward-two', 'Old Ward')),
  description: maybe(pick(...TEXTS)),
});

const organizations = resource('Organization', ['1', '2'], {
  name: maybe(pick(...NAMES)),
  partOf: maybe(pick('1', '2').map((id) => ({ reference: `Organization/${id}` }))),
});

const observations = resource(
  'Observation',
  Array.from({ length: 20 }, (_, i) => String(i + 1)),
  {
    status: pick('final', 'amended'),
    text: narrative,
    note: list(
      pick(...TEXTS).map((text) => ({ text })),
      2,
    ),
    code: concept,
    category: list(concept, 2),
    subject: maybe(subject),
    effectiveDateTime: maybe(moment),
    valueQuantity: maybe(quantity),
    component: list(fc.record({ code: concept, valueQuantity: maybe(quantity) }), 2),
    derivedFrom: list(
      pick('1', '2').map((id) => ({ reference: `QuestionnaireResponse/${id}` })),
      2,
    ),
  },
);

/** With a period where the one above has a moment. */
const timed = fc.tuple(observations, period).map(([{ effectiveDateTime: _, ...rest }, effectivePeriod]) => ({ ...rest, effectivePeriod }) as Named);

const answer = fc.oneof(
  fc.record({ valueCoding: coding }),
  fc.record({ valueInteger: number }),
  fc.record({ valueBoolean: fc.boolean() }),
  fc.record({ valueDate: moment }),
  fc.record({ valueQuantity: quantity }),
  fc.record({ valueString: pick(...CODES) }),
);
const asked = fc.record({ linkId: pick(...CODES), answer: list(answer, 2) });
const items = list(
  fc.tuple(asked, maybe(asked)).map(([of, item]) => ({ ...of, item: item && [item] })),
  3,
);

const responses = resource('QuestionnaireResponse', ['1', '2', '3'], {
  item: items,
  status: pick('completed'),
  subject: maybe(subject),
  authored: maybe(moment),
  questionnaire: maybe(pick(...URLS, `${URLS[0]}|1`, `${URLS[0]}|2`, `${URLS[0]}|1.1`, 'Questionnaire/1')),
});

const questionnaires = resource('Questionnaire', ['1', '2', '3', '4'], {
  status: pick('active'),
  url: maybe(pick(...URLS)),
  version: maybe(pick('1', '2', '1.1')),
  title: maybe(pick(...TEXTS)),
});
const risks = resource('RiskAssessment', ['1', '2'], { status: pick('final'), subject, prediction: list(fc.record({ probabilityDecimal: number }), 2) });
/** Its patient is an element that repeats. */
const appointments = resource('Appointment', ['1', '2', '3'], {
  status: pick('booked'),
  participant: list(fc.record({ actor: patientRef }), 3),
  start: maybe(pick('2026-01-02T10:00:00Z')),
});

/** What is put, or (without content) deleted, one after another. */
export type Step = { readonly resource: Named; readonly gone: boolean };
const anyResource = fc.oneof(
  { weight: 4, arbitrary: patients },
  { weight: 8, arbitrary: observations },
  { weight: 3, arbitrary: timed },
  { weight: 1, arbitrary: organizations },
  { weight: 3, arbitrary: responses },
  { weight: 3, arbitrary: questionnaires },
  { weight: 2, arbitrary: locations },
  { weight: 1, arbitrary: risks },
  { weight: 2, arbitrary: appointments },
);
export const steps: Random<Step[]> = fc.array(fc.record({ resource: anyResource, gone: fc.nat(9).map((n) => n === 0) }), { minLength: 50, maxLength: 90 });

// ---- questions ----

const param = (type: string, code: string): Param => {
  const known = params.find(type, code);
  if (!known) throw new Error(`${type}.${code}`);
  return known;
};

const SEARCHED: Readonly<Record<string, readonly string[]>> = {
  Patient: ['_id', '_lastUpdated', 'gender', 'birthdate', 'identifier', 'name', 'family', 'phonetic', 'organization', '_text', '_content'],
  Organization: ['_id', 'name', 'partof', 'phonetic'],
  Location: ['_id', 'near', 'partof', 'name', '_content'],
  Observation: [
    '_id',
    'code',
    'code:text',
    'category:text',
    '_text',
    '_content',
    'category',
    'status',
    'patient',
    'subject',
    'date',
    'value-quantity',
    'code-value-quantity',
    'component-code-value-quantity',
    'combo-code',
    'combo-code:text',
    'combo-value-quantity',
    'combo-code-value-quantity',
    'derived-from',
  ],
  QuestionnaireResponse: ['_id', 'patient', 'subject', 'authored', 'questionnaire', 'status', 'answer', 'answer-number', 'answer-quantity', 'answer-date'],
  Questionnaire: ['url', 'status', 'version', 'title'],
  RiskAssessment: ['probability', 'patient', 'subject'],
  Appointment: ['patient', 'actor', 'date', 'status'],
};

const LINKS: readonly Link[] = [
  { direction: 'out', param: param('Observation', 'patient'), type: 'Patient' },
  { direction: 'out', param: param('Observation', 'subject'), type: 'Patient' },
  { direction: 'out', param: param('Observation', 'derived-from'), type: 'QuestionnaireResponse' },
  { direction: 'out', param: param('QuestionnaireResponse', 'patient'), type: 'Patient' },
  { direction: 'out', param: param('Patient', 'organization'), type: 'Organization' },
  { direction: 'out', param: param('Organization', 'partof'), type: 'Organization' },
  { direction: 'out', param: param('Appointment', 'patient'), type: 'Patient' },
  { direction: 'in', param: param('Observation', 'patient'), type: 'Observation' },
  { direction: 'in', param: param('Observation', 'derived-from'), type: 'Observation' },
  { direction: 'in', param: param('QuestionnaireResponse', 'patient'), type: 'QuestionnaireResponse' },
  { direction: 'in', param: param('Appointment', 'patient'), type: 'Appointment' },
  { direction: 'in', param: param('Patient', 'organization'), type: 'Patient' },
  { direction: 'out', param: param('QuestionnaireResponse', 'questionnaire'), type: 'Questionnaire', canonical: true },
  { direction: 'in', param: param('QuestionnaireResponse', 'questionnaire'), type: 'QuestionnaireResponse', canonical: true },
  { direction: 'out', param: param('Location', 'partof'), type: 'Location' },
  { direction: 'in', param: param('Location', 'partof'), type: 'Location' },
];

/** The type that the link is asked of. */
const startOf = ({ direction, param: by }: Link): string => (direction === 'out' ? by.type : (TARGETS[`${by.type}.${by.code}`] ?? 'Patient'));
const TARGETS: Readonly<Record<string, string>> = {
  'Observation.derived-from': 'QuestionnaireResponse',
  'Patient.organization': 'Organization',
  'QuestionnaireResponse.questionnaire': 'Questionnaire',
  'Location.partof': 'Location',
};

const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const;
const DAY = 86_400_000;
const range = fc.tuple(pick(-365, -1, 0, 1, 31), pick(1, 31, 365)).map(([from, days]) => ({ low: START + from * DAY, high: START + (from + days) * DAY }));

/** Of the kinds that know it, some other value than the one asked for. */
const DIFFERS: readonly Param['kind'][] = ['token', 'string', 'uri', 'reference'];

function testFor(by: Param): Random<Test> {
  if (isText(by)) return wordsTest;
  const plain = testOf(by);
  const differs = plain.filter((test) => test.is !== 'string' || test.how !== 'start').map((from): Test => ({ is: 'differs', from }));
  return DIFFERS.includes(by.kind) ? fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: differs }) : plain;
}

const isText = ({ code }: Param): boolean => code.endsWith(':text') || code === '_text' || code === '_content';
const wordsTest: Random<Test> = fc.record({
  is: fc.constant('words' as const),
  words: fc.oneof(
    pick(['severe', 'pain'], ['pain', 'severe'], ['疼', '痛'], ['痛'], ['b']),
    pick('pain', 'fever', 'p', 'ubelkeit', 'a', 'al', '3').map((word) => [word]),
  ),
  prefix: fc.boolean(),
});

function testOf({ kind, code, parts }: Param): Random<Test> {
  switch (kind) {
    case 'token':
      return fc.oneof(
        fc
          .record({ is: fc.constant('token' as const), code: pick(...CODES, ...IDS, 'male', 'final', 'booked'), system: pick(undefined, ...ASKED_SYSTEMS) })
          .map(defined),
        fc.record({ is: fc.constant('token' as const), system: pick(...ASKED_SYSTEMS) }),
        fc.record({
          is: fc.constant('codes' as const),
          system: pick(...ASKED_SYSTEMS),
          codes: fc.uniqueArray(pick(...CODES, 'male', 'final', '1'), { maxLength: 3 }),
        }),
      );
    case 'string':
      return fc.record({
        is: fc.constant('string' as const),
        how: pick(...HOWS),
        value: pick('o', 'ode', 'gard', 'odegard', 'Ødegård', '王', '😀', 'ｚ', 'z', 'ward', 'two', 'pain', 'o326', 'g630'),
      });
    case 'special':
      return fc.record({
        is: fc.constant('near' as const),
        latitude: pick(0, 31.2, 31.25, 89.9),
        longitude: pick(0, 121.4, 121.45, 179.99, -179.99),
        metres: pick(0, 1, 5000, 12_000, 7_000_000, 30_000_000),
      });
    case 'date':
      return fc
        .record({ is: fc.constant('date' as const), prefix: pick(...PREFIXES), range })
        .map(({ range: { low, high }, ...rest }) => ({ ...rest, low, high }));
    case 'number':
    case 'quantity':
      return numberTest(kind);
    case 'reference':
      return referenceTest(code);
    case 'uri':
      return fc.record({
        is: fc.constant('uri' as const),
        how: pick<'exact' | 'below' | 'above'>('exact', 'below', 'above'),
        value: pick(...URLS, 'http://x.example/', 'http://x.example/q/a/b', 'http:'),
      });
    default:
      return fc.tuple(...parts.map(testFor)).map((tests) => ({ is: 'composite', parts: tests }));
  }
}

const HOWS = ['start', 'begin', 'contains', 'end', 'equal', 'exact'] as const;

const numberTest = (kind: 'number' | 'quantity'): Random<Test> =>
  fc
    .tuple(
      pick(...PREFIXES),
      number,
      pick(0.05, 0.5, 5),
      pick<object>({}, { code: 'mg' }, { system: 'urn:u', code: 'mg' }, { system: 'urn:u' }, { system: 'urn:nobody' }, { system: UCUM, code: 'Cel' }),
      maybe(fc.record({ value: pick(0.005, 0.0054, 5.4, 278.55), half: pick(0.0001, 0.001, 1), code: pick('g', 'K', 'm') })),
    )
    .map(([prefix, value, half, unit, based]) => ({
      is: kind,
      prefix,
      ...around(value, half),
      ...(kind === 'quantity' ? unit : {}),
      ...(kind === 'quantity' && based ? { canonical: { ...around(based.value, based.half), code: based.code } } : {}),
    }));

const around = (value: number, half: number): { value: number; low: number; high: number } => ({ value, low: value - half, high: value + half });

const referenceTest = (code: string): Random<Test> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constant('reference' as const),
        type: fc.constant(code === 'derived-from' ? 'QuestionnaireResponse' : 'Patient'),
        id: pick(...IDS, 'gone'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('reference' as const), id: pick(...IDS) }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('reference' as const), type: fc.constant('Patient'), id: fc.constant('1'), version: pick('1', '2') }) },
    {
      weight: code === 'questionnaire' ? 9 : 1,
      arbitrary: fc
        .record({
          is: fc.constant('url' as const),
          url: pick(...URLS, 'http://far.example/fhir/Patient/1'),
          version: pick(undefined, '1', '2', ''),
          below: pick(undefined, true),
        })
        .map(defined),
    },
  );

function defined<T extends object>(made: T): Test {
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as unknown as Test;
}

const missing = pick(true, false).map((is): Test => ({ is: 'missing', missing: is }));
const atomOf = (type: string): Random<Tree> =>
  pick(...(SEARCHED[type] ?? [])).chain((code) => {
    const by = param(type, code);
    return fc.oneof({ weight: 7, arbitrary: testFor(by) }, { weight: 1, arbitrary: missing }).map((test): Tree => ({ op: 'atom', param: by, test }));
  });

function linkOf(type: string, depth: number): Random<Tree> {
  const links = LINKS.filter((link) => startOf(link) === type);
  return links.length === 0 ? atomOf(type) : pick(...links).chain((link) => treeOf(link.type, depth - 1).map((tree): Tree => ({ op: 'exists', link, tree })));
}

function treeOf(type: string, depth = 3): Random<Tree> {
  if (depth <= 0) return atomOf(type);
  const inner = (): Random<Tree> => treeOf(type, depth - 1);
  return fc.oneof(
    { weight: 6, arbitrary: atomOf(type) },
    { weight: 6, arbitrary: fc.array(inner(), { minLength: 2, maxLength: 3 }).map((of): Tree => ({ op: 'and', of })) },
    { weight: 3, arbitrary: fc.array(inner(), { minLength: 1, maxLength: 4 }).map((of): Tree => ({ op: 'or', of })) },
    { weight: 2, arbitrary: inner().map((of): Tree => ({ op: 'not', of })) },
    { weight: 3, arbitrary: linkOf(type, depth) },
    { weight: 1, arbitrary: pick<Tree>(ALL, NONE) },
  );
}

/** Most resources are Observations, and so are most questions. */
const TYPES = [...Object.keys(SEARCHED), 'Observation', 'Observation', 'Observation', 'Patient'];
const sortOf = (type: string): Random<Sort[]> =>
  list(fc.record({ param: pick(...(SEARCHED[type] ?? []).map((code) => param(type, code)).filter(isOrdered)), descending: fc.boolean() }), 3);
const isOrdered = (by: Param): boolean => by.kind !== 'special' && !isText(by);

/** The clinical date alone, latest first, is the order that most searches ask for. */
const latestFirst = (type: string): Random<Sort[]> => {
  const date = ['date', 'authored', '_id'].map((code) => params.find(type, code)).find((found) => found !== undefined);
  return fc.constant(date ? [{ param: date, descending: true }] : []);
};

const includes = (type: string): Random<Include[]> =>
  list(
    fc
      .tuple(pick(...LINKS), fc.boolean())
      .chain(([link, iterate]) =>
        fc.oneof(fc.constant<Tree>(ALL), treeOf(link.type, 1)).map((where): Include => ({ link, where, iterate, from: startOf(link) })),
      ),
    3,
  ).map((all) => (all.some(({ from }) => from === type) ? all : []));

const typeQuery = pick(...TYPES).chain((type) =>
  fc.record({
    of: treeOf(type).map((where) => [{ type, where }]),
    sort: fc.oneof(sortOf(type), latestFirst(type)),
    count: pick(1, 2, 3, 10, 50),
    total: pick<Query['total']>('none', 'accurate'),
    include: includes(type),
  }),
);

const systemQuery = fc.record({
  of: fc
    .uniqueArray(pick(...TYPES), { minLength: 2, maxLength: 4 })
    .chain((types) => fc.tuple(...types.map((type) => treeOf(type, 2).map((where) => ({ type, where }))))),
  sort: list(fc.record({ param: pick(param('Patient', '_id'), param('Patient', '_lastUpdated')), descending: fc.boolean() }), 2),
  count: pick(1, 5, 50),
  total: pick<Query['total']>('none', 'accurate'),
  include: fc.constant<Include[]>([]),
});

export const queries: Random<Query> = fc.oneof({ weight: 6, arbitrary: typeQuery }, { weight: 1, arbitrary: systemQuery });
