/** An invariant evaluated by FHIRPath: those of profiles, and of the base where no closure of ours says the same. */
import type { ElementDefinition } from '../definitions/registry.ts';
import { compilePartPath, createHost, type FhirPathValue, type Host, type HostFunction, type PartPath, rawValue } from '../fhir/fhirpath.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Membership, Verdict } from '../terminology/membership.ts';
import type { Tools } from './profile/tools.ts';
import { objects, text } from './read.ts';
import { resolveReference } from './resolve.ts';
import { isObject, type Visit } from './visit.ts';

type Constraint = NonNullable<ElementDefinition['constraints']>[number];
export type Evaluate = (value: unknown, visit: Visit) => void;

/** `place`: what the value is, `Observation.component` or `Quantity`. An expression that cannot be evaluated is told as a warning, at each value. */
export function compileConstraint(constraint: Constraint, place: string, tools: Tools): Evaluate {
  const path = compiled(constraint.expression ?? '', place);
  if (path instanceof FhirError) return (_, visit) => visit.warn('not-supported', `${constraint.key}: ${path.message}`);
  const host = hostOf(tools);
  return (value, visit) => {
    const verdict = evaluate(path, value, host, visit);
    if (verdict instanceof FhirError) visit.warn('not-supported', `${constraint.key}: ${verdict.message}`);
    else if (!verdict) tell(constraint, visit);
  };
}

function compiled(expression: string, place: string): PartPath | FhirError {
  try {
    return compilePartPath(expression, place);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
}

/** An empty result is taken as "holds": there was nothing to judge. */
function evaluate(path: PartPath, value: unknown, host: Host, visit: Visit): boolean | FhirError {
  const outer = current;
  current = visit;
  try {
    const result = path(value, { resource: visit.resource, rootResource: visit.root, context: value }, host);
    return !result.includes(false);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  } finally {
    current = outer;
  }
}

function tell({ key, human, severity }: Constraint, visit: Visit): void {
  if (severity === 'error') visit.report('invariant', `${key}: ${human}`);
  else visit.warn('invariant', `${key}: ${human}`);
}

/** The visit in which an expression is being evaluated, for the functions that need to know; evaluation is synchronous. */
let current: Visit | undefined;

const hosts = new WeakMap<Tools, Host>();

function hostOf(tools: Tools): Host {
  const known = hosts.get(tools) ?? createHost({ resolve, memberOf: memberOf(tools), conformsTo: conformsTo(tools) });
  hosts.set(tools, known);
  return known;
}

/** Within the resource and its Bundle. https://hl7.org/fhir/R4/fhirpath.html#functions */
const resolve: HostFunction = (input) =>
  input.flatMap((item) => {
    const raw = rawValue(item);
    const written = typeof raw === 'string' ? raw : text(raw, 'reference');
    const found = written === undefined || current === undefined ? undefined : resolveReference(written, current);
    return found === undefined ? [] : [found];
  });

/** Empty, which forbids nothing, where it cannot be said. */
const memberOf =
  ({ terms }: Tools): HostFunction =>
  (input, _elementsOf, valueSet = '') =>
    input.flatMap((item) => {
      const verdict = verdictOn(rawValue(item), terms.of(valueSet));
      return verdict.is === 'unknown' ? [] : [verdict.is === 'in'];
    });

function verdictOn(value: unknown, members: Membership): Verdict {
  if (typeof value === 'string') return members.code(value);
  const codings = isObject(value) && Array.isArray(value.coding) ? objects(value, 'coding') : [value];
  return members.concept(codings.map((coding) => ({ system: text(coding, 'system') ?? '', code: text(coding, 'code') ?? '' })));
}

const conformsTo =
  ({ conformance }: Tools): HostFunction =>
  (input, _elementsOf, canonical = '') =>
    input.map((item: FhirPathValue) => current === undefined || conformance.conforms(rawValue(item), canonical, current));
