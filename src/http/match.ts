/** Which row of the route table a method and path mean; and if none does, what would have been right. */
import type { Registry } from '../definitions/registry.ts';
import { FhirError } from '../fhir/outcome.ts';
import { isId } from '../fhir/reference.ts';
import type { Route } from './call.ts';
import type { FhirRequest } from './message.ts';

export interface Match {
  readonly route: Route;
  /** The values of the path's `:names`. */
  readonly named: Readonly<Record<string, string>>;
}

export type Matcher = (method: FhirRequest['method'], path: readonly string[]) => Match | FhirError;

interface Pattern {
  readonly route: Route;
  readonly segments: readonly string[];
}

/** The first row that fits is taken: literal segments come before `:names` in the table. */
export function matcherFor(routes: readonly Route[], registry: Registry): Matcher {
  const byLength = Map.groupBy(routes.map(patternOf), ({ segments }) => segments.length);
  return (method, path) => {
    const fitting = (byLength.get(path.length) ?? []).filter(({ segments }) => fits(segments, path, registry));
    const wanted = method === 'HEAD' ? 'GET' : method;
    const pattern = fitting.find(({ route }) => route.method === wanted);
    return pattern === undefined ? refusal(method, path, fitting, registry) : { route: pattern.route, named: valuesOf(pattern.segments, path) };
  };
}

const patternOf = (route: Route): Pattern => ({ route, segments: route.path === '' ? [] : route.path.split('/') });

function fits(segments: readonly string[], path: readonly string[], registry: Registry): boolean {
  return segments.every((segment, index) => segmentFits(segment, path[index] ?? '', registry));
}

function segmentFits(segment: string, value: string, registry: Registry): boolean {
  if (segment === ':type') return registry.isResourceType(value);
  if (segment === ':target') return value === '*' || registry.isResourceType(value);
  return segment.startsWith(':') ? isId(value) : segment === value;
}

function valuesOf(segments: readonly string[], path: readonly string[]): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (segment.startsWith(':')) named[segment.slice(1)] = path[index] ?? '';
  }
  return named;
}

function refusal(method: string, path: readonly string[], fitting: readonly Pattern[], registry: Registry): FhirError {
  const shown = JSON.stringify(`/${path.join('/').slice(0, 200)}`);
  if (fitting.length > 0) {
    const allow = [...new Set(fitting.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])))].join(', ');
    return new FhirError('method-not-allowed', `${method} is not offered at ${shown}; allowed: ${allow}.`, { headers: { Allow: allow } });
  }
  const type = path[0] ?? '';
  const meant = registry.resourceTypes.find((candidate) => candidate.toLowerCase() === type.toLowerCase());
  if (meant === type && isMeantAsId(path[1] ?? '')) return noId(method, path[1] ?? '');
  if (meant === type || (meant === undefined && /^[$_.a-z]/.test(type))) {
    return new FhirError('unknown-route', `There is nothing at ${shown}. The CapabilityStatement at /metadata lists what this server does.`);
  }
  // The commonest slips are of case: `patient`, `Medicationrequest`.
  const hint = meant === undefined ? 'types are written as in Patient or MedicationRequest' : `${meant} is`;
  return new FhirError('unknown-type', `${JSON.stringify(type.slice(0, 100))} is no FHIR R4 resource type; ${hint}.`);
}

const isMeantAsId = (segment: string): boolean => segment !== '' && !/^[$_]/.test(segment) && !isId(segment);

/** https://hl7.org/fhir/R4/http.html#update asks for 400 where an id is written that cannot be one. */
function noId(method: string, id: string): FhirError {
  const text = `${JSON.stringify(id.slice(0, 100))} cannot be the id of a resource: an id is made of 1 to 64 letters (A-Z, a-z), digits, "-" and ".".`;
  return new FhirError(method === 'PUT' ? 'bad-request' : 'unknown-route', text);
}
