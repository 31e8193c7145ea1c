/**
 * A search by looking at every resource, as the words of R4's search page say it: no index, no plan, and no line in common with the
 * engine. It is asked in values, not in text, so that what the engine makes of the text is tried as well.
 */
import { at, type Element, type Named, type Parameter, parameterOf } from './model.ts';
import { compareTexts, exactly, numberPasses, type Prefix, plain, type Span, spanOf, spanPasses, startsAtWord } from './values.ts';

export interface Value {
  readonly prefix?: Prefix | undefined;
  /** The number, date, text, URL, code or id. */
  readonly text?: string | undefined;
  readonly system?: string | undefined;
  /** Of quantities: the unit's code; of `:of-type`: the code of the type. */
  readonly code?: string | undefined;
  /** Of references, the type before the id; of canonicals, the version. */
  readonly more?: string | undefined;
  /** Of references: written as a whole URL. */
  readonly isAbsolute?: true | undefined;
  readonly parts?: readonly [Value, Value] | undefined;
}

export type Condition =
  | { readonly is: 'plain'; readonly code: string; readonly modifier: string; readonly values: readonly Value[] }
  | { readonly is: 'missing'; readonly code: string; readonly missing: boolean }
  | { readonly is: 'chain'; readonly code: string; readonly to: string; readonly isTyped: boolean; readonly next: Condition }
  | { readonly is: 'has'; readonly from: string; readonly code: string; readonly next: Condition }
  | { readonly is: 'filter'; readonly filter: Filter };

export type Filter =
  | { readonly op: 'and' | 'or'; readonly of: readonly [Filter, Filter] }
  | { readonly op: 'not'; readonly of: Filter }
  | {
      readonly op: 'compare';
      readonly code: string;
      readonly how: 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'pr';
      readonly value: Value;
    };

/** In the order of writing. */
export type World = readonly Named[];

export const BASE = 'http://here.example/fhir';

export function holds(condition: Condition, resource: Named, world: World): boolean {
  const type = resource.resourceType;
  switch (condition.is) {
    case 'plain':
      return holdsPlain(condition, resource, parameterOf(type, condition.code));
    case 'missing':
      return !isThere(parameterOf(type, condition.code), resource) === condition.missing;
    case 'chain': {
      const ends = endsOf(resource, condition.code, world).filter(({ resourceType }) => resourceType === condition.to);
      return ends.some((end) => holds(condition.next, end, world));
    }
    case 'has': {
      const pointing = world.filter((other) => other.resourceType === condition.from && endsOf(other, condition.code, world).includes(resource));
      return pointing.some((other) => holds(condition.next, other, world));
    }
    case 'filter':
      return passesFilter(condition.filter, resource);
  }
}

function holdsPlain({ modifier, values }: Extract<Condition, { is: 'plain' }>, resource: Named, parameter: Parameter): boolean {
  const found = parameter.get(resource);
  const some = values.some((value) => found.some((element) => passes(parameter, element, { value, modifier })));
  return modifier === 'not' ? !some : some;
}

interface Asked {
  readonly value: Value;
  readonly modifier: string;
}

function passes(parameter: Parameter, element: unknown, { value, modifier }: Asked): boolean {
  switch (parameter.kind) {
    case 'token':
      return tokenPasses(parameter, element, { value, modifier });
    case 'string':
      return stringPasses(String(element), value.text ?? '', modifier);
    case 'date': {
      const target = periodOf(element);
      return target !== undefined && spanPasses(value.prefix ?? 'eq', spanOf(value.text ?? ''), target);
    }
    case 'number':
      return numberPasses(value.prefix ?? 'eq', value.text ?? '', exactly(String(element)));
    case 'quantity':
      return quantityPasses(element as Element, value);
    case 'reference':
      return referencePasses(element as Element, { value, modifier });
    case 'canonical':
      return canonicalPasses(String(element), value);
    case 'uri':
      return uriPasses(String(element), value.text ?? '', modifier);
    case 'composite':
      return (parameter.parts ?? []).every((part, i) =>
        part.get(element as Named).some((found) => passes(part, found, { value: value.parts?.[i] ?? {}, modifier: '' })),
      );
  }
}

/** https://hl7.org/fhir/R4/search.html#token */
function tokenPasses({ system: implied }: Parameter, element: unknown, { value, modifier }: Asked): boolean {
  const { text, system } = value;
  if (modifier === 'of-type') {
    const types = at(element, 'type', 'coding') as Element[];
    return (element as Element).value === text && types.some((coding) => coding.system === system && coding.code === value.code);
  }
  if (modifier === 'text') return textsOf(element).some((label) => startsAnywhere(label, text ?? ''));
  const codings = codingsOf(element, implied);
  return codings.some((coding) => (system === undefined || (coding.system ?? '') === system) && (text === undefined || coding.code === text));
}

function codingsOf(element: unknown, implied: string | undefined): { system?: unknown; code: unknown }[] {
  if (typeof element !== 'object' || element === null) return [{ system: implied, code: String(element) }];
  const { coding, value, system, code } = element as Element;
  if (value !== undefined) return [{ system, code: value }];
  if (code !== undefined) return [{ system, code }];
  return ((coding ?? []) as Element[]).filter((each) => each.code !== undefined).map((each) => ({ system: each.system, code: each.code }));
}

const textsOf = (element: unknown): string[] => [...at(element, 'text'), ...at(element, 'coding', 'display')].map(String);

const startsAnywhere = (label: string, word: string): boolean =>
  plain(label)
    .split(/[^\p{L}\p{N}]+/u)
    .some((each) => each !== '' && each.startsWith(plain(word)));

/** https://hl7.org/fhir/R4/search.html#string; the words of a text count as its beginnings. */
function stringPasses(found: string, asked: string, modifier: string): boolean {
  if (modifier === 'exact') return found === asked;
  return modifier === 'contains' ? plain(found).includes(plain(asked)) : startsAtWord(found, asked);
}

function periodOf(element: unknown): Span | undefined {
  if (typeof element === 'string') return spanOf(element);
  const { start, end } = element as Element;
  if (start === undefined && end === undefined) return undefined;
  return { low: start === undefined ? -Infinity : spanOf(String(start)).low, high: end === undefined ? Infinity : spanOf(String(end)).high };
}

const UCUM = 'http://unitsofmeasure.org';
/** Millionths of a gram. */
const MASS: ReadonlyMap<string, bigint> = new Map([
  ['g', 1_000_000n],
  ['mg', 1000n],
  ['ug', 1n],
  ['kg', 1_000_000_000n],
]);

/** https://hl7.org/fhir/R4/search.html#quantity: number, system and code; number and code or unit; number alone. Units of mass are converted. */
function quantityPasses(found: Element, { prefix = 'eq', text = '', system, code }: Value): boolean {
  if (found.value === undefined) return false;
  const target = exactly(String(found.value));
  const asked = system === UCUM ? MASS.get(code ?? '') : undefined;
  const own = found.system === UCUM ? MASS.get(String(found.code)) : undefined;
  if (asked !== undefined) return own !== undefined && numberPasses(prefix, text, target * own, [asked, 1n]);
  if (system !== undefined && (found.system !== system || found.code !== code)) return false;
  if (system === undefined && code !== undefined && found.code !== code && found.unit !== code) return false;
  return numberPasses(prefix, text, target);
}

/** `Type/id` of this server, without a version; otherwise the URL. */
function targetOf(reference: string): string {
  const here = reference.startsWith(`${BASE}/`) ? reference.slice(BASE.length + 1) : reference;
  return here.includes('://') ? here : (here.split('/_history/')[0] ?? here);
}

/** https://hl7.org/fhir/R4/search.html#reference */
function referencePasses(found: Element, { value, modifier }: Asked): boolean {
  if (modifier === 'identifier')
    return found.identifier !== undefined && tokenPasses({ kind: 'token', get: () => [] }, found.identifier, { value, modifier: '' });
  if (found.reference === undefined) return false;
  const target = targetOf(String(found.reference));
  if (value.text?.includes('://')) return target === value.text;
  const type = modifier === '' ? value.more : modifier;
  return type === undefined ? !target.includes('://') && target.split('/')[1] === value.text : target === `${type}/${value.text}`;
}

/** https://hl7.org/fhir/R4/references.html#canonical */
function canonicalPasses(found: string, { text, more }: Value): boolean {
  const [url, version] = found.split('|');
  return url === text && (more === undefined || version === more);
}

/** https://hl7.org/fhir/R4/search.html#uri */
function uriPasses(found: string, asked: string, modifier: string): boolean {
  const isBelow = (lower: string, upper: string): boolean => lower === upper || lower.startsWith(upper.endsWith('/') ? upper : `${upper}/`);
  if (modifier === 'below') return isBelow(found, asked);
  return modifier === 'above' ? isBelow(asked, found) : found === asked;
}

/** Whether the resource has any value for it. */
function isThere(parameter: Parameter, resource: Named): boolean {
  return parameter.get(resource).some((element) => {
    switch (parameter.kind) {
      case 'token':
        return codingsOf(element, parameter.system).length > 0;
      case 'date':
        return periodOf(element) !== undefined;
      case 'quantity':
        return (element as Element).value !== undefined;
      case 'composite':
        return (parameter.parts ?? []).every((part) => isThere(part, element as Named));
      default:
        return true;
    }
  });
}

/** What the parameter of the resource leads to, of what there is. */
export function endsOf(resource: Named, code: string, world: World): Named[] {
  const parameter = parameterOf(resource.resourceType, code);
  const found = parameter.get(resource);
  if (parameter.kind === 'canonical') {
    return world.filter(({ resourceType, url, version }) =>
      found.some((canonical) => {
        const [wanted, exact] = String(canonical).split('|');
        return parameter.to?.includes(resourceType) && url === wanted && (exact === undefined || version === exact);
      }),
    );
  }
  const targets = new Set(found.flatMap((element) => ((element as Element).reference === undefined ? [] : [targetOf(String((element as Element).reference))])));
  return world.filter(({ resourceType, id }) => targets.has(`${resourceType}/${id}`));
}

/** https://hl7.org/fhir/R4/search_filter.html */
function passesFilter(filter: Filter, resource: Named): boolean {
  switch (filter.op) {
    case 'and':
      return filter.of.every((part) => passesFilter(part, resource));
    case 'or':
      return filter.of.some((part) => passesFilter(part, resource));
    case 'not':
      return !passesFilter(filter.of, resource);
    case 'compare':
      return compares(filter, resource);
  }
}

function compares({ code, how, value }: Extract<Filter, { op: 'compare' }>, resource: Named): boolean {
  const parameter = parameterOf(resource.resourceType, code);
  if (how === 'pr') return isThere(parameter, resource) === (value.text === 'true');
  const found = parameter.get(resource);
  if (parameter.kind === 'string') return found.some((text) => textCompares(plain(String(text)), plain(value.text ?? ''), how));
  const prefix = how === 'co' || how === 'sw' || how === 'ew' ? 'eq' : how;
  const isOrdered = parameter.kind === 'date' || parameter.kind === 'number';
  const one = (element: unknown): boolean => passes(parameter, element, { value: isOrdered ? { ...value, prefix } : value, modifier: '' });
  if (isOrdered || how !== 'ne') return found.some(one);
  // "An item in the set has an unequal value": each coding is an item.
  return found.flatMap((element) => codingsOf(element, parameter.system)).some((coding) => !one(coding));
}

function textCompares(found: string, asked: string, how: string): boolean {
  if (how === 'co') return found.includes(asked);
  if (how === 'sw') return found.startsWith(asked);
  if (how === 'ew') return found.endsWith(asked);
  return (found === asked) === (how === 'eq');
}

// ---- order ----

export interface Order {
  readonly code: string;
  readonly descending: boolean;
}

/** By the lowest value, descending by the highest; what has none comes last; ties by the order of writing. */
export function inOrder(found: World, orders: readonly Order[]): Named[] {
  return found.toSorted((left, right) => orders.map((order) => compareBy(order, left, right)).find((difference) => difference !== 0) ?? 0);
}

function compareBy(order: Order, left: Named, right: Named): number {
  const [a, b] = [keyOf(left, order), keyOf(right, order)];
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return order.descending ? compareKeys(b, a) : compareKeys(a, b);
}

function keyOf(resource: Named, { code, descending }: Order): string | number | undefined {
  const parameter = parameterOf(resource.resourceType, code);
  const keys = parameter.get(resource).flatMap((element) => keysOf(parameter, element, descending));
  const sorted = keys.toSorted(compareKeys);
  return descending ? sorted.at(-1) : sorted[0];
}

function keysOf({ kind }: Parameter, element: unknown, descending: boolean): (string | number)[] {
  if (kind === 'number') return [Number(element)];
  if (kind !== 'date') return [kind === 'string' ? plain(String(element)) : String(element)];
  const span = periodOf(element);
  return span === undefined ? [] : [descending ? span.high : span.low];
}

const compareKeys = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? Number(a > b) - Number(a < b) : compareTexts(String(a), String(b));
