/** What search parameters lead to: references to other resources, and canonical URLs that other resources bear. */
import { ALL, and, atom, type Link, or, type Tree } from './ast.ts';
import type { Indexed } from './entry.ts';
import type { Param } from './param.ts';
import type { Params } from './params.ts';

/** True where all that the parameter finds are canonical URLs. https://hl7.org/fhir/R4/references.html#canonical */
export function isCanonical(params: Params, param: Param): boolean {
  const branches = params.branches(param);
  return param.kind === 'reference' && branches.length > 0 && branches.every(({ type }) => type === 'canonical');
}

/** False where what the parameter finds is no resource of this server: plain URLs. */
export const leadsToResources = (params: Params, param: Param): boolean =>
  isCanonical(params, param) ? param.targets.length > 0 : params.branches(param).some(({ type }) => type === 'Reference' || type === 'Resource' || type === '');

/** The link from the parameter to a type that it may point to. */
export const linkTo = (params: Params, param: Param, type: string): Link =>
  isCanonical(params, param) ? { direction: 'out', param, type, canonical: true } : { direction: 'out', param, type };

const own = (type: string, code: 'url' | 'version', kind: Param['kind']): Param =>
  Object.freeze({ type, code, kind, url: '', expression: '', targets: Object.freeze([]), parts: Object.freeze([]) });

/** The resources of the link's type that the canonicals of a resource mean, as a tree over that type. */
export function meantBy({ param, type }: Link, indexed: Indexed): Tree {
  const url = own(type, 'url', 'uri');
  const version = own(type, 'version', 'token');
  const canonicals = indexed.entries.flatMap((entry) => (entry.param.code === param.code && entry.value.kind === 'reference' ? [entry.value] : []));
  return or(
    ...canonicals.map((canonical) =>
      and(
        atom(url, { is: 'uri', how: 'exact', value: canonical.target }),
        canonical.version === '' ? ALL : atom(version, { is: 'token', code: canonical.version }),
      ),
    ),
  );
}

/** The resources of the link's type whose canonicals mean a resource, as a tree over that type. */
export function meaning({ param }: Link, indexed: Indexed): Tree {
  const urls = indexed.entries.flatMap((entry) => (entry.param.code === 'url' && entry.value.kind === 'uri' ? [entry.value.value] : []));
  const versions = indexed.entries.flatMap((entry) => (entry.param.code === 'version' && entry.value.kind === 'token' ? [entry.value.code] : []));
  return or(...urls.flatMap((url) => ['', ...versions].map((version) => atom(param, { is: 'url', url, version }))));
}
