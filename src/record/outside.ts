/**
 * What a questionnaire's expressions may know besides the answers: resources that a response itself names, and what searches
 * find. Everything is read as the person concerned may read it, and within bounds.
 * https://hl7.org/fhir/uv/sdc/expressions.html#x-fhir-query-enhancements
 */
import type { QuestionnaireResponse, Reference } from 'fhir/r4';
import { FhirError } from '../fhir/outcome.ts';
import { parseReference } from '../fhir/reference.ts';
import type { CodeQuestion } from '../questionnaire/codes.ts';
import type { World } from '../questionnaire/evaluate.ts';
import type { Plan } from '../questionnaire/plan.ts';
import type { Params } from '../search/params.ts';
import { parseSearch } from '../search/parse.ts';
import type { Reader, Version } from '../store/store.ts';
import type { Confirm } from '../validate/answers.ts';

export interface Outside {
  /** Narrowed to whom the answer concerns: what they may not see is not there. */
  readonly reader: Reader;
  readonly params: Params;
  readonly now: Date;
  readonly timeZone: string;
  /** Asks others for a code that nobody here can place. */
  readonly confirm?: Confirm | undefined;
}

/** A result, and the searches whose answers could change it. */
export interface Provisional<T> {
  readonly result: T;
  readonly openQueries: ReadonlySet<string>;
  /** By the key of each. */
  readonly openCodes?: ReadonlyMap<string, CodeQuestion>;
}

/** One search may need the answer to another to be written. */
const MOST_ROUNDS = 5;
/** For one form; each is a search of its own. */
const MOST_QUERIES = 50;
/** Entries of one answer. */
const MOST_FOUND = 200;

/** Evaluates, answers the searches that this asks for, and evaluates again until none is left or it has been enough; what is then open stays open. */
export async function withSearches<T>(evaluate: (world: World) => Provisional<T>, launch: World['launch'], outside: Outside): Promise<T> {
  const answers = new Map<string, readonly unknown[]>();
  const asked = new Set<string>();
  const confirmed = new Map<string, boolean>();
  const world: World = { launch, answers: (query) => answers.get(query), confirmed, now: outside.now, timeZone: outside.timeZone };
  for (let round = 0; ; round += 1) {
    const { result, openQueries, openCodes = new Map<string, CodeQuestion>() } = evaluate(world);
    const queries = [...openQueries].filter((query) => !answers.has(query)).slice(0, MOST_QUERIES - answers.size);
    const codes = outside.confirm === undefined ? [] : [...openCodes].filter(([key]) => !asked.has(key)).slice(0, MOST_CODES - asked.size);
    if (queries.length + codes.length === 0 || round >= MOST_ROUNDS) return result;
    for (const [key] of codes) asked.add(key);
    await Promise.all([
      ...queries.map(async (query) => answers.set(query, await ask(query, outside))),
      ...codes.map(async ([key, question]) => takeUp(confirmed, key, await outside.confirm?.(question))),
    ]);
  }
}

/** For one form. */
const MOST_CODES = 50;

function takeUp(confirmed: Map<string, boolean>, key: string, said: Awaited<ReturnType<Confirm>> | undefined): void {
  if (said === 'in' || said === 'out') confirmed.set(key, said === 'in');
}

/** What a search finds, as a searchset Bundle; nothing where it is none that this server answers, or not for this person. */
export async function ask(query: string, { reader, params, now }: Outside): Promise<readonly unknown[]> {
  const [type = '', text = ''] = split(query);
  if (!params.registry.isResourceType(type)) return [];
  try {
    const parsed = parseSearch({ types: [type], query: new URLSearchParams(text), base: '', params, now: now.getTime(), strict: true });
    const page = await reader.search({ ...parsed.query, count: Math.min(parsed.query.count, MOST_FOUND), total: 'none' });
    const entry = [...page.matches.map((version) => entryOf(version, 'match')), ...page.included.map((version) => entryOf(version, 'include'))];
    return [{ resourceType: 'Bundle', type: 'searchset', ...(entry.length === 0 ? {} : { entry }) }];
  } catch (error) {
    if (error instanceof FhirError) return [];
    throw error;
  }
}

function split(query: string): readonly string[] {
  const mark = query.indexOf('?');
  return mark < 0 ? [query] : [query.slice(0, mark), query.slice(mark + 1)];
}

const entryOf = ({ type, id, text }: Version, mode: 'match' | 'include') => ({
  fullUrl: `${type}/${id}`,
  resource: JSON.parse(text) as unknown,
  search: { mode },
});

/** Who the launch contexts of the usual names are, by what the response says of itself. https://hl7.org/fhir/uv/sdc/CodeSystem-launchContext.html */
const NAMED: Readonly<Record<string, (response: Readonly<QuestionnaireResponse>) => Reference | undefined>> = {
  patient: ({ subject }) => subject,
  encounter: ({ encounter }) => encounter,
  user: ({ author }) => author,
};

/** Only those that the questionnaire asks for, and only where they may be read. */
export async function launchOf({ launchContexts }: Plan, response: Readonly<QuestionnaireResponse>, reader: Reader): Promise<World['launch']> {
  const launch = new Map<string, readonly unknown[]>();
  for (const { name, types } of launchContexts) {
    const resource = await read(Object.hasOwn(NAMED, name) ? NAMED[name]?.(response) : undefined, reader);
    if (resource !== undefined && (types.length === 0 || types.includes(resource.resourceType))) launch.set(name, [resource]);
  }
  return launch;
}

async function read(reference: Reference | undefined, reader: Reader): Promise<{ readonly resourceType: string } | undefined> {
  const parsed = parseReference(reference?.reference ?? '');
  const version = parsed.kind === 'relative' ? await reader.read(parsed.type, parsed.id) : undefined;
  return version === undefined || version.method === 'delete' ? undefined : (JSON.parse(version.text) as { resourceType: string }); // it was validated when it was stored
}
