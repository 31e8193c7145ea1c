/**
 * All that is known of a patient: the patient's compartment (HL7's own R4 definition), and what its resources refer to
 * among those who give care and what they use. Without AuditEvents, which are for auditors; and without other patients.
 * https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
import { searchset } from '../../fhir/bundle.ts';
import { dateRange, startOf } from '../../fhir/datetime.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Ref } from '../../fhir/resource.ts';
import { ALL, and, atom, or, type Query, type Tree } from '../../search/ast.ts';
import { compartmentTree } from '../../search/compartment.ts';
import { clinicalDateParam } from '../../search/facts.ts';
import type { Params } from '../../search/params.ts';
import { PAGE_PARAMETER } from '../../search/parse.ts';
import type { Reader, Version } from '../../store/store.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import { requestLinks, searchedBy } from '../links.ts';
import type { FhirResponse } from '../message.ts';
import { withParameters } from '../parameters.ts';
import { countOf, one, refuseUnknown } from '../query.ts';
import { cutTo, shapeOf } from '../shape.ts';

/** Beyond this many the rest follows by `next`: a Bundle must fit into the client's memory. */
const MAX_PAGE = 10_000;

export async function everything(outer: Call): Promise<FhirResponse> {
  const call = { ...outer, request: withParameters(outer.request) };
  const { request, named, reader, services } = call;
  refuseUnknown(request, ['start', 'end', '_since', '_type', '_count', PAGE_PARAMETER]);
  const { id = '' } = named;
  const patient = await reader.read('Patient', id);
  if (patient === undefined) throw new FhirError('not-found', `There is no Patient/${id} here, or you may not see it.`);
  if (patient.method === 'delete') throw new FhirError('gone', `Patient/${id} was deleted.`);
  const page = await reader.search(queryOf(call, id));
  const wanted = typesOf(call);
  const own = page.matches;
  const referred = await referredTo(own, reader, wanted);
  const cut = cutTo(shapeOf(request.query), services.registry);
  const links = requestLinks(request, page.next === undefined ? undefined : services.seal.close(page.next, placeOf(call)));
  return jsonAnswer(200, searchset({ base: request.base, links, matches: own.map(cut), included: referred.map(cut) }));
}

/** What a link to a further page belongs to. */
const placeOf = ({ request }: Call): string =>
  searchedBy(
    request,
    [...request.query].filter(([name]) => name !== PAGE_PARAMETER),
  );

/** The types that `_type` asks for, in one list or several; undefined: all. */
function typesOf({ request, services }: Call): ReadonlySet<string> | undefined {
  const lists = request.query.getAll('_type');
  if (lists.length === 0) return undefined;
  const types = lists.flatMap((list) => list.split(',')).map((type) => type.trim());
  const unknown = types.find((type) => !services.registry.isResourceType(type));
  if (unknown !== undefined) throw new FhirError('bad-parameter', `_type names ${JSON.stringify(unknown.slice(0, 100))}, which is no FHIR R4 resource type.`);
  return new Set(types);
}

function queryOf(call: Call, id: string): Query {
  const { query } = call.request;
  const after = one(query, PAGE_PARAMETER);
  return {
    of: compartment(call, id),
    sort: [],
    count: query.has('_count') ? Math.max(1, countOf(query)) : MAX_PAGE,
    ...(after === undefined ? {} : { after: call.services.seal.open(after, placeOf(call)) }),
    total: 'none',
    include: [],
  };
}

/** Each type of the compartment with the tree that puts a resource of it there. */
function compartment(call: Call, id: string): Query['of'] {
  const { registry, params } = call.services;
  const wanted = typesOf(call);
  const since = sinceOf(call.request.query);
  const care = careDates(call.request.query);
  const types = [...registry.compartment('Patient').keys()].filter((type) => type !== 'AuditEvent' && (wanted === undefined || wanted.has(type)));
  return types.map((type) => {
    const updated = params.find(type, '_lastUpdated');
    const recent = since === undefined || updated === undefined ? ALL : atom(updated, { is: 'date', prefix: 'ge', ...since });
    return { type, where: and(compartmentTree(params, type, { type: 'Patient', id }), recent, withinDates(params, type, care)) };
  });
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Beyond every FHIR date. */
const [FIRST, LAST] = [Date.UTC(0, 0, 1), Date.UTC(10_000, 0, 1)];

/** `start` and `end`: dates of care, both days included. Undefined where neither is asked for. */
function careDates(query: URLSearchParams): Range | undefined {
  if (!query.has('start') && !query.has('end')) return undefined;
  const [low, high] = [dateOf(query, 'start')?.low ?? FIRST, dateOf(query, 'end')?.high ?? LAST];
  if (low >= high) throw new FhirError('bad-parameter', 'start lies behind end, so that nothing can be between them.', { expression: 'http.start' });
  return { low, high };
}

function dateOf(query: URLSearchParams, name: string): Range | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const range = dateRange(text);
  if (range === undefined)
    throw new FhirError('bad-parameter', `${name}=${JSON.stringify(text.slice(0, 100))} is not a date such as 2026-03-01.`, { expression: `http.${name}` });
  return range;
}

/** Whose clinical date overlaps the range, and what has none: a name or an allergy belongs to every time. */
function withinDates(params: Params, type: string, range: Range | undefined): Tree {
  const date = range === undefined ? undefined : clinicalDateParam(params, type);
  if (range === undefined || date === undefined) return ALL;
  return or(atom(date, { is: 'date', prefix: 'ap', ...range }), atom(date, { is: 'missing', missing: true }));
}

function sinceOf(query: URLSearchParams): Range | undefined {
  const text = one(query, '_since');
  if (text === undefined) return undefined;
  const low = startOf(text.replace(' ', '+'));
  if (low === undefined) throw new FhirError('bad-parameter', `_since=${JSON.stringify(text.slice(0, 100))} is not an instant such as 2026-03-01T08:00:00Z.`);
  return { low, high: low };
}

/** Who gives care, where, and with what: outside every patient's compartment, or no patient's secret. */
const REFERRED_TYPES = new Set(['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService', 'Device', 'Medication', 'Substance']);

/** How far references are followed: a role's organisation, that organisation's parent. */
const MAX_STEPS = 3;

async function referredTo(own: readonly Version[], reader: Reader, wanted: ReadonlySet<string> | undefined): Promise<readonly Version[]> {
  const seen = new Set<Ref>(own.map(({ type, id }) => `${type}/${id}`));
  const found: Version[] = [];
  let frontier = own;
  for (let step = 0; step < MAX_STEPS && frontier.length > 0; step += 1) {
    frontier = await readAll(newRefs(frontier, seen), reader);
    found.push(...frontier);
  }
  return found.filter(({ type }) => wanted === undefined || wanted.has(type));
}

function newRefs(versions: readonly Version[], seen: Set<Ref>): readonly Ref[] {
  const fresh: Ref[] = [];
  for (const { text } of versions) {
    for (const ref of refsIn(text)) {
      if (seen.has(ref)) continue;
      seen.add(ref);
      fresh.push(ref);
    }
  }
  return fresh;
}

const REFERENCE = '"reference":"';

/** Relative references in stored text, which the server itself has printed: without blanks, quotes inside texts escaped. */
function* refsIn(text: string): Generator<Ref> {
  for (let at = text.indexOf(REFERENCE); at >= 0; at = text.indexOf(REFERENCE, at)) {
    at += REFERENCE.length;
    const slash = text.indexOf('/', at);
    if (!REFERRED_TYPES.has(text.slice(at, slash))) continue;
    const [type = '', id = ''] = text.slice(at, text.indexOf('"', at)).split('/', 2);
    yield `${type}/${id}`;
  }
}

async function readAll(refs: readonly Ref[], reader: Reader): Promise<readonly Version[]> {
  const versions = await Promise.all(refs.map((ref) => reader.read(ref.slice(0, ref.indexOf('/')), ref.slice(ref.indexOf('/') + 1))));
  return versions.filter((version) => version !== undefined).filter(({ method }) => method !== 'delete');
}
