/** Whether a SearchParameter can be searched by, and where not, why. https://hl7.org/fhir/R4/searchparameter.html */
import type { SearchParameter } from 'fhir/r4';
import type { Registry } from '../definitions/registry.ts';
import { FhirError } from '../fhir/outcome.ts';
import { BESIDES } from './condition.ts';
import type { Params } from './params.ts';
import { isCode, narrow } from './params.ts';
import { RESULT_NAMES } from './parse.ts';
import { compilePath, placeOf } from './path.ts';

export interface Flaw {
  /** What is wrong, and what would be right. */
  readonly text: string;
  /** The element at fault, below SearchParameter. */
  readonly element: string;
  /** It is of use all the same: as a part of composites. */
  readonly isPart?: true;
}

/** Of a resource that has passed the rules of its type. */
export function flawsOf(parameter: SearchParameter, params: Params): readonly Flaw[] {
  const { registry } = params;
  const unknown = parameter.base.filter((base) => !registry.isResourceType(base) && !ALL_TYPES.includes(base));
  const flaws = [...unknown.map((base): Flaw => ({ text: `${base} is no type of resource of FHIR R4.`, element: 'base' })), ...ownFlaws(parameter, params)];
  if (flaws.length > 0) return flaws;
  return typesOf(parameter, registry).flatMap((type) => flawOn(parameter, { type, params }) ?? []);
}

const ALL_TYPES: readonly string[] = ['Resource', 'DomainResource'];

/** The types that are named; one stands for all, where all are meant. */
export const typesOf = ({ base }: Pick<SearchParameter, 'base'>, { resourceTypes }: Registry): readonly string[] =>
  base.some((name) => ALL_TYPES.includes(name)) ? resourceTypes : base;

function ownFlaws({ code, type, expression, component = [] }: SearchParameter, params: Params): Flaw[] {
  const flaws: Flaw[] = [];
  if (!isCode(code)) flaws.push({ text: `'${code}' cannot stand in a query: a code has letters, digits, - and _ only.`, element: 'code' });
  if (BESIDES.has(code) || RESULT_NAMES.has(code)) flaws.push({ text: `'${code}' means something else in every search.`, element: 'code' });
  if (type === 'special')
    flaws.push({ text: 'Of the type special this server has only what FHIR R4 defines. Choose one of the other types.', element: 'type' });
  if (expression === undefined)
    flaws.push({
      text: 'Without an expression in FHIRPath it finds nothing by itself, and can only be a part of composites.',
      element: 'expression',
      isPart: true,
    });
  if ((type === 'composite') !== component.length > 0)
    flaws.push({ text: 'A composite has components, and no other type of parameter has any.', element: 'component' });
  for (const [at, part] of component.entries()) {
    const isKnown = params.registry.searchParameters.some(({ url, type: kind }) => url === part.definition && kind !== 'composite' && kind !== 'special');
    if (!isKnown)
      flaws.push({ text: `No SearchParameter ${part.definition} is known here that a composite can be made of.`, element: `component[${at}].definition` });
  }
  return flaws;
}

function flawOn(parameter: SearchParameter, { type, params }: { readonly type: string; readonly params: Params }): Flaw | undefined {
  const own = narrow(parameter.expression ?? '', type);
  if (own === '') return { text: `The expression says nothing of ${type}: begin a part of it with ${type}.`, element: 'expression' };
  return brokenAt(parameter, own, { type, params }) ?? takenAt(parameter, own, { type, params });
}

function brokenAt({ component = [] }: SearchParameter, own: string, { type, params }: { readonly type: string; readonly params: Params }): Flaw | undefined {
  const place = placeOf(params.registry, type);
  if (place === undefined) return undefined;
  try {
    const branches = compilePath(own, place, params.registry);
    for (const branch of branches) if (branch.place !== undefined) for (const part of component) compilePath(part.expression, branch.place, params.registry);
    return undefined;
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return { text: `The expression cannot be read. ${error.message}`, element: 'expression' };
  }
}

/** A guide may say again what the base says, under a URL of its own. */
function takenAt(parameter: SearchParameter, own: string, { type, params }: { readonly type: string; readonly params: Params }): Flaw | undefined {
  const holder = params.indexed(type).find(({ code }) => code === parameter.code);
  if (holder === undefined || parameter.status === 'retired' || parameter.derivedFrom === holder.url) return undefined;
  const isBase = holder.added === undefined;
  if (holder.url === parameter.url && !isBase) return undefined;
  if (holder.kind === parameter.type && holder.expression === own) return undefined;
  const whose = isBase ? "FHIR R4's own" : 'another';
  return { text: `'${parameter.code}' of ${type} is ${whose}: ${holder.url} has that code. Give this one another code.`, element: 'code' };
}
