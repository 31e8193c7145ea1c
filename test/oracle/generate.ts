/** Random resources and questions out of a small vocabulary, so that they meet often. */
import fc from 'fast-check';
import type { Condition, Filter, Order, Value } from './brute.ts';
import { BASE } from './brute.ts';
import { type Named, PARAMETERS, type Parameter, parameterOf } from './model.ts';

type Random<T> = fc.Arbitrary<T>;

const pick = <T>(...items: readonly T[]): Random<T> => fc.constantFrom(...items);
const maybe = <T>(of: Random<T>): Random<T | undefined> => fc.option(of, { nil: undefined });
const list = <T>(of: Random<T>, maxLength: number): Random<T[]> => fc.array(of, { maxLength });
const weighted = <T>(...rows: readonly (readonly [number, Random<T>])[]): Random<T> => fc.oneof(...rows.map(([weight, arbitrary]) => ({ weight, arbitrary })));

// ---- resources ----

const IDS = ['1', '2', '3', 'x-4', 'A.5'];
const CODES = ['A', 'B', 'a', 'A,B', 'A|B', 'A$B', 'A\\B'];
const SYSTEMS = ['urn:s', 'urn:t', 'http://x.example/codes'];
const NAMES = ['Ann', 'Anné', "O'Brien", 'Smith-Jones', 'de la Cruz', 'Østby', 'Doe, Jane', 'B$C|D', 'ANNA', '3rd Ward', 'ｚ', '😀 face', 'Łuk'];
const LABELS = ['Severe pain', 'pain, severe', 'No pain at all', 'Übelkeit'];
const URLS = ['http://x.example/q', 'http://x.example/q/a', 'http://x.example/q/a/b', 'http://x.example/qa', 'urn:uuid:7'];
const DATES = ['2024', '2024-02', '2024-02-29', '2024-03-01', '2025-12', '2026', '2026-01-01'];
const TIMES = ['2024-02-29T23:30:00-01:00', '2024-03-01T00:30:00Z', '2024-03-01T00:30:00.250Z', '2026-01-01T00:00:00Z', '2026-01-01T08:00:00+08:00'];
const NUMBERS = [0, 0.5, 0.05, 0.25, 1, 5, 5.4, 5.45, 50, 95, 100, 100.4, 500, 0.0005];
const UCUM = 'http://unitsofmeasure.org';
const UNITS = [
  {},
  { unit: 'mg' },
  { unit: 'tabs', system: 'urn:u', code: 'mg' },
  { unit: 'mg', system: UCUM, code: 'mg' },
  { system: UCUM, code: 'g' },
  { system: UCUM, code: 'ug' },
];

const coding = fc.record({ system: maybe(pick(...SYSTEMS)), code: maybe(pick(...CODES)), display: maybe(pick(...LABELS)) });
const concept = fc.record({ coding: list(coding, 3), text: maybe(pick(...LABELS)) });
const date = pick(...DATES);
const moment = pick(...DATES, ...TIMES);
const quantity = fc.tuple(pick(...NUMBERS), pick<object>(...UNITS)).map(([value, unit]) => ({ value, ...unit }));
const typedIdentifier = fc.record({
  system: maybe(pick(...SYSTEMS)),
  value: pick(...CODES),
  type: maybe(fc.record({ coding: fc.array(fc.record({ system: pick(...SYSTEMS), code: pick('MR', 'SS') }), { maxLength: 2 }) })),
});

const referenceTo = (...types: readonly string[]): Random<object> =>
  weighted<object>(
    [12, fc.tuple(pick(...types), pick(...IDS, 'gone')).map(([type, id]) => ({ reference: `${type}/${id}` }))],
    [1, fc.tuple(pick(...types), pick(...IDS)).map(([type, id]) => ({ reference: `${BASE}/${type}/${id}` }))],
    [1, pick(...types).map((type) => ({ reference: `http://far.example/fhir/${type}/1` }))],
    [1, pick(...types).map((type) => ({ reference: `${type}/1/_history/2` }))],
    [1, pick(...CODES).map((value) => ({ identifier: { system: 'urn:s', value } }))],
  );

const made = (resourceType: string, ids: readonly string[], elements: Readonly<Record<string, Random<unknown>>>): Random<Named> =>
  fc.record({ resourceType: fc.constant(resourceType), id: pick(...ids), ...elements }).map((resource) => JSON.parse(JSON.stringify(resource)) as Named);

const subject = maybe(weighted([5, referenceTo('Patient')], [1, referenceTo('Group')]));
const many = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n + 1));

const patients = made('Patient', [...IDS, '6', '7'], {
  active: maybe(fc.boolean()),
  gender: maybe(pick('male', 'female', 'other')),
  birthDate: maybe(date),
  identifier: list(typedIdentifier, 2),
  name: list(fc.record({ family: maybe(pick(...NAMES)), given: list(pick(...NAMES), 2), text: maybe(pick(...NAMES)) }), 2),
  managingOrganization: maybe(referenceTo('Organization')),
});
const organizations = made('Organization', IDS.slice(0, 3), {
  name: maybe(pick(...NAMES)),
  partOf: maybe(referenceTo('Organization')),
  identifier: list(typedIdentifier, 1),
});
const timed = weighted<object>(
  [3, maybe(moment).map((effectiveDateTime) => ({ effectiveDateTime }))],
  [
    1,
    fc
      .record({ start: maybe(moment), end: maybe(moment) })
      .filter(isForward)
      .map((effectivePeriod) => ({ effectivePeriod })),
  ],
);
const valued = weighted<object>(
  [3, quantity.map((valueQuantity) => ({ valueQuantity }))],
  [1, concept.map((valueCodeableConcept) => ({ valueCodeableConcept }))],
  [1, fc.constant({})],
);
const observations = fc
  .tuple(
    made('Observation', many(24), {
      status: pick('final', 'amended'),
      code: concept,
      category: list(concept, 2),
      subject,
      derivedFrom: list(referenceTo('QuestionnaireResponse', 'Observation'), 2),
      component: list(fc.record({ code: concept, valueQuantity: maybe(quantity) }), 2),
    }),
    timed,
    valued,
  )
  .map(([observation, time, value]) => JSON.parse(JSON.stringify({ ...observation, ...time, ...value })) as Named);
const risks = made('RiskAssessment', many(5), { status: pick('final'), subject, prediction: list(fc.record({ probabilityDecimal: pick(...NUMBERS) }), 2) });
const responses = made('QuestionnaireResponse', many(6), {
  status: pick('completed', 'amended'),
  subject,
  authored: maybe(moment),
  questionnaire: maybe(pick(...URLS, `${URLS[0]}|1`, `${URLS[0]}|2`, `${URLS[1]}|1`)),
});
const questionnaires = made('Questionnaire', many(5), {
  status: pick('active', 'draft'),
  url: maybe(pick(...URLS)),
  version: maybe(pick('1', '2')),
  title: maybe(pick(...NAMES)),
});

function isForward({ start, end }: { start: string | undefined; end: string | undefined }): boolean {
  return start === undefined || end === undefined || start.slice(0, 4) < end.slice(0, 4);
}

/** A version that is written, or (`gone`) a deletion. */
export interface Step {
  readonly resource: Named;
  readonly gone: boolean;
}

const anything = weighted([5, patients], [10, observations], [2, organizations], [2, risks], [3, responses], [2, questionnaires]);
export const histories: Random<Step[]> = fc.array(fc.record({ resource: anything, gone: fc.nat(11).map((n) => n === 0) }), { minLength: 50, maxLength: 90 });

// ---- questions ----

const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const;
const ASKED_NUMBERS = ['0', '0.5', '0.50', '5', '5.4', '5.40', '5e0', '1e2', '100', '100.0', '50', '0.05', '5e-1', '500', '99.5', '-1'];
const ASKED_TEXTS = [
  'an',
  'Ann',
  'ANN',
  'anne',
  'brien',
  "o'b",
  'jones',
  'Smith-J',
  'la cr',
  'cruz',
  'doe, j',
  'jane',
  'b$c|',
  'ward',
  '3',
  'Ø',
  'o',
  'ｚ',
  '😀',
  'Łuk',
  'e',
  'x',
  'C|D',
];

const token = (parameter: Parameter): Random<Value> => {
  const codes = parameter.system === undefined ? [...CODES, 'C'] : ['final', 'amended', 'completed', 'male', 'female', 'active'];
  const systems = parameter.system === undefined ? [...SYSTEMS, 'urn:none', ''] : [parameter.system, 'urn:none'];
  return weighted<Value>(
    [4, pick(...codes).map((text) => ({ text }))],
    [4, fc.record({ text: pick(...codes), system: pick(...systems) })],
    [1, pick(...systems.filter((system) => system !== '')).map((system) => ({ system }))],
  );
};

function tokenFor(code: string, parameter: Parameter): Random<Value> {
  if (code === '_id') return pick(...IDS, ...many(9)).map((text) => ({ text }));
  if (code === 'active') return pick('true', 'false').map((text) => ({ text }));
  return code === 'version' ? pick('1', '2', '3').map((text) => ({ text })) : token(parameter);
}

function referenceFor(code: string, { to: types = [] }: Parameter): Random<Value> {
  const isOne = code === 'patient' || code === 'organization' || code === 'partof';
  return weighted<Value>(
    [5, fc.record({ text: pick(...IDS, '6', 'gone'), more: pick(...types), isAbsolute: pick(undefined, undefined, undefined, true as const) })],
    [
      2,
      fc
        .record({ text: pick(...IDS), ...(isOne ? { more: fc.constant(types[0]) } : {}) })
        .map((value): Value => (isOne ? { ...value, system: 'bare' } : value)),
    ],
    [1, pick(...types).map((type) => ({ text: `http://far.example/fhir/${type}/1` }))],
  );
}

function valueFor(code: string, parameter: Parameter): Random<Value> {
  switch (parameter.kind) {
    case 'token':
      return tokenFor(code, parameter);
    case 'string':
      return pick(...ASKED_TEXTS, ...NAMES).map((text) => ({ text }));
    case 'date':
      return fc.record({
        prefix: pick(undefined, ...PREFIXES),
        text: code === '_lastUpdated' ? pick('2026', '2026-01-01', '2026-01-01T00:30', '2026-01-01T00:40:00Z', '2026-01-01T01:00:00.000Z') : moment,
      });
    case 'number':
      return fc.record({ prefix: pick(undefined, ...PREFIXES, 'ap' as const), text: pick(...ASKED_NUMBERS) });
    case 'quantity':
      return fc
        .tuple(
          pick(undefined, ...PREFIXES, 'ap' as const),
          pick(...ASKED_NUMBERS),
          pick<Value>(
            {},
            { code: 'mg' },
            { code: 'tabs' },
            { system: 'urn:u', code: 'mg' },
            { system: UCUM, code: 'mg' },
            { system: UCUM, code: 'g' },
            { system: UCUM, code: 'ug' },
          ),
        )
        .map(([prefix, text, unit]) => ({ prefix, text, ...unit }));
    case 'reference':
      return referenceFor(code, parameter);
    case 'canonical':
      return fc.record({ text: pick(...URLS), more: pick(undefined, undefined, '1', '2') });
    case 'uri':
      return pick(...URLS, 'http://x.example').map((text) => ({ text }));
    case 'composite': {
      const [first, second] = parameter.parts as readonly [Parameter, Parameter];
      return fc.tuple(valueFor('', first), valueFor('', second)).map((parts) => ({ parts }));
    }
  }
}

const clean = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;

function modifiersOf(code: string, parameter: Parameter): readonly string[] {
  if (parameter.kind === 'string') return ['exact', 'contains'];
  if (parameter.kind === 'uri') return ['below', 'above'];
  if (parameter.kind === 'reference') return ['identifier', ...(parameter.to?.length === 1 ? [] : (parameter.to ?? []))];
  if (parameter.kind !== 'token') return [];
  if (code === 'identifier') return ['not', 'of-type'];
  return parameter.system === undefined && code !== '_id' && code !== 'version' && code !== 'active' ? ['not', 'text'] : ['not'];
}

function modified(code: string, parameter: Parameter, modifier: string): Random<Value> {
  if (modifier === 'of-type') return fc.record({ system: pick(...SYSTEMS), code: pick('MR', 'SS'), text: pick(...CODES) });
  if (modifier === 'text') return pick('severe', 'pain', 'pa', 'ubel', 'at', 'x').map((text) => ({ text }));
  if (modifier === 'identifier') return fc.record({ system: pick('urn:s', 'urn:t'), text: pick(...CODES) });
  if (parameter.to?.includes(modifier)) return pick(...IDS).map((text) => ({ text }));
  return valueFor(code, parameter);
}

const plainOn = (type: string): Random<Condition> =>
  pick(...Object.keys(PARAMETERS[type] ?? {})).chain((code) => {
    const parameter = parameterOf(type, code);
    return pick('', '', '', ...modifiersOf(code, parameter)).chain((modifier) =>
      fc
        .array(modified(code, parameter, modifier).map(clean), { minLength: 1, maxLength: 3 })
        .map((values): Condition => ({ is: 'plain', code, modifier, values })),
    );
  });

const missingOn = (type: string): Random<Condition> =>
  fc.record({ is: fc.constant('missing' as const), code: pick(...Object.keys(PARAMETERS[type] ?? {})), missing: fc.boolean() });

const LINKS = Object.entries(PARAMETERS).flatMap(([type, parameters]) =>
  Object.entries(parameters).flatMap(([code, { to = [] }]) =>
    to.filter((end) => end in PARAMETERS).map((end) => ({ type, code, end, isOnly: to.length === 1 })),
  ),
);

function chainOn(type: string, depth: number): Random<Condition> {
  const links = LINKS.filter((link) => link.type === type);
  if (links.length === 0) return plainOn(type);
  return pick(...links).chain(({ code, end, isOnly }) =>
    fc
      .record({ isTyped: isOnly ? fc.boolean() : fc.constant(true), next: conditionOn(end, depth - 1, true) })
      .map((rest): Condition => ({ is: 'chain', code, to: end, ...rest })),
  );
}

function hasOn(type: string, depth: number): Random<Condition> {
  const links = LINKS.filter(({ end, code }) => end === type && code !== 'questionnaire');
  if (links.length === 0) return plainOn(type);
  return pick(...links).chain((link) =>
    conditionOn(link.type, depth - 1, true).map((next): Condition => ({ is: 'has', from: link.type, code: link.code, next })),
  );
}

const FILTERED: readonly Parameter['kind'][] = ['token', 'string', 'date', 'number'];
const filterValue = (code: string, parameter: Parameter): Random<Value> =>
  (parameter.kind === 'date'
    ? pick(...DATES).map((text) => ({ text }))
    : parameter.kind === 'number'
      ? pick('0.5', '5', '100').map((text) => ({ text }))
      : valueFor(code, parameter)
  ).map(clean);

function comparisonOn(type: string): Random<Filter> {
  const codes = Object.entries(PARAMETERS[type] ?? {}).filter(([, { kind }]) => FILTERED.includes(kind));
  return pick(...codes).chain(([code, parameter]) => {
    const hows =
      parameter.kind === 'string' ? (['eq', 'ne', 'co', 'sw', 'ew'] as const) : parameter.kind === 'token' ? (['eq', 'eq', 'ne'] as const) : PREFIXES;
    return weighted<Filter>(
      [6, fc.tuple(pick(...hows), filterValue(code, parameter)).map(([how, value]) => ({ op: 'compare', code, how, value }))],
      [1, pick('true', 'false').map((text) => ({ op: 'compare', code, how: 'pr', value: { text } }))],
    );
  });
}

function filterOn(type: string, depth: number): Random<Filter> {
  if (depth === 0) return comparisonOn(type);
  const inner = filterOn(type, depth - 1);
  return weighted<Filter>(
    [2, comparisonOn(type)],
    [3, fc.tuple(pick('and' as const, 'or' as const), fc.tuple(inner, inner)).map(([op, of]) => ({ op, of }))],
    [1, inner.map((of) => ({ op: 'not', of }))],
  );
}

function conditionOn(type: string, depth = 2, isInside = false): Random<Condition> {
  const simple: [number, Random<Condition>][] = [
    [8, plainOn(type)],
    [1, missingOn(type)],
  ];
  const deep: [number, Random<Condition>][] =
    depth === 0
      ? []
      : [
          [3, chainOn(type, depth)],
          [2, hasOn(type, depth)],
        ];
  const filter: [number, Random<Condition>][] = isInside ? [] : [[2, filterOn(type, 2).map((made): Condition => ({ is: 'filter', filter: made }))]];
  return weighted(...simple, ...deep, ...filter);
}

export interface Question {
  readonly type: string;
  readonly conditions: readonly Condition[];
  readonly sort: readonly Order[];
  /** Matches a page. */
  readonly count: number;
  readonly hasTotal: boolean;
  readonly include: readonly Include[];
}

export interface Include {
  readonly isReverse: boolean;
  readonly isIterate: boolean;
  readonly from: string;
  readonly code: string;
  readonly to: string;
}

const sortOn = (type: string): Random<Order[]> => {
  const codes = Object.entries(PARAMETERS[type] ?? {}).filter(([, { isOrdered }]) => isOrdered);
  return fc.uniqueArray(fc.record({ code: pick(...codes.map(([code]) => code)), descending: fc.boolean() }), { maxLength: 2, selector: ({ code }) => code });
};

const includeOn = (type: string): Random<Include[]> => {
  const near = LINKS.filter((link) => link.type === type || link.end === type);
  if (near.length === 0) return fc.constant([]);
  const one = pick(...near).chain((link) =>
    fc.record({
      isReverse: fc.constant(link.type !== type),
      isIterate: link.type === link.end ? fc.boolean() : fc.constant(false),
      from: fc.constant(link.type),
      code: fc.constant(link.code),
      to: fc.constant(link.end),
    }),
  );
  return weighted([3, fc.constant([])], [1, fc.array(one, { minLength: 1, maxLength: 2 })]);
};

const TYPES = [...Object.keys(PARAMETERS), 'Observation', 'Observation', 'Observation', 'Patient', 'Patient'];

export const questions: Random<Question> = pick(...TYPES).chain((type) =>
  fc.record({
    type: fc.constant(type),
    conditions: pick(1, 1, 1, 2, 2, 3).chain((length) => fc.array(conditionOn(type), { minLength: length, maxLength: length })),
    sort: sortOn(type),
    count: pick(2, 5, 50, 50, 50, 200),
    hasTotal: fc.boolean(),
    include: includeOn(type),
  }),
);

/** What a permit grants of each type: what satisfies any of the conditions. */
export type Grants = readonly { readonly type: string; readonly conditions: readonly Condition[] }[];

export const grants: Random<Grants> = fc
  .tuple(
    ...Object.keys(PARAMETERS).map((type) =>
      fc.record({
        type: fc.constant(type),
        conditions: weighted<Condition[]>(
          [1, fc.constant([])],
          [6, fc.array(weighted([1, conditionOn(type, 1)], [1, missingOn(type)]), { minLength: 1, maxLength: 2 })],
        ),
      }),
    ),
  )
  .map((all) => all);

// ---- as text ----

const escaped = (text: string): string => text.replace(/[\\,$|]/g, '\\$&');

interface Printed {
  readonly kind: Parameter['kind'];
  readonly modifier: string;
}

function printValue({ kind, modifier }: Printed, value: Value): string {
  const { prefix = '', text = '', more } = value;
  if (modifier === 'of-type' || modifier === 'identifier' || kind === 'token') return printToken(value, modifier);
  if (kind === 'quantity') return printQuantity(value);
  if (kind === 'reference') return printReference(value);
  if (kind === 'canonical') return more === undefined ? text : `${text}|${more}`;
  return prefix + escaped(text);
}

function printToken({ system, code = '', text = '' }: Value, modifier: string): string {
  const parts = modifier === 'of-type' ? [system ?? '', code, text] : system === undefined ? [text] : [system, text];
  return parts.map(escaped).join('|');
}

const printQuantity = ({ prefix, text = '', system = '', code }: Value): string =>
  code === undefined ? (prefix ?? '') + text : `${prefix ?? ''}${text}|${escaped(system)}|${escaped(code)}`;

function printReference({ text = '', system, more, isAbsolute }: Value): string {
  if (system === 'bare' || more === undefined) return text;
  return `${isAbsolute ? `${BASE}/` : ''}${more}/${text}`;
}

function printAny(parameter: Parameter, modifier: string, value: Value): string {
  if (parameter.kind !== 'composite') return printValue({ kind: parameter.kind, modifier }, value);
  return (parameter.parts ?? []).map((part, i) => printValue({ kind: part.kind, modifier: '' }, value.parts?.[i] ?? {})).join('$');
}

/** Name and value as they stand in a query, before they are percent-encoded. */
export function printed(type: string, condition: Condition): readonly [string, string] {
  switch (condition.is) {
    case 'plain': {
      const { code, modifier, values } = condition;
      const parameter = parameterOf(type, code);
      return [modifier === '' ? code : `${code}:${modifier}`, values.map((value) => printAny(parameter, modifier, value)).join(',')];
    }
    case 'missing':
      return [`${condition.code}:missing`, String(condition.missing)];
    case 'chain': {
      const [name, value] = printed(condition.to, condition.next);
      return [`${condition.code}${condition.isTyped && parameterOf(type, condition.code).kind !== 'canonical' ? `:${condition.to}` : ''}.${name}`, value];
    }
    case 'has': {
      const [name, value] = printed(condition.from, condition.next);
      return [`_has:${condition.from}:${condition.code}:${name}`, value];
    }
    case 'filter':
      return ['_filter', printFilter(type, condition.filter)];
  }
}

function printFilter(type: string, filter: Filter): string {
  if (filter.op === 'not') return `not (${printFilter(type, filter.of)})`;
  if (filter.op !== 'compare') return filter.of.map((part) => `(${printFilter(type, part)})`).join(` ${filter.op} `);
  const parameter = parameterOf(type, filter.code);
  if (filter.how === 'pr') return `${filter.code} pr ${filter.value.text}`;
  if (parameter.kind === 'string') return `${filter.code} ${filter.how} ${JSON.stringify(filter.value.text)}`;
  return `${filter.code} ${filter.how} ${printValue({ kind: parameter.kind, modifier: '' }, filter.value)}`;
}

/** `Observation?code=A&_sort=-date` */
export function asText({ type, conditions, sort, hasTotal, include }: Question): string {
  const pairs = [
    ...conditions.map((condition) => printed(type, condition)),
    ...(sort.length === 0 ? [] : [['_sort', sort.map(({ code, descending }) => (descending ? `-${code}` : code)).join()] as const]),
    ...(hasTotal ? [['_total', 'accurate'] as const] : []),
    ...include.map(
      ({ isReverse, isIterate, from, code, to }) =>
        [`${isReverse ? '_revinclude' : '_include'}${isIterate ? ':iterate' : ''}`, `${from}:${code}:${to}`] as const,
    ),
  ];
  return `${type}?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`;
}
