/** Plain indexed searches, said shortly. Every one names its most matches. */
import type { FhirResource } from 'fhir/r4';
import { parseJson } from '../fhir/json.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { and, atom, type Test, type Tree } from '../search/ast.ts';
import type { Params } from '../search/params.ts';
import type { Reader, Version } from '../store/store.ts';

export interface Find {
  /** `parameter=test`, as one leaf of a search tree. */
  where(type: string, code: string, test: Test): Tree;
  /** Newest versions last written first, unless `sort` (a parameter, descending) says otherwise. */
  list<T extends FhirResource['resourceType']>(reader: Reader, search: Search<T>): Promise<Found<Of<T>>>;
  count(reader: Reader, type: string, tree: Tree): Promise<number>;
}

type Of<T extends string> = Extract<FhirResource, { resourceType: T }>;

interface Search<T extends string> {
  readonly type: T;
  readonly where: readonly Tree[];
  /** The code of a parameter; latest or highest first. */
  readonly sort?: string;
  readonly limit: number;
}

interface Found<T> {
  readonly resources: readonly T[];
  /** There are more than the limit. */
  readonly more: boolean;
}

export const token = (system: string, code: string): Test => ({ is: 'token', system, code });
export const code = (value: string): Test => ({ is: 'token', code: value });

/** A reference to a resource of this server. */
export function pointsAt(ref: Ref): Test {
  const slash = ref.indexOf('/');
  return { is: 'reference', type: ref.slice(0, slash), id: ref.slice(slash + 1) };
}

export function createFind(params: Params): Find {
  const paramOf = (type: string, name: string) => {
    const param = params.find(type, name);
    if (param === undefined) throw new Error(`The definitions lack the search parameter ${type}.${name}.`);
    return param;
  };
  const queryOf = ({ type, where, sort, limit }: Search<string>) => ({
    of: [{ type, where: and(...where) }],
    sort: sort === undefined ? [] : [{ param: paramOf(type, sort), descending: true }],
    count: limit,
    total: 'none' as const,
    include: [],
  });
  return {
    where: (type, name, test) => atom(paramOf(type, name), test),
    list: async <T extends FhirResource['resourceType']>(reader: Reader, search: Search<T>) => {
      const page = await reader.search(queryOf(search));
      return { resources: page.matches.map((version) => resourceOf<Of<T>>(version)), more: page.next !== undefined };
    },
    count: async (reader, type, tree) => {
      const page = await reader.search({ of: [{ type, where: tree }], sort: [], count: 0, total: 'accurate', include: [] });
      return page.total ?? 0;
    },
  };
}

/** A stored version as its type. What is stored has been validated, so its type's shape may be relied upon. */
export const resourceOf = <T extends Resource | FhirResource>(version: Version): T => parseJson(version.text) as T;

/** The resource as it is now; undefined where there is none, or the reader may not see it. */
export async function readNow<T extends FhirResource>(reader: Reader, ref: Ref): Promise<T | undefined> {
  const slash = ref.indexOf('/');
  const version = await reader.read(ref.slice(0, slash), ref.slice(slash + 1));
  return version === undefined || version.method === 'delete' ? undefined : resourceOf<T>(version);
}

/** The same object under its general name. @types/fhir writes optional elements in a way that strict optional types do not accept. */
export const asResource = (resource: FhirResource): Resource => resource as unknown as Resource;
