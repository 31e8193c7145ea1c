/** From a search's query to its page, and from the page to the Bundle. https://hl7.org/fhir/R4/search.html */
import { searchset } from '../fhir/bundle.ts';
import { type Issue, operationOutcome } from '../fhir/outcome.ts';
import { and, type Query, type Tree } from '../search/ast.ts';
import { type ParsedSearch, parseSearch } from '../search/parse.ts';
import type { Page } from '../store/store.ts';
import { jsonAnswer } from './answer.ts';
import type { Call, Services } from './call.ts';
import { formOf } from './form.ts';
import { searchedBy, searchLinks } from './links.ts';
import type { FhirRequest, FhirResponse } from './message.ts';
import { preferOf } from './negotiate.ts';
import { cutTo, shapeOf } from './shape.ts';

export interface SearchOf {
  readonly types: readonly string[];
  /** Added to what the client asks of a type. */
  readonly within?: (type: string) => Tree;
}

export async function searchAnswer(call: Call, of: SearchOf): Promise<FhirResponse> {
  const { request, reader, services } = call;
  const asked = request.method === 'POST' ? new URLSearchParams([...request.query, ...formOf(request)]) : request.query;
  const parsed = parse(services, request, { types: of.types, query: asked });
  const by = searchedBy(request, parsed.applied);
  const { after: sealed, ...query } = parsed.query;
  const asking = sealed === undefined ? query : { ...query, after: services.seal.open(sealed, by) };
  const page = await reader.search(narrowed(asking, of.within));
  const cut = cutTo(shapeOf(asked), services.registry);
  const outcome = outcomeOf(parsed);
  const bundle = searchset({
    base: request.base,
    links: searchLinks(request, parsed.applied, page.next === undefined ? undefined : services.seal.close(page.next, by)),
    ...totalOf(page, asking),
    matches: page.matches.map(cut),
    included: page.included.map(cut),
    ...(outcome === undefined ? {} : { outcome }),
  });
  return jsonAnswer(200, bundle);
}

/** Where one page holds all that was found, its length is the total, which then costs nothing. */
function totalOf({ total, matches, next }: Page, { after, count }: Query): { readonly total?: number } {
  if (total !== undefined) return { total };
  return next === undefined && after === undefined && count > 0 ? { total: matches.length } : {};
}

interface Asked {
  readonly types: readonly string[];
  readonly query: Iterable<readonly [string, string]>;
}

function parse({ params, clock }: Services, request: FhirRequest, { types, query }: Asked): ParsedSearch {
  return parseSearch({ types, query, base: request.base, params, now: clock().getTime(), strict: preferOf(request).handling === 'strict' });
}

function narrowed(query: Query, within: SearchOf['within']): Query {
  if (within === undefined) return query;
  return { ...query, of: query.of.map(({ type, where }) => ({ type, where: and(where, within(type)) })) };
}

/** What a lenient search has left out is said beside its matches. */
function outcomeOf({ ignored }: ParsedSearch): string | undefined {
  if (ignored.length === 0) return undefined;
  const issues = ignored.map(
    ({ name, reason }): Issue => ({ severity: 'warning', code: 'not-supported', text: reason, expression: [`http.${name.slice(0, 100)}`] }),
  );
  return JSON.stringify(operationOutcome(issues));
}
