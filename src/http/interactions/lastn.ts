/**
 * The last n Observations of each kind of a subject. https://hl7.org/fhir/R4/observation-operation-lastn.html
 */
import type { CodeableConcept, Observation } from 'fhir/r4';
import { searchset } from '../../fhir/bundle.ts';
import { dateRange } from '../../fhir/datetime.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { parseSearch } from '../../search/parse.ts';
import type { Version } from '../../store/store.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import { requestLinks } from '../links.ts';
import type { FhirResponse } from '../message.ts';
import { preferOf } from '../negotiate.ts';
import { observationsOf } from '../observations.ts';
import { withParameters } from '../parameters.ts';
import { one } from '../query.ts';
import { cutTo, shapeOf } from '../shape.ts';

export async function lastn(outer: Call): Promise<FhirResponse> {
  const call = { ...outer, request: withParameters(outer.request) };
  const { request, reader, services } = call;
  const max = maxOf(request.query);
  const criteria = [...request.query].filter(([name]) => name !== 'max');
  requireCriteria(criteria.map(([name]) => name));
  const { params, clock } = services;
  const strict = preferOf(request).handling === 'strict';
  const { query } = parseSearch({ types: ['Observation'], query: criteria, base: request.base, params, now: clock().getTime(), strict });
  const newestFirst = await observationsOf(reader, params, query.of);
  const cut = cutTo(shapeOf(request.query), services.registry);
  const matches = lastOfEach(newestFirst, max).map(cut);
  return jsonAnswer(200, searchset({ base: request.base, links: requestLinks(request, undefined), total: matches.length, matches, included: [] }));
}

function maxOf(query: URLSearchParams): number {
  const text = one(query, 'max') ?? '1';
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new FhirError('bad-parameter', `max=${JSON.stringify(text.slice(0, 100))} is not a whole number from 1 on.`, { expression: 'http.max' });
}

/** What shapes pages has no meaning here: the operation gives all that it finds, newest first. */
const NOT_HERE = /^(_sort|_count|_total|_include|_revinclude|_after)(:|$)/;
const SUBJECT = /^(patient|subject)(:|\.|$)/;
const KIND = /^(category|(combo-|component-)?code(-value-[a-z]+)?)(:|$)/;

function requireCriteria(names: readonly string[]): void {
  const misplaced = names.find((name) => NOT_HERE.test(name));
  if (misplaced !== undefined)
    throw new FhirError('bad-parameter', `$lastn does not take '${misplaced.slice(0, 100)}': it gives all that it finds, newest first. max limits each kind.`, {
      expression: `http.${misplaced.slice(0, 100)}`,
    });
  if (!names.some((name) => SUBJECT.test(name))) throw new FhirError('bad-parameter', '$lastn needs a subject: patient=7, say, or subject=Group/3.');
  if (!names.some((name) => KIND.test(name)))
    throw new FhirError('bad-parameter', '$lastn needs a category or a code: category=vital-signs, say, or code=http://loinc.org|8302-2.');
}

interface Dated {
  readonly version: Version;
  readonly observation: Pick<Observation, 'code'>;
  /** The end of its time, in ms since the epoch; undefined where it has none. */
  readonly when: number | undefined;
}

/** Of each group the `max` newest, and those that are as new as the last of these. */
function lastOfEach(newestFirst: readonly Version[], max: number): Version[] {
  const dated = newestFirst.map(read);
  const groups = groupsOf(dated.map(({ observation }) => observation.code));
  const taken = new Map<number, { count: number; last: number | undefined }>();
  const kept = dated.filter(({ when }, index) => {
    const group = groups[index] as number; // one group for each
    const so = taken.get(group) ?? { count: 0, last: undefined };
    if (so.count >= max && (when === undefined || when !== so.last)) return false;
    taken.set(group, { count: so.count + 1, last: when });
    return true;
  });
  return kept.map(({ version }) => version);
}

function read(version: Version): Dated {
  const observation = JSON.parse(version.text) as Observation; // stored, so it was validated
  return { version, observation, when: endOf(observation) };
}

function endOf({ effectiveDateTime, effectiveInstant, effectivePeriod, effectiveTiming }: Observation): number | undefined {
  const text = effectiveDateTime ?? effectiveInstant ?? effectivePeriod?.end ?? effectiveTiming?.event?.toSorted().at(-1);
  return text === undefined ? undefined : dateRange(text)?.high;
}

/**
 * Which codes belong together: those that share a coding (system and code), and whatever is joined to them by a third that
 * shares one with each. Without any coding: the same text, to the letter.
 */
function groupsOf(codes: readonly CodeableConcept[]): readonly number[] {
  const parent = codes.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root] as number; // every index has a parent
    parent[index] = root;
    return root;
  };
  const first = new Map<string, number>();
  codes.forEach((code, index) => {
    for (const key of keysOf(code)) {
      const known = first.get(key);
      if (known === undefined) first.set(key, index);
      else parent[rootOf(index)] = rootOf(known);
    }
  });
  return codes.map((_, index) => rootOf(index));
}

function keysOf({ coding = [], text = '' }: CodeableConcept): readonly string[] {
  const coded = coding.filter(({ code }) => code !== undefined).map(({ system = '', code }) => `code ${system}|${code}`);
  return coded.length > 0 ? coded : [`text ${text}`];
}
