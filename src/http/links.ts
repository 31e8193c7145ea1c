/** Links of a Bundle that comes in pages. https://hl7.org/fhir/R4/http.html#paging */
import type { BundleLink } from '../fhir/bundle.ts';
import { PAGE_PARAMETER, printQuery } from '../search/parse.ts';
import type { FhirRequest } from './message.ts';

type Place = Pick<FhirRequest, 'base' | 'path'>;
type Applied = readonly (readonly [string, string])[];

/** About the answer, not about what is searched: these may change from page to page. */
const SHAPING: ReadonlySet<string> = new Set([
  '_count',
  '_total',
  '_summary',
  '_elements',
  '_format',
  '_pretty',
  '_include',
  '_include:iterate',
  '_revinclude',
  '_revinclude:iterate',
]);

/** What a place in a search belongs to: where it was asked, its criteria and its order. */
export function searchedBy({ path }: Place, applied: Applied): string {
  const place = path.filter((segment) => segment !== '_search').join('/');
  return `${place}?${printQuery(applied.filter(([name]) => !SHAPING.has(name)))}`;
}

/** `self`: what was asked and understood, without the place of the page; `next` where there is more. */
export function searchLinks(place: Place, applied: Applied, next: string | undefined): readonly BundleLink[] {
  const self: BundleLink = { relation: 'self', url: urlOf(place, applied) };
  return next === undefined ? [self] : [self, { relation: 'next', url: urlOf(place, [...applied, [PAGE_PARAMETER, next]]) }];
}

/** The same for a request whose whole query was understood. */
export const requestLinks = (request: FhirRequest, next: string | undefined): readonly BundleLink[] =>
  searchLinks(
    request,
    [...request.query].filter(([name]) => name !== PAGE_PARAMETER),
    next,
  );

function urlOf({ base, path }: Place, applied: Applied): string {
  const place = [base, ...path.filter((segment) => segment !== '_search')].join('/');
  return applied.length === 0 ? place : `${place}?${printQuery(applied)}`;
}
