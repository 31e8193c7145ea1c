/**
 * Profiles, tags and security labels: those in use on a resource, a type or the whole server, and changes to those of a
 * resource. A change makes a new version like any other write: who labelled what, and when, stays in the history.
 * https://hl7.org/fhir/R4/resource-operation-meta.html, https://hl7.org/fhir/R4/resource-operation-meta-add.html,
 * https://hl7.org/fhir/R4/resource-operation-meta-delete.html
 */
import { keepNumbers, parseResource } from '../../fhir/json.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Coding, Meta, Resource } from '../../fhir/resource.ts';
import type { Change } from '../../record/record.ts';
import { parseSearch } from '../../search/parse.ts';
import type { Reader, Version } from '../../store/store.ts';
import { jsonAnswer } from '../answer.ts';
import { resourceOf } from '../body.ts';
import type { Call } from '../call.ts';
import { commitOne } from '../commit.ts';
import type { FhirResponse } from '../message.ts';
import { parametersOf } from '../parameters.ts';
import { expectedVersions, refuseForeignConditions } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';

/** The three lists that the operations are about. */
type Labels = Required<Pick<Meta, 'profile' | 'security' | 'tag'>>;

const NONE: Labels = Object.freeze({ profile: [], security: [], tag: [] });

export async function metaOf({ request, named, reader }: Call): Promise<FhirResponse> {
  refuseUnknown(request, []);
  const { type = '', id = '', version } = named;
  const found = version === undefined ? await reader.read(type, id) : await reader.vread(type, id, Number(version));
  return answerWith(parseResource(requireContent(found, named).text).meta ?? {});
}

/** Labelled resources that are looked at for the labels of a type or of everything. */
const MAX_LABELLED = 10_000;

/** Without a path: of the whole server. */
export async function metaOfAll(call: Call): Promise<FhirResponse> {
  refuseUnknown(call.request, []);
  let labels = NONE;
  let looked = 0;
  for (const param of ['_profile', '_security', '_tag']) {
    for await (const version of withAny(param, call)) {
      looked += 1;
      if (looked > MAX_LABELLED)
        throw new FhirError(
          'too-costly',
          `More than ${MAX_LABELLED} resources have labels. Ask for the labels of one type (Type/$meta), or search by _tag, _profile or _security.`,
        );
      labels = union(labels, labelsOf(parseResource(version.text).meta));
    }
  }
  return answerWith(labels);
}

const PAGE = 500;

async function* withAny(param: string, { named, reader, services }: Call): AsyncGenerator<Version> {
  const { params, registry, clock } = services;
  const types = named.type === undefined ? registry.resourceTypes : [named.type];
  const { query } = parseSearch({ types, query: [[`${param}:missing`, 'false']], base: '', params, now: clock().getTime(), strict: true });
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<Reader['search']>> = await reader.search({
      ...query,
      count: PAGE,
      total: 'none',
      ...(after === undefined ? {} : { after }),
    });
    yield* page.matches;
    after = page.next;
  } while (after !== undefined);
}

export const addMeta = (call: Call): Promise<FhirResponse> => changeMeta(call, union);
export const deleteMeta = (call: Call): Promise<FhirResponse> => changeMeta(call, without);

async function changeMeta(call: Call, combine: (own: Labels, given: Labels) => Labels): Promise<FhirResponse> {
  const { request, named } = call;
  const { type = '', id = '', version } = named;
  refuseUnknown(request, []);
  refuseForeignConditions(request);
  const given = labelsIn(resourceOf(request, 'Parameters'));
  if (version !== undefined) await requireCurrent(call, Number(version));
  const change: Change = (resource) => keepNumbers(resource, { ...resource, meta: withLabels(resource.meta ?? {}, combine(labelsOf(resource.meta), given)) });
  const expected = version === undefined ? expectedVersions(request) : { ifMatch: Number(version) };
  const done = await commitOne(call, { op: 'patch', type, id, change, ...expected });
  return answerWith(parseResource(requireContent(done.version, named).text).meta ?? {});
}

/** The past is not rewritten here: what a version said, and under which labels it was seen, stays as it was. */
async function requireCurrent({ named, reader }: Call, version: number): Promise<void> {
  const { type = '', id = '' } = named;
  const past = requireContent(await reader.vread(type, id, version), named);
  const current = await reader.read(type, id);
  if (current !== undefined && current.version !== past.version)
    throw new FhirError(
      'business-rule',
      `Version ${version} of ${type}/${id} is history, which this server does not change; the current one is ${current.version}.`,
    );
}

function requireContent(version: Version | undefined, { type = '', id = '', version: number }: Call['named']): Version {
  const what = number === undefined ? `${type}/${id}` : `version ${number} of ${type}/${id}`;
  if (version === undefined) throw new FhirError('not-found', `There is no ${what} here, or you may not see it.`);
  if (version.method === 'delete') throw new FhirError('gone', `${type}/${id} was deleted; a deletion has no labels.`);
  return version;
}

/** The parameter `meta`; what else it says (a version, a source) is not these operations' affair. */
function labelsIn(parameters: Resource): Labels {
  const value = parametersOf(parameters).find(({ name }) => name === 'meta')?.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FhirError('bad-request', 'Parameters need one called "meta" with a valueMeta: the profiles, tags and security labels in question.', {
      expression: 'Parameters.parameter',
    });
  return labelsOf(value);
}

function labelsOf(meta: object = {}): Labels {
  const list = (key: string): unknown[] => {
    const value: unknown = key in meta ? (meta as Readonly<Record<string, unknown>>)[key] : [];
    if (Array.isArray(value)) return value;
    throw new FhirError('bad-request', `meta.${key} is no list.`, { expression: `Parameters.parameter.value.${key}` });
  };
  const codings = (key: string): Coding[] => list(key).filter((one): one is Coding => typeof one === 'object' && one !== null);
  return { profile: list('profile').filter((one) => typeof one === 'string'), security: codings('security'), tag: codings('tag') };
}

const union = (own: Labels, given: Labels): Labels => ({
  profile: [...new Set([...own.profile, ...given.profile])],
  security: unionOf(own.security, given.security),
  tag: unionOf(own.tag, given.tag),
});

const without = (own: Labels, given: Labels): Labels => ({
  profile: own.profile.filter((url) => !given.profile.includes(url)),
  security: exceptFor(own.security, given.security),
  tag: exceptFor(own.tag, given.tag),
});

/** "The identity of a tag or security label is the system+code." */
const isSame = (left: Coding, right: Coding): boolean => left.system === right.system && left.code === right.code;
const has = (list: readonly Coding[], coding: Coding): boolean => list.some((one) => isSame(one, coding));
const unionOf = (own: readonly Coding[], given: readonly Coding[]): Coding[] => {
  const all = [...own];
  for (const coding of given) if (!has(all, coding)) all.push(coding);
  return all;
};
const exceptFor = (own: readonly Coding[], given: readonly Coding[]): Coding[] => own.filter((coding) => !has(given, coding));

/** Empty lists are left out: FHIR has none. */
function withLabels(meta: Meta, { profile, security, tag }: Labels): Meta {
  const { profile: _, security: __, tag: ___, ...rest } = meta;
  return { ...rest, ...unlessEmpty('profile', profile), ...unlessEmpty('security', security), ...unlessEmpty('tag', tag) };
}

const unlessEmpty = <T>(key: string, list: readonly T[]): Readonly<Record<string, readonly T[]>> => (list.length === 0 ? {} : { [key]: list });

const answerWith = (meta: Meta): FhirResponse =>
  jsonAnswer(200, JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: withLabels(meta, labelsOf(meta)) }] }));
