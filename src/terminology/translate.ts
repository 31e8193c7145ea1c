/** `$translate` of concept maps. https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import type {
  ConceptMap,
  ConceptMapGroup,
  ConceptMapGroupElementTarget,
  ConceptMapGroupElementTargetDependsOn,
  Parameters,
  ParametersParameter,
} from 'fhir/r4';
import type { Coding } from '../fhir/resource.ts';
import type { Shelf } from './library.ts';
import { createMembership } from './membership.ts';
import { printCanonical, splitCanonical } from './source.ts';
import { txError } from './tx-issue.ts';

export interface TranslateRequest {
  /** Any of them is good enough. */
  readonly codings: readonly Coding[];
  /** The map to use; undefined: every one that fits. */
  readonly map: ConceptMap | undefined;
  /** Value sets that the map must be between. */
  readonly source: string | undefined;
  readonly target: string | undefined;
  readonly targetSystem: string | undefined;
  readonly reverse: boolean;
  readonly dependencies: readonly Dependency[];
}

/** What else is known of the case. */
export interface Dependency {
  readonly element: string;
  readonly codings: readonly Coding[];
}

interface Match {
  readonly equivalence: string;
  readonly concept: Coding | undefined;
  readonly comment: string | undefined;
  readonly products: readonly ConceptMapGroupElementTargetDependsOn[];
  /** The map that was entered. */
  readonly map: string;
  /** The map that was gone on to, where `unmapped` says so. */
  readonly via: string | undefined;
}

/** Maps that hand on to another, at most. */
const MAX_CHAIN = 10;

export function translate(shelf: Shelf, request: TranslateRequest): Parameters {
  const maps = request.map === undefined ? fittingMaps(shelf, request) : [request.map];
  const matches = maps.flatMap((map) => request.codings.flatMap((coding) => matchesIn({ shelf, request, map, chain: [] }, coding)));
  const translated = matches.some(({ equivalence }) => equivalence !== 'unmatched' && equivalence !== 'disjoint');
  const message = translated ? undefined : whyNone(maps, matches, request);
  const via = [...new Set(matches.flatMap((match) => match.via ?? []))];
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'result', valueBoolean: translated },
      ...(message === undefined ? [] : [{ name: 'message', valueString: message }]),
      ...matches.map(matchParameter),
      ...via.map((canonical) => ({ name: 'used-conceptmap', valueCanonical: canonical })),
    ],
  };
}

function whyNone(maps: readonly ConceptMap[], matches: readonly Match[], { codings }: TranslateRequest): string {
  const codes = codings.map(({ system, code }) => `${printCanonical(system, undefined)}#${code ?? ''}`).join(', ');
  if (maps.length === 0) return `No concept map known here is between these code systems or value sets; name one with url.`;
  return matches.length > 0 ? `The concept map says that ${codes} has no counterpart.` : `No concept map that fits says anything of ${codes}.`;
}

function fittingMaps(shelf: Shelf, { codings, source, target, targetSystem, reverse }: TranslateRequest): readonly ConceptMap[] {
  const systems = new Set(codings.flatMap(({ system }) => system ?? []));
  const delegated = new Set<string>();
  const fitting = shelf.source
    .list('ConceptMap')
    .flatMap(({ url, version }) => shelf.source.resource('ConceptMap', printCanonical(url, version)) ?? [])
    .filter((map) => isScope(source, reverse ? targetOf(map) : sourceOf(map)) && isScope(target, reverse ? sourceOf(map) : targetOf(map)))
    .filter(({ group = [] }) =>
      group.some((part) => {
        const [from, to] = reverse ? [part.target, part.source] : [part.source, part.target];
        return from !== undefined && systems.has(from) && (targetSystem === undefined || to === targetSystem);
      }),
    );
  for (const { group = [] } of fitting) for (const { unmapped } of group) if (unmapped?.url !== undefined) delegated.add(splitCanonical(unmapped.url).url);
  // What another map hands on to is reached through that map.
  return fitting.filter(({ url = '' }) => !delegated.has(url));
}

const sourceOf = ({ sourceUri, sourceCanonical }: ConceptMap): string | undefined => sourceCanonical ?? sourceUri;
const targetOf = ({ targetUri, targetCanonical }: ConceptMap): string | undefined => targetCanonical ?? targetUri;

const isScope = (asked: string | undefined, has: string | undefined): boolean =>
  asked === undefined || (has !== undefined && splitCanonical(asked).url === splitCanonical(has).url);

interface Walk {
  readonly shelf: Shelf;
  readonly request: TranslateRequest;
  readonly map: ConceptMap;
  /** The maps that led here, the one entered first. */
  readonly chain: readonly ConceptMap[];
}

function matchesIn(walk: Walk, coding: Coding): readonly Match[] {
  const { map, request } = walk;
  if (coding.code === undefined || coding.system === undefined || isOutOfScope(walk, coding)) return [];
  const groups = (map.group ?? []).filter(({ source, target }) => {
    const [from, to] = request.reverse ? [target, source] : [source, target];
    return (from === undefined || from === coding.system) && (request.targetSystem === undefined || to === request.targetSystem);
  });
  return groups.flatMap((group) => (request.reverse ? backward(walk, group, coding) : forward(walk, group, coding)));
}

/** A map has nothing to say of codes outside the value set that it is from. */
function isOutOfScope({ shelf, map, request }: Walk, coding: Coding): boolean {
  const scope = request.reverse ? targetOf(map) : sourceOf(map);
  if (scope === undefined || shelf.valueSet(scope) === undefined) return false;
  const { version: _, ...unversioned } = coding;
  return createMembership(shelf, scope).coding(unversioned).is === 'out';
}

function forward(walk: Walk, group: ConceptMapGroup, coding: Coding): readonly Match[] {
  const element = group.element.find(({ code }) => code === coding.code);
  if (element === undefined) return unmapped(walk, group, coding);
  const targets = (element.target ?? []).filter((target) => isMet(target, walk.request.dependencies));
  return targets.map((target) => ({
    equivalence: target.equivalence,
    concept:
      target.code === undefined || target.equivalence === 'unmatched' ? undefined : codingOf(group.target, group.targetVersion, target.code, target.display),
    comment: target.comment,
    products: target.product ?? [],
    ...origin(walk),
  }));
}

function backward(walk: Walk, group: ConceptMapGroup, coding: Coding): readonly Match[] {
  return group.element.flatMap(({ code, display, target = [] }) =>
    target
      .filter((row) => row.code === coding.code && code !== undefined)
      .map((row) => ({
        equivalence: INVERSE.get(row.equivalence) ?? row.equivalence,
        concept: codingOf(group.source, group.sourceVersion, code ?? '', display),
        comment: row.comment,
        products: [],
        ...origin(walk),
      })),
  );
}

/** The direction of a relation turns with the map. https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html */
const INVERSE: ReadonlyMap<string, string> = new Map([
  ['wider', 'narrower'],
  ['narrower', 'wider'],
  ['subsumes', 'specializes'],
  ['specializes', 'subsumes'],
]);

const codingOf = (system: string | undefined, version: string | undefined, code: string, display: string | undefined): Coding => ({
  ...(system === undefined ? {} : { system }),
  ...(version === undefined ? {} : { version }),
  code,
  ...(display === undefined ? {} : { display }),
});

function origin({ map, chain }: Walk): Pick<Match, 'map' | 'via'> {
  const entered = chain[0] ?? map;
  return { map: printCanonical(entered.url, entered.version), via: chain.length === 0 ? undefined : printCanonical(map.url, map.version) };
}

/** https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.element.target.dependsOn */
const isMet = ({ dependsOn = [] }: ConceptMapGroupElementTarget, dependencies: readonly Dependency[]): boolean =>
  dependsOn.every(({ property, system, value }) =>
    dependencies.some(
      ({ element, codings }) => element === property && codings.some((coding) => coding.code === value && (system === undefined || coding.system === system)),
    ),
  );

/** https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.unmapped */
function unmapped(walk: Walk, group: ConceptMapGroup, coding: Coding): readonly Match[] {
  const { mode, code, display, url } = group.unmapped ?? {};
  const same = { comment: undefined, products: [], ...origin(walk) };
  if (mode === 'provided') return [{ equivalence: 'equal', concept: codingOf(group.target, group.targetVersion, coding.code ?? '', coding.display), ...same }];
  if (mode === 'fixed' && code !== undefined)
    return [{ equivalence: 'relatedto', concept: codingOf(group.target, group.targetVersion, code, display), ...same }];
  return mode === 'other-map' && url !== undefined ? otherMap(walk, url, coding) : [];
}

function otherMap(walk: Walk, canonical: string, coding: Coding): readonly Match[] {
  const other = walk.shelf.source.resource('ConceptMap', canonical);
  if (other === undefined)
    throw txError('not-found', 'not-found', `The concept map ${canonical}, to which ${walk.map.url ?? 'the map'} hands on, is not known here.`);
  if ([...walk.chain, walk.map].includes(other) || walk.chain.length >= MAX_CHAIN)
    throw txError(
      'invalid',
      'vs-invalid',
      `The concept maps ${[...walk.chain, walk.map, other].map(({ url = '' }) => url).join(' → ')} hand on to each other in a circle.`,
    );
  return matchesIn({ ...walk, map: other, chain: [...walk.chain, walk.map] }, coding);
}

function matchParameter({ equivalence, concept, comment, products, map }: Match): ParametersParameter {
  return {
    name: 'match',
    part: [
      { name: 'equivalence', valueCode: equivalence },
      ...(concept === undefined ? [] : [{ name: 'concept', valueCoding: concept }]),
      ...products.map(productPart),
      ...(comment === undefined ? [] : [{ name: 'comment', valueString: comment }]),
      ...(map === '' ? [] : [{ name: 'source', valueUri: map }]),
    ],
  };
}

const productPart = ({ property, system, value, display }: ConceptMapGroupElementTargetDependsOn): ParametersParameter => ({
  name: 'product',
  part: [
    { name: 'element', valueUri: property },
    { name: 'concept', valueCoding: codingOf(system, undefined, value, display) },
  ],
});
