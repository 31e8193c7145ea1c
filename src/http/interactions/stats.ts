/**
 * Statistics over a subject's measurements. https://hl7.org/fhir/R4/observation-operation-stats.html
 */
import type { Coding, Observation, ObservationComponent, Parameters, Period, Quantity } from 'fhir/r4';
import { dateRange } from '../../fhir/datetime.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { and, atom, type Tree } from '../../search/ast.ts';
import { escapeValue } from '../../search/escape.ts';
import { parseSearch } from '../../search/parse.ts';
import type { Version } from '../../store/store.ts';
import { convertQuantity, UCUM } from '../../terminology/ucum.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirRequest, FhirResponse } from '../message.ts';
import { observationsOf } from '../observations.ts';
import { inputOf } from '../operation-input.ts';
import { type Figure, type Point, STATISTICS } from '../statistics.ts';

export async function stats(call: Call): Promise<FhirResponse> {
  const asked = read(call.request, call.services.clock().getTime());
  const sources = await sourcesOf(call, asked);
  const observations = sources.map(({ text }) => JSON.parse(text) as Observation); // stored, so they were validated
  const members = await membersOf(call, observations);
  const all = [...observations, ...members].filter(({ status }) => status !== 'entered-in-error');
  const statistics = seriesOf(asked.codes, all).map((series) => ({ name: 'statistics', resource: summary(series, asked) }));
  const source = asked.include ? observations.slice(0, asked.limit).map((resource) => ({ name: 'source', resource })) : [];
  const body: Parameters = { resourceType: 'Parameters', parameter: [...statistics, ...source] };
  return jsonAnswer(200, JSON.stringify(body));
}

interface Asked {
  readonly subject: string;
  readonly codes: readonly Coding[];
  readonly from: number;
  readonly to: number;
  readonly statistics: readonly string[];
  readonly include: boolean;
  readonly limit: number;
}

const MS_AN_HOUR = 3_600_000;
/** As the operation's own text abbreviates them. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['max', 'maximum'],
  ['min', 'minimum'],
]);
const TOTAL = 'total-count';

function read(request: FhirRequest, now: number): Asked {
  const input = inputOf(request, ['subject', 'code', 'system', 'coding', 'duration', 'period', 'statistic', 'include', 'limit']);
  const [system] = input.texts('system');
  const codes = [
    ...input.texts('code').map((code): Coding => ({ code, ...(system === undefined ? {} : { system }) })),
    ...input.values('coding').map(codingOf),
  ];
  if (codes.length === 0) throw refused('code', 'names nothing to reckon with: give code and system, or coding.');
  const limit = input.texts('limit')[0] ?? '1000';
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw refused('limit', 'is a whole number from 1 on.');
  return {
    subject: subjectOf(input.texts('subject')),
    codes,
    ...timeOf(input.texts('duration')[0], input.values('period')[0], now),
    statistics: statisticsOf(input.texts('statistic')),
    include: input.texts('include')[0] === 'true',
    limit: Number(limit),
  };
}

const refused = (name: string, text: string): FhirError => new FhirError('bad-parameter', `$stats: ${name} ${text}`, { expression: `http.${name}` });

function subjectOf(texts: readonly string[]): string {
  const [subject] = texts;
  if (subject === undefined || texts.length > 1) throw refused('subject', 'is needed, once: subject=Patient/7, say.');
  return subject;
}

function statisticsOf(texts: readonly string[]): readonly string[] {
  const codes = texts.flatMap((text) => text.split(',')).map((code) => ALIASES.get(code) ?? code);
  const known = [...STATISTICS.keys(), TOTAL];
  const unknown = codes.find((code) => !known.includes(code));
  if (unknown !== undefined || codes.length === 0)
    throw refused('statistic', `${unknown === undefined ? 'is needed' : `${JSON.stringify(unknown.slice(0, 100))} is none`}; there are ${known.join(', ')}.`);
  return [...new Set(codes)];
}

/** In a URL a coding is written `system|code`. */
function codingOf(value: unknown): Coding {
  if (typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string') {
    return { code: value.code, ...('system' in value && typeof value.system === 'string' ? { system: value.system } : {}) };
  }
  const [system, code] = typeof value === 'string' ? value.split('|', 2) : [];
  if (system === undefined || code === undefined || code === '') throw refused('coding', 'is a Coding with a code; in a URL system|code.');
  return { system, code };
}

/** The time asked for: the last hours, or from `start` to `end`; in a URL a period is written `start/end`. */
function timeOf(duration: string | undefined, period: unknown, now: number): { from: number; to: number } {
  if (duration !== undefined) {
    const hours = /^\d+(\.\d+)?$/.test(duration) ? Number(duration) : Number.NaN;
    if (!(hours > 0)) throw refused('duration', 'is a number of hours above 0.');
    return { from: now - hours * MS_AN_HOUR, to: now };
  }
  if (period === undefined) throw refused('duration', 'or period is needed: the time to reckon over.');
  const [start, end] = typeof period === 'string' ? period.split('/', 2) : [(period as Period).start, (period as Period).end]; // whatever else it is has neither
  const [from, to] = [rangeOf(start)?.low, rangeOf(end)?.high];
  return { from: from ?? 0, to: to ?? now };
}

function rangeOf(text: unknown): { low: number; high: number } | undefined {
  if (text === undefined || text === '') return undefined;
  const range = typeof text === 'string' ? dateRange(text.replace(' ', '+')) : undefined;
  if (range === undefined) throw refused('period', `has a bound that is no date: ${JSON.stringify(text).slice(0, 100)}.`);
  return range;
}

/** Newest first. */
async function sourcesOf({ request, reader, services }: Call, asked: Asked): Promise<readonly Version[]> {
  const { params, clock } = services;
  const tokens = asked.codes.map(({ system, code = '' }) => (system === undefined ? escapeValue(code) : `${escapeValue(system)}|${escapeValue(code)}`));
  const query: [string, string][] = [
    ['subject', asked.subject],
    ['combo-code', tokens.join(',')],
    ['status:not', 'entered-in-error'],
  ];
  const parsed = parseSearch({ types: ['Observation'], query, base: request.base, params, now: clock().getTime(), strict: true });
  const date = params.find('Observation', 'date');
  const during: readonly Tree[] = date === undefined ? [] : [atom(date, { is: 'date', prefix: 'ap', low: asked.from, high: asked.to })];
  return observationsOf(
    reader,
    params,
    parsed.query.of.map(({ type, where }) => ({ type, where: and(where, ...during) })),
  );
}

/** What panels are made of, where they are Observations of their own. */
async function membersOf({ reader }: Call, panels: readonly Observation[]): Promise<readonly Observation[]> {
  const known = new Set(panels.map(({ id }) => id));
  const ids = [...panels].flatMap(({ hasMember = [] }) => hasMember.flatMap(({ reference }) => /^Observation\/([^/]+)/.exec(reference ?? '')?.[1] ?? []));
  const missing = [...new Set(ids)].filter((id) => !known.has(id));
  const versions = await Promise.all(missing.map((id) => reader.read('Observation', id)));
  return versions
    .filter((version) => version !== undefined)
    .filter(({ method }) => method !== 'delete')
    .map(({ text }) => JSON.parse(text) as Observation); // as above
}

/** All measurements of one kind, in the unit of the newest. */
interface Series {
  readonly code: Observation['code'];
  total: number;
  unit: Pick<Quantity, 'unit' | 'code'> | undefined;
  readonly points: Point[];
}

type Measured = Pick<ObservationComponent, 'code' | 'valueQuantity' | 'valueInteger'> & Pick<Observation, 'modifierExtension'>;

/** One series for each code asked for; for a panel, whose own code has no values, one for each of its parts instead. */
function seriesOf(asked: readonly Coding[], observations: readonly Observation[]): readonly Series[] {
  const series = new Map<string, Series>(asked.map((coding) => [keyOf(coding), emptySeries({ coding: [coding] })]));
  const isAsked = ({ coding = [] }: Observation['code']): boolean => asked.some((want) => coding.some((has) => matches(has, want)));
  const panels = new Set(observations.filter(({ code, component, hasMember }) => isAsked(code) && (component ?? hasMember) !== undefined));
  const memberRefs = new Set([...panels].flatMap(({ hasMember = [] }) => hasMember.map(({ reference }) => reference)));
  for (const observation of observations) {
    const when = timeOfMeasurement(observation);
    const isPanel = panels.has(observation);
    if (!isPanel) add(series, observation, { asked, when, isPart: memberRefs.has(`Observation/${observation.id}`) });
    for (const part of observation.component ?? []) add(series, part, { asked, when, isPart: isPanel });
  }
  const isPanelCode = ({ coding = [] }: Observation['code']): boolean =>
    [...panels].some(({ code }) => (code.coding ?? []).some((has) => coding.some((want) => matches(has, want))));
  return [...series.values()].filter(({ total, code }) => total > 0 || !isPanelCode(code));
}

interface Adding {
  readonly asked: readonly Coding[];
  readonly when: number | undefined;
  /** Of a panel that was asked for: then it counts whatever its own code is. */
  readonly isPart: boolean;
}

function add(series: Map<string, Series>, measured: Measured, { asked, when, isPart }: Adding): void {
  const { coding = [] } = measured.code;
  const want = asked.find((wanted) => coding.some((has) => matches(has, wanted)));
  const [first] = coding;
  const key = want !== undefined ? keyOf(want) : isPart && first !== undefined ? keyOf(first) : undefined;
  if (key === undefined) return;
  const known = series.get(key) ?? emptySeries(measured.code);
  series.set(key, known);
  known.total += 1;
  const value = measuredValue(measured, known);
  if (value !== undefined) known.points.push({ value, when });
}

/** In the series' unit, which the first value sets; undefined for what is no number, or cannot be converted. */
function measuredValue({ valueQuantity, valueInteger, modifierExtension }: Measured, series: Series): number | undefined {
  if (modifierExtension !== undefined || valueQuantity?.comparator !== undefined) return undefined;
  const { value, code, unit } = valueInteger === undefined ? ucumOf(valueQuantity) : { value: valueInteger, code: '1', unit: undefined };
  if (value === undefined || code === undefined) return undefined;
  series.unit ??= { code, ...(unit === undefined ? {} : { unit }) };
  return convertQuantity(value, code, series.unit.code ?? code);
}

const ucumOf = (quantity: Quantity | undefined): Pick<Quantity, 'value' | 'code' | 'unit'> => (quantity?.system === UCUM ? quantity : {});

const emptySeries = (code: Observation['code']): Series => ({ code, total: 0, unit: undefined, points: [] });
const keyOf = ({ system = '', code = '' }: Coding): string => `${system}|${code}`;
const matches = (has: Coding, want: Coding): boolean => has.code === want.code && (want.system === undefined || has.system === want.system);

function timeOfMeasurement({ effectiveDateTime, effectiveInstant, effectivePeriod }: Observation): number | undefined {
  const text = effectiveDateTime ?? effectiveInstant ?? effectivePeriod?.start;
  return text === undefined ? undefined : dateRange(text)?.low;
}

function summary(series: Series, asked: Asked): Observation {
  const component = asked.statistics.flatMap((code) => figuresOf(code, series).map((figure) => componentOf(code, figure, series)));
  const effectivePeriod = { start: new Date(asked.from).toISOString(), end: new Date(asked.to).toISOString() };
  return { resourceType: 'Observation', status: 'final', code: series.code, subject: { reference: asked.subject }, effectivePeriod, component };
}

function figuresOf(code: string, { points, total }: Series): readonly Figure[] {
  return STATISTICS.get(code)?.(points) ?? [{ value: total, in: 'one' }];
}

const STATISTIC_SYSTEM = 'http://terminology.hl7.org/CodeSystem/observation-statistics';
const ABSENT = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'not-applicable' }] };

function componentOf(code: string, figure: Figure, { unit }: Series): ObservationComponent {
  const named = { coding: [{ system: STATISTIC_SYSTEM, code }], ...(figure.name === undefined ? {} : { text: `${code}: ${figure.name}` }) };
  if (figure.value === undefined) return { code: named, dataAbsentReason: ABSENT };
  return { code: named, valueQuantity: { value: rounded(figure.value), ...unitOf(figure.in, unit) } };
}

/** Without the dust of binary fractions. */
const rounded = (value: number): number => Number(value.toPrecision(12));

function unitOf(dimension: Figure['in'], unit: Series['unit']): Quantity {
  const code = unit?.code ?? '1';
  if (dimension === 'unit') return { ...unit, system: UCUM, code };
  if (dimension === 'one' || code === '1') return { system: UCUM, code: dimension === 'daily' ? '/d' : '1' };
  return { system: UCUM, code: dimension === 'squared' ? `(${code})2` : `(${code})/d` };
}
