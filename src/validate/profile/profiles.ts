/**
 * The profiles that resources are held against: compiled when first used, kept within bounds, and compiled again when a
 * definition that they draw on changes.
 */
import type { Registry } from '../../definitions/registry.ts';
import { canonicalOf } from '../../definitions/snapshot/element.ts';
import { expand } from '../../definitions/snapshot/generate.ts';
import { createProfileSource, type ProfileSource, type Uses } from '../../definitions/snapshot/profiles.ts';
import type { Node } from '../../definitions/snapshot/tree.ts';
import { createLastUsed } from '../../fhir/last-used.ts';
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import type { Schemas } from '../member.ts';
import type { Terms } from '../terms.ts';
import { isObject, nameOf, type Visit } from '../visit.ts';
import { checkShape } from './check.ts';
import { compileProfile } from './compile.ts';
import type { Shape } from './shape.ts';
import type { Compiled, Conformance, Profiles, Tools } from './tools.ts';

/** Compiled profiles that are kept; those unused for longest go first. */
const MAX_COMPILED = 400;

interface Kept {
  readonly compiled: Compiled | undefined;
  readonly uses: Uses;
  revision: number;
}

export function createProfiles(registry: Registry, schemas: Schemas, terms: Terms): Profiles {
  const sources = createProfileSource(registry);
  const kept = createLastUsed<Kept>(MAX_COMPILED);

  function of(canonical: string): Compiled | undefined {
    const known = kept.get(canonical);
    if (known !== undefined && isFresh(known)) return known.compiled;
    const uses: Uses = new Map();
    const compiled = sources.noting(uses, () => compile(canonical));
    // What nobody knows is not kept: strangers' names would pile up.
    if (compiled !== undefined) kept.set(canonical, { compiled, uses, revision: registry.revision });
    return compiled;
  }

  function isFresh(entry: Kept): boolean {
    if (entry.revision === registry.revision) return true;
    if (!sources.isCurrent(entry.uses)) return false;
    entry.revision = registry.revision;
    return true;
  }

  function compile(canonical: string): Compiled | undefined {
    const definition = sources.definition(canonical);
    if (definition === undefined) return undefined;
    const name = definition.version === undefined ? definition.url : `${definition.url}|${definition.version}`;
    const about = { name, type: definition.type, definition };
    try {
      const profile = sources.profile(canonical);
      return profile && { ...about, shape: compileProfile(profile, tools), parts: partsOf(profile.root, sources), fault: undefined };
    } catch (error) {
      if (error instanceof FhirError) return { ...about, shape: NOTHING, parts: new Set(), fault: error };
      throw error;
    }
  }

  function check(value: unknown, canonical: string, visit: Visit): void {
    if (isOfType(value, canonical)) return;
    if (visit.isTrying) {
      const fault = faultOf(value, canonical, visit);
      if (fault !== undefined) visit.report(fault.code, fault.text);
      return;
    }
    const compiled = of(canonical);
    if (compiled !== undefined) checkCompiled(compiled, value, visit);
    else visit.warn('not-found', `The profile ${canonical.slice(0, 200)} is not known here; the value was not held against it.`);
  }

  function faultOf(value: unknown, canonical: string, visit: Visit): Issue | undefined {
    if (isOfType(value, canonical)) return undefined;
    const find = (): Issue | undefined => {
      const compiled = of(canonical);
      return compiled && visit.attempt(() => checkCompiled(compiled, value, visit));
    };
    return isObject(value) ? visit.faultOnce(value, canonical, find) : find();
  }

  const conforms: Conformance['conforms'] = (value, canonical, visit) => faultOf(value, canonical, visit) === undefined;

  const tools: Tools = { registry, schemas, sources, terms, conformance: { check, conforms } };
  return { of, check, conforms, tools };
}

function partsOf(root: Node, sources: ProfileSource): ReadonlySet<string> {
  const slices = [...(root.children.get('extension')?.slices.values() ?? [])];
  return new Set(
    slices.map((slice) => {
      expand(slice, sources);
      return String(slice.children.get('url')?.element.fixed?.value);
    }),
  );
}

const NOTHING: Shape = Object.freeze({ checks: [], parts: [] });

/** The base definition of a resource's own type, against which it has been checked. */
const isOfType = (value: unknown, canonical: string): boolean =>
  canonical.startsWith(canonicalOf('')) && isObject(value) && canonicalOf(nameOf(value.resourceType)) === canonical;

/** Reports what the value breaks, under the profile's name. */
export function checkCompiled(compiled: Compiled, value: unknown, visit: Visit): void {
  if (compiled.fault !== undefined) {
    visit.warn('processing', compiled.fault.message);
    return;
  }
  if (isObject(value) && !visit.isTrying && !visit.isFirst(value, compiled.name)) return;
  const outer = visit.profile;
  visit.profile = compiled.name;
  if (isObject(value) && 'resourceType' in value && value.resourceType !== compiled.type && !ABSTRACT.includes(compiled.type)) {
    visit.report('structure', `The profile is about ${compiled.type}, and this is a ${nameOf(value.resourceType).slice(0, 64)}.`);
  } else checkShape(compiled.shape, value, undefined, visit);
  visit.profile = outer;
}

const ABSTRACT: readonly string[] = ['Resource', 'DomainResource'];
